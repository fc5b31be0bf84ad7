"""Every write that our contracts know, encoded: where it goes and its bytes.

Roles, order of arguments and refusals are those of contracts/interfaces/*.sol.
"""

from dataclasses import dataclass
from typing import Final

from ledger.chain.abi import load_abi
from ledger.chain.deployments import Deployment
from ledger.errors import CoSignatureInvalid
from ledger.keys import PublicKey
from ledger.typed_data import CoSignature, StatusOrder
from ledger.values import (
    OPEN_END,
    Address,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    KeyUsage,
    RecordKind,
    RecordType,
    Role,
    Root,
    Window,
    role_id,
)

PARITY_BYTE: Final = 0x80  # the highest bit of s, which a signature in the lower half leaves free


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction's target and ABI-encoded bytes."""

    to: Address
    data: bytes


@dataclass(frozen=True, slots=True)
class KeyWindow:
    """When a document key signs and until when it verifies; Unix seconds, `sign_from` 0 = now."""

    sign_from: int
    sign_until: int
    verify_until: int


def _authority(deployment: Deployment, function: str, *values: object) -> Call:
    encoded = load_abi("Authority").functions[function].encode(*values)
    return Call(deployment.authority, encoded)


def _ledger(deployment: Deployment, function: str, *values: object) -> Call:
    encoded = load_abi("RecordLedger").functions[function].encode(*values)
    return Call(deployment.record_ledger, encoded)


def admit_jurisdiction(deployment: Deployment, code: str, supervisor: Address) -> Call:
    """Admit a jurisdiction such as "CN-GD" with its first SUPERVISOR; council only."""
    return _authority(deployment, "admitJurisdiction", code, supervisor)


def admit_agency(
    deployment: Deployment, jurisdiction: JurisdictionId, code: str, name: str, admin: Address
) -> Call:
    """Admit an agency with its first ADMIN; SUPERVISOR only."""
    return _authority(deployment, "admitAgency", jurisdiction, code, name, admin)


def rename_agency(deployment: Deployment, agency: AgencyId, name: str) -> Call:
    """Change an agency's public name; SUPERVISOR only."""
    return _authority(deployment, "renameAgency", agency, name)


def set_agency_status(deployment: Deployment, agency: AgencyId, status: AgencyStatus) -> Call:
    """Suspend, resume or retire an agency; SUPERVISOR only."""
    return _authority(deployment, "setAgencyStatus", agency, int(status))


def announce_key(
    deployment: Deployment, agency: AgencyId, key: PublicKey, usage: KeyUsage, window: KeyWindow
) -> Call:
    """Announce a document key before its first use; ADMIN only."""
    times = (window.sign_from, window.sign_until, window.verify_until)
    return _authority(deployment, "announceKey", agency, key.x, key.y, int(usage), *times)


def retire_key(deployment: Deployment, agency: AgencyId, key: KeyId, sign_until: int) -> Call:
    """End a key's signing earlier than announced; ADMIN only."""
    return _authority(deployment, "retireKey", agency, key, sign_until)


def freeze_key(deployment: Deployment, agency: AgencyId, key: KeyId) -> Call:
    """Freeze a key while it is examined; ADMIN or SUPERVISOR."""
    return _authority(deployment, "freezeKey", agency, key)


def unfreeze_key(deployment: Deployment, agency: AgencyId, key: KeyId) -> Call:
    """End a freeze; ADMIN or SUPERVISOR."""
    return _authority(deployment, "unfreezeKey", agency, key)


def report_key_compromised(
    deployment: Deployment, agency: AgencyId, key: KeyId, distrust_from: int
) -> Call:
    """Distrust a key for what was anchored from `distrust_from` on; ADMIN or SUPERVISOR."""
    return _authority(deployment, "reportKeyCompromised", agency, key, distrust_from)


def accredit(
    deployment: Deployment,
    agency: AgencyId,
    record_type: RecordType,
    window: Window = Window(0, OPEN_END),  # noqa: B008  # a frozen value
) -> Call:
    """Accredit an agency for a record type, unless told from now on for good; SUPERVISOR only."""
    return _authority(deployment, "accredit", agency, record_type, window.start, window.end)


def withdraw_accreditation(
    deployment: Deployment, agency: AgencyId, record_type: RecordType
) -> Call:
    """End the present accreditation now and strike those to come; SUPERVISOR only."""
    return _authority(deployment, "withdrawAccreditation", agency, record_type)


def grant_role(
    deployment: Deployment, subject: AgencyId | JurisdictionId, role: Role, account: Address
) -> Call:
    """Grant a role; ADMIN by SUPERVISOR, SUPERVISOR by the council, the others by ADMIN."""
    return _authority(deployment, "grantRole", role_id(subject, role), account)


def revoke_role(
    deployment: Deployment, subject: AgencyId | JurisdictionId, role: Role, account: Address
) -> Call:
    """Take a role away; by whoever may grant it."""
    return _authority(deployment, "revokeRole", role_id(subject, role), account)


def anchor(
    deployment: Deployment, agency: AgencyId, kind: RecordKind, root: Root, size: int
) -> Call:
    """Anchor a batch of `size` documents; ISSUER of an active agency only."""
    return _ledger(deployment, "anchor", agency, int(kind), root, size)


def change_status(deployment: Deployment, order: StatusOrder) -> Call:
    """Carry out a status order; REGISTRAR, or SUPERVISOR to suspend and reinstate."""
    return _ledger(deployment, "changeStatus", *_order(order))


def change_status_cosigned(deployment: Deployment, order: StatusOrder, signed: CoSignature) -> Call:
    """Carry out a status order with the signature by an APPROVER's key, 65 bytes r ‖ s ‖ v.

    It travels in the 64 bytes of ERC-2098, which has the parity in the highest bit of s. Raise
    `CoSignatureInvalid` when it does not fit: only a key's signature does.
    """
    cosignature = (signed.approver, signed.nonce, signed.deadline, *_compact(signed))
    return _ledger(deployment, "changeStatusCosigned", *_order(order), cosignature)


def change_status_cosigned_by_contract(
    deployment: Deployment, order: StatusOrder, signed: CoSignature
) -> Call:
    """Carry out a status order with a signature that an APPROVER's contract judges (ERC-1271)."""
    terms = (signed.approver, signed.nonce, signed.deadline, signed.signature)
    return _ledger(deployment, "changeStatusCosignedByContract", *_order(order), *terms)


def _compact(signed: CoSignature) -> tuple[bytes, bytes]:
    r, s, v = signed.signature[:32], signed.signature[32:64], signed.signature[64:]
    if v not in {b"\x1b", b"\x1c"} or s[0] >= PARITY_BYTE:
        raise CoSignatureInvalid(signed.approver)
    return r, bytes([s[0] | PARITY_BYTE * (v[0] - 27)]) + s[1:]


def _order(order: StatusOrder) -> tuple[tuple[object, ...], list[tuple[int, int]]]:
    terms = (
        int(order.status),
        order.reason,
        order.agency,
        order.list,
        order.effective_at,
        order.until,
    )
    return terms, [(change.word, change.mask) for change in order.changes]
