"""Until when sealed files of a tender are needed, step by step of a story."""

import pytest

from ledger.tenders.endings import sealed_until
from ledger.tenders.events import TenderTerminated
from tests.support.tender_story import Story

NAMES = ("Ann", "Bo", "Cai")


def handed_in(*, lots: int = 1, parts: int = 1) -> Story:
    story = Story(lots=lots, parts=parts)
    for lot in range(lots):
        for name in NAMES:
            story.submit(name, lot)
    return story


class TestSealedUntil:
    def test_is_when_a_lot_fails_for_want_of_bids(self) -> None:
        story = Story()
        assert sealed_until(story.state) == story.ends.list_end
        story.submit("Ann")
        assert sealed_until(story.state) == story.ends.list_end

    def test_is_when_bids_fail_to_disclose(self) -> None:
        story = handed_in()
        assert sealed_until(story.state) == story.ends.disclose_end

    def test_is_open_while_an_opened_lot_has_no_record(self) -> None:
        story = handed_in()
        story.open(NAMES)
        assert sealed_until(story.state) is None
        story.record(len(NAMES))
        assert sealed_until(story.state) == 0

    def test_is_the_last_lots(self) -> None:
        story = Story(lots=2)
        for name in NAMES:
            story.submit(name)
        assert sealed_until(story.state) == story.ends.disclose_end

    def test_is_open_until_the_second_envelope_is_recorded(self) -> None:
        story = handed_in(parts=2)
        story.open(NAMES)
        story.record(len(NAMES))
        assert sealed_until(story.state) is None

    @pytest.mark.parametrize("is_opened", [False, True])
    def test_is_over_with_the_tender(self, is_opened: bool) -> None:  # noqa: FBT001  # a parameter of pytest
        story = handed_in()
        if is_opened:
            story.open(NAMES)
        story.tell(TenderTerminated, b"\x0e" * 32)
        assert sealed_until(story.state) == story.now
