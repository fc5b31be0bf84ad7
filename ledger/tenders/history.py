"""Tenders as their events tell them: the contracts' writes, repeated.

Events alone rebuild the state; whoever has them needs neither the contracts nor anybody's word.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from ledger.errors import Refused
from ledger.tenders import award_history, events
from ledger.tenders.errors import LotUnknown, TenderUnknown
from ledger.tenders.events import Phase, PolicyRegistered, TenderEvent
from ledger.tenders.ids import TenderId
from ledger.tenders.policy.terms import Terms
from ledger.tenders.state import Bid, BidState, Lot, TenderState, on_lot
from ledger.tenders.suspensions import held, lifted, resumed, shifted


@dataclass(eq=False)
class HistoryBroken(Refused):
    """Events are missing before this one, or not in chain order."""

    block: int
    log_index: int


@dataclass(eq=False)
class TenderPolicyUnknown(Refused):
    """Nobody registered the policy that the tender names."""

    policy: bytes


def tenders_of(
    happened: Iterable[TenderEvent | PolicyRegistered],
) -> dict[TenderId, TenderState]:
    """Return the tenders that events in chain order tell of, by id, in order of appearance.

    Raises:
        TenderPolicyUnknown: unless a tender's policy was registered before it.
        TenderUnknown: for an event about a tender that was never published.
    """
    policies: dict[bytes, Terms] = {}
    found: dict[TenderId, TenderState] = {}
    for event in happened:
        if isinstance(event, PolicyRegistered):
            policies[event.policy] = event.terms
        elif isinstance(event, events.TenderPublished):
            found[event.tender_id] = published(event, policies)
        elif event.tender_id not in found:
            raise TenderUnknown(event.tender_id)
        else:
            found[event.tender_id] = after(found[event.tender_id], event)
    return found


def retold(
    happened: Iterable[TenderEvent | PolicyRegistered], tender: TenderId
) -> tuple[list[tuple[TenderEvent, TenderState]], TenderState]:
    """Return what followed a tender's publication, each with the state before it, and the last.

    Raises as `tenders_of`, and `TenderUnknown` where it was never published.
    """
    policies: dict[bytes, Terms] = {}
    told: list[tuple[TenderEvent, TenderState]] = []
    state: TenderState | None = None
    for event in happened:
        if isinstance(event, PolicyRegistered):
            policies[event.policy] = event.terms
        elif event.tender_id != tender:
            continue
        elif isinstance(event, events.TenderPublished):
            state = published(event, policies)
        elif state is None:
            break
        else:
            told.append((event, state))
            state = after(state, event)
    if state is None:
        raise TenderUnknown(tender)
    return told, state


def published(event: events.TenderPublished, policies: Mapping[bytes, Terms]) -> TenderState:
    """Return a tender just published; raise `TenderPolicyUnknown`."""
    announced = event.announcement
    if announced.policy not in policies:
        raise TenderPolicyUnknown(announced.policy)
    return TenderState(
        id=event.tender_id,
        announcement=announced,
        terms=policies[announced.policy],
        published_at=event.place.block_time,
        docs=(announced.docs,),
        basis=1,
        ends={1: announced.ends},
        lots=tuple(Lot() for _ in range(announced.lots)),
    )


def after(state: TenderState, event: TenderEvent) -> TenderState:
    """Return the tender after one more event of its own, in chain order.

    Raises `HistoryBroken` for an event about a bid, objection or complaint that nothing told of.
    """
    try:
        done = award_history.after(state, event)
        return _after(event, state) if done is None else done
    except (KeyError, LotUnknown) as exc:
        raise HistoryBroken(event.place.block, event.place.log_index) from exc


@singledispatch
def _after(event: Any, state: TenderState) -> TenderState:
    """Events that only tell what follows anyway, such as `LotFailed`, change nothing else."""
    del event
    return state


@_after.register
def _(event: events.TenderAmended, state: TenderState) -> TenderState:
    return replace(
        state,
        docs=(*state.docs, event.docs),
        basis=event.version if event.affects_bids else state.basis,
        ends={**state.ends, 1: event.ends},
    )


@_after.register
def _(event: events.QuestionAsked, state: TenderState) -> TenderState:
    return replace(
        state,
        questions={**state.questions, event.question: None},
        asked_at={**state.asked_at, event.question: event.place.block_time},
    )


@_after.register
def _(event: events.QuestionAnswered, state: TenderState) -> TenderState:
    return replace(state, questions={**state.questions, event.question: event.answer})


@_after.register
def _(event: events.BidSubmitted, state: TenderState) -> TenderState:
    bid = Bid(event.bidder, event.bid.version, BidState.LIVE, event.docs_version, event)
    return _with_bid(state, event.lot, bid)


@_after.register
def _(event: events.BidWithdrawn, state: TenderState) -> TenderState:
    before = state.lot(event.lot).bids.get(event.bidder)
    is_bonded = before is not None and before.has_bond
    bonded_until = event.place.block_time if is_bonded else 0
    head = (event.bidder, event.version, BidState.WITHDRAWN, 0, None, event)
    bid = Bid(*head, bonded_until=bonded_until)
    return _with_bid(state, event.lot, bid)


@_after.register
def _(event: events.SecretDisclosed, state: TenderState) -> TenderState:
    bid = state.lot(event.lot).bids[event.bidder]
    known = {**bid.disclosed, event.part: event.secret}
    return _with_bid(state, event.lot, replace(bid, disclosed=known))


@_after.register
def _(event: events.SecretRecovered, state: TenderState) -> TenderState:
    bid = state.lot(event.lot).bids[event.bidder]
    known = {**bid.recovered, event.part: event.secret}
    return _with_bid(state, event.lot, replace(bid, recovered=known))


@_after.register
def _(event: events.BidsRejected, state: TenderState) -> TenderState:
    for bidder in event.bidders:
        bid = state.lot(event.lot).bids[bidder]
        state = _with_bid(state, event.lot, replace(bid, is_rejected=True))
    return state


@_after.register
def _(event: events.TrusteeReleased, state: TenderState) -> TenderState:
    known = {**state.released.get(event.part, {}), event.index: event.secret}
    return replace(state, released={**state.released, event.part: known})


@_after.register
def _(event: events.LotFailed, state: TenderState) -> TenderState:
    return on_lot(state, event.lot, lambda lot: replace(lot, is_closed=True))


@_after.register
def _(event: events.OpeningRecorded, state: TenderState) -> TenderState:
    return on_lot(
        state, event.lot, lambda lot: replace(lot, openings={**lot.openings, event.part: event})
    )


@_after.register
def _(event: events.LotSettled, state: TenderState) -> TenderState:
    return on_lot(state, event.lot, lambda lot: replace(lot, is_settled=True, ended=event.ended))


@_after.register(events.PartScheduled)
@_after.register(events.DisclosureExtended)
def _(event: events.PartScheduled | events.DisclosureExtended, state: TenderState) -> TenderState:
    return replace(state, ends={**state.ends, event.part: event.ends})


@_after.register
def _(event: events.TenderHeld, state: TenderState) -> TenderState:
    return replace(
        state, suspension=held(state.suspension, event.objection, event.place.block_time)
    )


@_after.register
def _(event: events.HoldLifted, state: TenderState) -> TenderState:
    return replace(state, suspension=lifted(state.suspension, event.objection))


@_after.register
def _(event: events.TenderResumed, state: TenderState) -> TenderState:
    since = state.suspension.since
    ends = {part: shifted(each, since, event.shift) for part, each in state.ends.items()}
    return replace(state, ends=ends, suspension=resumed(state.suspension))


@_after.register
def _(event: events.TenderTerminated, state: TenderState) -> TenderState:
    return replace(state, ended=Phase.TERMINATED, ended_at=event.place.block_time)


@_after.register
def _(event: events.TenderVoided, state: TenderState) -> TenderState:
    return replace(state, ended=Phase.VOIDED, ended_at=event.place.block_time)


def _with_bid(state: TenderState, number: int, bid: Bid) -> TenderState:
    return on_lot(state, number, lambda lot: replace(lot, bids={**lot.bids, bid.bidder: bid}))
