"""The decision about a code of another country, `HC1:`: recognised as it is, always on paper.

It has no anchor and no grade. One that nothing speaks against counts as the best of FROM's grades.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from ledger.agreements.health_policy import Policy
from ledger.certlogic.rules import Judgement
from ledger.health.cose import Sign1
from ledger.health.gate.case import Case, answer, ended
from ledger.health.gate.evidence import Part
from ledger.health.gate.findings import GateFinding, denied, secondary, unknown
from ledger.health.gate.lane import Identity
from ledger.health.gate.lists import age_findings, clock_findings
from ledger.health.gate.recognition import Covered, Ground, ground_of_foreign
from ledger.health.gate.report import Effects, PersonReport
from ledger.health.gate.showing import (
    Showing,
    grade_findings,
    identity_findings,
    memory_findings,
    presentation_findings,
    quota_findings,
    shown_of,
)
from ledger.health.hcert import envelope, reading
from ledger.health.hcert.claims import Claims
from ledger.health.hcert.reading import Limits, Reading
from ledger.health.hcert.revocation import Withdrawal
from ledger.health.hcert.trust import TrustedKey
from ledger.health.passes import Mode
from ledger.health.reasons import CodeRefused, Finding, Reason
from ledger.health.rule_bundles import RuleBundle
from ledger.values import KeyState, Seconds
from ledger.verification.check import Result

_ANCHOR_CHECK: Final = 3
_FROZEN: Final = "frozen"
_UNREADABLE: Final = "an unreadable date"


class _Subject(NamedTuple):
    """A code that a listed key signed."""

    message: Sign1
    key: TrustedKey
    claims: Claims
    ground: Ground
    grade: int | None
    uses: int


def judge_foreign(text: str, case: Case, identity: Identity) -> PersonReport:
    """Return the answer about an `HC1:` code."""
    try:
        message = envelope.read(text)
        key = _signer(message, case)
        ground = ground_of_foreign(key.country, case)
        found = _opened(message, key, ground, case)
    except CodeRefused as refused:
        return ended(refused, case)
    assert found.claims is not None
    grade = None if ground.policy is None else _grade_of(ground.policy)
    uses = 0 if ground.policy is None else ground.policy.document["maxUses"]
    subject = _Subject(message, key, found.claims, ground, grade, uses)
    findings = [*_reading_findings(subject, found.findings, case), *_findings(subject, case)]
    findings += identity_findings(None, identity, is_required=True, is_green=not findings)
    return answer(
        findings,
        case,
        skipped=(_ANCHOR_CHECK,),
        recognition=ground.cited(_covered(subject), case.lane.port),
        status=case.evidence.revoked,
        shown=shown_of(grade, found.claims.expires_at, None, ground.policy),
        effects=Effects(
            subject=envelope.subject_of(message),
            counts_use=uses > 0,
            source=ground.source,
        ),
    )


def _signer(message: Sign1, case: Case) -> TrustedKey:
    if case.evidence.foreign is None:
        raise CodeRefused(Reason.KEY_UNKNOWN, "no trust list")
    return reading.signer(message, case.evidence.foreign)


def _opened(message: Sign1, key: TrustedKey, ground: Ground, case: Case) -> Reading:
    """What a message says; raise `CodeRefused` with CLAIMS where it says nothing."""
    tolerances = () if ground.policy is None else ground.policy.document["tolerances"]
    limits = Limits(tolerances=frozenset(tolerances))
    revocation = case.evidence.revocation
    found = reading.opened(message, key, Seconds(case.at), limits, revocation)
    if found.claims is None:
        raise CodeRefused(found.findings[0].reason, found.findings[0].detail)
    return found


def _reading_findings(
    subject: _Subject, findings: Iterable[Finding], case: Case
) -> Iterator[GateFinding]:
    """Yield what the reading found, but that a stolen key signed what we had taken in before."""
    is_known = _is_anchored_before(subject, case)
    for finding in findings:
        if not (is_known and finding.reason is Reason.KEY_STATE):
            yield _judged(finding)


def _is_anchored_before(subject: _Subject, case: Case) -> bool:
    """Whether the code was converted here before its key was stolen: then no thief wrote it."""
    key = subject.key
    if key.state is not KeyState.COMPROMISED or key.distrust_from is None:
        return False
    digest = envelope.digest_of(subject.message, case.lane.jurisdiction)
    anchored_at = case.evidence.anchors.get(digest)
    return anchored_at is not None and anchored_at < key.distrust_from


def _judged(finding: Finding) -> GateFinding:
    """What a finding of the reading means at a gate."""
    reason, detail = finding.reason, finding.detail
    if reason is Reason.KEY_STATE and detail == _FROZEN:
        return unknown(reason, detail)
    if reason is Reason.STATUS and detail == Withdrawal.PERHAPS:
        return unknown(reason, detail)
    if reason is Reason.RULE and detail == _UNREADABLE:
        return secondary(reason, detail)
    return denied(reason, detail)


def _findings(subject: _Subject, case: Case) -> Iterator[GateFinding]:
    ground = subject.ground
    yield from ground.findings(_covered(subject), case.lane.port)
    yield from clock_findings(case)
    yield from presentation_findings(Mode.PAPER, Showing(Mode.PAPER), ground.policy, case)
    yield from memory_findings(envelope.subject_of(subject.message), None, subject.uses, case)
    yield from age_findings(_parts(subject.key, case), ground.policy, case)
    if ground.policy is not None:
        yield from quota_findings(ground.source, ground.policy, case)
        yield from grade_findings(subject.grade, ground.policy)
        bundle = case.evidence.bundles.get(ground.bundle_hash)
        yield from _rule_findings(subject.claims, bundle, case)


def _rule_findings(claims: Claims, bundle: RuleBundle | None, case: Case) -> Iterator[GateFinding]:
    """Yield RULE for every rule of TO's country in use that is not met, or has no value."""
    if bundle is None:
        yield unknown(Reason.STALE_LIST, "no rules", check=4)
        return
    judged = bundle.judged(case.lane.jurisdiction, claims.type, claims.certificate, case.at)
    for rule, judgement in judged:
        if judgement is Judgement.NOT_MET:
            yield denied(Reason.RULE, rule.identifier, rule=rule.descriptions)
        elif judgement is Judgement.NOT_EVALUABLE:
            yield secondary(Reason.RULE, rule.identifier, Result.ERROR, rule=rule.descriptions)


def _grade_of(policy: Policy) -> int | None:
    """TO's grade for the best of FROM's; None where the grade map refuses even that."""
    best = min(policy.document["grades"]["from"], key=lambda grade: int(grade["order"]))
    return policy.grade_for(best["code"])


def _covered(subject: _Subject) -> Covered:
    return Covered(subject.key.kid, None, subject.grade)


def _parts(key: TrustedKey, case: Case) -> Mapping[str, Part | None]:
    """The parts that a foreign code rests on; a key is no newer than the list that it came in."""
    evidence, trust = case.evidence, case.evidence.trust
    if key.listed_at is not None and key.listed_at < trust.as_of:
        trust = Part(trust.sequence, key.listed_at)
    return {"trust": trust, "status": evidence.revoked, "rules": evidence.rules}
