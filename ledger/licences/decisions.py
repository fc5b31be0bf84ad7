"""Decision documents 决定书: the written decision behind every change of a licence's status.

A compact JWT, anchored like any record and handed to the holder; its digest is SHA-256 of its
ASCII.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ledger import jws
from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import Refused
from ledger.licences.issuance import Issuer, Randomness
from ledger.licences.lifecycle import check_reason
from ledger.values import Digest, Status

TYPE: Final = "licence-decision+jwt"
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
    """A decision document as read; not to be trusted before `jws.verify`."""

    jws: jws.Jws
    digest: Digest
    iss: str
    jti: str
    issued_at: int
    decision: Decision


def sign_decision(
    decision: Decision, issuer: Issuer, randomness: Randomness, *, issued_at: int
) -> str:
    """Return the signed decision; raise `ReasonOutsideClass` when reason and status disagree."""
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
    return jws.sign(TYPE, payload, issuer.signer)


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
        iss=_text(payload, "iss"),
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


def _digest(payload: dict[str, Any], name: str) -> Digest:
    try:
        raw = b64url_decode(_text(payload, name))
    except Refused as exc:
        raise DecisionMalformed(name) from exc
    if len(raw) != _HASH_BYTES:
        raise DecisionMalformed(name)
    return Digest(raw)
