"""Filings on tenders over HTTP, on both databases: receipts, readers, and what is overdue."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from api.services import filing_shares
from api.store import tender_filings as filing_store
from api.store import tender_papers
from api.store.cursors import cursor_of
from api.store.tender_duties import DutyStore
from api.store.tender_papers import PaperRow
from ledger.canonical import b64url_decode
from ledger.events import RoleGranted
from ledger.tenders import filing_answers, filings
from ledger.tenders.duties import Brought
from ledger.tenders.events import Outcome, Stage
from ledger.tenders.filing_answers import FilingAnswers
from ledger.tenders.papers import PaperRole
from ledger.values import Digest, Role, jurisdiction_id, role_id
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.sealed_files import digest_header
from tests.support.service import World, account, refusal
from tests.support.tender_story import DAY, LEDGER, Story, Where

TENDERER, PARTY = account("tenderer"), account("a potential bidder")
OVERSEER = account("overseer")
TEXT = "异议:资格条件过高。"


class Court:
    """A published tender of the sample agency, and what is filed on it."""

    def __init__(self, service: World) -> None:
        self.service = service
        service.say(
            lambda place: RoleGranted(place, role_id(AGENCY.id, Role.TENDERER), TENDERER.address)
        )
        self.story = Story(where=Where("GZ-2026-0401", service.clock.now + 1, LEDGER, AGENCY.id))
        self.done = 0
        self.path = f"/v1/tenders/0x{self.story.id.hex()}"
        self.catch_up()

    def catch_up(self) -> None:
        for each in self.story.events[self.done :]:
            self.service.clock.now = max(self.service.clock.now, each.place.block_time)
            self.service.say(lambda place, each=each: replace(each, place=place))
        self.done = len(self.story.events)

    def file(self, who: Any = PARTY, **changes: Any) -> Any:
        form = {"kind": "objection", "text": TEXT} | changes
        headers = self.service.by(who)
        return self.service.client.post(f"{self.path}/filings", json=form, headers=headers)

    def bring(self, role: str, who: Any = TENDERER, **told: Any) -> Any:
        content = f"{role} {told}".encode()
        return self.service.client.post(
            f"{self.path}/papers",
            params={"role": role, "mediaType": "text/plain", **told},
            content=content,
            headers={**self.service.by(who), **digest_header(content)},
        )

    def states(self) -> list[str]:
        told = self.service.client.get(self.path).json()["filings"]
        return [each["state"] for each in told]


@pytest.fixture
def court(service: World) -> Court:
    return Court(service)


class TestFiling:
    def test_is_receipted_and_followed_to_its_answer(self, court: Court) -> None:
        made = court.file()
        assert made.status_code == 201, made.text
        receipt = filings.read(made.json()["receipt"], AGENCY_KEY.public_key)
        digest = sha256(TEXT.encode()).digest()
        assert (receipt.tender, receipt.filing.digest) == (court.story.id, digest)
        assert receipt.filing.due_at is not None
        assert court.states() == ["filed"]
        named = court.story.admit(Stage.DOCUMENTS, digest=digest)
        court.catch_up()
        assert court.states() == ["taken-up"]
        court.story.answer(named, Outcome.DISMISSED)
        court.catch_up()
        assert court.states() == ["answered"]

    def test_that_nobody_takes_up_in_time_is_overdue_for_all_to_see(self, court: Court) -> None:
        court.file()
        court.service.clock.now += 9 * DAY
        court.service.say()
        assert court.states() == ["overdue"]
        court.service.clock.now += 20 * DAY
        court.service.say()
        assert court.states() == ["moot"]  # nobody bid, and the lot is over

    def test_twice_gets_the_first_receipt_and_another_party_its_own(self, court: Court) -> None:
        first, again = court.file(), court.file()
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert court.file(account("another party")).status_code == 201
        assert court.file(stage="result").status_code == 201
        assert len(court.states()) == 3

    def test_of_a_question_has_no_end_that_a_law_sets(self, court: Court) -> None:
        made = court.file(kind="question", text="工期?").json()["filing"]
        assert (made["kind"], made["dueAt"], made["state"]) == ("question", None, "filed")

    def test_is_read_by_the_officers_alone(self, court: Court) -> None:
        digest = court.file().json()["filing"]["digest"]
        service, paper = court.service, f"{court.path}/papers"
        assert refusal(service.client.get(f"{paper}/{digest}")) == (404, "PaperUnknown")
        found = service.client.get(f"{paper}/{digest}", headers=service.by(TENDERER))
        assert found.content.decode() == TEXT
        listed = service.client.get(f"{court.path}/filings", headers=service.by(TENDERER))
        assert [each["digest"] for each in listed.json()["filings"]] == [digest]
        for who in (PARTY, service.registrar):
            refused = service.client.get(f"{court.path}/filings", headers=service.by(who))
            assert refusal(refused) == (403, "RoleMissing")
        assert PARTY.address.lower() not in service.client.get(court.path).text.lower()

    def test_of_a_complaint_comes_after_an_objection(self, court: Court) -> None:
        objection = court.file().json()["filing"]["digest"]
        complaint = {"kind": "complaint", "text": "投诉:异议未获答复。", "objection": objection}
        assert refusal(court.file(**complaint)) == (409, "ObjectionFirst")
        court.service.clock.now += 9 * DAY
        court.service.say()
        later = account("a complainant")
        made = court.file(later, **complaint)
        assert made.status_code == 201, made.text
        told = made.json()["filing"]
        assert (told["kind"], told["objection"], told["state"]) == ("complaint", objection, "filed")
        receipt = filings.read(made.json()["receipt"], AGENCY_KEY.public_key).filing
        assert ("0x" + receipt.objection.hex(), receipt.due_at is None) == (objection, False)
        digest = told["digest"]
        paper = f"{court.path}/papers/{digest}"
        assert refusal(court.service.client.get(paper)) == (404, "PaperUnknown")
        officer = court.service.by(TENDERER)
        assert court.service.client.get(paper, headers=officer).status_code == 200
        other = {"kind": "complaint", "stage": "other", "text": "投诉"}
        assert court.file(later, **other).status_code == 201
        named = other | {"objection": "0x" + "01" * 32, "text": "x"}
        assert refusal(court.file(later, **named)) == (404, "ObjectionUnknown")


class TestAnswers:
    """What papers answered: signed for all, and its text for whom it concerns."""

    def said(self, court: Court) -> FilingAnswers:
        answer = court.service.client.get(f"{court.path}/filings/answers")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        statement = answer.json()["statement"]
        return filing_answers.read(statement, AGENCY_KEY.public_key)

    def read(self, court: Court, digest: str, who: Any = None) -> Any:
        headers = {} if who is None else court.service.by(who)
        return court.service.client.get(f"{court.path}/papers/{digest}", headers=headers)

    def test_are_signed_as_of_now_and_name_paper_and_filing(self, court: Court) -> None:
        filed = court.file().json()
        before = self.said(court)
        assert (before.tender, before.answers) == (court.story.id, ())
        assert before.issued_at == court.service.clock.now
        receipt = filings.read(filed["receipt"], AGENCY_KEY.public_key)
        assert before.issuer == receipt.issuer
        court.service.clock.now += 60
        paper = court.bring("answer-to-objection", filing=filed["filing"]["digest"])
        court.service.clock.now += 60
        (told,) = self.said(court).to(receipt.filing)
        assert told.paper is not None
        assert "0x" + told.paper.hex() == paper.json()["sha256"]
        assert told.at == court.service.clock.now - 60
        again = court.bring("answer-to-objection", filing=filed["filing"]["digest"])
        assert again.status_code == 200
        assert len(self.said(court).answers) == 1

    def test_to_what_another_filed_later_in_the_same_words_are_told_apart(
        self, court: Court
    ) -> None:
        digest = court.file().json()["filing"]["digest"]
        court.bring("answer-to-objection", filing=digest)
        court.service.clock.now += 60
        later = court.file(account("another party")).json()["receipt"]
        filing = filings.read(later, AGENCY_KEY.public_key).filing
        assert self.said(court).to(filing) == ()
        court.bring("answer-to-objection", filing=digest)
        (told,) = self.said(court).to(filing)
        assert told.at == court.service.clock.now

    def test_to_an_objection_are_read_by_whoever_filed_it(self, court: Court) -> None:
        digest = court.file().json()["filing"]["digest"]
        brought = court.bring("answer-to-objection", filing=digest)
        assert brought.json()["isPublic"] is False
        paper = brought.json()["sha256"]
        found = self.read(court, paper, PARTY)
        assert (found.status_code, found.headers["Cache-Control"]) == (200, "private, no-store")
        for who in (None, account("a stranger")):
            assert refusal(self.read(court, paper, who)) == (404, "PaperUnknown")
        listed = court.service.client.get(
            f"{court.path}/papers", headers=court.service.by(PARTY)
        ).json()["papers"]
        assert [each["sha256"] for each in listed] == [paper]
        assert refusal(self.read(court, digest, PARTY)) == (404, "PaperUnknown")

    def test_that_name_no_filing_are_the_officers_alone(self, court: Court) -> None:
        court.file()
        paper = court.bring("answer-to-objection").json()["sha256"]
        assert refusal(self.read(court, paper, PARTY)) == (404, "PaperUnknown")
        assert self.said(court).answers == ()

    def test_to_a_question_are_everybodys_at_once(self, court: Court) -> None:
        digest = court.file(kind="question", text="工期?").json()["filing"]["digest"]
        brought = court.bring("answer", filing=digest)
        assert brought.json()["isPublic"] is True
        found = self.read(court, brought.json()["sha256"])
        assert found.headers["Cache-Control"] == "public, no-cache"
        listed = court.service.client.get(f"{court.path}/papers").json()["papers"]
        assert [each["sha256"] for each in listed] == [brought.json()["sha256"]]
        assert refusal(self.read(court, digest)) == (404, "PaperUnknown")

    def test_of_no_tender_or_without_a_key_are_not_told(self, court: Court) -> None:
        path = f"/v1/tenders/0x{'07' * 32}/filings/answers"
        assert refusal(court.service.client.get(path)) == (404, "TenderUnknown")
        court.service.keys.held = []
        path = f"{court.path}/filings/answers"
        assert refusal(court.service.client.get(path)) == (503, "SigningKeyMissing")


class TestList:
    def page(self, court: Court, **asked: Any) -> Any:
        headers = court.service.by(TENDERER)
        return court.service.client.get(f"{court.path}/filings", params=asked, headers=headers)

    def test_is_read_page_by_page_whatever_comes_meanwhile(self, court: Court) -> None:
        """Before, officers saw the newest 500 and nothing of the others."""
        filed = [court.file(text=str(number)).json()["filing"]["digest"] for number in range(5)]
        first = self.page(court, limit=2).json()
        court.file(text="meanwhile")
        found, cursor = first["filings"], first["nextCursor"]
        while cursor is not None:
            page = self.page(court, limit=2, cursor=cursor).json()
            found, cursor = [*found, *page["filings"]], page["nextCursor"]
        assert [each["digest"] for each in found] == filed[::-1]

    def test_of_another_tender_gives_no_cursor(self, court: Court) -> None:
        for number in range(2):
            court.file(text=str(number))
        cursor = self.page(court, limit=1).json()["nextCursor"]
        place = b64url_decode(cursor)[:8]
        foreign = cursor_of("filings", b"\x07" * 32, int.from_bytes(place))
        for odd in (foreign, "x"):
            assert refusal(self.page(court, cursor=odd)) == (422, "CursorMalformed")
        for limit in (0, 101):
            assert refusal(self.page(court, limit=limit)) == (422, "RequestInvalid")


class TestRefused:
    def test_when_their_room_is_full_which_is_not_the_officers(
        self, court: Court, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Accounts are free, so whoever fills it shall not keep the buyer from answering."""
        monkeypatch.setattr(filing_shares, "SHARES", 1)
        monkeypatch.setattr(tender_papers, "MOST_FILED_BYTES", len(TEXT.encode()))
        monkeypatch.setattr(tender_papers, "MOST_BYTES", len(TEXT.encode()))
        assert court.file().status_code == 201
        assert refusal(court.file(account("another"), text="x")) == (413, "TenderSpaceFull")
        content = TEXT.encode()
        answered = court.service.client.post(
            f"{court.path}/papers",
            params={"role": "answer", "mediaType": "text/plain"},
            content=content,
            headers={**court.service.by(TENDERER), **digest_header(content)},
        )
        assert answered.status_code == 201, answered.text

    def test_of_many_accounts_at_one_address_leaves_room_for_others(
        self, court: Court, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Accounts are free: before, 205 of them filled the room and nobody else could file."""
        monkeypatch.setattr(tender_papers, "MOST_FILED_BYTES", 64_000)
        for number in range(5):
            text = f"{number}" * 200
            assert court.file(account(f"flood {number}"), text=text).status_code == 201
        left = 64_000 - 5 * 200
        refused = court.file(account("flood 5"), text="x" * 200)
        assert refusal(refused) == (413, "TenderSpaceFull")
        assert refused.json()["limit"] == (left + 5 * 200) // 64
        court.service.client._transport.client = ("203.0.113.7", 1)  # type: ignore[attr-defined]  # noqa: SLF001  # starlette has no other way
        assert court.file(text="y" * 200).status_code == 201

    def test_of_one_account_at_many_addresses_leaves_room_too(
        self, court: Court, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tender_papers, "MOST_FILED_BYTES", 64_000)
        for number in range(5):
            court.service.client._transport.client = (f"203.0.113.{number}", 1)  # type: ignore[attr-defined]  # noqa: SLF001  # as above
            assert court.file(text=f"{number}" * 200).status_code == 201
        court.service.client._transport.client = ("203.0.113.9", 1)  # type: ignore[attr-defined]  # noqa: SLF001  # as above
        assert refusal(court.file(text="x" * 200)) == (413, "TenderSpaceFull")
        assert court.file(account("another"), text="x" * 200).status_code == 201

    def test_of_many_accounts_at_one_address_in_number(
        self, court: Court, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filing_shares, "MOST_OF_ADDRESS", 2)
        for number in range(2):
            assert court.file(account(f"flood {number}"), text=str(number)).status_code == 201
        assert refusal(court.file(account("flood 2"), text="2")) == (429, "TooManyFilings")
        assert court.file(account("flood 0"), text="0").status_code == 200

    def test_never_for_what_others_filed_since_the_objection(
        self, court: Court, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Before, 500 filings by others hid an objection, and its complaint was refused."""
        monkeypatch.setattr(filing_store, "MOST_SHOWN", 2)
        objection = court.file().json()["filing"]["digest"]
        for number in range(3):
            court.file(account(f"flood {number}"), text=f"{number}")
        court.service.clock.now += 9 * DAY
        court.service.say()
        complaint = {"kind": "complaint", "text": "投诉", "objection": objection}
        assert court.file(account("a complainant"), **complaint).status_code == 201
        lines = court.service.client.get("/metrics").text.splitlines()
        assert 'suizheng_tender_duties_overdue{duty="filing"} 4.0' in lines

    @pytest.mark.parametrize(
        "changes",
        [
            *({"kind": "letter"}, {"text": ""}, {"text": "x" * 65_537}, {"stage": "other"}),
            *({"lot": -1}, {"objection": "0x" + "01" * 32}),
        ],
    )
    def test_of_another_form(self, court: Court, changes: dict[str, Any]) -> None:
        assert refusal(court.file(**changes)) == (422, "RequestInvalid")

    def test_for_a_lot_or_tender_that_is_none(self, court: Court) -> None:
        assert refusal(court.file(lot=7)) == (404, "LotUnknown")
        court.path = f"/v1/tenders/0x{'07' * 32}"
        assert refusal(court.file()) == (404, "TenderUnknown")

    def test_without_a_sign_in(self, court: Court) -> None:
        form = {"kind": "objection", "text": TEXT}
        answer = court.service.client.post(f"{court.path}/filings", json=form)
        assert refusal(answer) == (401, "SignInMissing")

    def test_of_an_account_that_filed_enough(self, court: Court) -> None:
        for number in range(20):
            assert court.file(text=f"异议 {number}").status_code == 201
        kept = (court.service.rows()["tender_papers"], len(court.service.blobs.kept))
        assert refusal(court.file()) == (429, "TooManyFilings")
        assert (court.service.rows()["tender_papers"], len(court.service.blobs.kept)) == kept
        assert court.file(text="异议 0").status_code == 200

    def test_when_nobody_here_can_sign(self, court: Court) -> None:
        court.service.keys.held = []
        assert refusal(court.file()) == (503, "SigningKeyMissing")
        assert court.service.rows()["tender_filings"] == 0


class TestOverdue:
    def listed(self, court: Court, who: Any = TENDERER) -> Any:
        service = court.service
        answer = service.client.get("/v1/tenders/overdue", headers=service.by(who))
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.json()

    def gauge(self, court: Court, duty: str) -> str:
        lines = court.service.client.get("/metrics").text.splitlines()
        start = f'suizheng_tender_duties_overdue{{duty="{duty}"}} '
        (line,) = [each for each in lines if each.startswith(start)]
        return line.removeprefix(start)

    def test_is_told_to_officers_by_name_and_to_whoever_watches_by_number(
        self, court: Court
    ) -> None:
        filed = court.file().json()["filing"]
        assert self.listed(court) == {"overdue": [], "count": 0, "at": self.listed(court)["at"]}
        assert self.gauge(court, "filing") == "0.0"
        court.service.clock.now += 9 * DAY
        court.service.say()
        late, stranger = account("a late officer"), account("a stranger")
        court.service.say(
            lambda place: RoleGranted(place, role_id(AGENCY.id, Role.TENDERER), late.address)
        )
        told = self.listed(court, late)
        assert told["overdue"] == [
            {
                "tender": "0x" + court.story.id.hex(),
                "duty": "filing",
                "lot": 0,
                "about": filed["digest"],
                "dueAt": filed["dueAt"],
            }
        ]
        assert (told["count"], self.gauge(court, "filing")) == (1, "1.0")
        assert self.listed(court, stranger)["overdue"] == []
        named = court.story.admit(Stage.DOCUMENTS, digest=sha256(TEXT.encode()).digest())
        court.story.answer(named, Outcome.DISMISSED)
        court.catch_up()
        assert self.listed(court, late)["overdue"] == []
        assert self.gauge(court, "filing") == "0.0"

    def test_of_an_objection_ends_with_an_answer_that_never_came_on_chain(
        self, court: Court
    ) -> None:
        filed = court.file().json()["filing"]["digest"]
        court.service.clock.now += 9 * DAY
        court.service.say()
        assert self.gauge(court, "filing") == "1.0"
        wrong = court.bring("answer", filing=filed)
        assert refusal(wrong) == (404, "FilingUnknown")
        unknown = court.bring("answer-to-objection", filing="0x" + "07" * 32)
        assert refusal(unknown) == (404, "FilingUnknown")
        assert self.gauge(court, "filing") == "1.0"
        assert court.bring("answer-to-objection", filing=filed).status_code == 201
        assert self.gauge(court, "filing") == "0.0"
        assert court.states() == ["answered"]

    def test_of_a_complaint_ends_with_its_supervisors_refusal_alone(self, court: Court) -> None:
        form = {"kind": "complaint", "stage": "other", "text": "投诉"}
        filed = court.file(**form).json()["filing"]["digest"]
        court.service.clock.now += 9 * DAY
        court.service.say()
        assert refusal(court.bring("decision", filing=filed)) == (403, "RoleMissing")
        assert self.gauge(court, "filing") == "1.0"
        place = jurisdiction_id("CN-GD")
        court.service.say(
            lambda at: RoleGranted(at, role_id(place, Role.SUPERVISOR), OVERSEER.address)
        )
        assert court.bring("decision", OVERSEER, filing=filed).status_code == 201
        assert self.gauge(court, "filing") == "0.0"
        assert court.states() == ["answered"]

    def test_papers_of_duties_name_lots_of_the_tender_and_no_others_do(self, court: Court) -> None:
        for role in ("supervision", "bond-return"):
            assert refusal(court.bring(role)) == (422, "PaperLotsInvalid")
            assert refusal(court.bring(role, lot=[0, 7])) == (404, "LotUnknown")
            assert refusal(court.bring(role, lot=[64])) == (422, "RequestInvalid")
            assert court.bring(role, lot=[0]).status_code == 201
        assert refusal(court.bring("notice", lot=[0])) == (422, "PaperLotsInvalid")

    def test_is_nobodys_without_a_sign_in(self, court: Court) -> None:
        answer = court.service.client.get("/v1/tenders/overdue")
        assert refusal(answer) == (401, "SignInMissing")

    def test_counts_papers_by_their_roles_and_published_ones_by_their_digests(
        self, court: Court
    ) -> None:
        database, tender = court.service.database, court.story.id
        papers = tender_papers.TenderPaperStore(database)
        kept = [
            (PaperRole.AWARD, b"\x01" * 32, 5, ()),
            (PaperRole.CONTRACT, b"\x02" * 32, 6, ()),
            (PaperRole.SUPERVISION, b"\x03" * 32, 8, (0, 1)),
            (PaperRole.SUPERVISION, b"\x04" * 32, 7, (1, 2)),
            (PaperRole.SUPERVISION, b"\x04" * 32, 9, (2, 3)),  # 2 it named before
            (PaperRole.BOND_RETURN, b"\x05" * 32, 7, ()),  # from before papers named lots
        ]
        for role, digest, at, lots in kept:
            papers.keep(
                PaperRow(
                    tender, Digest(digest), role, AGENCY.id, 1, "text/plain", TENDERER.address, at
                ),
                lots=lots,
            )
        assert DutyStore(database).brought(tender) == Brought(
            {(PaperRole.SUPERVISION, lot): at for lot, at in ((0, 8), (1, 8), (2, 7), (3, 9))},
            frozenset((b"\x01" * 32, b"\x02" * 32)),
        )
