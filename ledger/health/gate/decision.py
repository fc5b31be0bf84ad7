"""`decide`: one code, one answer. Pure; whatever a stranger shows, it does not raise."""

from collections.abc import Sequence
from itertools import chain, repeat

from ledger.health import passes, presentations, qr_text
from ledger.health.gate.case import Case, ended
from ledger.health.gate.evidence import GateEvidence
from ledger.health.gate.foreign import judge_foreign
from ledger.health.gate.lane import Identity, Lane, Match, Memory
from ledger.health.gate.outcome import worst
from ledger.health.gate.own import judge_pass
from ledger.health.gate.report import GateReport, PersonReport
from ledger.health.hcert import envelope
from ledger.health.presentations import PresentationMalformed
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
            pairs = zip(shown.passes, compared, strict=False)
            return tuple(judge_pass(each, shown, case, identity) for each, identity in pairs)
    except (TextMalformed, PresentationMalformed) as exc:
        raise CodeRefused(Reason.FORMAT, exc.reason) from exc
    raise CodeRefused(Reason.PREFIX, "prefix")
