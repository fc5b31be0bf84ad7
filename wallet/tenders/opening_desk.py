"""What a service gives to an opening: sealed files that one lacks, and its record to compare."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ledger.tenders.errors import DigestMismatch, OpeningDiffers
from ledger.tenders.opening import Opening, file_of
from wallet.service import AnswerMalformed, Service, ServiceRefused
from wallet.tenders.paper_desk import fetch_file

_LOST: Final = "BlobUnknown"


def fetch_missing(
    service: Service, opening: Opening, known: Mapping[bytes, Path], to: Path
) -> dict[bytes, Path]:
    """Fetch the files of bids that may be opened and are not `known`; return where they are.

    One that the service lost, or has only a bad copy of, stays missing. Raises as `Service.send`.
    """
    found = {}
    for bid in opening.readable():
        digest = file_of(bid, opening.part)
        if digest in known:
            continue
        target = to / f"{digest.hex()}.age"
        try:
            fetch_file(service, f"{_path(opening)}/files/{bid.bidder}", digest, target)
        except DigestMismatch:
            continue
        except ServiceRefused as exc:
            if exc.name != _LOST:
                raise
            continue
        found[digest] = target
    return found


def require_same_record(service: Service, opening: Opening, digest: str) -> None:
    """Raise `OpeningDiffers` where the service made another record; it may have none yet."""
    theirs = service.get(_path(opening)).get("recordDigest")
    if theirs is None or theirs == digest:
        return
    try:
        given = bytes.fromhex(str(theirs).removeprefix("0x"))
    except ValueError as exc:
        raise AnswerMalformed(service.base_url) from exc
    raise OpeningDiffers(bytes.fromhex(digest.removeprefix("0x")), given)


def _path(opening: Opening) -> str:
    tender = "0x" + opening.state.id.hex()
    return f"/v1/tenders/{tender}/lots/{opening.lot}/openings/{opening.part}"
