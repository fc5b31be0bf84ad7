"""Case files of the shape of dgc-testdata: their stages, and what we find for every flag."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from ledger.certlogic.dates import InstantMalformed, instant
from ledger.health import cbor, cose
from ledger.health.cbor import CborMalformed
from ledger.health.cose import Sign1
from ledger.health.hcert import claims, envelope, reading, schema
from ledger.health.hcert.certificates import (
    CertificateUnreadable,
    SignerCertificate,
    read_certificate,
)
from ledger.health.hcert.reading import Limits, Reading
from ledger.health.hcert.trust import TrustedKey, TrustList, trust_list
from ledger.health.reasons import CodeRefused
from ledger.keys import SignatureInvalid
from ledger.values import Seconds
from wallet.pictures import codes_in

Stage = TypeVar("Stage")
Found = TypeVar("Found")
_CASE_FILES: Final = Limits(ahead=0, behind=1)
"""Case files want iat <= clock <= exp, without a margin."""
_FULL_DATE: Final = len("2021-01-01")


@dataclass(frozen=True)
class Case:
    """One case file; every stage is None where nothing leads to it."""

    content: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path) -> "Case | None":
        """Return the case in a file, or None if it is none."""
        try:
            content = json.loads(file.read_text("utf-8-sig"))
        except ValueError:
            return None
        is_case = type(content) is dict and type(content.get("EXPECTEDRESULTS")) is dict
        return cls(content) if is_case else None

    @property
    def expected(self) -> Mapping[str, bool]:
        """The flags that the authors set; those that nobody knows are left out."""
        flags = self.content["EXPECTEDRESULTS"]
        return {name: flags[name] for name in FLAGS if type(flags.get(name)) is bool}

    @cached_property
    def context(self) -> Mapping[str, Any]:
        """The circumstances: certificate and clock."""
        found = self.content.get("TESTCTX")
        return found if type(found) is dict else {}

    @cached_property
    def picture(self) -> str | None:
        """The text in the picture; empty if there is a picture without one."""
        given = self._text("2DCODE")
        if given is None:
            return None
        try:
            return next(iter(codes_in(base64.b64decode(given))), "")
        except ValueError:
            return ""

    @cached_property
    def prefixed(self) -> str | None:
        """The text of the code."""
        given = self._text("PREFIX")
        return self.picture if given is None else given

    @cached_property
    def base45(self) -> str | None:
        """The text without its prefix."""
        given = self._text("BASE45")
        return given if given is not None else _next(envelope.unprefixed, self.prefixed)

    @cached_property
    def compressed(self) -> bytes | None:
        """The bytes in the text."""
        given = self._bytes("COMPRESSED")
        return given if given is not None else _next(envelope.decoded, self.base45)

    @cached_property
    def cose(self) -> bytes | None:
        """The bytes of the signed message."""
        given = self._bytes("COSE")
        return given if given is not None else _next(envelope.inflated, self.compressed)

    @cached_property
    def message(self) -> Sign1 | None:
        """The signed message."""
        return _next(envelope.parsed, self.cose)

    @cached_property
    def json(self) -> Any:
        """The certificate as the authors wrote it, or as the last stage before has it."""
        given = self.content.get("JSON")
        if given is not None:
            return _next(claims.plain, given)
        return self.encoded if self._bytes("CBOR") is not None else self.signed

    @cached_property
    def encoded(self) -> Any:
        """The certificate in CBOR, with or without the claims around it."""
        return _certificate_in(self._bytes("CBOR"))

    @cached_property
    def signed(self) -> Any:
        """The certificate that the COSE message carries."""
        return _certificate_in(self.message.payload) if self.message else None

    @cached_property
    def times(self) -> tuple[Seconds, Seconds] | None:
        """`iat` and `exp` of the message."""
        try:
            content = claims.content(self.message.payload) if self.message else {}
            return claims.seconds(content, claims.IAT), claims.seconds(content, claims.EXP)
        except (CborMalformed, CodeRefused):
            return None

    @cached_property
    def certificate(self) -> SignerCertificate | None:
        """The signer's certificate, None if it is of no use."""
        try:
            return read_certificate(self.der)
        except CertificateUnreadable:
            return None

    @cached_property
    def der(self) -> bytes:
        """The bytes of that certificate."""
        try:
            return base64.b64decode(self.context.get("CERTIFICATE") or "")
        except (ValueError, TypeError):
            return b""

    @cached_property
    def clock(self) -> Seconds | None:
        """The time at which to judge, UTC where no zone is given."""
        try:
            moment = instant(self.context["VALIDATIONCLOCK"])
        except (KeyError, TypeError, InstantMalformed):
            return None
        return Seconds(moment.milliseconds // 1000)

    @cached_property
    def trust(self) -> TrustList:
        """The one certificate as the whole list."""
        keys = [TrustedKey.of(self.certificate)] if self.certificate else []
        return trust_list("case file", 1, Seconds(0), keys)

    def verdict(self) -> tuple[str, str]:
        """`valid` or `invalid`, and the first reason or `OK`; without a clock as of its issue."""
        text = self.prefixed if self.picture is None else self.picture
        code = self.judged(text or "").code
        if self.picture == "":
            code = "FORMAT"  # a picture without a code: nothing was read that lacks the prefix
        return ("valid" if code == "OK" else "invalid"), code

    def judged(self, text: str) -> Reading:
        """Return what `text` says under the circumstances of the case."""
        at = self.clock if self.clock is not None else (self.times or (Seconds(0),))[0]
        return reading.read(text, self.trust, at, _CASE_FILES)

    def flags(self) -> dict[str, bool | None]:
        """Return what we find for every flag; None where its input is missing."""
        return {name: find(self) for name, find in FLAGS.items()}

    def _text(self, name: str) -> str | None:
        value = self.content.get(name)
        return value if type(value) is str else None

    def _bytes(self, name: str) -> bytes | None:
        try:
            return bytes.fromhex(self._text(name) or "?")
        except ValueError:
            return None


def same(left: Any, right: Any) -> bool:
    """Whether two certificates say the same: instants are compared as such, text in NFC."""
    if type(left) is not type(right):
        return False
    if type(left) is dict:
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if type(left) is list:
        return len(left) == len(right) and all(map(same, left, right))
    return left == right or _same_instant(left, right)


def _same_instant(left: Any, right: Any) -> bool:
    if type(left) is not str or min(len(left), len(right)) < _FULL_DATE:
        return False
    try:
        return instant(left) == instant(right)
    except InstantMalformed:
        return False


def _next(step: Callable[[Stage], Found], stage: Stage | None) -> Found | None:
    if stage is None:
        return None
    try:
        return step(stage)
    except (CodeRefused, CborMalformed):
        return None


def _certificate_in(data: bytes | None) -> Any:
    try:
        value = cbor.decode(data or b"")
        value = value.get(claims.HCERT, {}).get(claims.DCC, value) if type(value) is dict else None
        return claims.plain(value)
    except (CborMalformed, AttributeError):
        return None


def _picture_decode(case: Case) -> bool | None:
    return None if case.picture is None else case.picture == case.prefixed


def _unprefix(case: Case) -> bool | None:
    if case.prefixed is None:
        return None
    return case.base45 is not None and case.prefixed == envelope.PREFIX + case.base45


def _b45_decode(case: Case) -> bool | None:
    if case.base45 is None:
        return None if case.prefixed is None else False
    found = _next(envelope.decoded, case.base45)
    return found is not None and found == case.compressed


def _compression(case: Case) -> bool | None:
    if case.compressed is None:
        return None if case.base45 is None else False
    found = _next(envelope.inflated, case.compressed)
    return found is not None and found == case.cose


def _decode(case: Case) -> bool | None:
    if case.cose is None:
        return None
    return case.signed is not None and same(case.signed, case.json)


def _valid_json(case: Case) -> bool | None:
    if case.prefixed is None:
        return None
    message = _next(envelope.read, case.prefixed)
    found = _certificate_in(message.payload) if message else None
    return found is not None and same(found, case.json)


def _encode(case: Case) -> bool | None:
    if "CBOR" not in case.content:
        return None
    return case.encoded is not None and same(case.encoded, case.json)


def _verify(case: Case) -> bool | None:
    if case.cose is None or not case.der:
        return None
    message, certificate = case.message, case.certificate
    if message is None or certificate is None:
        return False
    if message.header(cose.KID) != hashlib.sha256(case.der).digest()[:8]:
        return False
    try:
        cose.verify(message, certificate.key)
    except SignatureInvalid:
        return False
    return True


def _key_usage(case: Case) -> bool | None:
    if case.certificate is None or type(case.signed) is not dict:
        return None
    groups = [group for group in claims.TYPES if group in case.signed]
    usages = case.certificate.usages or frozenset()
    return bool(groups) and all(claims.TYPES[group] in usages for group in groups)


def _expiration(case: Case) -> bool | None:
    if case.certificate is None or case.clock is None or case.message is None:
        return None
    if case.times is None:
        return False
    issued, expires = case.times
    certificate = case.certificate
    steps = certificate.not_before, issued, case.clock, expires, certificate.not_after
    return list(steps) == sorted(steps)


def _fits(certificate: Any) -> bool:
    groups = claims.TYPES.keys() & certificate.keys() if type(certificate) is dict else ()
    return len(groups) == 1 and not schema.faults(certificate)


def _schema_validation(case: Case) -> bool | None:
    return None if case.message is None else _fits(case.signed)


def _valid_object(case: Case) -> bool | None:
    return None if case.json is None else _fits(case.json)


FLAGS: Final[Mapping[str, Callable[[Case], bool | None]]] = {
    "EXPECTEDPICTUREDECODE": _picture_decode,
    "EXPECTEDUNPREFIX": _unprefix,
    "EXPECTEDB45DECODE": _b45_decode,
    "EXPECTEDCOMPRESSION": _compression,
    "EXPECTEDDECODE": _decode,
    "EXPECTEDVALIDJSON": _valid_json,
    "EXPECTEDENCODE": _encode,
    "EXPECTEDVERIFY": _verify,
    "EXPECTEDKEYUSAGE": _key_usage,
    "EXPECTEDEXPIRATIONCHECK": _expiration,
    "EXPECTEDSCHEMAVALIDATION": _schema_validation,
    "EXPECTEDVALIDOBJECT": _valid_object,
}
