"""Random calls in random order: what is refused changes nothing, what is told keeps the promises.

The numbers are those of the nineteen invariants of sealed tenders. Those about signatures, ether
and gas (4, 16 to 18) are the contracts' own; 15 is tested where a tender is announced.
"""

from collections.abc import Callable
from dataclasses import astuple, replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.tenders import events
from ledger.tenders.events import FINAL_PHASES, Outcome, Phase, Stage
from ledger.tenders.history import tenders_of
from ledger.tenders.phases import lot_phase_at, phase_at
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import BidState, TenderState
from tests.support.tender_story import DAY, ZERO, Story, address

NAMES = ("Ann", "Bo", "Cai", "Dee", "Eli")
GROUND = b"\x0a" * 32


class Walk:
    """A story with random acts; each is drawn, tried, and judged whether it was legal."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # a test's choice, not a secret
        drops = self.random.random() < 0.3
        terms = replace(terms_of(preset("cn")), drops_stale_bids=drops)
        self.told = Story(terms, lots=self.random.choice((1, 2)), parts=self.random.choice((1, 2)))
        self.stood_still = 0

    def step(self) -> None:
        told = self.told
        act = self.random.choice(self.useful() if self.random.random() < 0.75 else self.every)
        before, count = told.state, len(told.events)
        try:
            act()
        except Refused:
            assert told.state is before
            assert len(told.events) == count
        self.judge(before, told.state, told.events[count:])

    @property
    def every(self) -> list[Callable[[], None]]:
        early = [self.submit, self.withdraw, self.amend, self.disclose, self.release, self.recover]
        late = [self.record, self.schedule, self.evaluate, self.award, self.dispute]
        return [*early, *late, self.wait, self.suspend, self.resume]

    def useful(self) -> list[Callable[[], None]]:
        """Acts that the phase is for, else walks would seldom get anywhere."""
        if self.told.state.suspension.since:
            return [self.wait, self.resume]
        phase = lot_phase_at(self.told.state, self.lot, self.told.now)
        if phase is Phase.RECEIVING:
            return [*[self.submit] * 8, self.wait]
        if phase is Phase.DISCLOSURE:
            return [*[self.disclose] * 12, self.wait]
        if phase in (Phase.RELEASE, Phase.FALLBACK):
            return [*[self.release] * 4, self.recover, self.wait]
        if phase is Phase.OPENED:
            return [*[self.record] * 4, self.recover, *[self.evaluate] * 4, self.wait]
        return [*[self.evaluate] * 4, *[self.award] * 3, self.schedule, self.wait, self.dispute]

    # Acts.

    def wait(self) -> None:
        ends = astuple(self.told.ends)
        ahead = [each for each in ends if each > self.told.now] or [self.told.now + 4 * DAY]
        jump = self.random.choice((ahead[0], ahead[0] - 1, self.told.now + 60))
        if self.told.state.suspension.since:
            jump = self.told.now + self.random.choice((1, 600))
        self.told.at(max(jump, self.told.now))

    def submit(self) -> None:
        self.told.submit(self.name, self.lot, self.random.randint(1, 4))

    def withdraw(self) -> None:
        self.told.withdraw(self.name, self.lot, self.random.randint(1, 4))

    def amend(self) -> None:
        later = self.random.choice((-1, 0, 0, DAY, 16 * DAY))
        self.told.amend(later, affects_bids=self.random.random() < 0.3)

    def disclose(self) -> None:
        self.told.disclose(self.name, self.lot)

    def release(self) -> None:
        self.told.release(self.random.randint(1, 5))

    def recover(self) -> None:
        self.told.recover(self.name, self.lot)

    def record(self) -> None:
        lot = self.lot
        disclosed = len(self.told.state.disclosed(lot, self.told.part))
        self.told.record(self.random.choice((disclosed, disclosed, 0, 1)), lot)

    def suspend(self) -> None:
        if GROUND not in self.told.state.suspension.grounds:
            self.told.suspend(self.random.choice((ZERO, GROUND)))

    def resume(self) -> None:
        grounds = sorted(self.told.state.suspension.grounds)
        if grounds:
            since = self.told.state.suspension.since
            self.told.resume(grounds[0])
            if not self.told.state.suspension.since:
                self.stood_still += self.told.now - since

    def schedule(self) -> None:
        state = self.told.state
        settled = all(
            lot.is_settled or phase_at(state, number, 1, self.told.now) in FINAL_PHASES
            for number, lot in enumerate(state.lots)
        )
        if state.announcement.parts == 2 and self.told.part == 1 and settled:
            self.told.schedule(self.told.now + self.random.choice((0, 100)))

    def evaluate(self) -> None:
        lot = self.lot
        course = self.told.state.lot(lot).course
        missing = [seat for seat in range(1, course.seats + 1) if seat not in course.scored]
        if lot_phase_at(self.told.state, lot, self.told.now) is not Phase.COMMITTED:
            self.told.committee(self.random.choice((3, 5)), lot)
        elif missing:
            self.told.score(missing[0], lot)
        else:
            part = self.told.part
            came = [each.bidder for each in self.told.state.disclosed(lot, part)]
            names = [name for name in NAMES if address(name) in came]
            self.told.report(self.random.sample(names, min(len(names), 2)), lot)

    def award(self) -> None:
        lot = self.lot
        if lot_phase_at(self.told.state, lot, self.told.now) is Phase.EVALUATED:
            self.told.notice(self.told.now + 3 * DAY, lot)
        elif self.told.state.lot(lot).course.winner is None:
            self.told.award(self.name, lot, self.random.choice((ZERO, GROUND)))
        else:
            self.told.contract(lot)

    def dispute(self) -> None:
        lot, state = self.lot, self.told.state
        mine = bytes([lot + 1]) * 32
        if mine in state.objections:
            if state.objections[mine].outcome is Outcome.OPEN:
                self.told.answer(mine, Outcome.DISMISSED)
        elif lot_phase_at(state, lot, self.told.now) is Phase.NOTICE:
            self.told.object_(mine, Stage.RESULT, self.name, lot)

    @property
    def name(self) -> str:
        return self.random.choice(NAMES)

    @property
    def lot(self) -> int:
        return self.random.randrange(len(self.told.state.lots))

    # Promises.

    def judge(self, before: TenderState, now: TenderState, told: list[events.TenderEvent]) -> None:
        self.bids_stay(before, now)
        self.ends_stay(before, now)
        self.counts_hold(now)
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
        walk = Walk(seed)
        for _ in range(90):
            walk.step()
        told = walk.told
        assert tenders_of(told.events) == {told.id: told.state}  # 19
        shifts = [each.shift for each in told.events if isinstance(each, events.TenderResumed)]
        assert sum(shifts) == walk.stood_still  # 10

    def test_walks_go_far(self) -> None:
        """Else they would prove nothing: all phases that a walk can reach are reached by some."""
        reached = set()
        for seed in range(40):
            walk = Walk(seed)
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
