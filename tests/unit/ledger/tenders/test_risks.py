"""Which risks remain of a tender as it was published, and that each is told in four languages."""

from dataclasses import replace
from typing import Any

from ledger.tenders.risks import LANGUAGES, risks_of, texts
from ledger.values import Address
from tests.support.tender_story import ZERO, Story

MAILBOX = Story()
ONE_BY_ONE = {
    "service-counts-all-mail",
    "service-sees-uploads",
    "number-shows-at-listing",
    "number-shows-at-once",
    "dummy-bids",
    "guarantor-knows-bidders",
    "silence-sinks-lot",
    "lone-bid-opens",
    "lots-share-keys",
}


def codes(story: Story, min_disclosed: int = 1, **changes: Any) -> set[str]:
    announced = replace(story.announcement, **changes)
    terms = replace(story.terms, min_disclosed=min_disclosed)
    return {each.code for each in risks_of(announced, terms)} & ONE_BY_ONE


class TestRisks:
    def test_follow_what_the_tender_is(self) -> None:
        usual = {
            "service-counts-all-mail",
            "number-shows-at-listing",
            "dummy-bids",
            "lone-bid-opens",
        }
        assert codes(MAILBOX) == usual
        guarantor = Address("0x" + "11" * 20)
        assert codes(MAILBOX, 3, mailbox=ZERO, bond_authority=guarantor, lots=2) == {
            "service-sees-uploads",
            "number-shows-at-once",
            "guarantor-knows-bidders",
            "silence-sinks-lot",
            "lots-share-keys",
        }

    def test_are_told_in_every_language_and_each_can_come_up(self) -> None:
        always = {each.code for each in risks_of(MAILBOX.announcement, MAILBOX.terms)}
        assert set(texts()) == always | ONE_BY_ONE
        for told in texts().values():
            assert tuple(told) == LANGUAGES
            assert all(text.strip() for text in told.values())
            assert len(set(told.values())) == len(LANGUAGES)
