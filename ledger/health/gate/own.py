"""The decision about one pass of ours, shown live or on paper."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ledger.agreements.health_policy import Policy
from ledger.health import passes, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.gate.case import Case, answer, ended
from ledger.health.gate.evidence import HeldAllow, HeldStatus, IssuerKey, Part
from ledger.health.gate.findings import GateFinding, denied
from ledger.health.gate.issue import Anchored, anchored, issue_findings
from ledger.health.gate.lane import Identity
from ledger.health.gate.lists import age_findings, clock_findings, status_findings, time_findings
from ledger.health.gate.recognition import Covered, Ground, ground_of_pass
from ledger.health.gate.report import Effects, PersonReport
from ledger.health.gate.showing import (
    Showing,
    grade_findings,
    identity_findings,
    memory_findings,
    presentation_findings,
    quota_findings,
    showing_of,
    shown_of,
)
from ledger.health.passes import HealthPass, Mode
from ledger.health.presentations import Presentation
from ledger.health.reasons import CodeRefused, Reason
from ledger.health.signed import Signed, SignedMalformed
from ledger.keys import SignatureInvalid


class _Subject(NamedTuple):
    """A pass that its issuer signed, and what the gate holds about it."""

    content: HealthPass
    key: IssuerKey
    anchor: Anchored
    showing: Showing
    ground: Ground
    covered: Covered
    status: HeldStatus | None
    allow: HeldAllow | None


def judge_pass(
    encoded: bytes, presentation: Presentation | None, case: Case, identity: Identity
) -> PersonReport:
    """Return the answer about the pass that `encoded` is; `presentation` None on paper."""
    try:
        subject = _subject(encoded, presentation, case)
    except CodeRefused as refused:
        return ended(refused, case)
    content, ground = subject.content, subject.ground
    findings = [*_findings(subject, case)]
    findings += identity_findings(
        content,
        identity,
        is_required=subject.showing.mode is Mode.PAPER,
        is_green=not findings,
    )
    return answer(
        findings,
        case,
        recognition=ground.cited(subject.covered, case.lane.port),
        status=_part(subject.status),
        allow=_part(subject.allow),
        shown=shown_of(content.grade, content.expires_at, content.hint, ground.policy),
        effects=Effects(
            subject=content.cti,
            shown_at=subject.showing.signed_at,
            counts_use=content.max_uses > 0,
            source=ground.source,
        ),
    )


def _subject(encoded: bytes, presentation: Presentation | None, case: Case) -> _Subject:
    """Read a pass; raise `CodeRefused` with one of the reasons that end a decision."""
    try:
        envelope = signed.read(encoded)
    except SignedMalformed as exc:
        raise CodeRefused(Reason.FORMAT, exc.reason) from exc
    key, content = _signed_by(envelope, case)
    agency = key.agency.id
    return _Subject(
        content,
        key,
        anchored(envelope.digest, content, key, case),
        showing_of(presentation, content, case),
        ground_of_pass(content, case),
        Covered(key.key.public_key.key_id, agency, content.grade),
        case.evidence.status.get((agency, content.list)),
        case.evidence.allow.get(agency),
    )


def _signed_by(envelope: Signed, case: Case) -> tuple[IssuerKey, HealthPass]:
    """The first key of the kid that made the signature, and what it signed."""
    candidates = case.evidence.keys.get(envelope.kid, ())
    for candidate in candidates:
        try:
            return candidate, passes.verify(envelope, candidate.key.public_key)
        except SignatureInvalid:
            continue
        except ClaimsInvalid as exc:
            raise CodeRefused(Reason.CLAIMS, exc.claim) from exc
    if not candidates:
        raise CodeRefused(Reason.KEY_UNKNOWN, "no key of this kid")
    raise CodeRefused(Reason.SIGNATURE, "no key of this kid made it")


def _findings(subject: _Subject, case: Case) -> Iterator[GateFinding]:
    content, showing, ground = subject.content, subject.showing, subject.ground
    yield from issue_findings(subject.anchor, content, subject.key, case)
    yield from ground.findings(subject.covered, case.lane.port)
    if subject.status is not None:
        yield from status_findings(subject.status, content.index)
    ends = _ends(content, showing, ground.policy)
    yield from time_findings(max(content.issued_at, content.not_before), ends, case)
    yield from clock_findings(case)
    yield from presentation_findings(content.modes, showing, ground.policy, case)
    yield from memory_findings(content.cti, showing.signed_at, content.max_uses, case)
    yield from age_findings(_parts(subject, case), ground.policy, case)
    if ground.policy is not None:
        yield from quota_findings(ground.source, ground.policy, case)
        yield from grade_findings(content.grade, ground.policy)
    if not content.purposes >> case.lane.purpose & 1:
        yield denied(Reason.RULE, "purpose")


def _ends(content: HealthPass, showing: Showing, policy: Policy | None) -> int:
    """When a pass is over: on paper, after the policy's own window too."""
    if policy is None or showing.mode is not Mode.PAPER:
        return content.expires_at
    return min(content.expires_at, content.not_before + policy.seconds("paper", "freshness"))


def _part(held: HeldStatus | HeldAllow | None) -> Part | None:
    return None if held is None else held.part


def _parts(subject: _Subject, case: Case) -> Mapping[str, Part | None]:
    return {
        "trust": case.evidence.trust,
        "status": _part(subject.status),
        "allow": _part(subject.allow),
        "rules": case.evidence.rules,
    }
