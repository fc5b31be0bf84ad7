"""The always-visible claims of a licence of ours, read strictly into one typed view."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ledger.canonical import b64url_decode
from ledger.errors import Refused
from ledger.keys import PublicKey
from ledger.licences.dates import DateMalformed, DatesReversed, validity
from ledger.licences.fields import TECHNICAL_CLAIMS
from ledger.licences.reasons import REASONS
from ledger.licences.sd_jwt import TYPE, SdJwt
from ledger.status_list import place
from ledger.values import AgencyId, Digest, KeyId, Status, agency_id

ALWAYS_VISIBLE: Final = TECHNICAL_CLAIMS | {
    "jurisdiction",
    "issuing_authority",
    "issuing_authority_code",
    "licence_name",
    "type_code",
    "issue_date",
    "valid_from",
    "valid_until",
}
"""Claims that no disclosure may carry; a holder could leave it out."""

_TEXTS: Final = (
    "iss",
    "vct",
    "vct#integrity",
    "jti",
    "jurisdiction",
    "issuing_authority",
    "issuing_authority_code",
    "licence_name",
    "type_code",
    "issue_date",
    "valid_from",
    "valid_until",
)
ISSUER_URL: Final = re.compile(r"https?://[^\s?#]+/agencies/([^/\s?#]+)/([^/\s?#]+)")
_STATUS_URL: Final = re.compile(
    r"https?://[^\s?#]+/status/([^/\s?#]+)/([^/\s?#]+)/(0|[1-9][0-9]{0,9})"
)
_LAST_LIST: Final = 2**32 - 1
_LAST_INDEX: Final = 2**63 - 1
_HASH_BYTES: Final = 32
_JTI_BYTES: Final = 16
_USUAL_NAMES: Final = 64


@dataclass(eq=False)
class ClaimsMalformed(Refused):
    """A claim that is always visible is missing or malformed."""

    claim: str


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The licence that this one replaces, and why: a reason of the superseded class."""

    digest: Digest
    reason: int


@dataclass(frozen=True, slots=True)
class LicenceClaims:
    """What every licence says openly; times in Unix seconds, `exp` None for an open end.

    `agency_id` follows from jurisdiction and code, never from `iss`. `index` may lie outside its
    list: `place` refuses that. `licence_id` is None where it is in a disclosure or withheld.
    """

    iss: str
    vct: str
    integrity: str
    jti: str
    kid: str
    key_id: KeyId
    issued_at: int
    nbf: int
    exp: int | None
    jurisdiction: str
    agency_name: str
    agency_code: str
    agency_id: AgencyId
    licence_name: str
    type_code: str
    issue_date: str
    valid_from: str
    valid_until: str
    licence_id: str | None
    status_uri: str
    list: int
    index: int
    holder_key: PublicKey | None
    predecessor: Predecessor | None

    @property
    def place(self) -> tuple[int, int]:
        """Word and shift of the status entry; raises `IndexInvalid` for an index outside."""
        return place(self.index)


def read_licence(document: SdJwt) -> LicenceClaims:
    """Return the visible claims of a licence; raise `ClaimsMalformed` with the first bad one.

    They are read from the signed payload alone: a disclosure of one of them is refused. Validity
    times must be those of the dates, issuer and list URLs those of jurisdiction and code.
    """
    payload = document.jws.payload
    hidden = [item.name for item in document.disclosures]
    if not ALWAYS_VISIBLE.isdisjoint(hidden):
        _refuse_hidden(hidden, document.claims)
    _require("header", set(document.jws.header) == {"alg", "typ", "kid"})
    _require("typ", document.jws.header["typ"] == TYPE)
    texts: dict[str, Any] = {name: payload.get(name, "") for name in _TEXTS}
    for name, text in texts.items():
        if not isinstance(text, str) or not text:
            raise ClaimsMalformed(name)
    nbf, exp = _window(payload)
    jurisdiction, code = texts["jurisdiction"], texts["issuing_authority_code"]
    issuer = ISSUER_URL.fullmatch(texts["iss"])
    _require("iss", issuer is not None and issuer.groups() == (jurisdiction, code))
    _require("jti", len(_decoded(texts["jti"], "jti")) == _JTI_BYTES)
    uri, list_number, index = _status(payload.get("status"), jurisdiction, code)
    return LicenceClaims(
        iss=texts["iss"],
        vct=texts["vct"],
        integrity=texts["vct#integrity"],
        jti=texts["jti"],
        kid=document.jws.kid,
        key_id=_key_id(document.jws.kid),
        issued_at=_moment(payload, "iat"),
        nbf=nbf,
        exp=exp,
        jurisdiction=jurisdiction,
        agency_name=texts["issuing_authority"],
        agency_code=code,
        agency_id=_agency(jurisdiction, code),
        licence_name=texts["licence_name"],
        type_code=texts["type_code"],
        issue_date=texts["issue_date"],
        valid_from=texts["valid_from"],
        valid_until=texts["valid_until"],
        licence_id=_optional_text(document.claims, "licence_id"),
        status_uri=uri,
        list=list_number,
        index=index,
        holder_key=_holder_key(payload),
        predecessor=_predecessor(payload),
    )


