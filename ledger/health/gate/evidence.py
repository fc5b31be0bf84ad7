"""Everything that a gate knows when it decides, as plain values.

Gathered from a signed gate bundle, or on line from a service or node; the rules are the same. All
signatures, digests and sequences of what is in here were checked when it was taken in. Each part
carries its age: what a gate cannot know today must not look like what it knew yesterday.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ledger.agreements.agreement import Agreement, AgreementId, agreement_id
from ledger.agreements.health_policy import Policy
from ledger.authority import Agency, DocumentKey
from ledger.health.allow_list import AllowList
from ledger.health.hcert.reading import NO_LISTS
from ledger.health.hcert.revocation import RevocationLists
from ledger.health.hcert.trust import TrustList
from ledger.health.rule_bundles import RuleBundle
from ledger.health.signed import kid_of
from ledger.status_list import StatusList
from ledger.values import (
    AgencyId,
    AgencyStatus,
    Digest,
    RecordType,
    Window,
    jurisdiction_id,
)


@dataclass(frozen=True, slots=True)
class Block:
    """The block that the chain's part was read at; `time` in Unix seconds."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Part:
    """How new a part is: its sequence number, and when it was last known to be the latest."""

    sequence: int
    as_of: int

    def age(self, at: int) -> int:
        """Return its age in seconds, negative when the clock is behind it."""
        return at - self.as_of


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A document key, whose it is, and what that agency was and might do at which times.

    `statuses`: (since, status) in the order of time, ACTIVE at admission first. `accreditations`:
    the windows of each record type.
    """

    agency: Agency
    key: DocumentKey
    statuses: tuple[tuple[int, AgencyStatus], ...]
    accreditations: Mapping[RecordType, tuple[Window, ...]]

    def agency_status_at(self, at: int) -> AgencyStatus:
        """Return the agency's status at a time; UNKNOWN before its admission."""
        held = AgencyStatus.UNKNOWN
        for since, status in self.statuses:
            if since > at:
                break
            held = status
        return held

    def is_accredited_at(self, record_type: RecordType, at: int) -> bool:
        """Whether the agency might issue that type of record at a time."""
        return any(window.holds(at) for window in self.accreditations.get(record_type, ()))


@dataclass(frozen=True, slots=True)
class HeldStatus:
    """A copy of one status list."""

    entries: StatusList
    part: Part


@dataclass(frozen=True, slots=True)
class HeldAllow:
    """A copy of one agency's allow list."""

    passes: AllowList
    part: Part


@dataclass(frozen=True)
class GateEvidence:
    """What a gate knows, and since when.

    `sequence`: the bundle's. `trust` tells the age of all keys, ours and others'; `rules` that of
    agreements, policies and rule bundles; `revoked` that of `revocation`. `keys` by the first
    eight bytes of their id. `policies` by SHA-256, `bundles` by bundleHash. `domestic`: the policy
    of each jurisdiction for passes that it issues under no agreement. `status` by agency and list
    number. `anchors`: block times of passes that were asked for on line, one by one, and of others'
    codes under a stolen key that were converted here (`envelope.digest_of`).
    """

    sequence: int
    block: Block
    trust: Part
    rules: Part
    is_online: bool = False
    keys: Mapping[bytes, tuple[IssuerKey, ...]] = field(default_factory=dict)
    foreign: TrustList | None = None
    revocation: RevocationLists = NO_LISTS
    revoked: Part | None = None
    agreements: Mapping[AgreementId, Agreement] = field(default_factory=dict)
    policies: Mapping[bytes, Policy] = field(default_factory=dict)
    domestic: Mapping[str, Policy] = field(default_factory=dict)
    bundles: Mapping[bytes, RuleBundle] = field(default_factory=dict)
    status: Mapping[tuple[AgencyId, int], HeldStatus] = field(default_factory=dict)
    allow: Mapping[AgencyId, HeldAllow] = field(default_factory=dict)
    anchors: Mapping[Digest, int] = field(default_factory=dict)

    def agreement(self, source: str, target: str, record_type: RecordType) -> Agreement | None:
        """Return the agreement by which `target` recognises what `source` issues; None for none."""
        key = (source, target, record_type)
        found = self._named.get(key)
        if found is None:
            ids = jurisdiction_id(source), jurisdiction_id(target)
            found = self.agreements.get(agreement_id(*ids, record_type))
            if found is not None:
                self._named[key] = found
        return found

    @cached_property
    def _named(self) -> dict[tuple[str, str, RecordType], Agreement]:
        """Agreements by the codes that were asked for: two hashes less a decision."""
        return {}


def keys_by_kid(keys: Iterable[IssuerKey]) -> Mapping[bytes, tuple[IssuerKey, ...]]:
    """Return keys by the eight bytes that name them in a code, which may be those of several."""
    found: dict[bytes, tuple[IssuerKey, ...]] = {}
    for each in keys:
        kid = kid_of(each.key.public_key.key_id)
        found[kid] = (*found.get(kid, ()), each)
    return found
