"""Health codes for tests: good ones, and the parts to make every kind of bad one."""

import hashlib
import zlib
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import cbor2
from cbor2 import CBORTag
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from ledger.health import base45
from ledger.health.cose import Sign1
from ledger.health.hcert.certificates import read_certificate
from ledger.health.hcert.trust import TrustedKey, TrustList, trust_list
from ledger.values import Seconds

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256 (SP 800-186 §3.2.1.3)."""
NOW: Final = Seconds(1_625_000_000)  # 2021-06-29T20:53:20Z
START: Final = Seconds(NOW - 86_400)
END: Final = Seconds(NOW + 86_400)
CERTIFICATE: Final[dict[str, Any]] = {
    "ver": "1.3.0",
    "nam": {"fn": "Muster", "gn": "Ána", "fnt": "MUSTER", "gnt": "ANA"},
    "dob": "1990-07-23",
    "v": [
        {
            "tg": "840539006",
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 2,
            "sd": 2,
            "dt": "2021-05-20",
            "co": "XX",
            "is": "Sample Health Office",
            "ci": "URN:UVCI:01:XX:SAMPLE",
        }
    ],
}
TEST: Final[dict[str, Any]] = {
    "tg": "840539006",
    "tt": "LP6464-4",
    "sc": "2021-06-29T10:00:00Z",
    "tr": "260415000",
    "tc": "Sample Laboratory",
    "co": "XX",
    "is": "Sample Health Office",
    "ci": "URN:UVCI:01:XX:SAMPLE",
}
RECOVERY: Final[dict[str, Any]] = {
    "tg": "840539006",
    "fr": "2021-05-20",
    "co": "XX",
    "is": "Sample Health Office",
    "df": "2021-05-30",
    "du": "2021-11-20",
    "ci": "URN:UVCI:01:XX:SAMPLE",
}


def certificate(group: str = "v", **entry: Any) -> dict[str, Any]:
    """A certificate of one group, its entry changed."""
    base = {"v": CERTIFICATE["v"][0], "t": TEST, "r": RECOVERY}[group]
    person = {name: deepcopy(CERTIFICATE[name]) for name in ("ver", "nam", "dob")}
    return {**person, group: [{**base, **entry}]}


def claims(content: Any = None, **changed: Any) -> dict[Any, Any]:
    """The claims around a certificate; `iat`, `exp` and `iss` may be changed."""
    return {
        1: changed.get("iss", "XX"),
        4: changed.get("exp", END),
        6: changed.get("iat", START),
        -260: {1: CERTIFICATE if content is None else content},
    }


@dataclass
class Issuer:
    """A signer with a self-signed certificate, of P-256 or, with `bits`, RSA."""

    bits: int = 0
    usages: tuple[str, ...] = ()
    extension: bytes | None = None
    """An extended key usage as it is, well-formed or not."""
    not_before: int = START - 1000
    not_after: int = END + 1000
    key: Any = field(init=False)

    def __post_init__(self) -> None:
        is_rsa = self.bits > 0
        self.key = (
            rsa.generate_private_key(65537, self.bits)
            if is_rsa
            else ec.generate_private_key(ec.SECP256R1())
        )

    @cached_property
    def der(self) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "XX")])
        builder = (
            x509.CertificateBuilder(name, name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(datetime.fromtimestamp(self.not_before, UTC))
            .not_valid_after(datetime.fromtimestamp(self.not_after, UTC))
        )
        if self.usages:
            oids = [x509.ObjectIdentifier(oid) for oid in self.usages]
            builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
        if self.extension is not None:
            raw = x509.UnrecognizedExtension(ExtensionOID.EXTENDED_KEY_USAGE, self.extension)
            builder = builder.add_extension(raw, critical=False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    @cached_property
    def kid(self) -> bytes:
        return hashlib.sha256(self.der).digest()[:8]

    @property
    def trusted(self) -> TrustedKey:
        return TrustedKey.of(read_certificate(self.der))

    @property
    def trust(self) -> TrustList:
        return trust_list("test", 1, NOW, [self.trusted])

    def signature(self, protected: bytes, payload: bytes) -> bytes:
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        if self.bits:
            pss = padding.PSS(padding.MGF1(SHA256()), 32)
            return bytes(self.key.sign(signed, pss, SHA256()))
        r, s = decode_dss_signature(self.key.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def signature_like(self, known: Sign1, protected: bytes, payload: bytes) -> bytes:
        """Sign as a thief does who wants r of a code that is known: by the number that drew it."""
        secret: int = self.key.private_numbers().private_value
        half = len(known.signature) // 2
        r, s = (int.from_bytes(each) for each in (known.signature[:half], known.signature[half:]))
        number = pow(s, -1, _ORDER) * (_hashed(known.signed) + r * secret) % _ORDER
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        other = pow(number, -1, _ORDER) * (_hashed(signed) + r * secret) % _ORDER
        return known.signature[:half] + other.to_bytes(half)

    def headers(self) -> dict[int, Any]:
        return {1: -37 if self.bits else -7, 4: self.kid}

    def message(
        self,
        payload: bytes | None = None,
        protected: dict[Any, Any] | None = None,
        unprotected: dict[Any, Any] | None = None,
    ) -> list[Any]:
        """The four parts of a message, signed."""
        content = cbor2.dumps(claims()) if payload is None else payload
        headers = cbor2.dumps(self.headers() if protected is None else protected)
        signature = self.signature(headers, content)
        return [headers, unprotected or {}, content, signature]

    def code(self, content: Any = None, **changed: Any) -> str:
        """A good code over a certificate."""
        return text(self.message(cbor2.dumps(claims(content, **changed))))


def text(message: list[Any], tag: int = 18) -> str:
    """The text of a message in one tag."""
    return packed(cbor2.dumps(CBORTag(tag, message)))


def packed(data: bytes) -> str:
    """The text of any bytes in place of a message."""
    return "HC1:" + base45.encode(zlib.compress(data, 9))


def _hashed(signed: bytes) -> int:
    return int.from_bytes(hashlib.sha256(signed).digest())
