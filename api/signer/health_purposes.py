"""What a document key signs of health codes, each document read as strictly as by its readers.

Most are signed CBOR, and the message a Sig_structure (RFC 9052 §4.4); receipts for erased scans and
answers to appeals are RFC 8785 JSON. Which document it is, the message says, and nobody else. Of a
trip in custody an agency's key signs what the health authority does, and nothing that a place or a
traveller has to sign.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.canonical import b64url_decode, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health import (
    allow_list,
    appeals,
    cbor,
    cose,
    custody_events,
    erasures,
    passes,
    status_cwt,
    transfers,
)
from ledger.health.custody_steps import SIGNED_BY, Party
from ledger.health.gate_bundle import manifest
from ledger.health.hcert import claims as hcert_claims
from ledger.health.signed import KID_BYTES
from ledger.list_tokens import LIFETIME_SECONDS
from ledger.values import KeyId

MAX_BYTES: Final = 2**22
"""A segment of 300,000 passes is the longest, 3 MB."""
LOOKED_AT_SECONDS: Final = 86_400
"""How long ago the chain may have been looked at that lists and bundles are of (proposed)."""
_START: Final = b"\x84\x6aSignature1"
_CUSTODY_START: Final = b"\x85\x69Signature"
_JSON: Final = b"{"
_PARTS: Final = 4
_NO_SIGNATURE: Final = bytes(64)
"""Makes a list of a message, so that the one strict reader reads it."""


class Unlawful(Exception):
    """The message is no such document; its text says where it went wrong."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of document, `longest` in bytes.

    `made_at` reads its content, says when that was made, and raises `Refused` for anything else. It
    may be `oldest` seconds old, or of any age where that is None.
    """

    purpose: str
    made_at: Callable[[bytes], int]
    longest: int
    oldest: int | None


def is_health(message: bytes) -> bool:
    """Whether a message is a Sig_structure or JSON, neither of which a JWS signing input is."""
    return message.startswith((_START, _CUSTODY_START, _JSON))


def purpose_of(message: bytes, kid: str, base_url: str, now: int, leeway: int) -> str:
    """Return the value of the purpose that a message has; raise `Unlawful`.

    Headers are those of its kind with this key's id and no others. Clocks may differ by `leeway`
    seconds: nothing is of the future, and what people carry is of the present. Status lists are
    those below `base_url`.
    """
    if len(message) > MAX_BYTES:
        raise Unlawful("length")
    kind, made_at = _known(message, KeyId(b64url_decode(kid)), base_url)
    if len(message) > kind.longest:
        raise Unlawful("length")
    if made_at > now + leeway:
        raise Unlawful("iat")
    if kind.oldest is not None and made_at < now - kind.oldest - leeway:
        raise Unlawful("iat")
    return kind.purpose


def _known(message: bytes, key_id: KeyId, base_url: str) -> tuple[_Kind, int]:
    if message.startswith(_JSON):
        return _first(_OF_JSON, _json(message))
    if message.startswith(_CUSTODY_START):
        return _CUSTODY, _custody_made_at(message, key_id)
    protected, payload = _parts(message)
    if protected == cbor.encode({cose.ALG: cose.ES256, cose.KID: key_id[:KID_BYTES]}):
        return _first(_OF_CBOR, payload)
    if protected == cbor.encode({cose.ALG: cose.ES256, **status_cwt.headers_of(key_id)}):
        return _LIST, _list_made_at(protected, payload, base_url)
    raise Unlawful("header")


def _json(message: bytes) -> bytes:
    try:
        parse_object(message)
    except Refused as exc:
        raise Unlawful("form") from exc
    return message


def _parts(message: bytes) -> tuple[bytes, bytes]:
    """The protected headers and the content of a Sig_structure."""
    try:
        parts = cbor.decode_deterministic(message)
    except Refused as exc:
        raise Unlawful("form") from exc
    if type(parts) is not list or len(parts) != _PARTS or type(parts[3]) is not bytes:
        raise Unlawful("form")
    if type(parts[1]) is not bytes or parts[2] != b"":
        raise Unlawful("header")
    return parts[1], parts[3]


def _first(kinds: Sequence[_Kind], content: bytes) -> tuple[_Kind, int]:
    for kind in kinds:
        try:
            return kind, kind.made_at(content)
        except LedgerError:
            continue
    raise Unlawful("claims")


def _of_claims(read: Callable[[Any], Any], time: str) -> Callable[[bytes], int]:
    def made_at(payload: bytes) -> int:
        return int(getattr(read(cbor.decode_deterministic(payload)), time))

    return made_at


def _certified_at(payload: bytes) -> int:
    """When a certificate for others was issued, in the one spelling that is written here."""
    cbor.decode_deterministic(payload)
    return int(hcert_claims.read(payload).issued_at)


def _list_made_at(protected: bytes, payload: bytes, base_url: str) -> int:
    try:
        cbor.decode_deterministic(payload)
        found = status_cwt.parse_list(cose.spell(protected, payload, _NO_SIGNATURE))
    except LedgerError as exc:
        raise Unlawful("claims") from exc
    if not found.uri.startswith(f"{base_url}/status/"):
        raise Unlawful("sub")
    if not 0 < found.expires_at - found.issued_at <= LIFETIME_SECONDS:
        raise Unlawful("exp")
    return found.issued_at


def _custody_made_at(message: bytes, key_id: KeyId) -> int:
    try:
        party, kid, event = custody_events.read_message(message)
    except Refused as exc:
        raise Unlawful("form") from exc
    if kid != key_id[:KID_BYTES]:
        raise Unlawful("header")
    if party is not Party.HEALTH_AUTHORITY or party not in SIGNED_BY[event.step]:
        raise Unlawful("party")
    return event.at


_OF_CBOR: Final = (
    _Kind("health-pass", _of_claims(passes.read_claims, "issued_at"), 2**10, 0),
    _Kind("health-transfer", _of_claims(transfers.read_claims, "issued_at"), 2**14, 0),
    _Kind("health-certificate", _certified_at, 2**14, 0),
    _Kind("health-allow", _of_claims(allow_list.read_claims, "end"), MAX_BYTES, None),
    _Kind(
        "gate-bundle",
        lambda payload: manifest.content_of(payload).issued_at,
        manifest.MAX_MANIFEST_BYTES,
        LOOKED_AT_SECONDS,
    ),
)
_OF_JSON: Final = (
    # Both may wait for their signature: for a key, or for the officer's way back to the network.
    _Kind("scan-erasure", lambda found: erasures.content_of(found).erased_at, 2**18, None),
    _Kind(
        "appeal-answer",
        lambda found: appeals.read_answer(found).answered_at,
        appeals.MAX_BYTES,
        None,
    ),
)
_CUSTODY: Final = _Kind("health-custody", lambda _: 0, custody_events.MAX_BYTES, 0)
_LIST: Final = _Kind("status-list", lambda _: 0, status_cwt.MAX_BYTES, LOOKED_AT_SECONDS)
