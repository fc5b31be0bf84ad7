"""What a document key may be used for: kinds of token and of health document, each plausible.

The purpose is read from the message itself, so that nobody can ask for one thing and name another.
Which agency a key speaks for is not judged here: verifiers take that from the ledger.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from api.signer import health_purposes
from ledger import jws
from ledger.errors import Refused
from ledger.licences import decisions, sd_jwt
from ledger.list_tokens import LIFETIME_SECONDS, TOKEN_TYPE
from ledger.tenders import receipts
from ledger.verification import bundle

CLOCK_SECONDS: Final = 300
"""How far `iat` may lie from the signer's clock (proposed)."""
MAX_BUNDLE_SECONDS: Final = 24 * 3600
"""The longest time that a bundle may be good for (proposed)."""
_MIB: Final = 2**20
_HEADER: Final = frozenset({"alg", "typ", "kid"})
_NO_SIGNATURE: Final = ".AA"
"""Makes a token of a signing input, so that the one strict reader reads it."""


class Purpose(StrEnum):
    """What a signature is for."""

    LICENCE = "licence"
    DECISION = "decision"
    STATUS_LIST = "status-list"
    BUNDLE = "bundle"
    HEALTH_PASS = "health-pass"  # noqa: S105  # no password
    HEALTH_TRANSFER = "health-transfer"
    HEALTH_CERTIFICATE = "health-certificate"
    HEALTH_ALLOW = "health-allow"
    HEALTH_CUSTODY = "health-custody"
    GATE_BUNDLE = "gate-bundle"
    SCAN_ERASURE = "scan-erasure"
    APPEAL_ANSWER = "appeal-answer"
    BID_RECEIPT = "bid-receipt"


@dataclass(eq=False)
class PurposeRefused(Refused):
    """The message is none that a document key signs; `part` says where it went wrong."""

    part: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What this service signs: documents that name `base_url`, licences of the types `vcts`."""

    base_url: str
    vcts: frozenset[str]

    def purpose_of(self, message: bytes, kid: str, now: int) -> Purpose:
        """Return what `message` is to be signed for.

        It is a JWS signing input (RFC 7515 §5.1), or what `health_purposes` knows.

        Raises:
            PurposeRefused: unless the header has `alg` ES256, a `typ` of ours, this `kid` and
                nothing else, and the payload names this service and the present.
        """
        if health_purposes.is_health(message):
            return self._health(message, kid, now)
        token = _parsed(message)
        purpose = _PURPOSES[token.header["typ"]]
        if len(message) > _LONGEST[purpose]:
            raise PurposeRefused("length")
        if token.header.keys() != _HEADER:
            raise PurposeRefused("header")
        if token.header["kid"] != kid:
            raise PurposeRefused("kid")
        if abs(_number(token.payload, "iat") - now) > CLOCK_SECONDS:
            raise PurposeRefused("iat")
        _CHECKS[purpose](self, token.payload)
        return purpose

    def _health(self, message: bytes, kid: str, now: int) -> Purpose:
        try:
            found = health_purposes.purpose_of(message, kid, self.base_url, now, CLOCK_SECONDS)
        except health_purposes.Unlawful as exc:
            raise PurposeRefused(str(exc)) from exc
        return Purpose(found)


def _parsed(message: bytes) -> jws.Jws:
    try:
        return jws.parse(message.decode("ascii") + _NO_SIGNATURE, *_PURPOSES)
    except UnicodeDecodeError as exc:
        raise PurposeRefused("encoding") from exc
    except jws.AlgorithmRefused as exc:
        raise PurposeRefused("alg") from exc
    except jws.TypeRefused as exc:
        raise PurposeRefused("typ") from exc
    except Refused as exc:
        raise PurposeRefused("form") from exc


def _check_licence(rules: Rules, payload: Mapping[str, Any]) -> None:
    _check_issuer(rules, payload)
    vct = payload.get("vct")
    if not isinstance(vct, str) or vct not in rules.vcts:
        raise PurposeRefused("vct")


def _check_issuer(rules: Rules, payload: Mapping[str, Any]) -> None:
    _check_address(payload, "iss", f"{rules.base_url}/agencies/")


def _check_list(rules: Rules, payload: Mapping[str, Any]) -> None:
    _check_address(payload, "sub", f"{rules.base_url}/status/")
    if _number(payload, "exp") - _number(payload, "iat") > LIFETIME_SECONDS:
        raise PurposeRefused("exp")


def _check_receipt(rules: Rules, payload: Mapping[str, Any]) -> None:
    _check_issuer(rules, payload)
    if payload.get("state") not in set(receipts.ReceiptState):
        raise PurposeRefused("state")


def _check_bundle(_rules: Rules, payload: Mapping[str, Any]) -> None:
    if _number(payload, "exp") - _number(payload, "iat") > MAX_BUNDLE_SECONDS:
        raise PurposeRefused("exp")


def _check_address(payload: Mapping[str, Any], name: str, start: str) -> None:
    found = payload.get(name)
    if not isinstance(found, str) or not found.startswith(start):
        raise PurposeRefused(name)


def _number(payload: Mapping[str, Any], name: str) -> int:
    found = payload.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise PurposeRefused(name)
    return found


_PURPOSES: Final[Mapping[str, Purpose]] = {
    sd_jwt.TYPE: Purpose.LICENCE,
    decisions.TYPE: Purpose.DECISION,
    TOKEN_TYPE: Purpose.STATUS_LIST,
    bundle.TYPE: Purpose.BUNDLE,
    receipts.TYPE: Purpose.BID_RECEIPT,
}
"""The `typ` that each purpose has."""
_LONGEST: Final[Mapping[Purpose, int]] = {
    Purpose.LICENCE: _MIB,
    Purpose.DECISION: _MIB,
    Purpose.STATUS_LIST: _MIB,
    Purpose.BUNDLE: bundle.MAX_BUNDLE,
    Purpose.BID_RECEIPT: 2**14,
}
"""The longest message of each purpose, in bytes."""
_CHECKS: Final[Mapping[Purpose, Callable[[Rules, Mapping[str, Any]], None]]] = {
    Purpose.LICENCE: _check_licence,
    Purpose.DECISION: _check_issuer,
    Purpose.STATUS_LIST: _check_list,
    Purpose.BUNDLE: _check_bundle,
    Purpose.BID_RECEIPT: _check_receipt,
}
