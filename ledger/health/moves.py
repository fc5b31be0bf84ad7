"""A holder's passes move to a new device 换机: the new key asks, the old key orders.

Two signed CBOR documents (see `signed`), one inside the other. The new device signs what it wants
with the key that it made, which proves that it has it; the old one signs that, and so orders that
this key stands for the holder from now on. Nothing personal is in either, and the old device needs
no network.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.applications import ANSWER_KEY_BYTES, NONCE_BYTES
from ledger.health.claims import ClaimsInvalid
from ledger.health.refills import HOLDER_BYTES
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer

MAX_KEYS: Final = 64
"""A code of all of them still fits into one file; holders may have no more passes at a time."""
_CNF: Final = 8
_REQUEST: Final = -65560
_ORDER: Final = -65561
_MAX_REQUEST_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """What the new device asks for: that `holder` stands for the holder, and passes for `keys`.

    `answer_key` and `nonce` as in an application.
    """

    asked_at: int
    holder: PublicKey
    nonce: bytes
    keys: tuple[PublicKey, ...]
    answer_key: bytes


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """What the old device orders.

    `name` is the authority's for the holder, 16 bytes; `request` what the new device signed.
    """

    ordered_at: int
    name: bytes
    request: bytes


def sign_request(content: MoveRequest, signer: Signer) -> bytes:
    """Return the request signed by the new key; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell_request(content)
    _read_request(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def verify_request(encoded: bytes) -> MoveRequest:
    """Return what the key asks that the request itself names.

    Raises `SignedMalformed`, `ClaimsInvalid`, and `SignatureInvalid` where that key did not sign.
    """
    envelope = signed.read(encoded)
    content = claims.open_claims(envelope.message.payload, _read_request, _spell_request)
    signed.payload_of(envelope, content.holder)
    return content


def sign_order(content: MoveOrder, signer: Signer) -> bytes:
    """Return the order signed by the old key; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell_order(content)
    _read_order(spelt)
    return signed.sign(spelt, signer)


def read_order(envelope: Signed) -> MoveOrder:
    """Return what an order says before its signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, _read_order, _spell_order)


def verify_order(envelope: Signed, holder: PublicKey) -> None:
    """Raise `SignatureInvalid` unless that holder signed it."""
    signed.payload_of(envelope, holder)


def _spell_request(content: MoveRequest) -> dict[int, Any]:
    ours = {
        1: content.nonce,
        2: [claims.spell_holder(key) for key in content.keys],
        3: content.answer_key,
    }
    return {6: content.asked_at, _CNF: claims.spell_holder(content.holder), _REQUEST: ours}


def _read_request(value: object) -> MoveRequest:
    top = claims.members("claims", value, {6, _CNF, _REQUEST}, set())
    ours = claims.members("request", top[_REQUEST], {1, 2, 3}, set())
    keys = ours[2]
    if type(keys) is not list or not 0 < len(keys) <= MAX_KEYS:
        raise ClaimsInvalid("keys")
    return MoveRequest(
        asked_at=claims.number("iat", top[6], claims.MAX_TIME),
        holder=claims.holder_key(top[_CNF]),
        nonce=claims.octets("nonce", ours[1], NONCE_BYTES),
        keys=tuple(claims.holder_key(each) for each in keys),
        answer_key=claims.octets("answer", ours[3], ANSWER_KEY_BYTES),
    )


def _spell_order(content: MoveOrder) -> dict[int, Any]:
    return {6: content.ordered_at, _ORDER: {1: content.name, 2: content.request}}


def _read_order(value: object) -> MoveOrder:
    top = claims.members("claims", value, {6, _ORDER}, set())
    ours = claims.members("order", top[_ORDER], {1, 2}, set())
    request = ours[2]
    if type(request) is not bytes or not 0 < len(request) <= _MAX_REQUEST_BYTES:
        raise ClaimsInvalid("request")
    return MoveOrder(
        ordered_at=claims.number("iat", top[6], claims.MAX_TIME),
        name=claims.octets("holder", ours[1], HOLDER_BYTES),
        request=request,
    )
