"""Publications of tenders over HTTP: what is told in every state, and what never is."""

import io
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.services.tender_papers import PaperOrder
from ledger.tenders import events
from ledger.tenders.events import Outcome, Phase, Stage
from ledger.tenders.ocds import publishing
from ledger.tenders.ocds.checks import PublicationRefused
from ledger.tenders.ocds.checks.finding import Fault, Finding
from ledger.tenders.ocds.extension import url_of
from ledger.tenders.papers import PaperRole
from ledger.values import Digest
from tests.support.licences import AGENCY
from tests.support.ocds import extension_texts
from tests.support.ocds_judging import faults, judged, needs_gate
from tests.support.papered_story import NAMES, PaperedStory
from tests.support.service import BASE_URL, World, refusal
from tests.support.tender_story import DAY, LEDGER, Where, address
from tests.support.told_tenders import Told
from wallet.service import Service
from wallet.tenders.downloads import download
from wallet.tenders.holdings import Holdings

NUMBER = "GZ-2026-0021"
ROLES: dict[type, tuple[PaperRole, Callable[[Any], bytes]]] = {
    events.TenderPublished: (PaperRole.DOCS, lambda e: e.announcement.docs),
    events.TenderAmended: (PaperRole.DOCS, lambda e: e.docs),
    events.OpeningRecorded: (PaperRole.OPENING_RECORD, lambda e: e.digest),
    events.ReportRecorded: (PaperRole.REPORT, lambda e: e.digest),
    events.AllRejected: (PaperRole.REPORT, lambda e: e.digest),
}


class Shown(Told):
    """A told tender whose papers are kept as soon as the chain has their digests."""

    def __init__(self, service: World, number: str = NUMBER) -> None:
        self.service, self.done = service, 0
        where = Where(number, service.clock.now + 1, LEDGER, AGENCY.id)
        self.story: PaperedStory = PaperedStory(number, where=where)
        self.path = f"/v1/tenders/0x{self.story.id.hex()}"

    def catch_up(self, *, with_papers: bool = True) -> None:
        fresh = self.story.events[self.done :]
        super().catch_up()
        for event in fresh if with_papers else ():
            if type(event) in ROLES:
                role, digest_of = ROLES[type(event)]
                self.keep(role, self.story.papers[digest_of(event)])

    def keep(self, role: PaperRole, paper: bytes) -> None:
        digest = Digest(sha256(paper).digest())
        order = PaperOrder(self.story.id, role, "application/json", digest)
        self.service.services.tender_papers.keep_own(order, io.BytesIO(paper))

    def get(self, what: str, **headers: str) -> Any:
        return self.service.client.get(f"{self.path}/ocds/{what}", headers=headers)

    def releases(self) -> Any:
        answer = self.get("releases")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def record(self) -> Any:
        answer = self.get("record")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def archive(self) -> Any:
        return self.service.client.get(f"{self.path}/archive").json()["files"]

    def file(self, digest: bytes, **headers: str) -> Any:
        path = f"{self.path}/archive/0x{digest.hex()}"
        return self.service.client.get(path, headers=headers)

    def submit(self, names: tuple[str, ...] = NAMES) -> None:
        for name in names:
            self.story.submit(name)

    def open(self) -> None:
        self.submit()
        self.story.open(NAMES)
        self.story.read_out(NAMES)


@pytest.fixture
def shown(service: World) -> Shown:
    made = Shown(service)
    made.catch_up()
    return made


