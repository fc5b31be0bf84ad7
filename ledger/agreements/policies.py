"""Policies of either kind, told apart by the record type that they name."""

from ledger.agreements.health_policy import read_policy
from ledger.agreements.licence_policy import read_licence_policy
from ledger.agreements.policy import AgreementPolicy, PolicyInvalid, read_document
from ledger.values import HEALTH_KIND, LICENCE_KIND


def read_any_policy(encoded: bytes) -> AgreementPolicy:
    """Return the policy that `encoded` is; raise `PolicyInvalid` for anything else."""
    named = read_document(encoded).get("recordType")
    if not isinstance(named, str) or named.startswith(HEALTH_KIND):
        return read_policy(encoded)
    if named.startswith(LICENCE_KIND):
        return read_licence_policy(encoded)
    raise PolicyInvalid("recordType", f"neither {HEALTH_KIND} nor {LICENCE_KIND}")
