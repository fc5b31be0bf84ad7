"""Awards: why another than the first won (R55), and whether the winner's licences still held.

Whoever awards looks at licences once more, as of now. One that lapsed since the deadline is passed
over, or the paper that confirms the bidder all the same (R56) is anchored as the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ledger.canonical import parse_object
from ledger.tenders import shown_licences
from ledger.tenders.audit import licences
from ledger.tenders.audit.bundle import AwardLook, Place, TenderBundle
from ledger.tenders.bid_flags import Terms
from ledger.tenders.events import Awarded, TenderEvent
from ledger.tenders.opening import asked
from ledger.tenders.opening_record import Findings
from ledger.tenders.requests import ORGANISATION
from ledger.tenders.shown_licences import Bench, Result, Standing
from ledger.tenders.state import TenderState
from ledger.values import LedgerRef

LOOK_SECONDS: Final = 300
"""So long before its block may whoever awards have looked: what a wallet calls fresh (proposed)."""

Facts = list[dict[str, Any]]


def awards_of(
    ledger: LedgerRef,
    told: tuple[Sequence[TenderEvent], TenderState],
    papers: Mapping[bytes, bytes],
    findings: Mapping[Place, Findings],
    judging: tuple[Terms | None, Bench | None],
) -> tuple[AwardLook, ...]:
    """Return how each award stands by its papers, and by the winner's licences at its time.

    `told` are the tender's events and the state after them; of `judging` the terms are None without
    the documents, and the bench where nobody judges.
    """
    own, state = told
    found = []
    for event in own:
        if not isinstance(event, Awarded):
            continue
        is_missing = any(event.reason) and bool(papers) and event.reason not in papers
        look = AwardLook(event, is_reason_missing=is_missing)
        opened = findings.get((event.lot, 1), _NOTHING).opened.get(event.winner)
        manifest = None if opened is None else opened.manifest
        found.append(_looked(look, ledger, state, manifest, judging))
    return tuple(found)


def unfounded_awards(bundle: TenderBundle) -> tuple[Facts, Facts]:
    """Return awards to winners whose licences had lapsed, and those that nobody can judge."""
    faults: Facts = []
    open_: Facts = []
    for look in bundle.awards:
        event = look.event
        told = {"block": event.place.block, "lot": event.lot, "winner": event.winner}
        if look.is_reason_missing:
            open_.append(told | {"why": "no-reason-paper"})
        if any(event.reason):
            continue
        if look.lapsed:
            faults.append(told | {"error": "WinnerLapsed", "requirements": list(look.lapsed)})
        if look.unknown:
            open_.append(told | {"why": look.why, "requirements": list(look.unknown)})
    return faults, open_


_NOTHING: Final = Findings({}, {})


def _looked(
    look: AwardLook,
    ledger: LedgerRef,
    state: TenderState,
    manifest: bytes | None,
    judging: tuple[Terms | None, Bench | None],
) -> AwardLook:
    terms, bench = judging
    wanted = () if terms is None else terms.wanted
    asks = tuple(each.id for each in wanted if each.who == ORGANISATION)
    if terms is None or not asks:
        return look
    if manifest is None or bench is None:
        return replace(look, unknown=asks, why="no-file" if manifest is None else "not-judged")
    event, said = look.event, parse_object(manifest)
    bid = state.lot(event.lot).bids[event.winner]
    at = event.place.block_time
    ask = asked(ledger, state, bid, terms.audience, said["identity"]["code"])
    judges = replace(
        bench, wanted=tuple(replace(each, min_validity_days=0) for each in terms.wanted)
    )
    shown, moments = shown_licences.shown_in(said), (at - LOOK_SECONDS, at)
    found = licences.judged_at(shown, replace(ask, at=at), judges, moments)
    names = dict.fromkeys(each.requirement for every in found for each in every)
    weighed = {
        name: _weighed([each for every in found for each in every if each.requirement == name])
        for name in names
    }
    return replace(
        look,
        lapsed=tuple(name for name, stand in weighed.items() if stand is Standing.INVALID),
        unknown=tuple(name for name, stand in weighed.items() if stand is Standing.UNCONFIRMED),
        why=bench.unsaid,
    )


def _weighed(judged: Sequence[Result]) -> Standing:
    """INVALID only where no moment bears the licence out, and it was known then what spoilt it."""
    standings = {each.standing for each in judged}
    if Standing.VALID in standings:
        return Standing.VALID
    is_unsure = Standing.UNCONFIRMED in standings or licences.is_learnt_later(judged)
    return Standing.UNCONFIRMED if is_unsure else Standing.INVALID