class TestReleases:
    def test_one_for_each_public_change(self, shown: Shown) -> None:
        shown.submit()
        shown.story.amend_papers(DAY)
        shown.catch_up()
        package = shown.releases()
        assert [each["tag"] for each in package["releases"]] == [["tender"], ["tenderAmendment"]]
        assert package["uri"] == f"{BASE_URL}{shown.path}/ocds/releases"
        assert package["publisher"] == {"name": AGENCY.name}
        first, second = package["releases"]
        assert first["ocid"] == f"{publishing.UNREGISTERED}-{NUMBER}"
        documents = second["tender"]["documents"]
        assert [each["id"] for each in documents] == ["docs-1", "docs-2"]
        paper = shown.service.client.get(documents[0]["url"])
        assert sha256(paper.content).hexdigest() == documents[0]["integrity"][0]["id"]

    def test_nobody_is_named_before_the_opening(self, shown: Shown) -> None:
        shown.submit()
        shown.story.open(NAMES)
        shown.catch_up()
        for what in ("releases", "record"):
            text = shown.get(what).text.lower()
            assert "tenderers" not in text
            assert '"bids"' not in text
            assert not [name for name in NAMES if address(name)[2:].lower() in text]
        shown.story.read_out(NAMES)
        shown.catch_up()
        last = shown.releases()["releases"][-1]
        assert last["tender"]["numberOfTenderers"] == len(NAMES)

    def test_are_kept_by_caches_until_something_happens(self, shown: Shown) -> None:
        first = shown.get("releases")
        tag = {"If-None-Match": first.headers["ETag"]}
        assert first.headers["Cache-Control"] == "public, no-cache"
        assert shown.get("releases", **tag).status_code == 304
        shown.pass_to(shown.story.now + 60)
        assert shown.get("releases", **tag).status_code == 304
        shown.story.amend_papers(DAY)
        shown.catch_up()
        assert shown.get("releases", **tag).status_code == 200

    def test_of_a_tender_that_nobody_published(self, service: World) -> None:
        for what in ("releases", "record"):
            path = f"/v1/tenders/0x{'07' * 32}/ocds/{what}"
            assert refusal(service.client.get(path)) == (404, "TenderUnknown")


