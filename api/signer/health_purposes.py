"""What a document key signs of health codes: passes, transfers, segments of the allow list.

The message is a Sig_structure (RFC 9052 §4.4); which document it is, its claims say, and they are
read here as strictly as by whoever reads the document.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.canonical import b64url_decode
from ledger.errors import Refused
from ledger.health import allow_list, cbor, cose, passes, transfers
from ledger.health.signed import KID_BYTES
from ledger.values import RecordKind

MAX_BYTES: Final = 2**22
"""A segment of 300,000 passes is the longest, 3 MB."""
_START: Final = b"\x84\x6aSignature1"
_PARTS: Final = 4
_ISSUED_AT: Final = 6
_END: Final = 4
_READERS: Final[Mapping[RecordKind, Callable[[Any], object]]] = {
    RecordKind.HEALTH_PASS: passes.read_claims,
    RecordKind.HEALTH_TRANSFER: transfers.read_claims,
    RecordKind.HEALTH_ALLOW: allow_list.read_claims,
}


class Unlawful(Exception):
    """The message is no such document; its text says where it went wrong."""


def is_health(message: bytes) -> bool:
    """Whether a message is a Sig_structure, which no JWS signing input is."""
    return message.startswith(_START)


def kind_of(message: bytes, kid: str, now: int, leeway: int) -> RecordKind:
    """Return which document a Sig_structure is of; raise `Unlawful`.

    Headers are ES256 and this key's kid alone; passes and transfers are of the present, within
    `leeway` seconds, and no segment is of the future.
    """
    claims = _claims(message, kid)
    kind = _read(claims)
    if kind is RecordKind.HEALTH_ALLOW:
        is_present = claims[_END] <= now + leeway
    else:
        is_present = abs(claims[_ISSUED_AT] - now) <= leeway
    if not is_present:
        raise Unlawful("iat")
    return kind


def _claims(message: bytes, kid: str) -> Mapping[Any, Any]:
    if len(message) > MAX_BYTES:
        raise Unlawful("length")
    protected = cbor.encode({cose.ALG: cose.ES256, cose.KID: b64url_decode(kid)[:KID_BYTES]})
    try:
        parts = cbor.decode(message)
        if type(parts) is not list or len(parts) != _PARTS or type(parts[3]) is not bytes:
            raise Unlawful("form")
        claims = cbor.decode_deterministic(parts[3])
    except Refused as exc:
        raise Unlawful("form") from exc
    if parts[1:3] != [protected, b""]:
        raise Unlawful("header")
    return claims if type(claims) is dict else {}


def _read(claims: Mapping[Any, Any]) -> RecordKind:
    for kind, read in _READERS.items():
        try:
            read(claims)
        except Refused:
            continue
        return kind
    raise Unlawful("claims")
