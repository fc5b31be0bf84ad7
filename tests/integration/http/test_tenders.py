"""Sealed tenders and the feed over HTTP, told by a story that the projection takes in."""

from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from httpx2 import Response

from api.http.plain_pages import POLICY
from api.services.at_head import AtHead
from api.services.tenders import Tenders
from api.store.tenders import TenderStore
from ledger.events import AgencyRenamed
from ledger.tenders.events import Stage
from tests.support.licences import AGENCY
from tests.support.service import World, refusal
from tests.support.tender_story import DAY, address
from tests.support.told_tenders import Told

NAMES = ("Ann", "Bo", "Cai")


@pytest.fixture
def told(service: World) -> Told:
    """Three bids for one lot, all before the deadline."""
    made = Told(service)
    for name in NAMES:
        made.story.submit(name)
    made.catch_up()
    return made


def feed(service: World, after: str = "0-0") -> Any:
    answer = service.client.get("/v1/feed", params={"after": after})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestTender:
    def test_shows_no_bidder_before_the_opening(self, told: Told) -> None:
        service, story = told.service, told.story
        story.object_(b"\x21" * 32, Stage.DOCUMENTS, "Bo")
        told.catch_up()
        shown = told.show()
        assert shown["agency"] == {
            "jurisdiction": "CN-GD",
            "code": AGENCY.code,
            "name": AGENCY.name,
        }
        (lot,) = shown["lots"]
        assert (lot["phase"], lot["bids"]) == ("RECEIVING", None)
        assert shown["suspension"]["objections"] == ["0x" + "21" * 32]
        assert [each["stage"] for each in shown["objections"]] == ["DOCUMENTS"]
        for path in ("/v1/tenders", told.path, "/v1/feed"):
            text = service.client.get(path).text.lower()
            assert story.id.hex() in text
            assert not [name for name in NAMES if address(name)[2:].lower() in text]

    def test_follows_the_chains_time(self, told: Told) -> None:
        ends = told.story.ends
        phases = []
        for moment in (ends.submit_end - 1, ends.submit_end, ends.list_end):
            told.pass_to(moment)
            phases.append(told.show()["lots"][0]["phase"])
        assert phases == ["RECEIVING", "LISTING", "DISCLOSURE"]
        (line,) = told.service.client.get("/v1/tenders").json()["tenders"]
        assert line["phases"] == ["DISCLOSURE"]

    def test_shows_the_bids_of_an_opened_lot(self, told: Told) -> None:
        told.story.open(NAMES, trustees=(1, 3))
        told.catch_up()
        assert told.show()["lots"][0]["bids"] is None
        told.story.release(5)
        told.catch_up()
        (lot,) = told.show()["lots"]
        assert lot["phase"] == "OPENED"
        assert "dummy-bids" in [each["code"] for each in told.show()["risks"]]
        assert [each["bidder"] for each in lot["bids"]] == [address(name) for name in NAMES]
        assert [each["disclosed"] for each in lot["bids"]] == [[1], [1], [1]]

    def test_is_unknown(self, service: World) -> None:
        path = f"/v1/tenders/0x{'07' * 32}"
        assert refusal(service.client.get(path)) == (404, "TenderUnknown")
        assert refusal(service.client.get("/v1/tenders/7")) == (422, "RequestInvalid")

    def test_with_an_end_beyond_the_calendar(self, service: World) -> None:
        made = Told(service)
        ends = replace(made.story.ends, fallback_end=2**40 - 1)
        announced = replace(made.story.announcement, ends=ends)
        made.story.events[1] = replace(made.story.events[1], announcement=announced)
        made.catch_up()
        assert made.show()["parts"][0]["ends"]["fallbackEnd"] is None


