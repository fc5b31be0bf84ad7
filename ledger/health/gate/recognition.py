"""Whether a code is recognised here now, by which version and policy, and what of that rests.

AGREEMENT, and the KEY-scoped suspension, which like a frozen key leaves a code unconfirmed.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.agreements.agreement import Agreement, InForce, Suspension, scope_of
from ledger.agreements.health_policy import Policy
from ledger.health import passes
from ledger.health.gate.case import AHEAD_SECONDS, Case
from ledger.health.gate.findings import GateFinding, denied, secondary, unknown
from ledger.health.gate.report import Recognition
from ledger.health.passes import HealthPass
from ledger.health.reasons import Reason
from ledger.values import AgencyId, AgreementState, Scope, health_record_type

PASS: Final = health_record_type("pass")
"""What a pass is: the agreement by which a transfer is converted is about passes, too."""
HCERT: Final = health_record_type("hcert")
LEAD_SECONDS: Final = 48 * 3_600
"""What is in force was signed by both that long before, at least (RecognitionLedger): agreements
that are not older tell what is not recognised, older ones cannot."""


class Covered(NamedTuple):
    """What a narrow suspension may be about: the signer's key and agency, and the grade of TO.

    `key`: a key id, or the eight bytes of a foreign certificate's. `agency` and `grade` are None
    where a code has none.
    """

    key: bytes
    agency: AgencyId | None
    grade: int | None

    def is_under(self, suspension: Suspension, port: str) -> bool:
        """Whether a suspension covers this code at a port."""
        kind, scope = suspension.scope_kind, suspension.scope
        if kind is Scope.ALL:
            return True
        if kind is Scope.KEY:
            return scope.startswith(self.key)
        if kind is Scope.AGENCY:
            return scope == self.agency
        if kind is Scope.PORT:
            return scope == scope_of(port)
        return self.grade is not None and scope == scope_of(str(self.grade))


class Ground(NamedTuple):
    """The policy that a code is judged by, None where there is none, and what is against it."""

    policy: Policy | None = None
    recognition: Recognition | None = None
    suspensions: tuple[Suspension, ...] = ()
    against: tuple[GateFinding, ...] = ()
    bundle_hash: bytes = b""

    def findings(self, covered: Covered, port: str) -> Iterator[GateFinding]:
        """Yield what stands against one code, and what the suspensions in effect mean for it."""
        yield from self.against
        for suspension in self.suspensions:
            if not covered.is_under(suspension, port):
                continue
            cause, until, kind = suspension.cause, suspension.end, suspension.scope_kind
            if kind is Scope.KEY:
                detail = "suspended by the receiver"
                yield unknown(Reason.KEY_STATE, detail, cause=cause, until=until)
            else:
                detail = f"suspended: {kind.name.lower()}"
                yield secondary(Reason.AGREEMENT, detail, cause=cause, until=until)

    @property
    def source(self) -> str:
        """The code of FROM; empty where nothing is recognised."""
        return "" if self.recognition is None else self.recognition.source

    def cited(self, covered: Covered, port: str) -> Recognition | None:
        """Return what a report cites, with the causes of the suspensions that cover one code."""
        if self.recognition is None or not self.suspensions:
            return self.recognition
        under = (each for each in self.suspensions if covered.is_under(each, port))
        return self.recognition._replace(causes=tuple(each.cause for each in under))


def ground_of_pass(content: HealthPass, case: Case) -> Ground:
    """Return what a pass of ours is judged by.

    A pass is for the gates of its issuer's jurisdiction. Passes of a superseded version live on for
    that version's `grace`.
    """
    here, named = case.lane.jurisdiction, content.recognition
    if content.jurisdiction != here:
        return _nothing("issued for another jurisdiction")
    if named is None:
        return _domestic(here, case)
    return _of_agreement(content, named, case)


def _of_agreement(content: HealthPass, named: passes.Recognition, case: Case) -> Ground:
    here = case.lane.jurisdiction
    agreement = case.evidence.agreement(named.jurisdiction, here, PASS)
    found = None if agreement is None else agreement.in_force_at(case.at)
    if not _is_settled(agreement, named.version) and not _is_told(content.issued_at, case):
        return _newer(case)
    if agreement is None or found is None:
        return _nothing("no agreement in force")
    if found.version.number != named.version:
        found = _graced(content, named.version, agreement, found, case)
    if found is None:
        return _nothing("another version")
    if content.issued_at + AHEAD_SECONDS < found.version.valid_from:
        return _nothing("issued before the agreement")
    return _ground(named.jurisdiction, "health:pass", found, case)


def ground_of_foreign(country: str, case: Case) -> Ground:
    """Return what a code of another country is judged by."""
    agreement = case.evidence.agreement(country, case.lane.jurisdiction, HCERT)
    found = None if agreement is None else agreement.in_force_at(case.at)
    if found is None:
        # Its own date says nothing here: codes of before the agreement are recognised, too.
        return _nothing("no agreement in force") if _is_told(0, case) else _newer(case)
    return _ground(country, "health:hcert", found, case)


def _is_settled(agreement: Agreement | None, number: int) -> bool:
    """Whether what is held of a version stays so: both signed it, or it can never be signed.

    Numbers only grow, so one that was passed over never comes.
    """
    if agreement is None:
        return False
    version = agreement.version(number)
    if version is None:
        return any(each.number > number for each in agreement.versions)
    return bool(version.signed_at or version.ended_at)


def _is_told(since: int, case: Case) -> bool:
    """Whether agreements that were signed for what was issued at `since` are held here."""
    rules = case.evidence.rules
    return rules.as_of >= since and -AHEAD_SECONDS <= rules.age(case.at) <= LEAD_SECONDS


def _newer(case: Case) -> Ground:
    as_of = case.evidence.rules.as_of
    detail = "no agreement in a list that is older"
    return Ground(against=(unknown(Reason.AGREEMENT, detail, as_of=as_of),))


def _nothing(detail: str) -> Ground:
    return Ground(against=(denied(Reason.AGREEMENT, detail),))


def _ground(source: str, record_type: str, found: InForce, case: Case) -> Ground:
    version = found.version
    cited = Recognition(
        source,
        case.lane.jurisdiction,
        record_type,
        version.number,
        version.policy_hash,
        found.state,
    )
    policy = case.evidence.policies.get(version.policy_hash)
    against = () if policy else (_missing("policy"),)
    return Ground(policy, cited, found.suspensions, against, version.bundle_hash)


def _domestic(here: str, case: Case) -> Ground:
    """A jurisdiction's own policy for its own passes, which the gate's bundle vouches for."""
    policy = case.evidence.domestic.get(here)
    if policy is None:
        return Ground(against=(_missing("policy"),))
    return Ground(policy, Recognition(here, here, "health:pass", 0, policy.digest, None))


def _graced(
    content: HealthPass, number: int, agreement: Agreement, newer: InForce, case: Case
) -> InForce | None:
    """The version that a pass names, where it was superseded so lately that its passes live on."""
    older = agreement.version(number)
    if older is None or agreement.state_at(number, case.at) is not AgreementState.SUPERSEDED:
        return None
    ended = agreement.successor_from(number)
    policy = case.evidence.policies.get(older.policy_hash)
    if content.issued_at >= ended or (policy and case.at >= ended + policy.seconds("grace")):
        return None
    suspended = agreement.suspensions_at(number, case.at) + newer.suspensions
    return InForce(older, AgreementState.SUPERSEDED, suspended)


def _missing(part: str) -> GateFinding:
    return unknown(Reason.STALE_LIST, f"no {part}", check=4)
