"""Decision documents 决定书: the written decision behind every change of a licence's status.

A compact JWT, anchored like any record and handed to the holder; its digest is SHA-256 of its
ASCII. What a person writes into it is its `Wording`; the law asks for all of it where a right is
taken away (`WRITTEN`), and a change without wording is documented by its facts alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ledger import jws
from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import Refused
from ledger.licences.issuance import Issuer, Randomness
from ledger.licences.lifecycle import check_reason
from ledger.licences.reading import ISSUER_URL
from ledger.licences.reasons import WRITTEN, reason_of
from ledger.values import AgencyId, Digest, KeyId, Status, agency_id

TYPE: Final = "licence-decision+jwt"
MEDIA_TYPE: Final = f"application/{TYPE}"
_JTI_BYTES: Final = 16
_HASH_BYTES: Final = 32
_TEXTS: Final = ("number", "legalBasis", "text", "appeal")
_MEMBERS: Final = frozenset(
    {"iss", "jti", "iat", "target", "status", "reason", "effectiveAt", "until", "successor"}
) | frozenset(_TEXTS)


@dataclass(eq=False)
class DecisionMalformed(Refused):
    """The text is not a decision document."""

    claim: str


@dataclass(eq=False)
class DecisionIncomplete(Refused):
    """For this reason the law asks for a written decision; parts of it are missing."""

    reason: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person writes into a decision; `number` is the 文号, `appeal` how to object."""

    text: str
    number: str = ""
    legal_basis: str = ""
    appeal: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about the licence with digest `target`.

    `effective_at` and `until` are Unix seconds as in the order on chain: 0 means from the beginning
    and no end. `number` is the 文号, `appeal` says where and until when to object.
    """

    target: Digest
    status: Status
    reason: int
    effective_at: int
    number: str
    legal_basis: str
    text: str
    appeal: str
    until: int = 0
    successor: Digest | None = None


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """A decision document as read; not to be trusted before `jws.verify`.

    `agency` follows from the names at the end of `iss`, `key_id` from the header's `kid`.
    """

    jws: jws.Jws
    digest: Digest
    iss: str
    agency: AgencyId
    key_id: KeyId
    jti: str
    issued_at: int
    decision: Decision


def check_wording(reason: int, wording: Wording | None) -> None:
    """Raise `DecisionIncomplete` where the law asks for a written decision and it is not whole."""
    if reason not in WRITTEN:
        return
    said = wording or Wording("")
    parts = (said.number, said.legal_basis, said.text, said.appeal)
    missing = tuple(name for name, part in zip(_TEXTS, parts, strict=True) if not part.strip())
    if missing:
        raise DecisionIncomplete(reason, missing)


def standard_wording(reason: int) -> Wording:
    """Return the wording of a change that came without any: the reason's Chinese name alone."""
    return Wording(reason_of(reason).names["zh-Hans"])


def sign_decisions(
    decisions: Sequence[Decision], issuer: Issuer, randomness: Randomness, *, issued_at: int
) -> list[str]:
    """Return the signed decisions, all or none, in their order.

    Raises `ReasonOutsideClass` when the reason and the status of one disagree.
    """
    signer = issuer.signer
    messages = [
        jws.signing_input(TYPE, _payload_of(each, issuer, randomness, issued_at), signer.public_key)
        for each in decisions
    ]
    return list(map(jws.compact, messages, signer.sign_all(messages)))


def _payload_of(
    decision: Decision, issuer: Issuer, randomness: Randomness, issued_at: int
) -> dict[str, Any]:
    check_reason(decision.status, decision.reason)
    payload: dict[str, Any] = {
        "iss": issuer.url,
        "jti": b64url_encode(randomness(_JTI_BYTES)),
        "iat": issued_at,
        "target": b64url_encode(decision.target),
        "status": int(decision.status),
        "reason": decision.reason,
        "effectiveAt": decision.effective_at,
        "until": decision.until,
        "number": decision.number,
        "legalBasis": decision.legal_basis,
        "text": decision.text,
        "appeal": decision.appeal,
    }
    if decision.successor is not None:
        payload["successor"] = b64url_encode(decision.successor)
    return payload


def parse_decision(token: str) -> SignedDecision:
    """Return the decision in `token`, its signature not yet checked.

    Raises:
        DecisionMalformed: when a claim is missing, malformed or unknown.
        AlgorithmRefused, TypeRefused: as `jws.parse` does.
    """
    try:
        parsed = jws.parse(token, TYPE)
    except jws.JwsMalformed as exc:
        raise DecisionMalformed("token") from exc
    payload = parsed.payload
    for name in payload.keys() - _MEMBERS:
        raise DecisionMalformed(name)
    iss = _text(payload, "iss")
    decision = Decision(
        target=_digest(payload, "target"),
        status=_status(payload),
        reason=_number(payload, "reason"),
        effective_at=_number(payload, "effectiveAt"),
        number=_text(payload, "number"),
        legal_basis=_text(payload, "legalBasis"),
        text=_text(payload, "text"),
        appeal=_text(payload, "appeal"),
        until=_number(payload, "until"),
        successor=_digest(payload, "successor") if "successor" in payload else None,
    )
    try:
        check_reason(decision.status, decision.reason)
    except Refused as exc:
        raise DecisionMalformed("reason") from exc
    return SignedDecision(
        jws=parsed,
        digest=Digest(sha256(token.encode("ascii")).digest()),
        iss=iss,
        agency=_agency(iss),
        key_id=KeyId(_hash(parsed.kid, "kid")),
        jti=_text(payload, "jti"),
        issued_at=_number(payload, "iat"),
        decision=decision,
    )


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise DecisionMalformed(name)
    return value


def _number(payload: dict[str, Any], name: str) -> int:
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DecisionMalformed(name)
    return value


def _status(payload: dict[str, Any]) -> Status:
    try:
        return Status(_number(payload, "status"))
    except ValueError as exc:
        raise DecisionMalformed("status") from exc


def _agency(iss: str) -> AgencyId:
    named = ISSUER_URL.fullmatch(iss)
    if named is None:
        raise DecisionMalformed("iss")
    return agency_id(named[1], named[2])


def _digest(payload: dict[str, Any], name: str) -> Digest:
    return Digest(_hash(_text(payload, name), name))


def _hash(text: str, name: str) -> bytes:
    try:
        raw = b64url_decode(text)
    except Refused as exc:
        raise DecisionMalformed(name) from exc
    if len(raw) != _HASH_BYTES:
        raise DecisionMalformed(name)
    return raw
