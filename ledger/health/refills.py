"""A holder's request for more one-time passes, signed by the key that their terms are kept under.

A signed CBOR document (see `signed`). Nothing personal is in it: the authority knows its holder.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.applications import ANSWER_KEY_BYTES, MAX_KEYS, NONCE_BYTES
from ledger.health.claims import ClaimsInvalid
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer

HOLDER_BYTES: Final = 16
_OURS: Final = -65551


@dataclass(frozen=True, slots=True)
class Refill:
    """What the holder asks for: passes for `keys`, one each.

    `holder` is the authority's name for them, of 16 bytes; `answer_key` and `nonce` as in an
    application.
    """

    holder: bytes
    asked_at: int
    nonce: bytes
    keys: tuple[PublicKey, ...]
    answer_key: bytes


def sign(content: Refill, signer: Signer) -> bytes:
    """Return the signed request; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> Refill:
    """Return what it says before its signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, _read, _spell)


def verify(envelope: Signed, holder: PublicKey) -> None:
    """Raise `SignatureInvalid` unless that holder signed it."""
    signed.payload_of(envelope, holder)


def _spell(content: Refill) -> dict[int, Any]:
    ours = {
        1: content.holder,
        2: content.nonce,
        3: [claims.spell_holder(key) for key in content.keys],
        4: content.answer_key,
    }
    return {6: content.asked_at, _OURS: ours}


def _read(value: object) -> Refill:
    top = claims.members("claims", value, {6, _OURS}, set())
    ours = claims.members("refill", top[_OURS], {1, 2, 3, 4}, set())
    keys = ours[3]
    if type(keys) is not list or not 0 < len(keys) <= MAX_KEYS:
        raise ClaimsInvalid("keys")
    return Refill(
        holder=claims.octets("holder", ours[1], HOLDER_BYTES),
        asked_at=claims.number("iat", top[6], claims.MAX_TIME),
        nonce=claims.octets("nonce", ours[2], NONCE_BYTES),
        keys=tuple(claims.holder_key(each) for each in keys),
        answer_key=claims.octets("answer", ours[4], ANSWER_KEY_BYTES),
    )
