"""What a conversion asks about agreements: the port, and the answer."""

from dataclasses import dataclass
from typing import Protocol

from ledger.agreements.agreement import AgreementId, InForce
from ledger.agreements.health_policy import Policy
from ledger.errors import Unavailable
from ledger.health.rule_bundles import RuleBundle
from ledger.values import JurisdictionId, RecordType


@dataclass(eq=False)
class PolicyMissing(Unavailable):
    """The agreement's policy, or a rule of it, is not at hand here."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Recognition:
    """The version of an agreement in force, suspended or terminating, and what it says."""

    agreement: AgreementId
    in_force: InForce
    policy: Policy
    rules: RuleBundle


class Recognitions(Protocol):
    """Whoever knows the agreements, and their policies by digest."""

    def recognition(
        self, source: JurisdictionId, target: JurisdictionId, record_type: RecordType, at: int
    ) -> Recognition | None:
        """Return what is in force at a time; None when nothing is.

        Raises `PolicyMissing` for a version whose documents are not at hand.
        """
