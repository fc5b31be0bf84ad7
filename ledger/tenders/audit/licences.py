"""Licences that bids show, judged again: as of the deadline, by what was known at the opening.

Whoever opens judges some time between the end of disclosure and the record's block. What the chain
learnt later is nobody's fault, so a record is wrong only if no moment between these bears it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from ledger.tenders import shown_licences
from ledger.tenders.audit.readings import word_of
from ledger.tenders.qualification import Ask
from ledger.tenders.shown_licences import NOBODY_SAYS, Bench, Presented, Result, Standing
from ledger.verification.evidence import Evidence, Reading

_LEARNT_AT_SOME_TIME: Final = "issuer.key-distrusted"
"""When a key came to be distrusted is not told, only from when on it is."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one bid's licences are worth, as the record is to be made with them.

    `doubts` are those that were taken as recorded although they were judged, `differing` those that
    the record is wrong about; `is_stated` tells whether any was taken as recorded.
    """

    results: tuple[Result, ...]
    is_stated: bool
    doubts: tuple[Mapping[str, Any], ...] = ()
    differing: tuple[Mapping[str, Any], ...] = ()


def judged_at(
    shown: Sequence[Presented], ask: Ask, bench: Bench, moments: Iterable[int]
) -> tuple[tuple[Result, ...], ...]:
    """Return how a bid stands to what is asked for, by what the chain knew at each moment."""
    gathered = {each.text: bench.gather(each) for each in shown}
    return tuple(
        shown_licences.results(shown, ask, replace(bench, gather=partial(_known, gathered, moment)))
        for moment in moments
    )


def as_known(evidence: Evidence, known_at: int) -> Evidence:
    """Return evidence without the status events of later blocks; as it is where some are missing.

    The bits of the word follow from the events, so a history that does not lead to them stays.
    """
    reading, history = evidence.reading, evidence.history
    if not isinstance(reading, Reading) or history is None:
        return evidence
    if word_of(history) != reading.status_word:
        return evidence
    known = tuple(each for each in history if each.place.block_time <= known_at)
    return replace(evidence, history=known, reading=replace(reading, status_word=word_of(known)))


def _known(gathered: Mapping[str, Evidence], known_at: int, shown: Presented) -> Evidence:
    return as_known(gathered[shown.text], known_at)


def looked_at(
    answered: Mapping[str, bool],
    recorded: Mapping[str, str] | None,
    found: Sequence[tuple[Result, ...]],
    unsaid: str = "unconfirmed",
) -> Look:
    """Return what becomes of each requirement that a record tells of.

    `answered` as `shown_licences.answered` says; `recorded` are the verdicts by requirement, None
    where the record is not at hand; `found` what `judged_at` gave, empty where nobody judges;
    `unsaid` is the bench's.
    """
    results, doubts, differing = [], [], []
    is_stated = False
    for name, is_shown in answered.items():
        if not is_shown:
            results.append(Result(name, Standing.MISSING))
            continue
        judged = [each for every in found for each in every if each.requirement == name]
        said = None if recorded is None else recorded.get(name, "")
        result, doubt = _weighed(name, said, judged)
        results.append(result)
        told = {"requirement": name, "recorded": said, **_spelt(judged)}
        if doubt:
            is_stated = True
            told |= {"why": unsaid if _is_unsaid(judged) else doubt}
            doubts += [told] if judged else []
        elif said is not None and result.standing != said:
            differing.append(told)
    return Look(tuple(results), is_stated, tuple(doubts), tuple(differing))


def _weighed(name: str, said: str | None, judged: Sequence[Result]) -> tuple[Result, str]:
    """Return a verdict to make the record with, and why it had to be the recorded one, if so."""
    stated = Result(name, _standing(said))
    borne = [each for each in judged if each.standing == said != Standing.UNCONFIRMED]
    if borne:
        return borne[0], ""
    standings = {each.standing for each in judged}
    if not judged or Standing.UNCONFIRMED in standings:
        return stated, "unconfirmed"
    if said == Standing.UNCONFIRMED:
        return stated, "recorded-unconfirmed"
    if len(standings) > 1 or (is_learnt_later(judged) and said in (None, Standing.VALID)):
        return stated, "learnt-at-some-time"
    return judged[-1], ""


def is_learnt_later(judged: Sequence[Result]) -> bool:
    """Whether a verdict rests on a key that came to be distrusted nobody knows when."""
    return any(_LEARNT_AT_SOME_TIME in each.reasons for each in judged)


def _is_unsaid(judged: Sequence[Result]) -> bool:
    """Whether the source had no answer, as against one that leaves a question."""
    codes = {code for each in judged for code in each.reasons}
    return NOBODY_SAYS in codes or any(code.endswith(".unreachable") for code in codes)


def _standing(verdict: str | None) -> Standing:
    """What a record says of a licence that was shown; else what no record says in its place.

    A record that tells of none, or that it is missing, differs from the one made anew.
    """
    known = [each for each in Standing if each is not Standing.MISSING and each == verdict]
    return known[0] if known else Standing.UNCONFIRMED


def _spelt(judged: Sequence[Result]) -> dict[str, Any]:
    if not judged:
        return {}
    return {"found": judged[-1].standing.value, "reasons": list(judged[-1].reasons)}
