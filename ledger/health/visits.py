"""What a visitor hands to the host to have a foreign code converted: code, passport, consents.

A signed CBOR document (see `signed`) by a key of the visitor's own, sealed to the host's recipient
like an `applications.Application`. A foreign code names no holder key, so who may use it is told
by the travel document: the passes are bound to it, and name and birth date have to be the code's.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.applications import (
    ANSWER_KEY_BYTES,
    MAX_KEYS,
    MAX_PORT,
    MAX_RECEIPTS,
    NONCE_BYTES,
    Receipt,
    items,
    receipt_of,
)
from ledger.health.claims import ClaimsInvalid
from ledger.health.hcert.claims import Claims
from ledger.health.qr_text import MAX_CHARACTERS
from ledger.health.signed import Signed
from ledger.health.transfers import Person, read_person, spell_person
from ledger.keys import PublicKey, Signer

_HOLDER: Final = 8
_OURS: Final = -65551
_PORT: Final = 7
_NAME: Final = 39
"""Characters of a name in a passport's machine-readable zone (ICAO 9303-4 §4.2.2)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visitor asks for; as `applications.Application`, with the code in place of a transfer.

    `person.name` as the machine-readable zone has it, such as "QUETZAL<<MARISOL"; the document as
    the gate's reader will read it.
    """

    target: str
    applied_at: int
    nonce: bytes
    code: str
    holder: PublicKey
    person: Person
    receipts: tuple[Receipt, ...]
    keys: tuple[PublicKey, ...]
    answer_key: bytes
    port: str | None = None


def sign(content: Visit, signer: Signer) -> bytes:
    """Return the signed visit; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> Visit:
    """Return what it says before anybody's signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, _read, _spell)


def verify(envelope: Signed, holder: PublicKey) -> None:
    """Raise `SignatureInvalid` unless the holder that it names signed it."""
    signed.payload_of(envelope, holder)


def is_about(person: Person, found: Claims) -> bool:
    """Whether a code is about the holder of a travel document.

    Both spell names as ICAO 9303-3 transliterates them; a zone cuts long ones. A birth date of
    which the code tells less has to begin so.
    """
    names = found.certificate["nam"]
    spelt = f"{names.get('fnt', '')}<<{names.get('gnt', '')}"
    written, stated = _name(person.name), _name(spelt)
    is_cut = len(person.name) >= _NAME
    same = stated.startswith(written) if is_cut else stated == written
    return bool(written) and same and person.birth_date.startswith(str(found.certificate["dob"]))


def plain_name(name: str) -> str:
    """Return a name of a machine-readable zone as people write it, given names first."""
    surname, _, given = name.partition("<<")
    return " ".join(f"{given} {surname}".replace("<", " ").split())


def _name(name: str) -> str:
    return name.upper().rstrip("<")


def _spell(content: Visit) -> dict[int, Any]:
    ours: dict[int, Any] = {
        1: content.nonce,
        2: content.code,
        3: spell_person(content.person),
        4: [[each.document, each.signature] for each in content.receipts],
        5: [claims.spell_holder(key) for key in content.keys],
        6: content.answer_key,
    }
    if content.port is not None:
        ours[_PORT] = content.port
    holder = claims.spell_holder(content.holder)
    return {3: content.target, 6: content.applied_at, _HOLDER: holder, _OURS: ours}


def _read(value: object) -> Visit:
    top = claims.members("claims", value, {3, 6, _HOLDER, _OURS}, set())
    ours = claims.members("visit", top[_OURS], {1, 2, 3, 4, 5, 6}, {_PORT})
    code = ours[2]
    if type(code) is not str or len(code) > MAX_CHARACTERS:
        raise ClaimsInvalid("code")
    return Visit(
        target=claims.text("aud", top[3], claims.MAX_JURISDICTION_CHARACTERS),
        applied_at=claims.number("iat", top[6], claims.MAX_TIME),
        nonce=claims.octets("nonce", ours[1], NONCE_BYTES),
        code=code,
        holder=claims.holder_key(top[_HOLDER]),
        person=read_person(ours[3]),
        receipts=tuple(receipt_of(each) for each in items("receipts", ours[4], MAX_RECEIPTS)),
        keys=tuple(claims.holder_key(each) for each in items("keys", ours[5], MAX_KEYS)),
        answer_key=claims.octets("answer", ours[6], ANSWER_KEY_BYTES),
        port=claims.text("port", ours[_PORT], MAX_PORT) if _PORT in ours else None,
    )
