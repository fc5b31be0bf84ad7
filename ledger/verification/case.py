"""One document before the checks: what it says, what was gathered, and what is asked."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.errors import Refused
from ledger.jws import Jws
from ledger.licences.catalogue import LicenceType
from ledger.licences.decisions import SignedDecision
from ledger.licences.issuance import LicenceClaims
from ledger.licences.sd_jwt import SdJwt
from ledger.values import AgencyId, Digest, KeyId, RecordKind
from ledger.verification.check import Check, Finding, Notice, Result, rfc3339
from ledger.verification.evidence import Evidence, Reading, Source, Unreachable
from ledger.verification.policy import Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """What every signed and anchored document has: its kind, digest, token, agency and key."""

    kind: RecordKind
    digest: Digest
    jws: Jws
    agency: AgencyId
    key_id: KeyId


@dataclass(frozen=True, slots=True)
class Case:
    """A readable document with everything that the checks common to all documents look at.

    `reading` is the evidence's only where it comes from a trusted ledger and is about the
    document's own agency.
    """

    subject: Subject
    evidence: Evidence
    reading: Reading | Unreachable
    policy: Policy
    at: int

    @property
    def moment(self) -> int:
        """The time to judge the chain's facts at.

        A chain's clock may run ahead of the asker's; what is asked about now is then judged as of
        the last block, else a revocation of the last second would not count yet.
        """
        if isinstance(self.reading, Reading) and not self.is_past:
            return max(self.at, self.reading.block_time)
        return self.at

    @property
    def is_past(self) -> bool:
        """Whether the question is about a time before the evidence was read."""
        return isinstance(self.reading, Reading) and self.at < self.reading.read_at

    @property
    def is_fresh(self) -> bool:
        """Whether the reading is as new as the policy wants."""
        if isinstance(self.reading, Unreachable):
            return False
        return self.at - self.reading.read_at <= self.policy.max_evidence_age

    @property
    def is_behind_proof(self) -> bool:
        """Whether the proof speaks of a block that the reading's source had not seen yet."""
        proof = self.evidence.proof
        return (
            proof is not None
            and isinstance(self.reading, Reading)
            and proof.ledger == self.reading.ledger
            and proof.block > self.reading.block
        )

    @property
    def is_behind_as_bundle(self) -> bool:
        """Whether a bundle ends before the proof's block: what it lacks may simply be newer."""
        return (
            self.is_behind_proof
            and isinstance(self.reading, Reading)
            and self.reading.source is Source.BUNDLE
        )


@dataclass(frozen=True, slots=True)
class LicenceCase(Case):
    """A licence; `type` None: not catalogued."""

    document: SdJwt
    licence: LicenceClaims
    type: LicenceType | None


@dataclass(frozen=True, slots=True)
class DecisionCase(Case):
    """A decision, and the licence that was given with it: read, unreadable, or None for none."""

    signed: SignedDecision
    licence: tuple[SdJwt, LicenceClaims] | Refused | None


def trusted_reading(evidence: Evidence, policy: Policy, agency: AgencyId) -> Reading | Unreachable:
    """Return the evidence's reading, or why it says nothing about this document."""
    reading = evidence.reading
    if isinstance(reading, Unreachable):
        return reading
    if reading.ledger not in policy.ledgers:
        return Unreachable("ledger-not-trusted")
    if reading.agency is not None and reading.agency.id != agency:
        return Unreachable("other-agency")
    return reading


def finding(
    number: int,
    result: Result,
    code: str,
    facts: dict[str, Any] | None = None,
    warnings: tuple[Notice, ...] = (),
) -> Finding:
    """Return one check's finding."""
    if not facts and not warnings:
        return _plain(number, result, code)
    return Finding(Check(number, result, code, facts or {}), warnings)


@lru_cache(maxsize=256)
def _plain(number: int, result: Result, code: str) -> Finding:
    """Keep the findings that say nothing but their code: two or three of every report."""
    return Finding(Check(number, result, code))


def unreachable(number: int, code: str, case: Case, why: str = "too-old") -> Finding:
    """Return the finding that nobody could say, and since when; `why` is about a reading's use."""
    reading = case.reading
    since = reading.read_at if isinstance(reading, Reading) else reading.since
    facts: dict[str, Any] = {"why": why if isinstance(reading, Reading) else reading.reason}
    if since is not None:
        facts |= {"since": rfc3339(since), "age": max(0, case.at - since)}
    return finding(number, Result.ERROR, code, facts)


def not_known(number: int, code: str, otherwise: str, case: Case) -> Finding:
    """Return INVALID `code` for what a fresh reading lacks, or ERROR `otherwise`.

    A reading that is too old, or a bundle that ends before the proof's block, proves no absence.
    """
    if not case.is_fresh:
        return unreachable(number, otherwise, case)
    if case.is_behind_as_bundle:
        return unreachable(number, otherwise, case, "bundle-ends-earlier")
    return finding(number, Result.INVALID, code)
