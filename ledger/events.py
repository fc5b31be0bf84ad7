"""What the contracts said: the decoded events that the follower reads and the projection keeps.

Each carries the `Place` it was emitted at. Two events are the same when their block hash and log
index are.
"""

from dataclasses import dataclass

from ledger.values import (
    Address,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    RecordType,
    Root,
    Scope,
    Status,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the chain something happened; `block_time` in Unix seconds."""

    block: int
    block_hash: bytes
    block_time: int
    transaction: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class Event:
    """Any event of ours."""

    place: Place


@dataclass(frozen=True, slots=True)
class JurisdictionAdmitted(Event):
    """IAuthority.JurisdictionAdmitted."""

    jurisdiction: JurisdictionId
    code: str


@dataclass(frozen=True, slots=True)
class AgencyAdmitted(Event):
    """IAuthority.AgencyAdmitted."""

    agency: AgencyId
    jurisdiction: JurisdictionId
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AgencyRenamed(Event):
    """IAuthority.AgencyRenamed."""

    agency: AgencyId
    name: str


@dataclass(frozen=True, slots=True)
class AgencyStatusChanged(Event):
    """IAuthority.AgencyStatusChanged."""

    agency: AgencyId
    status: AgencyStatus


@dataclass(frozen=True, slots=True)
class KeyAnnounced(Event):
    """IAuthority.KeyAnnounced; times in Unix seconds, coordinates 32 bytes."""

    agency: AgencyId
    key_id: KeyId
    x: bytes
    y: bytes
    usage: int
    sign_from: int
    sign_until: int
    verify_until: int


@dataclass(frozen=True, slots=True)
class KeyRetired(Event):
    """IAuthority.KeyRetired."""

    agency: AgencyId
    key_id: KeyId
    sign_until: int


@dataclass(frozen=True, slots=True)
class KeyFrozen(Event):
    """IAuthority.KeyFrozen."""

    agency: AgencyId
    key_id: KeyId


@dataclass(frozen=True, slots=True)
class KeyUnfrozen(Event):
    """IAuthority.KeyUnfrozen."""

    agency: AgencyId
    key_id: KeyId


@dataclass(frozen=True, slots=True)
class KeyCompromised(Event):
    """IAuthority.KeyCompromised."""

    agency: AgencyId
    key_id: KeyId
    distrust_from: int


@dataclass(frozen=True, slots=True)
class Accredited(Event):
    """IAuthority.Accredited; `end` is `OPEN_END` when open."""

    agency: AgencyId
    record_type: RecordType
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AccreditationWithdrawn(Event):
    """IAuthority.AccreditationWithdrawn; `end` is the last window's new end."""

    agency: AgencyId
    record_type: RecordType
    end: int


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    """AccessControl.RoleGranted; `role` is a role id, to be matched against the known subjects'."""

    role: bytes
    account: Address


@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    """AccessControl.RoleRevoked."""

    role: bytes
    account: Address


@dataclass(frozen=True, slots=True)
class BatchAnchored(Event):
    """IRecordLedger.BatchAnchored."""

    agency: AgencyId
    root: Root
    kind: int
    size: int


@dataclass(frozen=True, slots=True)
class StatusChanged(Event):
    """IRecordLedger.StatusChanged: the entries of one word whose both bits are set in `mask`."""

    agency: AgencyId
    list: int
    word: int
    mask: int
    status: Status
    reason: int
    effective_at: int
    until: int


@dataclass(frozen=True, slots=True)
class ChangeCosigned(Event):
    """IRecordLedger.ChangeCosigned."""

    agency: AgencyId
    approver: Address
    nonce: int


@dataclass(frozen=True, slots=True)
class AgreementProposed(Event):
    """IRecognitionLedger.AgreementProposed; hashes 32 bytes, times and notice in seconds."""

    from_: JurisdictionId
    to: JurisdictionId
    record_type: RecordType
    version: int
    proposer: JurisdictionId
    policy_hash: bytes
    bundle_hash: bytes
    valid_from: int
    valid_to: int
    notice: int


@dataclass(frozen=True, slots=True)
class AgreementWithdrawn(Event):
    """IRecognitionLedger.AgreementWithdrawn; `agreement` is its id, here and below."""

    agreement: bytes
    version: int


@dataclass(frozen=True, slots=True)
class AgreementSigned(Event):
    """IRecognitionLedger.AgreementSigned."""

    agreement: bytes
    version: int


@dataclass(frozen=True, slots=True)
class AgreementCancelled(Event):
    """IRecognitionLedger.AgreementCancelled."""

    agreement: bytes
    version: int
    party: JurisdictionId


@dataclass(frozen=True, slots=True)
class AgreementSuspended(Event):
    """IRecognitionLedger.AgreementSuspended: the version's suspension number `index`."""

    agreement: bytes
    version: int
    index: int
    until: int
    cause: int
    scope_kind: Scope
    scope: bytes


@dataclass(frozen=True, slots=True)
class SuspensionLifted(Event):
    """IRecognitionLedger.SuspensionLifted."""

    agreement: bytes
    version: int
    index: int


@dataclass(frozen=True, slots=True)
class TerminationAnnounced(Event):
    """IRecognitionLedger.TerminationAnnounced."""

    agreement: bytes
    version: int
    party: JurisdictionId
    terminates_at: int
