"""Tenders told on from where they were last, and anew where that fell out of the chain."""

from dataclasses import replace
from typing import Any

from api.store.tender_folds import MOST_KEPT, TenderFolds
from api.store.tenders import TenderStore
from ledger.events import Place
from ledger.tenders.events import TenderEvent
from ledger.tenders.history import tenders_of
from ledger.tenders.ids import TenderId
from ledger.tenders.state import TenderState
from tests.support.tender_story import Story


class Events(TenderStore):
    """A store of one story's events that counts how often all of them are read."""

    def __init__(self, story: Story) -> None:
        self.said: list[Any] = list(story.events)
        self.read = 0

    def told(self, tender: TenderId) -> tuple[TenderState | None, Place | None]:
        self.read += 1
        state = tenders_of(self.said).get(tender)
        return state, None if state is None else self.said[-1].place

    def events(self, tender: TenderId, since: Place | None = None) -> tuple[TenderEvent, ...]:
        at = (0, 0) if since is None else (since.block, since.log_index)
        own = [each for each in self.said if getattr(each, "tender_id", None) == tender]
        return tuple(each for each in own if (each.place.block, each.place.log_index) >= at)


def test_adds_what_came_since() -> None:
    story = Story()
    store = Events(story)
    folds = TenderFolds(store)
    assert folds.tender(story.id) == story.state
    for name in ("Ann", "Bo"):
        story.submit(name)
        store.said = list(story.events)
        assert folds.tender(story.id) == story.state
    assert folds.tender(story.id) == story.state
    assert store.read == 1


def test_tells_anew_what_fell_out_of_the_chain() -> None:
    story = Story()
    story.submit("Ann")
    before, length = story.state, len(story.events)
    story.submit("Bo")
    store = Events(story)
    folds = TenderFolds(store)
    assert folds.tender(story.id) == story.state
    store.said = story.events[:length]
    assert folds.tender(story.id) == before
    moved = replace(story.events[length - 1].place, block_hash=b"\x0f" * 32)
    store.said = [*story.events[: length - 1], replace(story.events[length - 1], place=moved)]
    assert folds.tender(story.id) == tenders_of(store.said)[story.id]
    assert store.read == 3


def test_keeps_no_more_than_it_may() -> None:
    story = Story()
    store = Events(story)
    folds = TenderFolds(store)
    assert folds.tender(TenderId(bytes(32))) is None
    folds.tender(story.id)
    for number in range(MOST_KEPT):
        folds._kept[TenderId(bytes([number]) * 32)] = folds._kept[story.id]  # noqa: SLF001  # as if asked
    folds.tender(story.id)
    assert len(folds._kept) == MOST_KEPT  # noqa: SLF001  # as above
