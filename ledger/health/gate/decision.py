"""`decide`: one code, one answer. Pure; whatever a stranger shows, it does not raise."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain, repeat

from ledger.health import cose, passes, presentations, qr_text
from ledger.health.gate.case import Case, ended
from ledger.health.gate.evidence import GateEvidence
from ledger.health.gate.foreign import judge_foreign
from ledger.health.gate.lane import Identity, Lane, Match, Memory
from ledger.health.gate.outcome import Outcome, worst
from ledger.health.gate.own import judge_pass
from ledger.health.gate.report import GateReport, PersonReport
from ledger.health.hcert import envelope
from ledger.health.presentations import Presentation, PresentationMalformed
from ledger.health.qr_text import TextMalformed
from ledger.health.reasons import CodeRefused, Reason


def decide(
    text: str,
    evidence: GateEvidence,
    lane: Lane,
    at: int,
    memory: Memory,
    identities: Sequence[Identity] = (),
) -> GateReport:
    """Return the gate's answer about a code as it was scanned, at `at` in Unix seconds.

    `text`: `SZ1:` (a pass on paper), `SZ2:` (one shown live), `SZ4:` (a group), `HC1:` (a code of
    another country), or the line that a hand scanner made of it. `identities`: who was compared, in
    the order of the code's people; `Match.NONE` for those that are missing. Nothing is remembered:
    each person's `effects` are for the caller to commit.
    """
    case = Case(evidence, lane, at, memory)
    compared = chain(identities, repeat(Match.NONE))
    try:
        people = _people(qr_text.scanned(text), case, compared)
    except CodeRefused as refused:
        people = (ended(refused, case),)
    first = people[0]
    if len(people) > 1:
        outcome = worst(person.outcome for person in people)
        first = next(person for person in people if person.outcome is outcome)
    return GateReport(first.outcome, first.headline, people, at, lane)


def people_in(text: str) -> int:
    """Return how many people a code as it was scanned is of; 1 for one that cannot be read."""
    meant = qr_text.scanned(text)
    if not meant.startswith(presentations.GROUP):
        return 1
    try:
        return len(presentations.read(meant).passes)
    except (TextMalformed, PresentationMalformed):
        return 1


class _Counting:
    """A gate's memory while one group is decided about: who passes is in before the next comes."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._admitted: Counter[str] = Counter()
        self.was_shown = memory.was_shown
        self.uses = memory.uses

    def admitted(self, source: str, port: str) -> int:
        """See `Memory`."""
        return self._memory.admitted(source, port) + self._admitted[source]

    def count(self, person: PersonReport) -> PersonReport:
        """Count a person who passes; return the answer."""
        if person.outcome is Outcome.ACCEPT and person.effects is not None:
            self._admitted[person.effects.source] += 1
        return person


def judge_as_live(
    encoded: bytes, evidence: GateEvidence, lane: Lane, at: int, memory: Memory
) -> PersonReport:
    """Return the answer about a pass as if it had been shown live and nobody knew by whom.

    For appeals: the screen is gone, and PRESENTATION, which this says, is taken from the scan's
    row. What is asked of paper alone is not asked here.
    """
    nobody = cose.Sign1(b"", {}, b"", bytes(64), {})
    shown = Presentation((encoded,), at, bytes(presentations.NONCE_BYTES), nobody)
    return judge_pass(encoded, shown, Case(evidence, lane, at, memory), Match.NONE)


def _people(text: str, case: Case, compared: chain[Identity]) -> tuple[PersonReport, ...]:
    """The answers about everybody in a code; raise `CodeRefused` where it has nobody."""
    if text.startswith(envelope.PREFIX):
        return (judge_foreign(text, case, next(compared)),)
    try:
        if text.startswith(passes.PREFIX):
            encoded = qr_text.decode(passes.PREFIX, text)
            return (judge_pass(encoded, None, case, next(compared)),)
        if text.startswith((presentations.SINGLE, presentations.GROUP)):
            shown = presentations.read(text)
            if len(shown.passes) == 1:
                return (judge_pass(shown.passes[0], shown, case, next(compared)),)
            memory = _Counting(case.memory)
            counted = case._replace(memory=memory)
            pairs = zip(shown.passes, compared, strict=False)
            people = (judge_pass(each, shown, counted, identity) for each, identity in pairs)
            return tuple(map(memory.count, people))
    except (TextMalformed, PresentationMalformed) as exc:
        raise CodeRefused(Reason.FORMAT, exc.reason) from exc
    raise CodeRefused(Reason.PREFIX, "prefix")