def _refuse_hidden(names: Sequence[str | None], claims: Mapping[str, Any]) -> None:
    for name in names:
        if name in ALWAYS_VISIBLE and name in claims:
            raise ClaimsMalformed(name)


@lru_cache(maxsize=1_024)
def _kept_agency(jurisdiction: str, code: str) -> AgencyId:
    return agency_id(jurisdiction, code)  # its two hashes cost as much as five claims


def _agency(jurisdiction: str, code: str) -> AgencyId:
    """Return the agency's id; kept for names of a usual length: a stranger chooses them."""
    is_usual = len(jurisdiction) + len(code) <= _USUAL_NAMES
    return _kept_agency(jurisdiction, code) if is_usual else agency_id(jurisdiction, code)


def _key_id(kid: str) -> KeyId:
    """Return the key that a `kid` names; kept for those of a usual length: few keys sign most."""
    return _kept_key_id(kid) if len(kid) <= _USUAL_NAMES else KeyId(_hash(kid, "kid"))


@lru_cache(maxsize=1_024)
def _kept_key_id(kid: str) -> KeyId:
    return KeyId(_hash(kid, "kid"))


def _require(claim: str, holds: bool) -> None:  # noqa: FBT001  # a condition, not an option
    if not holds:
        raise ClaimsMalformed(claim)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise ClaimsMalformed(name)
    return value


def _optional_text(payload: Mapping[str, Any], name: str) -> str | None:
    return _text(payload, name) if name in payload else None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _moment(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ClaimsMalformed(name)
    return value


def _decoded(text: str, claim: str) -> bytes:
    try:
        return b64url_decode(text)
    except Refused as exc:
        raise ClaimsMalformed(claim) from exc


def _hash(text: object, claim: str) -> bytes:
    if not isinstance(text, str):
        raise ClaimsMalformed(claim)
    raw = _decoded(text, claim)
    _require(claim, len(raw) == _HASH_BYTES)
    return raw


def _window(payload: Mapping[str, Any]) -> tuple[int, int | None]:
    try:
        nbf, exp = validity(payload["valid_from"], payload["valid_until"])
    except (DateMalformed, DatesReversed) as exc:
        raise ClaimsMalformed("valid_until") from exc
    _require("nbf", _moment(payload, "nbf") == nbf)
    _require("exp", ("exp" not in payload) if exp is None else _moment(payload, "exp") == exp)
    return nbf, exp


def _status(status: Any, jurisdiction: str, code: str) -> tuple[str, int, int]:
    """Return the list's URI, its number and the index; the URI must be the issuer's own."""
    try:
        reference = status["status_list"]
        uri, index = reference["uri"], reference["idx"]
        shape = set(status) == {"status_list"} and set(reference) == {"uri", "idx"}
    except (KeyError, TypeError) as exc:
        raise ClaimsMalformed("status") from exc
    _require("status", shape and isinstance(uri, str) and _whole(index))
    _require("status", 0 <= index <= _LAST_INDEX)
    found = _STATUS_URL.fullmatch(uri)
    if found is None or found.groups()[:2] != (jurisdiction, code):
        raise ClaimsMalformed("status")
    number = int(found[3])
    _require("status", number <= _LAST_LIST)
    return uri, number, index


def _holder_key(payload: Mapping[str, Any]) -> PublicKey | None:
    if "cnf" not in payload:
        return None
    confirmation = payload["cnf"]
    _require("cnf", isinstance(confirmation, dict) and set(confirmation) == {"jwk"})
    try:
        return PublicKey.from_jwk(confirmation["jwk"])
    except Refused as exc:
        raise ClaimsMalformed("cnf") from exc


def _predecessor(payload: Mapping[str, Any]) -> Predecessor | None:
    if "predecessor" not in payload:
        return None
    named = payload["predecessor"]
    _require("predecessor", isinstance(named, dict) and set(named) == {"digest", "reason"})
    reason = named["reason"]
    _require("predecessor", _whole(reason) and reason in REASONS)
    _require("predecessor", REASONS[reason].status is Status.SUPERSEDED)
    return Predecessor(Digest(_hash(named["digest"], "predecessor")), reason)
