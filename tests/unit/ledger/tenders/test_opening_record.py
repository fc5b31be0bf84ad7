"""The opening record, recomputed by anybody."""

from dataclasses import replace

import orjson
import pytest

from ledger.tenders.events import Stage
from ledger.tenders.opening_record import (
    EARLIER_DOCUMENTS,
    Cause,
    Findings,
    OpenedBid,
    OpeningUnaccounted,
    record,
    record_digest,
)
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from tests.support.tender_story import DAY, Story, address

NAMES = ("Ann", "Bo", "Cai", "Dee", "Eli")
CEILING = {"amount": "1000000.00", "currency": "CNY"}


def told() -> Story:
    """Five bid: Ann replaces, Bo withdraws, Eli stays silent."""
    story = Story()
    for name in NAMES:
        story.submit(name)
    story.submit("Ann", version=2)
    story.withdraw("Bo")
    story.open(("Ann", "Cai", "Dee"))
    return story


def findings(story: Story, *names: str, **causes: Cause) -> Findings:
    opened = {
        address(name): OpenedBid(
            story.manifest(name, version=2 if name == "Ann" else 1),
            licences=(("builder", "valid"),),
        )
        for name in names
    }
    return Findings(opened, {address(name): cause for name, cause in causes.items()}, CEILING)


class TestRecord:
    def test_tells_who_opened_and_why_others_did_not(self) -> None:
        story = told()
        made = orjson.loads(
            record(story.events, story.id, (0, 1), findings(story, "Ann", "Cai", "Dee"))
        )
        assert {each["bidder"] for each in made["bids"]} == {
            address(name) for name in ("Ann", "Cai", "Dee")
        }
        assert {each["key"]: each["cause"] for each in made["notOpened"]} == {
            address("Bo"): "WITHDRAWN",
            address("Eli"): "UNDISCLOSED",
        }
        ann = next(each for each in made["bids"] if each["bidder"] == address("Ann"))
        assert (ann["version"], ann["name"], ann["price"]["amount"]) == (
            2,
            "示例Ann公司",
            "900000.00",
        )
        assert ann["licences"] == [{"requirement": "builder", "verdict": "valid"}]
        assert [each["released"] for each in made["trustees"]] == [True, False, True, False, True]
        assert made["submitEnd"] == "2026-06-22T01:30:00Z"
        assert made["ceiling"] == CEILING
        assert made["blocks"]["recovered"] is None

    def test_marks_who_names_earlier_documents(self) -> None:
        story = Story()
        story.submit("Ann", version=2)
        story.amend()
        for name in ("Cai", "Dee"):
            story.submit(name)
        story.open(("Ann", "Cai", "Dee"))
        given = findings(story, "Ann", "Cai", "Dee")
        made = orjson.loads(record(story.events, story.id, (0, 1), given))
        marked = [each["bidder"] for each in made["bids"] if each["flags"] == [EARLIER_DOCUMENTS]]
        assert marked == [address("Ann")]
        assert [each["flags"] for each in made["bids"]].count([]) == 2

    def test_is_the_same_whenever_it_is_made(self) -> None:
        story = told()
        given = findings(story, "Ann", "Cai", "Dee")
        before = record(story.events, story.id, (0, 1), given)
        story.record(3, digest=record_digest(before))
        story.object_(b"\x0a" * 32, Stage.OPENING, "Cai")
        assert record(story.events, story.id, (0, 1), given) == before

    def test_objections_on_the_spot_are_in_it(self) -> None:
        story = told()
        story.object_(b"\x0a" * 32, Stage.OPENING, "Cai")
        made = orjson.loads(
            record(story.events, story.id, (0, 1), findings(story, "Ann", "Cai", "Dee"))
        )
        assert [each["outcome"] for each in made["objections"]] == ["OPEN"]

    def test_every_disclosed_bid_is_accounted_for(self) -> None:
        story = told()
        lost = findings(story, "Ann", "Cai", Dee=Cause.FILE_LOST)
        made = orjson.loads(record(story.events, story.id, (0, 1), lost))
        assert {"key": address("Dee"), "cause": "FILE_LOST"} in made["notOpened"]

    @pytest.mark.parametrize(
        ("names", "causes", "bidder"),
        [
            (("Ann", "Cai"), {}, "Dee"),
            (("Ann", "Cai", "Dee", "Eli"), {}, "Eli"),
            (("Ann", "Cai", "Dee", "Bo"), {}, "Bo"),
            (("Ann", "Cai", "Dee"), {"Dee": Cause.FILE_LOST}, "Dee"),
            (("Ann", "Cai", "Dee"), {"Eli": Cause.FILE_LOST}, "Eli"),
            (("Ann", "Cai", "Dee", "Zoe"), {}, "Zoe"),
        ],
    )
    def test_refuses_what_the_chain_does_not_tell(
        self, names: tuple[str, ...], causes: dict[str, Cause], bidder: str
    ) -> None:
        story = told()
        with pytest.raises(OpeningUnaccounted) as refused:
            record(story.events, story.id, (0, 1), findings(story, *names, **causes))
        assert refused.value.bidder == address(bidder)

    def test_where_trustees_failed_nobody_else_is_blamed(self) -> None:
        story = Story()
        for name in NAMES[:3]:
            story.submit(name)
        story.open(NAMES[:3], trustees=(1, 2))
        story.at(story.ends.release_end).recover("Cai")
        made = orjson.loads(record(story.events, story.id, (0, 1), findings(story, "Cai")))
        causes = {each["key"]: each["cause"] for each in made["notOpened"]}
        assert causes == {address("Ann"): "NOT_RELEASED", address("Bo"): "NOT_RELEASED"}

    def test_names_bids_that_an_addendum_dropped(self) -> None:
        """Where the policy says so, who did not confirm under the new documents is not opened."""
        story = Story(replace(terms_of(preset("cn")), drops_stale_bids=True))
        for name in NAMES[:4]:
            story.submit(name)
        story.amend(16 * DAY, affects_bids=True)
        for name in NAMES[:3]:
            story.submit(name, version=2)
        story.open(NAMES[:3])
        opened = {address(name): OpenedBid(story.manifest(name, version=2)) for name in NAMES[:3]}
        made = orjson.loads(record(story.events, story.id, (0, 1), Findings(opened, {})))
        assert made["notOpened"] == [{"key": address("Dee"), "cause": "OUTDATED"}]

    def test_a_failed_lot_opens_nothing(self) -> None:
        story = Story()
        for name in NAMES[:2]:
            story.submit(name)
        made = orjson.loads(record(story.events, story.id, (0, 1), Findings({}, {})))
        assert {each["cause"] for each in made["notOpened"]} == {"LOT_FAILED"}
        assert made["bids"] == []
