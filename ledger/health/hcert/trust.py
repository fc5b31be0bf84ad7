"""Lists of the keys that sign codes of others: looked up by kid, renewed with care.

What a list may not do: go back, revive a key, or lose many keys of a country unnoticed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.certlogic.rules import CertificateType
from ledger.errors import Refused
from ledger.health.cose import VerificationKey
from ledger.health.hcert.certificates import SignerCertificate
from ledger.values import KeyState, Seconds

MAX_CANDIDATES: Final = 8
"""Keys of one kid: eight bytes are not unique, yet nobody may make a gate try thousands."""
MAX_DROP: Final = 0.2
"""The share of a country's active keys that a list may lose without an operator (proposed).

What a service takes that its operator set nothing else for: of few keys each is a large share.
"""
_BADNESS: Final = (KeyState.ACTIVE, KeyState.FROZEN, KeyState.COMPROMISED)
"""What a list may say of a key, the worst last."""
SUCCESSOR_LEAD: Final = 24 * 3600
"""Seconds between a key's appearance in a list and its first use."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key of a list, its window in Unix seconds; `usages` as an operator or the list set them.

    `state` is ACTIVE, FROZEN (being examined) or COMPROMISED: nothing it signed is believed but
    what was converted and anchored before `distrust_from`, in Unix seconds; None: nothing at all.
    """

    kid: bytes
    key: VerificationKey
    usages: frozenset[CertificateType]
    not_before: Seconds
    not_after: Seconds
    country: str
    state: KeyState = KeyState.ACTIVE
    distrust_from: Seconds | None = None
    listed_at: Seconds | None = None
    """When the key's own list was issued, where several lists were merged."""

    @classmethod
    def of(
        cls,
        certificate: SignerCertificate,
        *,
        country: str = "",
        usages: frozenset[CertificateType] = frozenset(),
    ) -> "TrustedKey":
        """Return the key of a certificate; `usages` stand in for those that cannot be read."""
        return cls(
            certificate.kid,
            certificate.key,
            usages if certificate.usages is None else certificate.usages,
            certificate.not_before,
            certificate.not_after,
            country or certificate.country,
        )


@dataclass(frozen=True, slots=True)
class TrustList:
    """All keys of one source; `sequence` grows with every issue, `issued_at` in Unix seconds."""

    source: str
    sequence: int
    issued_at: Seconds
    by_kid: Mapping[bytes, tuple[TrustedKey, ...]]

    def candidates(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """Return the keys of `kid`, at most eight; none where it is unknown."""
        return self.by_kid.get(kid, ())


@dataclass(eq=False)
class ListReplayed(Refused):
    """The list is not newer than the one that is held."""

    held: int
    offered: int


@dataclass(eq=False)
class ListOverfull(Refused):
    """The list has more keys under one kid than a code may be tried with."""

    kid: bytes


@dataclass(eq=False)
class KeyRevived(Refused):
    """The list trusts a key again that was withdrawn for good."""

    kid: bytes


@dataclass(eq=False)
class KeysDropped(Refused):
    """The list lost so many keys of a country that an operator has to confirm it."""

    country: str
    before: int
    kept: int


def trust_list(
    source: str, sequence: int, issued_at: Seconds, keys: Iterable[TrustedKey]
) -> TrustList:
    """Return a list over `keys`; raise `ListOverfull` for more than eight of one kid."""
    by_kid: dict[bytes, tuple[TrustedKey, ...]] = {}
    for key in keys:
        by_kid[key.kid] = (*by_kid.get(key.kid, ()), key)
        if len(by_kid[key.kid]) > MAX_CANDIDATES:
            raise ListOverfull(key.kid)
    return TrustList(source, sequence, issued_at, by_kid)


def merged(lists: Iterable[TrustList]) -> TrustList | None:
    """Return the list of all sources together; None without any.

    The sequence grows with each of theirs. What two sources say of one key the worse is believed:
    a key withdrawn by one is not saved by the other. Raises `ListOverfull`.
    """
    found = list(lists)
    if not found:
        return None
    keys: dict[tuple[bytes, bytes, str], TrustedKey] = {}
    dated = (replace(key, listed_at=each.issued_at) for each in found for key in _keys(each))
    for key in dated:
        name = (key.kid, _point(key), key.country)
        held = keys.get(name)
        if held is None or _BADNESS.index(held.state) < _BADNESS.index(key.state):
            keys[name] = key
    sources = ", ".join(sorted(listed.source for listed in found))
    sequence = sum(listed.sequence for listed in found)
    return trust_list(sources, sequence, max(each.issued_at for each in found), keys.values())


def renewed(
    held: TrustList,
    offered: TrustList,
    confirmed: Collection[str] = (),
    max_drop: float = MAX_DROP,
) -> TrustList:
    """Return `offered` if it may take the place of `held`, or raise why not.

    `ListReplayed` unless its sequence is greater; `KeyRevived` when a compromised key is trusted
    again; `KeysDropped` when a country loses more than the share `max_drop` of its active keys,
    unless an operator `confirmed` that country. Whoever refuses keeps the list that is held.
    """
    if offered.sequence <= held.sequence:
        raise ListReplayed(held.sequence, offered.sequence)
    _check_revivals(held, offered)
    before, kept = _active(held), _active(offered)
    for country, keys in before.items():
        lost = len(keys - kept.get(country, set()))
        if country not in confirmed and lost > max_drop * len(keys):
            raise KeysDropped(country, len(keys), len(keys) - lost)
    return offered


def countries_in(listed: TrustList) -> frozenset[str]:
    """Return the countries that a list has keys of."""
    return frozenset(key.country for key in _keys(listed))


def successor_faults(
    held: TrustList, offered: TrustList, longest_life: int
) -> Mapping[bytes, frozenset[str]]:
    """Return, by kid, what is wrong with keys that `offered` adds: a report for the operator.

    `lead`: usable within 24 hours of the list that announces it. `overlap`: no active key of its
    country outlives its start by `longest_life` seconds, the longest life of a code.
    """
    known = _active(held)
    faults = {}
    for key in _keys(offered):
        others = known.get(key.country)
        if others is None or _point(key) in others:
            continue
        found = {"lead"} if key.not_before < offered.issued_at + SUCCESSOR_LEAD else set()
        ends = [other.not_after for other in _keys(held) if other.country == key.country]
        if max(ends) < key.not_before + longest_life:
            found.add("overlap")
        if found:
            faults[key.kid] = frozenset(found)
    return faults


def _check_revivals(held: TrustList, offered: TrustList) -> None:
    dead = {_point(key) for key in _keys(held) if key.state is KeyState.COMPROMISED}
    for key in _keys(offered):
        if key.state is not KeyState.COMPROMISED and _point(key) in dead:
            raise KeyRevived(key.kid)


def _keys(listed: TrustList) -> Iterable[TrustedKey]:
    return (key for keys in listed.by_kid.values() for key in keys)


def _point(key: TrustedKey) -> bytes:
    return key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _active(listed: TrustList) -> Mapping[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for key in _keys(listed):
        if key.state is KeyState.ACTIVE:
            found.setdefault(key.country, set()).add(_point(key))
    return found
