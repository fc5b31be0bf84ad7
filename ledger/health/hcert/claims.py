"""What a code claims: times, issuer, and one certificate in a form that rules can read.

hcert_spec.md §3.3; RFC 8392 §4 for the registered claims.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from ledger.certlogic.dates import Instant, instant
from ledger.certlogic.rules import CertificateType
from ledger.health import cbor
from ledger.health.cbor import MAX_DEPTH, MAX_NODES, CborMalformed
from ledger.health.hcert import schema
from ledger.health.reasons import CodeRefused, Reason
from ledger.values import Seconds

ISS: Final = 1
EXP: Final = 4
IAT: Final = 6
HCERT: Final = -260
DCC: Final = 1
TYPES: Final[Mapping[str, CertificateType]] = {
    "v": CertificateType.VACCINATION,
    "t": CertificateType.TEST,
    "r": CertificateType.RECOVERY,
}
DETECTED: Final = "260373001"
"""SNOMED CT: the test found what it looked for."""
_EVENT: Final[Mapping[str, str]] = {"v": "dt", "t": "sc", "r": "fr"}
"""When the shot, the sample or the first positive result was."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The content of a code: `certificate` is JSON, its dates text, its text in NFC."""

    issuer: str
    """A hint, not to be relied upon; empty where there is none."""
    issued_at: Seconds
    expires_at: Seconds
    certificate: Mapping[str, Any]
    group: str
    """`v`, `t` or `r`."""

    @property
    def type(self) -> CertificateType:
        """Which kind of certificate this is."""
        return TYPES[self.group]

    @property
    def entry(self) -> Mapping[str, Any]:
        """The one vaccination, test or recovery."""
        found: Mapping[str, Any] = self.certificate[self.group][0]
        return found

    @property
    def is_detected(self) -> bool:
        """Whether this is a test that found what it looked for."""
        return self.group == "t" and self.entry.get("tr") == DETECTED

    def event(self) -> Instant:
        """When the shot, sample or first positive was; raise `InstantMalformed` if unreadable."""
        text = self.entry[_EVENT[self.group]]
        return instant(text)

    @property
    def is_day(self) -> bool:
        """Whether the event is told by its day alone, somewhere on earth."""
        return "T" not in self.entry[_EVENT[self.group]]


def read(payload: bytes, tolerances: frozenset[str] = frozenset()) -> Claims:
    """Return what `payload` claims; raise `CodeRefused` with CLAIMS for what breaks the format.

    `tolerances` are faults of the certificate that do not refuse it, of `schema.TOLERABLE`.
    """
    try:
        found = content(payload)
        certificate = plain(_certificate(found))
    except CborMalformed as exc:
        raise CodeRefused(Reason.CLAIMS, exc.reason) from exc
    for fault in sorted(schema.faults(certificate) - tolerances):
        raise CodeRefused(Reason.CLAIMS, fault)
    issuer = found.get(ISS)
    return Claims(
        issuer=issuer if type(issuer) is str else "",
        issued_at=seconds(found, IAT),
        expires_at=seconds(found, EXP),
        certificate=certificate,
        group=_group(certificate),
    )


def plain(value: Any) -> Any:
    """Return the certificate as JSON: dates as text, integral floats as integers, text in NFC.

    Raises `CborMalformed` for what JSON has no form for, keys that are no text, depth beyond 16 and
    more than 4,096 items.
    """
    return _Plain().of(value, MAX_DEPTH)


class _Plain:
    """One walk over a certificate: bounds, and the same in JSON's types."""

    def __init__(self) -> None:
        self.left = MAX_NODES

    def of(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise CborMalformed("too many items")
        kind = type(value)
        if kind is str:
            return value if value.isascii() else unicodedata.normalize("NFC", value)
        if kind is dict or kind is list:
            if depth == 0:
                raise CborMalformed("too deep")
            return self.within(value, depth - 1)
        return _scalar(value)

    def within(self, value: Any, depth: int) -> Any:
        if type(value) is list:
            return [self.of(inner, depth) for inner in value]
        self.left -= len(value)
        if not all(type(key) is str for key in value):
            raise CborMalformed("a key that is no text")
        return {key: self.of(inner, depth) for key, inner in value.items()}


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        text = value.isoformat()
        return text.removesuffix("+00:00") + "Z" if value.tzinfo is UTC else text
    if isinstance(value, date):
        return value.isoformat()
    if value is None or type(value) is bool:
        return value
    if cbor.is_number(value):
        return int(value) if type(value) is float and value.is_integer() else value
    raise CborMalformed("no plain data")


def content(payload: bytes) -> dict[Any, Any]:
    """Return the map of claims that `payload` is, its keys numbers or text, else `CborMalformed`.

    Keys are compared by type, since True equals 1.
    """
    claims = cbor.decode(payload)
    if type(claims) is not dict:
        raise CborMalformed("no map")
    if not all(type(key) is int or type(key) is str for key in claims):
        raise CborMalformed("a key that is neither number nor text")
    return claims


def _certificate(content: Mapping[Any, Any]) -> Any:
    health = content.get(HCERT)
    if type(health) is not dict or not all(type(key) is int for key in health):
        raise CborMalformed("no health certificate")
    certificate = health.get(DCC)
    if type(certificate) is not dict:
        raise CborMalformed("no health certificate")
    return certificate


def seconds(claims: Mapping[Any, Any], claim: int) -> Seconds:
    """Return a time that is claimed, integral floats too; else `CodeRefused` with CLAIMS."""
    value = claims.get(claim)
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not cbor.is_number(value):
        raise CodeRefused(Reason.CLAIMS, "times")
    return Seconds(value)


def _group(certificate: Mapping[str, Any]) -> str:
    groups = [group for group in TYPES if group in certificate]
    if len(groups) != 1 or len(certificate[groups[0]]) != 1:
        raise CodeRefused(Reason.CLAIMS, "not exactly one entry")
    return groups[0]