class TestPage:
    def page(self, told: Told, language: str = "en", **headers: str) -> Response:
        given = {"Accept": "text/html", "Accept-Language": language} | headers
        return told.service.client.get(told.path, headers=given)

    def test_tells_a_browser_how_a_tender_stands(self, told: Told) -> None:
        answer = self.page(told)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["Vary"] == "Accept, Accept-Language"
        page, shown = answer.text, told.show()
        assert '<html lang="en">' in page
        assert "<td>receives bids</td>" in page
        assert shown["id"] in page
        end = datetime.fromisoformat(shown["parts"][0]["ends"]["submitEnd"])
        assert f"<td>{end.strftime('<time>%Y-%m-%d</time> <time>%H:%M:%S')}</time></td>" in page
        local = end.astimezone(ZoneInfo("Asia/Shanghai"))
        assert f"<td>{local.strftime('<time>%Y-%m-%d</time> <time>%H:%M')}" in page
        assert "Local time (Asia/<wbr>Shanghai)" in page
        for risk in shown["risks"]:
            assert escape(risk["text"]["en"]) in page
        assert not [name for name in NAMES if address(name)[2:].lower() in page.lower()]

    @pytest.mark.parametrize(
        ("asked", "language", "phase"),
        [
            ("zh-HK", "zh-Hant", "接收投標"),
            ("pt-PT", "pt", "recebe propostas"),
            ("zh-CN", "zh-Hans", "接收投标"),
            ("de", "en", "receives bids"),
        ],
    )
    def test_is_in_the_language_that_is_asked_for(
        self, told: Told, asked: str, language: str, phase: str
    ) -> None:
        page = self.page(told, asked).text
        assert f'<html lang="{language}">' in page
        assert f"<td>{phase}</td>" in page

    def test_follows_the_chain(self, told: Told) -> None:
        told.story.object_(b"\x21" * 32, Stage.DOCUMENTS, "Bo")
        told.catch_up()
        assert "It stands still since" in self.page(told).text
        assert "Objections: 1, of which not answered: 1." in self.page(told).text

    def test_shows_an_opening_record(self, told: Told) -> None:
        told.story.open(NAMES, trustees=(1, 3))
        told.story.release(5)
        told.story.record(3)
        told.catch_up()
        page = self.page(told).text
        assert "<td>opened</td>" in page
        assert "Lot 0, part 1: 3 bids opened" in page
        assert "<code>" + "0d" * 32 + "</code>; co-signed by nobody yet" in page

    def test_takes_names_as_text(self, told: Told) -> None:
        name = "<script>alert(1)</script>"
        told.service.say(lambda place: AgencyRenamed(place, AGENCY.id, name))
        page = self.page(told).text
        assert escape(name) in page
        assert "<script" not in page

    def test_is_asked_for_again_by_its_tag(self, told: Told) -> None:
        first = self.page(told)
        again = self.page(told, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Vary"] == "Accept, Accept-Language"

    def test_is_for_browsers_alone(self, told: Told) -> None:
        answer = told.service.client.get(told.path, headers={"Accept": "*/*"})
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Vary"] == "Accept, Accept-Language"

    def test_of_an_unknown_tender_is_a_problem(self, service: World) -> None:
        path = f"/v1/tenders/0x{'07' * 32}"
        answer = service.client.get(path, headers={"Accept": "text/html"})
        assert refusal(answer) == (404, "TenderUnknown")


class TestList:
    def test_pages_from_the_newest(self, told: Told) -> None:
        service = told.service
        others = [Told(service, f"GZ-2026-000{n}") for n in (2, 3)]
        for other in others:
            other.catch_up()
        newest = [each.story.id for each in (*others[::-1], told)]
        seen: list[str] = []
        cursor = None
        while len(seen) < 4:
            params = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
            page = service.client.get("/v1/tenders", params=params).json()
            seen += [each["id"] for each in page["tenders"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert seen == ["0x" + id_.hex() for id_ in newest]
        strange = service.client.get("/v1/tenders", params={"cursor": "AAAA"})
        assert refusal(strange)[1] == "CursorMalformed"


class TestFeed:
    def test_tells_each_event_once_in_chain_order(self, told: Told) -> None:
        told.story.amend(DAY)
        told.catch_up()
        first = feed(told.service)
        kinds = [each["kind"] for each in first["events"]]
        assert kinds == ["PolicyRegistered", "TenderPublished", "TenderAmended"]
        place = first["events"][1]
        assert place["position"] == f"{place['block']}-{place['logIndex']}"
        assert place["members"]["announcement"]["lots"] == 1
        assert len(place["blockHash"]) == 66
        rest = feed(told.service, place["position"])
        assert rest["events"] == first["events"][2:]
        assert feed(told.service, rest["next"])["events"] == []
        assert feed(told.service, rest["next"])["next"] == rest["next"]

    def test_tells_final_events_alone(self, told: Told) -> None:
        registry = told.service.registry
        head = registry.head().block
        told.story.amend(DAY)
        told.catch_up()
        store = TenderStore(told.service.database)
        for confirmations, newest in ((1, "TenderAmended"), (2, "TenderPublished")):
            found = Tenders(store, AtHead(registry), confirmations).feed((0, 0))
            assert found[-1].kind == newest
        assert registry.head().block == head + 1
        assert Tenders(store, AtHead(registry), "finalized").feed((0, 0)) == ()

    @pytest.mark.parametrize("after", ["", "1", "1-", "01-2", "-1-2", "1-2-3", "1" * 20 + "-1"])
    def test_takes_no_other_position(self, service: World, after: str) -> None:
        answer = service.client.get("/v1/feed", params={"after": after})
        assert refusal(answer) == (422, "RequestInvalid")
