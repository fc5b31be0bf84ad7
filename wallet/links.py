"""Links of a QR code: `https://<host>/v/<id>#<key>`, a sealed copy whose key stays in the URL."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx2

from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.errors import Refused, Unavailable
from ledger.licences.sd_jwt import parse
from ledger.sealing import ID_BYTES, KEY_BYTES, LinkUnknown, open_sealed
from ledger.verification.proof_file import ProofFile
from wallet.documents import Held, read_text

MAX_BYTES: Final = 1_048_576
TIMEOUT_SECONDS: Final = 5.0
_FOUND: Final = 200
_GONE: Final = 404


@dataclass(eq=False)
class LinkMalformed(Refused):
    """This is not a link of a licence. Copy it whole, with what follows the #."""

    reason: str


@dataclass(eq=False)
class LinkUnavailable(Unavailable):
    """The link's host cannot be reached. Try again, or ask the holder for the file."""

    url: str


@dataclass(frozen=True, slots=True)
class Link:
    """The parts of a link; `key` is for the reader alone and is never sent."""

    origin: str
    id_text: str
    id: bytes
    key: bytes


def is_link(text: str) -> bool:
    """Whether a person meant a link, not a file."""
    return text.startswith(("https://", "http://"))


def parse_link(text: str) -> Link:
    """Return the link in `text`; raise `LinkMalformed` for another shape."""
    try:
        parts = urlsplit(text)
        *before, route, id_text = parts.path.split("/")
        link_id, key = b64url_decode(id_text), b64url_decode(parts.fragment)
    except (ValueError, EncodingNotCanonical) as exc:
        raise LinkMalformed("it has another shape") from exc
    if parts.scheme not in ("https", "http") or not parts.hostname or route != "v":
        raise LinkMalformed("it does not lead to /v/")
    if (len(link_id), len(key)) != (ID_BYTES, KEY_BYTES):
        raise LinkMalformed("its id or key is cut")
    return Link(f"{parts.scheme}://{parts.netloc}{'/'.join(before)}", id_text, link_id, key)


def fetch(link: Link, transport: httpx2.BaseTransport | None = None) -> Held:
    """Return the document behind a link, and its proof; redirects are not followed.

    A proof that cannot be had stays missing, which verification then says.

    Raises:
        LinkUnavailable, LinkUnknown, SealBroken: as they say.
    """
    with httpx2.Client(timeout=TIMEOUT_SECONDS, transport=transport) as client:
        sealed = _get(client, f"{link.origin}/v/{link.id_text}")
        held = read_text(open_sealed(sealed, link.key, link.id).decode("utf-8", "replace"))
        if held.proof is not None:
            return held
        try:
            digest = parse(held.document).digest
            proof = _get(client, f"{link.origin}/v1/proofs/0x{digest.hex()}")
            return Held(held.document, ProofFile.from_json(proof))
        except (Refused, LinkUnavailable):
            return held


def _get(client: httpx2.Client, url: str) -> bytes:
    try:
        answer = client.get(url)
    except httpx2.HTTPError as exc:
        raise LinkUnavailable(url) from exc
    if answer.status_code == _GONE:
        raise LinkUnknown
    if answer.status_code != _FOUND or len(answer.content) > MAX_BYTES:
        raise LinkUnavailable(url)
    return answer.content
