"""Random calls in random order: what is refused changes nothing, what is told keeps the promises.

The numbers are those of the nineteen invariants of sealed tenders. Those about signatures, ether
and gas (4, 16 to 18) are the contracts' own; 15 is tested where a tender is announced.
"""

from dataclasses import astuple

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.tenders import events
from ledger.tenders.events import FINAL_PHASES, Outcome, Phase, Stage
from ledger.tenders.history import tenders_of
from ledger.tenders.phases import lot_phase_at
from ledger.tenders.state import BidState, TenderState
from tests.support.tender_walk import Walk


class Judged(Walk):
    """A walk whose every act is judged."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.upheld: set[int] = set()

    def step(self) -> int:
        before = self.told.state
        added = super().step()
        happened = self.told.events[len(self.told.events) - added :]
        self.judge(before, self.told.state, happened)
        return added

    # Promises.

    def judge(self, before: TenderState, now: TenderState, told: list[events.TenderEvent]) -> None:
        self.bids_stay(before, now)
        self.ends_stay(before, now)
        self.shifts_hold(before, told)
        self.counts_hold(now)
        self.awards_are_undisputed(told)
        self.secrets_are_in_time(before, told)
        self.phases_hold(before, now)

    def bids_stay(self, before: TenderState, now: TenderState) -> None:
        """1, 2 and 8."""
        is_late = self.told.now >= before.ends[1].submit_end and not before.suspension.since
        for was, lot in zip(before.lots, now.lots, strict=True):
            for bidder, bid in lot.bids.items():
                old = was.bids.get(bidder)
                versions = (0 if old is None else old.version, bid.version)
                assert versions[0] <= versions[1]
                assert not is_late or versions[0] == versions[1]
                if bid.state is BidState.WITHDRAWN:
                    assert not bid.disclosed
                    assert not bid.recovered

    def shifts_hold(self, before: TenderState, told: list[events.TenderEvent]) -> None:
        """10: what lies ahead moves by the time that tender or lot stood still."""
        for event in told:
            if isinstance(event, events.TenderResumed):
                assert event.shift == self.told.now - before.suspension.since
            elif isinstance(event, events.LotResumed):
                since = before.lot(event.lot).course.suspension.since
                assert event.shift == self.told.now - since

    def ends_stay(self, before: TenderState, now: TenderState) -> None:
        """9 and 10."""
        for part, ends in before.ends.items():
            for old, new in zip(astuple(ends), astuple(now.ends[part]), strict=True):
                assert old <= new
                if not before.suspension.since and part == 1 and old <= self.told.now:
                    assert old == new

    def counts_hold(self, now: TenderState) -> None:
        """3 and 13."""
        for number, lot in enumerate(now.lots):
            for part in now.ends:
                assert len(now.disclosed(number, part)) <= len(now.live(number))
                assert all(part in bid.disclosed for bid in now.recovered(number, part))
            if lot.course.winner is not None:
                assert lot.course.winner in lot.course.candidates
                assert self.told.now >= lot.course.notice_end

    def awards_are_undisputed(self, told: list[events.TenderEvent]) -> None:
        """13: no award of a lot whose result was objected to with success, before a review."""
        for event in told:
            if isinstance(event, events.ObjectionAnswered):
                objection = self.told.state.objections[event.objection]
                if objection.stage is Stage.RESULT and event.outcome is Outcome.UPHELD:
                    self.upheld.add(objection.lot)
            elif isinstance(event, events.ReviewOrdered):
                self.upheld.discard(event.lot)
            elif isinstance(event, events.Awarded):
                assert event.lot not in self.upheld

    def secrets_are_in_time(self, before: TenderState, told: list[events.TenderEvent]) -> None:
        """5, 6, 7, 10 and 12."""
        at = self.told.now
        for event in told:
            if isinstance(event, events.SecretDisclosed):
                ends = before.ends[event.part]
                assert ends.list_end <= at < ends.disclose_end
                assert len(before.live(event.lot)) >= before.terms.min_bids
                assert not before.lot(event.lot).bids[event.bidder].is_rejected or event.part == 1
            elif isinstance(event, events.TrusteeReleased):
                assert before.ends[event.part].disclose_end <= at
                assert event.index not in before.released.get(event.part, {})
            elif isinstance(event, events.SecretRecovered):
                assert event.part in before.lot(event.lot).bids[event.bidder].disclosed
                assert before.is_opened(event.part) or at >= before.ends[event.part].release_end
            else:
                continue
            assert not before.suspension.since

    def phases_hold(self, before: TenderState, now: TenderState) -> None:
        """11 and 14: asked at one moment before and after an act, an exit stays where it is."""
        for number in range(len(now.lots)):
            old = lot_phase_at(before, number, self.told.now)
            new = lot_phase_at(now, number, self.told.now)
            if old in FINAL_PHASES:
                assert new is old


class TestWalks:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**32))
    def test_promises_are_kept_whatever_is_called(self, seed: int) -> None:
        walk = Judged(seed)
        for _ in range(90):
            walk.step()
        told = walk.told
        assert tenders_of(told.events) == {told.id: told.state}  # 19

    def test_walks_go_far(self) -> None:
        """Else they would prove nothing: all phases that a walk can reach are reached by some."""
        reached = set()
        for seed in range(60):
            walk = Judged(seed)
            for _ in range(120):
                walk.step()
                for lot in range(len(walk.told.state.lots)):
                    reached.add(lot_phase_at(walk.told.state, lot, walk.told.now))
        missing = set(Phase) - reached
        assert missing <= {
            Phase.UNKNOWN,
            Phase.ALL_REJECTED,
            Phase.TERMINATED,
            Phase.VOIDED,
        }, missing
