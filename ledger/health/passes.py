"""Our own health pass: a CWT in deterministic CBOR, one signature, one spelling, one digest.

`"SZ1:" + Base45(COSE_Sign1)`, see `signed`. Claims 1, 4, 5, 6, 7 are those of RFC 8392 §3.1, 8 of
RFC 8747 §3.2; -65537 is ours, in the private range. Who has the pass is not in it, unless by a hint
for the eye or a binding for a document reader.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final

from ledger.health import claims, qr_text, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer

PREFIX: Final = "SZ1:"
CTI_BYTES: Final = 16
BINDING_BYTES: Final = 16
MAX_HINT_CHARACTERS: Final = 24
MAX_GRADE: Final = 7
LIST_ENTRIES: Final = 1 << 20
_MAX_NUMBER: Final = 2**32
_FULL_DATE: Final = len("YYYY-MM-DD")
_HOLDER: Final = 8
_OURS: Final = -65537
_AGREEMENT: Final = 2
_BINDING: Final = 6
_HINT: Final = 7
_USES: Final = 8
_CLAIMS: Final = frozenset((1, 4, 5, 6, 7, _OURS))
_MAY_CLAIM: Final = frozenset((_HOLDER,))
_WANTED: Final = frozenset((1, 3, 4, 5))
_OPTIONAL: Final = frozenset((_AGREEMENT, _BINDING, _HINT, _USES))


class Mode(IntFlag):
    """How a pass may be shown."""

    DYNAMIC = 1
    CHALLENGE = 2
    PAPER = 4


_ALL_MODES: Final = int(Mode.DYNAMIC | Mode.CHALLENGE | Mode.PAPER)
_MODES: Final = tuple(Mode(bits) for bits in range(_ALL_MODES + 1))


@dataclass(frozen=True, slots=True)
class Recognition:
    """Under which agreement a pass was issued: the code of FROM, and the version."""

    jurisdiction: str
    version: int


@dataclass(frozen=True, slots=True)
class HealthPass:
    """What a pass says. Times in Unix seconds; `holder` None on paper; `max_uses` 0: unlimited.

    `grade` is of the issuer's own scale, `purposes` bits are those of its policy, `hint` such as
    "C L 07-23", `binding` what `binding_of` gives for the holder's document.
    """

    jurisdiction: str
    cti: bytes
    issued_at: int
    not_before: int
    expires_at: int
    grade: int
    list: int
    index: int
    modes: Mode
    purposes: int
    holder: PublicKey | None = None
    recognition: Recognition | None = None
    binding: bytes | None = None
    hint: str | None = None
    max_uses: int = 0


def sign(content: HealthPass, signer: Signer) -> bytes:
    """Return the signed pass; raise `ClaimsInvalid` for what no pass may say."""
    spelt = _spell(content)
    read_claims(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def sign_all(contents: Iterable[HealthPass], signer: Signer) -> list[bytes]:
    """Return as `sign` for each pass, with one question to whoever holds the key."""
    spelt = [_spell(content) for content in contents]
    for each in spelt:
        read_claims(each)
    return signed.sign_all(spelt, signer)


def to_text(encoded: bytes) -> str:
    """Return what the QR code holds."""
    return qr_text.encode(PREFIX, encoded)


def from_text(text: str) -> Signed:
    """Read a QR code; raise as `qr_text.decode` and `signed.read` do."""
    return signed.read(qr_text.decode(PREFIX, text))


def verify(envelope: Signed, key: PublicKey) -> HealthPass:
    """Return what `key` signed; raise `SignatureInvalid`, or `ClaimsInvalid` thereafter."""
    return claims.open_claims(signed.payload_of(envelope, key), read_claims, _spell)


def binding_of(document_type: str, issuer: str, number: str, cti: bytes) -> bytes:
    """Return the 16 bytes that bind a pass to a travel document.

    PBKDF2-HMAC-SHA-256 (RFC 8018) over the three, each after its length in UTF-8 as 2 bytes, with
    `cti` as salt and 100,000 rounds: about 20 ms, so that guessing numbers is dear.
    """
    parts = [part.encode() for part in (document_type, issuer, number)]
    secret = b"".join(len(part).to_bytes(2) + part for part in parts)
    return hashlib.pbkdf2_hmac("sha256", secret, cti, 100_000, dklen=BINDING_BYTES)


def hint_of(name: str, birth_date: str) -> str:
    """Return what an eye compares: two initials, month and day, such as "C L 07-23".

    `birth_date` as "YYYY-MM-DD"; of a shorter one nothing is told.
    """
    initials = [part[0].upper() for part in name.split()][:2]
    return " ".join([*initials, *([birth_date[5:]] if len(birth_date) == _FULL_DATE else [])])


def _spell(content: HealthPass) -> dict[int, Any]:
    """Return the claims, every map in the order of its encoded keys."""
    ours: dict[int, Any] = {1: content.grade}
    if content.recognition is not None:
        ours[_AGREEMENT] = [content.recognition.jurisdiction, content.recognition.version]
    ours |= {3: [content.list, content.index], 4: int(content.modes), 5: content.purposes}
    if content.binding is not None:
        ours[_BINDING] = content.binding
    if content.hint is not None:
        ours[_HINT] = content.hint
    if content.max_uses:
        ours[_USES] = content.max_uses
    spelt: dict[int, Any] = {
        1: content.jurisdiction,
        4: content.expires_at,
        5: content.not_before,
        6: content.issued_at,
        7: content.cti,
    }
    if content.holder is not None:
        spelt[_HOLDER] = claims.spell_holder(content.holder)
    spelt[_OURS] = ours
    return spelt


def read_claims(value: object) -> HealthPass:
    """Return the pass whose claims these are; raise `ClaimsInvalid` naming the first bad one.

    Every claim is known, of its type and within its bounds; a pass on paper alone has no holder
    key, and every other one has.
    """
    top = claims.members("claims", value, _CLAIMS, _MAY_CLAIM)
    ours = claims.members("pass", top[_OURS], _WANTED, _OPTIONAL)
    place = claims.pair("status", ours[3])
    content = HealthPass(
        jurisdiction=claims.text("iss", top[1], claims.MAX_JURISDICTION_CHARACTERS),
        cti=claims.octets("cti", top[7], CTI_BYTES),
        issued_at=claims.number("iat", top[6], claims.MAX_TIME),
        not_before=claims.number("nbf", top[5], claims.MAX_TIME),
        expires_at=claims.number("exp", top[4], claims.MAX_TIME),
        grade=claims.number("grade", ours[1], MAX_GRADE + 1),
        list=claims.number("status", place[0], _MAX_NUMBER),
        index=claims.number("status", place[1], LIST_ENTRIES),
        modes=_MODES[claims.number("modes", ours[4], _ALL_MODES + 1, least=1)],
        purposes=claims.number("purposes", ours[5], _MAX_NUMBER),
        holder=claims.holder_key(top[_HOLDER]) if _HOLDER in top else None,
        recognition=_recognition(ours[_AGREEMENT]) if _AGREEMENT in ours else None,
        binding=claims.octets("binding", ours[_BINDING], BINDING_BYTES)
        if _BINDING in ours
        else None,
        hint=claims.text("hint", ours[_HINT], MAX_HINT_CHARACTERS) if _HINT in ours else None,
        max_uses=claims.number("uses", ours[_USES], _MAX_NUMBER, least=1) if _USES in ours else 0,
    )
    if not content.not_before < content.expires_at:
        raise ClaimsInvalid("exp")
    if (content.holder is None) != (content.modes == Mode.PAPER):
        raise ClaimsInvalid("cnf")
    return content


def _recognition(value: object) -> Recognition:
    jurisdiction, version = claims.pair("agreement", value)
    return Recognition(
        claims.text("agreement", jurisdiction, claims.MAX_JURISDICTION_CHARACTERS),
        claims.number("agreement", version, _MAX_NUMBER, least=1),
    )
