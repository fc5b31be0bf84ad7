"""A signer's X.509 certificate, read once when its trust list is taken in.

`cryptography` refuses certificates that are in real lists (an empty or malformed extended key
usage, odd names); key, dates and usages are then taken with asn1crypto.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import x509 as asn1  # type: ignore[import-untyped]  # it has no stubs
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import ExtensionOID

from ledger.certlogic.rules import CertificateType
from ledger.errors import Refused
from ledger.health.cose import KeyUnsupported, VerificationKey, algorithm_of
from ledger.values import Seconds

_ARCS: Final = ("1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1")
"""The arc of the specification, and the one that early certificates used."""
_PURPOSES: Final = {
    "1": CertificateType.TEST,
    "2": CertificateType.VACCINATION,
    "3": CertificateType.RECOVERY,
}
USAGE_OIDS: Final = {f"{arc}.{last}": usage for arc in _ARCS for last, usage in _PURPOSES.items()}
ALL_USAGES: Final = frozenset(USAGE_OIDS.values())


@dataclass(eq=False)
class CertificateUnreadable(Refused):
    """The certificate holds no key that a health code may be signed with."""

    reason: str


@dataclass(eq=False)
class CertificateNotIssued(Refused):
    """The certificate was not signed by the one that should have."""


@dataclass(frozen=True, slots=True)
class SignerCertificate:
    """What is kept of a certificate: times in Unix seconds, `kid` as foreign codes derive it.

    `usages` is None where the extension cannot be read: an operator has to set them.
    """

    kid: bytes
    key: VerificationKey
    usages: frozenset[CertificateType] | None
    not_before: Seconds
    not_after: Seconds
    country: str


def read_certificate(der: bytes) -> SignerCertificate:
    """Return what a DER certificate says; `CertificateUnreadable` unless its key is of use."""
    try:
        facts = _by_cryptography(der)
    except _REFUSALS:
        facts = _by_asn1crypto(der)
    key, usages, not_before, not_after, country = facts
    try:
        algorithm_of(key)
    except KeyUnsupported as exc:
        raise CertificateUnreadable("key") from exc
    kid = hashlib.sha256(der).digest()[:8]
    return SignerCertificate(kid, key, usages, _seconds(not_before), _seconds(not_after), country)


def check_issued(der: bytes, issuer_der: bytes) -> None:
    """Raise `CertificateNotIssued` unless `issuer_der`'s key signed `der`, over SHA-256 to 512.

    Names, dates and constraints of the issuer are for whoever agreed on it.
    """
    try:
        child = asn1.Certificate.load(der, strict=True)
        issuer = load_der_public_key(
            asn1.Certificate.load(issuer_der, strict=True).public_key.dump()
        )
        _verify(issuer, child)
    except (InvalidSignature, LookupError, ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise CertificateNotIssued from exc


_DIGESTS: Final = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_REFUSALS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,  # where warnings are errors
)
"""What `cryptography` raises for a certificate that it does not take, or soon will not."""
_Facts = tuple[Any, frozenset[CertificateType] | None, datetime, datetime, str]


def _by_cryptography(der: bytes) -> _Facts:
    found = x509.load_der_x509_certificate(der)
    try:
        extension = found.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE)
    except x509.ExtensionNotFound:
        usages = ALL_USAGES
    else:
        assert isinstance(extension.value, x509.ExtendedKeyUsage)
        usages = usages_of(oid.dotted_string for oid in extension.value)
    countries = found.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    country = str(countries[0].value) if countries else ""
    return (
        found.public_key(),
        usages,
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        country,
    )


def _by_asn1crypto(der: bytes) -> _Facts:
    try:
        found = asn1.Certificate.load(der, strict=True)
        body = found["tbs_certificate"]
        key = load_der_public_key(found.public_key.dump())
        validity = body["validity"]
        dates = validity["not_before"].native, validity["not_after"].native
        return (key, _usages_by_asn1crypto(body), *dates, _country(body))
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as exc:
        raise CertificateUnreadable("certificate") from exc


def _usages_by_asn1crypto(body: Any) -> frozenset[CertificateType] | None:
    for extension in body["extensions"]:
        try:
            if extension["extn_id"].dotted == ExtensionOID.EXTENDED_KEY_USAGE.dotted_string:
                return usages_of(oid.dotted for oid in extension["extn_value"].parsed)
        except (ValueError, TypeError):
            return None
    return ALL_USAGES


def _country(body: Any) -> str:
    try:
        return str(body["subject"].native.get("country_name", ""))
    except (ValueError, TypeError):
        return ""


def usages_of(oids: Iterable[str]) -> frozenset[CertificateType]:
    """Return what an extended key usage allows: all types if it is empty, none if it has others."""
    named = set(oids)
    return frozenset(USAGE_OIDS[oid] for oid in named & USAGE_OIDS.keys()) if named else ALL_USAGES


def _seconds(moment: datetime) -> Seconds:
    return Seconds(int(moment.astimezone(UTC).timestamp()))


def _verify(issuer: Any, child: Any) -> None:
    """By the algorithm that the child names, when it is one for the issuer's kind of key."""
    signature, body = child["signature_value"].native, child["tbs_certificate"].dump()
    algorithm = child["signature_algorithm"]
    digest = _DIGESTS[algorithm.hash_algo]
    if isinstance(issuer, ec.EllipticCurvePublicKey):
        issuer.verify(signature, body, ec.ECDSA(digest))
    elif isinstance(issuer, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pss":
        salt = algorithm["parameters"]["salt_length"].native
        issuer.verify(signature, body, padding.PSS(padding.MGF1(digest), salt), digest)
    elif isinstance(issuer, rsa.RSAPublicKey):
        issuer.verify(signature, body, padding.PKCS1v15(), digest)
    else:
        raise InvalidSignature
