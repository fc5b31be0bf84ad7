"""A tender's papers at a service: brought by officers, fetched and believed by their digests."""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from ledger.tenders.errors import DigestMismatch
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from wallet.home import FileUnwritable
from wallet.service import Service, new_key
from wallet.uploads import UploadBody

_PREFIX: Final = ".part-"


def bring(
    service: Service,
    tender: TenderId,
    role: PaperRole,
    body: UploadBody,
    told: Mapping[str, str | Sequence[int]],
) -> dict[str, Any]:
    """Bring a file as a paper; `told` are `mediaType` and, where there are any, `ref` and others.

    Before publication `ref`, then the numbers of each `lot` and the `filing` that it answers.

    Returns the service's answer; raises as `Service.send`.
    """
    digest = bytes.fromhex(body.digest)
    encoded = base64.b64encode(digest).decode()
    headers = {
        "Content-Digest": f"sha-256=:{encoded}:",
        "Content-Length": str(body.size),
        "Content-Type": "application/octet-stream",
    }
    asked = urlencode({"role": role.value, **told}, doseq=True)
    path = f"{papers_path(tender)}?{asked}"
    return service.upload(path, body, headers, new_key())


def fetch(service: Service, tender: TenderId, digest: bytes, to: Path) -> None:
    """Write a paper to a file, which gets its name only once its digest is right.

    A file that is there with that digest stays; one with another is replaced.

    Raises:
        DigestMismatch: for other bytes than the digest's.
        FileUnwritable: for the file.
        And as `Service.send`.
    """
    fetch_file(service, f"{papers_path(tender)}/0x{digest.hex()}", digest, to)


def fetch_file(service: Service, path: str, digest: bytes, to: Path) -> None:
    """Write what a service has at `path` to a file; raises as `fetch`."""
    if to.is_file() and UploadBody(to).digest == digest.hex():
        return
    target = to.parent / f"{_PREFIX}{secrets.token_hex(8)}"
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for piece in checked(service.download(path), digest):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        target.rename(to)
    except OSError as exc:
        raise FileUnwritable(str(to), exc.strerror or "") from exc
    finally:
        target.unlink(missing_ok=True)


def read(service: Service, tender: TenderId, digest: bytes) -> bytes:
    """Return a short paper's bytes; raises as `fetch`."""
    pieces = service.download(f"{papers_path(tender)}/0x{digest.hex()}")
    return b"".join(checked(pieces, digest))


def checked(pieces: Iterable[bytes], digest: bytes) -> Iterator[bytes]:
    """Yield the pieces; raise `DigestMismatch` after the last unless they have the digest."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
        yield piece
    if found.digest() != digest:
        raise DigestMismatch(digest, found.digest())


def papers_path(tender: TenderId) -> str:
    """Return where a tender's papers are at every service."""
    return f"/v1/tenders/0x{tender.hex()}/papers"
