"""Taking in a foreign trust list: certificates read once, what is left out told with its reason.

A list that is refused leaves the one that is held. A certificate that cannot be used does not
refuse its list (a whole country would stand still): it is left out and named to the operator.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger.certlogic.rules import CertificateType
from ledger.health.hcert.certificates import (
    CertificateNotIssued,
    CertificateUnreadable,
    SignerCertificate,
    check_issued,
    read_certificate,
)
from ledger.health.hcert.trust import (
    MAX_DROP,
    TrustedKey,
    TrustList,
    renewed,
    successor_faults,
    trust_list,
)
from ledger.values import KeyState, Seconds

LONGEST_LIFE: Final = 365 * 86_400
"""How long a foreign code may live, for the overlap of keys (proposed)."""


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """A signer's certificate as its list has it; what the operator sets stands in for the rest.

    `distrust_from`: since when a COMPROMISED key is not believed; None for never at all.
    """

    der: bytes
    country: str = ""
    usages: frozenset[CertificateType] | None = None
    state: KeyState = KeyState.ACTIVE
    distrust_from: Seconds | None = None


@dataclass(frozen=True, slots=True)
class OfferedList:
    """A trust list to take in; `authorities` are the DER certificates that issued the others.

    A certificate that is itself among the authorities is pinned: the operator vouches for it.
    """

    source: str
    sequence: int
    issued_at: Seconds
    authorities: Sequence[bytes]
    certificates: Sequence[ListedCertificate]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A certificate that is not taken in, by its SHA-256, and why."""

    sha256: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Onboarded:
    """A list that may take the place of the one held, and what the operator should know.

    `faults` by kid, as `successor_faults` tells them.
    """

    trust: TrustList
    left_out: tuple[LeftOut, ...]
    faults: Mapping[bytes, frozenset[str]]


def onboard(
    offered: OfferedList,
    held: TrustList | None,
    agreed: Mapping[str, frozenset[bytes]],
    confirmed: Collection[str] = (),
    max_drop: float = MAX_DROP,
) -> Onboarded:
    """Return the list that `offered` makes.

    `agreed`: by country, the SHA-256 of the authorities that an agreement names; a country that is
    not among them is the operator's own word. `confirmed` and `max_drop` as in `renewed`. Raises as
    `trust_list` and `renewed` do.
    """
    keys, left_out = [], []
    for each in {each.der: each for each in offered.certificates}.values():
        try:
            keys.append(_key(each, offered.authorities, agreed))
        except CertificateUnreadable as exc:
            left_out.append(LeftOut(hashlib.sha256(each.der).digest(), exc.reason))
    trust = trust_list(offered.source, offered.sequence, offered.issued_at, keys)
    if held is None:
        return Onboarded(trust, tuple(left_out), {})
    renewed(held, trust, confirmed, max_drop)
    return Onboarded(trust, tuple(left_out), successor_faults(held, trust, LONGEST_LIFE))


def _key(
    listed: ListedCertificate, authorities: Sequence[bytes], agreed: Mapping[str, frozenset[bytes]]
) -> TrustedKey:
    found = read_certificate(listed.der)
    country = listed.country or found.country
    if not country:
        raise CertificateUnreadable("no country")
    if found.usages is None and listed.usages is None:
        raise CertificateUnreadable("usages unset")
    _check_authority(listed.der, authorities, agreed.get(country))
    return replace(
        _trusted(found, listed, country), state=listed.state, distrust_from=listed.distrust_from
    )


def _trusted(found: SignerCertificate, listed: ListedCertificate, country: str) -> TrustedKey:
    key = TrustedKey.of(found, country=country, usages=listed.usages or frozenset())
    return key if listed.usages is None else replace(key, usages=listed.usages)


def _check_authority(
    der: bytes, authorities: Sequence[bytes], agreed: frozenset[bytes] | None
) -> None:
    """Raise `CertificateUnreadable` unless an authority that was agreed on vouches for it."""
    vouching = [each for each in authorities if each == der or _is_issued(der, each)]
    if not vouching:
        raise CertificateUnreadable("no authority here issued it")
    if agreed is not None and not any(hashlib.sha256(each).digest() in agreed for each in vouching):
        raise CertificateUnreadable("its authority is not the agreed one")


def _is_issued(der: bytes, authority: bytes) -> bool:
    try:
        check_issued(der, authority)
    except CertificateNotIssued:
        return False
    return True
