"""Random walks through a tender: acts in random order, most of them what the phase is for."""

from collections.abc import Callable
from dataclasses import astuple, replace
from random import Random
from typing import Any

from ledger.errors import Refused
from ledger.tenders import events
from ledger.tenders.events import Outcome, Phase, Stage
from ledger.tenders.phases import lot_phase_at
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from tests.support.tender_story import DAY, ZERO, Story, address

NAMES = ("Ann", "Bo", "Cai", "Dee", "Eli")
REASON = b"\x0a" * 32


class Walk:
    """A story with random acts; each is drawn and tried, and what is refused changes nothing.

    `given` is the story's.
    """

    def __init__(self, seed: int, **given: Any) -> None:
        self.random = Random(seed)  # noqa: S311  # a test's choice, not a secret
        drops = self.random.random() < 0.3
        terms = replace(terms_of(preset("cn")), drops_stale_bids=drops)
        lots, parts = self.random.choice((1, 2)), self.random.choice((1, 2))
        self.told = Story(terms, lots=lots, parts=parts, **given)

    def step(self) -> int:
        """Try one act; return how many events it added."""
        told = self.told
        act = self.random.choice(self.useful() if self.random.random() < 0.75 else self.every)
        before, count = told.state, len(told.events)
        try:
            act()
        except Refused:
            assert told.state is before
            assert len(told.events) == count
        return len(told.events) - count

    @property
    def every(self) -> list[Callable[[], None]]:
        early = [self.submit, self.withdraw, self.amend, self.disclose, self.release, self.recover]
        late = [self.record, self.close, self.schedule, self.evaluate, self.award, self.dispute]
        return [*early, *late, self.wait, self.suspend, self.resume]

    def useful(self) -> list[Callable[[], None]]:
        """Acts that the phase is for, else walks would seldom get anywhere."""
        if self.told.state.suspension.since:
            return [self.wait, self.resume, self.dispute]
        phase = lot_phase_at(self.told.state, self.lot, self.told.now)
        if phase is Phase.RECEIVING:
            return [*[self.submit] * 8, self.wait]
        if phase is Phase.DISCLOSURE:
            return [*[self.disclose] * 12, self.wait]
        if phase in (Phase.RELEASE, Phase.FALLBACK):
            return [*[self.release] * 4, self.recover, self.wait]
        if phase is Phase.OPENED:
            return [*[self.record] * 4, self.recover, *[self.evaluate] * 4, self.wait]
        return [
            *[self.evaluate] * 4,
            *[self.award] * 3,
            *[self.schedule] * 2,
            self.close,
            self.wait,
            self.dispute,
        ]

    # Acts.

    def wait(self) -> None:
        ends = astuple(self.told.ends)
        ahead = [each for each in ends if each > self.told.now] or [self.told.now + 4 * DAY]
        jump = self.random.choice((ahead[0], ahead[0] - 1, self.told.now + 60))
        if self.told.state.suspension.since:
            jump = self.told.now + self.random.choice((1, 600))
        self.told.at(max(jump, self.told.now))

    def submit(self) -> None:
        docs = self.random.choice(self.told.state.docs)
        self.told.submit(self.name, self.lot, self.random.randint(1, 4), docs)

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
        self.told.suspend()

    def resume(self) -> None:
        if self.told.state.suspension.ordered_at:
            self.told.resume()

    def schedule(self) -> None:
        state = self.told.state
        settled = all(lot.is_settled or lot.is_closed for lot in state.lots)
        if state.announcement.parts == 2 and self.told.part == 1 and settled:
            self.told.schedule(self.told.now + self.random.choice((0, 100)))

    def close(self) -> None:
        lot, state = self.lot, self.told.state
        phase = lot_phase_at(state, lot, self.told.now)
        is_open = not state.lot(lot).is_closed and not state.suspension.since
        if phase in (Phase.FAILED_FEW, Phase.NOT_OPENED) and is_open:
            counts = (len(state.live(lot)), len(state.disclosed(lot, self.told.part)))
            self.told.tell(events.LotFailed, lot, self.told.part, phase, *counts)

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
        elif self.told.state.lot(lot).course.has_ground and self.random.random() < 0.5:
            self.told.review(lot)
        elif self.told.state.lot(lot).course.winner is None:
            self.told.award(self.name, lot, self.random.choice((ZERO, REASON)))
        else:
            self.told.contract(lot)

    def dispute(self) -> None:
        open_ = [
            id_ for id_, each in self.told.state.objections.items() if each.outcome is Outcome.OPEN
        ]
        if open_ and self.random.random() < 0.7:
            self.told.answer(open_[0], self.random.choice((Outcome.DISMISSED, Outcome.UPHELD)))
            return
        stage = self.random.choice((Stage.DOCUMENTS, Stage.OPENING, Stage.RESULT, Stage.RESULT))
        self.told.admit(stage, self.lot, self.random.randbytes(32))

    @property
    def name(self) -> str:
        return self.random.choice(NAMES)

    @property
    def lot(self) -> int:
        return self.random.randrange(len(self.told.state.lots))
