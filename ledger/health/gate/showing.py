"""How a pass was shown, how often, and by whom: PRESENTATION to QUOTA, and ID_MISMATCH."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.agreements.health_policy import Policy
from ledger.health.gate.case import Case
from ledger.health.gate.findings import GateFinding, denied, secondary
from ledger.health.gate.lane import Identity, Match, TravelDocument
from ledger.health.gate.report import Shown
from ledger.health.passes import HealthPass, Mode, binding_of
from ledger.health.presentations import Presentation
from ledger.health.reasons import Reason
from ledger.keys import SignatureInvalid
from ledger.verification.check import Result

CHALLENGE_SECONDS: Final = 60
"""How old a challenge of this gate may be when it is answered."""
MOST_CLOCK_ERROR: Final = 30
"""A gate less sure of its clock than this takes no stamps."""
_LETTERS: Final = {int(Mode.DYNAMIC): "A", int(Mode.CHALLENGE): "B", int(Mode.PAPER): "C"}
"""How a policy names a mode. Numbers, since a flag's own operators take microseconds."""


class Showing(NamedTuple):
    """One way in which a pass was shown.

    `presentation` None on paper; `fault`: why the holder did not sign it, None where it did.
    """

    mode: Mode
    presentation: Presentation | None = None
    fault: str | None = None

    @property
    def signed_at(self) -> int | None:
        """When the holder says to have shown it; None on paper, and where nobody knows."""
        is_signed = self.presentation is not None and self.fault is None
        return self.presentation.time if self.presentation and is_signed else None


def showing_of(presentation: Presentation | None, content: HealthPass, case: Case) -> Showing:
    """Return the mode: whatever answers a challenge of this gate is B, other live ones are A."""
    if presentation is None:
        return Showing(Mode.PAPER)
    is_answer = presentation.nonce in case.lane.challenges
    mode = Mode.CHALLENGE if is_answer else Mode.DYNAMIC
    if content.holder is None:
        return Showing(mode, presentation, "a pass on paper has no holder key")
    try:
        presentation.verify(content.holder)
    except SignatureInvalid:
        return Showing(mode, presentation, "holder signature")
    return Showing(mode, presentation)


def presentation_findings(
    allowed: Mode, showing: Showing, policy: Policy | None, case: Case
) -> Iterator[GateFinding]:
    """Yield PRESENTATION unless the holder signed it, lately, in a mode that all sides take.

    What the pass itself does not allow is refused: it is a copy, or answers another gate. Without a
    policy the signature alone is judged.
    """
    mode = showing.mode
    if showing.fault is not None:
        yield denied(Reason.PRESENTATION, showing.fault)
    elif not int(mode) & int(allowed):
        detail = "challenge" if mode is Mode.DYNAMIC else "not shown as the pass wants"
        yield denied(Reason.PRESENTATION, detail)
    elif policy is None:
        return
    elif not _is_taken(mode, policy, case):
        yield secondary(Reason.PRESENTATION, "mode not for this lane")
    else:
        yield from _freshness_findings(showing, policy, case)


def _freshness_findings(showing: Showing, policy: Policy, case: Case) -> Iterator[GateFinding]:
    presentation = showing.presentation
    if presentation is None:
        return
    if showing.mode is Mode.CHALLENGE:
        age = case.at - case.lane.challenges[presentation.nonce]
        if not 0 <= age <= CHALLENGE_SECONDS:
            yield denied(Reason.PRESENTATION, "challenge too old")
        return
    yield from _stamp_findings(case.at - presentation.time, policy, case)


def _stamp_findings(age: int, policy: Policy, case: Case) -> Iterator[GateFinding]:
    """Yield PRESENTATION for a stamp outside its time.

    Of one that the gate's clock may be to blame for a person decides; a gate that is known to be
    unsure of its clock takes none at all.
    """
    skew = policy.seconds("presentation", "skew")
    beyond = max(-skew - age, age - policy.seconds("presentation", "stamp") - skew)
    error = case.lane.most_clock_error
    is_sure = error <= MOST_CLOCK_ERROR
    if beyond > (0 if is_sure else error):
        yield denied(Reason.PRESENTATION, "stamp")
    elif not is_sure and (beyond > 0 or case.lane.clock_error is not None):
        yield secondary(Reason.PRESENTATION, "clock")


def memory_findings(
    subject: bytes, shown_at: int | None, uses: int, case: Case
) -> Iterator[GateFinding]:
    """Yield REPLAY and USES by what the gate remembers; `uses` 0 is unlimited."""
    if shown_at is not None and case.memory.was_shown(subject, shown_at):
        yield secondary(Reason.REPLAY, "shown before")
    if uses and case.memory.uses(subject) >= uses:
        yield secondary(Reason.USES, _counted(case))


def quota_findings(source: str, policy: Policy, case: Case) -> Iterator[GateFinding]:
    """Yield QUOTA when as many as the policy lets into this port today are in."""
    quota = policy.document["quota"].get(case.lane.port)
    if quota is not None and case.memory.admitted(source, case.lane.port) >= quota:
        yield secondary(Reason.QUOTA, _counted(case))


def grade_findings(grade: int | None, policy: Policy) -> Iterator[GateFinding]:
    """Yield GRADE unless the lanes let a grade of TO through; None was refused by the grade map."""
    if grade is None:
        yield denied(Reason.GRADE, "refused by the agreement")
        return
    lane = policy.lanes.get(grade)
    if lane is None:
        yield secondary(Reason.GRADE, "not on the scale")
    elif lane == "none":
        yield denied(Reason.GRADE, "none")
    elif lane == "manual":
        yield secondary(Reason.GRADE, "manual")


def shown_of(grade: int | None, ends: int, hint: str | None, policy: Policy | None) -> Shown:
    """Return what the officer sees; `grade` is TO's, None where the grade map refused it."""
    if policy is None or grade is None:
        return Shown(None, None, ends, hint)
    return Shown(policy.scale.get(grade), policy.lanes.get(grade), ends, hint)


def identity_findings(
    content: HealthPass | None, identity: Identity, *, is_required: bool, is_green: bool
) -> Iterator[GateFinding]:
    """Yield ID_MISMATCH when person and code were found apart, or had to be compared and were not.

    A document reader's answer is compared with the pass's binding, which takes 20 ms, once all else
    `is_green`; a code that is bound to no document was not compared with it.
    """
    found = identity
    if isinstance(identity, TravelDocument):
        binding = None if content is None else content.binding
        if content is None or binding is None:
            found = Match.NONE
        elif not is_green:
            return
        else:
            read = binding_of(identity.type, identity.issuer, identity.number, content.cti)
            found = Match.MATCHED if read == binding else Match.MISMATCHED
    if found is Match.MISMATCHED:
        yield secondary(Reason.ID_MISMATCH, "another document")
    elif found is Match.NONE and is_required:
        yield secondary(Reason.ID_MISMATCH, "not compared", Result.ERROR)


def _is_taken(mode: Mode, policy: Policy, case: Case) -> bool:
    letters = policy.document["presentation"]["modes"]
    return _LETTERS[int(mode)] in letters and bool(int(mode) & int(case.lane.modes))


def _counted(case: Case) -> str:
    return "counted at TO" if case.evidence.is_online else "counted by this gate"