class TestWithheld:
    def test_without_the_papers_that_it_rests_on(self, service: World) -> None:
        made = Shown(service, "GZ-2026-0022")
        made.catch_up(with_papers=False)
        answer = made.get("record")
        assert refusal(answer) == (503, "PaperMissing")
        assert answer.json()["sha256"] == "0x" + made.story.announcement.docs.hex()
        made.keep(PaperRole.DOCS, made.story.papers[made.story.announcement.docs])
        service.say()
        assert made.get("record").status_code == 200

    def test_with_a_record_that_nobody_can_read(self, shown: Shown) -> None:
        shown.submit()
        shown.story.open(NAMES)
        garbage = b'{"bids": 7}'
        shown.story.record(3, digest=shown.story.keep(garbage))
        shown.catch_up()
        answer = shown.get("releases")
        assert refusal(answer) == (503, "PublicationWithheld")
        assert answer.json()["faults"] == ["RecordUnreadable"]

    def test_an_award_over_the_ceiling_is_no_publication(self, shown: Shown) -> None:
        shown.story.prices = {"Cai": "1000000.01", "Ann": "2000000.00", "Dee": "3000000.00"}
        shown.open()
        shown.story.evaluate(NAMES)
        shown.catch_up()
        assert shown.get("record").status_code == 200
        shown.story.notice(shown.story.now + 4 * DAY)
        shown.catch_up()
        answer = shown.get("record")
        assert refusal(answer) == (503, "PublicationWithheld")
        assert answer.json()["faults"] == ["ocds.award-over-ceiling /awards/0/value/amount"]

    def test_whatever_the_gate_finds(self, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> None:
            raise PublicationRefused((Finding(Fault.BIDDERS_EARLY, "/bids", "bids"),))

        monkeypatch.setattr(publishing, "require_publishable", refuse)
        assert refusal(shown.get("releases")) == (503, "PublicationWithheld")


def states(service: World) -> dict[str, Any]:
    """What the routes give of tenders in every state that there is a release for."""
    told: dict[str, Any] = {}

    def show(name: str, made: Shown) -> None:
        made.catch_up()
        told[f"{name}: releases"], told[f"{name}: record"] = made.releases(), made.record()

    _to_the_end(service, show)
    _to_exits(service, show)
    return told


def _to_the_end(service: World, show: Callable[[str, Shown], None]) -> None:
    first = Shown(service, "GZ-2026-0031")
    show("receiving", first)
    first.story.amend_papers(20 * DAY, affects_bids=True)
    show("amended", first)
    first.story.suspend()
    show("suspended", first)
    first.story.at(first.story.now + DAY).resume()
    first.open()
    show("opened", first)
    first.story.evaluate(NAMES)
    show("evaluated", first)
    first.story.notice(first.story.now + 4 * DAY)
    show("notice", first)
    first.story.object_(b"\x0a" * 32, Stage.RESULT, "Dee")
    show("held", first)
    first.story.at(first.story.now + DAY).answer(b"\x0a" * 32, Outcome.DISMISSED)
    first.story.at(first.story.state.lot(0).course.notice_end).award("Cai")
    show("awarded", first)
    first.story.contract()
    show("contracted", first)
    first.story.void()
    show("voided", first)


def _to_exits(service: World, show: Callable[[str, Shown], None]) -> None:
    second = Shown(service, "GZ-2026-0032")
    second.submit(NAMES[:1])
    second.story.at(second.story.ends.list_end)
    second.story.tell(events.LotFailed, 0, 1, Phase.FAILED_FEW, 1, 0)
    show("failed", second)
    third = Shown(service, "GZ-2026-0033")
    third.story.tell(events.TenderTerminated, b"\x1e" * 32)
    show("terminated", third)
    fourth = Shown(service, "GZ-2026-0034")
    fourth.submit()
    fourth.story.open(NAMES, trustees=())
    fourth.story.at(fourth.story.ends.fallback_end)
    fourth.story.tell(events.LotFailed, 0, 1, Phase.NOT_OPENED, 3, 3)
    show("not opened", fourth)
    fifth = Shown(service, "GZ-2026-0035")
    fifth.open()
    fifth.story.committee()
    fifth.story.tell(events.AllRejected, 0, 1, fifth.story.keep(b"{}"))
    show("all rejected", fifth)


class TestGate:
    @needs_gate
    @pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # what is told is the same
    def test_every_state_passes_libcoveocds(self, service: World) -> None:
        told = states(service)
        extensions = {url_of(BASE_URL): extension_texts(BASE_URL)}
        said = dict(zip(told, judged(list(told.values()), extensions), strict=True))
        assert len(said) == 28
        assert {name: faults(each) for name, each in said.items() if faults(each)} == {}
        for name, package in told.items():
            if name.endswith("record"):
                (record,) = package["records"]
                assert said[name]["merged"] == [record["compiledRelease"]], name


class TestArchive:
    def test_gives_opened_files_and_no_others(self, service: World) -> None:
        made = Shown(service, "GZ-2026-0041")
        made.submit()
        made.story.submit("Eli")
        made.story.submit("Bo")
        made.story.withdraw("Bo")
        made.catch_up()
        files = {name: f"age file of {name}".encode().ljust(2**20) for name in (*NAMES, "Eli")}
        assert made.archive() == []
        sealed = {name: made.story.sealed[0, address(name)].bid.parts[0].file for name in NAMES}
        for name, digest in sealed.items():
            service.blobs.kept[digest] = files[name]
        silent = made.story.sealed[0, address("Eli")].bid.parts[0].file
        service.blobs.kept[silent] = files["Eli"]
        made.story.open(NAMES, trustees=(1, 3))
        made.catch_up()
        assert made.archive() == []
        assert refusal(made.file(sealed["Ann"])) == (404, "OpenedFileUnknown")
        made.story.release(5)
        made.catch_up()
        assert {each["sha256"] for each in made.archive()} == {
            "0x" + each.hex() for each in sealed.values()
        }
        assert made.file(sealed["Ann"]).content == files["Ann"]
        tag = {"If-None-Match": made.file(sealed["Ann"]).headers["ETag"]}
        assert made.file(sealed["Ann"], **tag).status_code == 304
        for digest in (silent, made.story.sealed[0, address("Bo")].bid.parts[0].file, b"\x07" * 32):
            assert refusal(made.file(digest)) == (404, "OpenedFileUnknown")
        del service.blobs.kept[sealed["Cai"]]
        assert refusal(made.file(sealed["Cai"])) == (404, "OpenedFileUnknown")

    def test_an_auditor_fetches_all_that_is_public(self, service: World, tmp_path: Path) -> None:
        made = Shown(service, "GZ-2026-0042")
        made.open()
        made.catch_up()
        for name in NAMES[:2]:
            digest = made.story.sealed[0, address(name)].bid.parts[0].file
            service.blobs.kept[digest] = b"age file".ljust(2**20)
        with closing(Service(BASE_URL, transport=service.client._transport)) as reached:  # noqa: SLF001  # the service, without a port
            download(reached, made.story.id, tmp_path)
        holdings = Holdings()
        holdings.take(tmp_path)
        assert set(holdings.files) == {
            made.story.sealed[0, address(name)].bid.parts[0].file for name in NAMES[:2]
        }
        assert holdings.record is not None
        assert holdings.record["ocid"].endswith("GZ-2026-0042")
        record = made.story.state.lot(0).openings[1].digest
        assert holdings.papers[record] == made.story.papers[record]
