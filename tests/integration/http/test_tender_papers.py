"""Papers of tenders over HTTP, on both databases: who brings them, and when who may read them."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from api.services import tender_papers
from api.store import tender_papers as store
from ledger.events import RoleGranted
from ledger.tenders import documents, events
from ledger.tenders.ids import ref_of, tender_id
from ledger.values import Digest, Role, jurisdiction_id, role_id
from tests.support.licences import AGENCY
from tests.support.sealed_bids import document_content
from tests.support.sealed_files import digest_header
from tests.support.service import World, account, refusal
from tests.support.tender_story import LEDGER, Story, Where

NUMBER = "GZ-2026-0009"
TENDER = tender_id(AGENCY.id, ref_of(NUMBER))
PAPERS = f"/v1/tenders/0x{TENDER.hex()}/papers"
REF = {"ref": "0x" + ref_of(NUMBER).hex()}
TENDERER, SUPERVISOR = account("tenderer"), account("supervisor")
DRAWING = b"%PDF-1.7 sample drawing" * 1000


def manifest(*files: bytes, **changes: Any) -> bytes:
    named = [
        {
            "path": f"file-{number}.pdf",
            "size": len(content),
            "sha256": "0x" + sha256(content).hexdigest(),
            "mediaType": "application/pdf",
            "role": "drawing",
        }
        for number, content in enumerate(files)
    ]
    own = {"tender": "0x" + TENDER.hex(), "agency": "0x" + AGENCY.id.hex(), "number": NUMBER}
    return documents.write(document_content() | own | {"files": named} | changes)


DOCS = manifest(DRAWING)


@pytest.fixture
def office(service: World) -> World:
    """Guangdong's supervisor, and the sample agency's tenderer."""
    granted = (
        (role_id(AGENCY.id, Role.TENDERER), TENDERER),
        (role_id(jurisdiction_id("CN-GD"), Role.SUPERVISOR), SUPERVISOR),
    )
    service.say(
        *(lambda place, r=role, w=who: RoleGranted(place, r, w.address) for role, who in granted)
    )
    return service


def bring(  # what there is to get wrong about a paper
    service: World, content: bytes, role: str, who: Any = TENDERER, **changes: Any
) -> Any:
    given = {"role": role, "mediaType": "application/pdf", **REF} | changes.get("params", {})
    headers = {**service.by(who), **changes.get("headers", digest_header(content))}
    path = changes.get("path", PAPERS)
    return service.client.post(path, params=given, content=content, headers=headers)


def publish(service: World, docs: bytes = DOCS) -> Story:
    """Let the chain say that the tender is published with these documents."""
    story = Story(where=Where(NUMBER, service.clock.now + 1, LEDGER, AGENCY.id))
    registered, told = story.events
    told = replace(told, announcement=replace(told.announcement, docs=sha256(docs).digest()))
    for each in (registered, told):
        service.say(lambda place, each=each: replace(each, place=place))
    return story


def get(service: World, content: bytes, who: Any = None, **headers: str) -> Any:
    given = headers if who is None else headers | service.by(who)
    return service.client.get(f"{PAPERS}/0x{sha256(content).hexdigest()}", headers=given)


class TestWay:
    def test_of_documents_from_the_office_to_everybody(self, office: World) -> None:
        made = bring(office, DOCS, "docs", params={"mediaType": "application/json"})
        assert made.status_code == 201, made.text
        assert made.headers["Location"] == f"{PAPERS}/0x{sha256(DOCS).hexdigest()}"
        assert made.json() == {
            "sha256": "0x" + sha256(DOCS).hexdigest(),
            "role": "docs",
            "mediaType": "application/json",
            "size": len(DOCS),
            "keptAt": made.json()["keptAt"],
            "isPublic": False,
        }
        assert bring(office, DRAWING, "file").status_code == 201
        assert bring(office, b"secret", "file").status_code == 201
        for content in (DOCS, DRAWING, b"nothing such"):
            assert refusal(get(office, content)) == (404, "PaperUnknown")
        assert refusal(office.client.get(PAPERS)) == (404, "TenderUnknown")
        publish(office)
        for content, media_type in ((DOCS, "application/json"), (DRAWING, "application/pdf")):
            found = get(office, content)
            assert (found.status_code, found.content) == (200, content)
            assert found.headers["Content-Type"] == media_type
            assert found.headers["Content-Length"] == str(len(content))
            assert found.headers["Content-Disposition"] == "attachment"
        assert refusal(get(office, b"secret")) == (404, "PaperUnknown")
        listed = office.client.get(PAPERS).json()
        assert [each["role"] for each in listed["papers"]] == ["docs", "file"]
        assert all(each["isPublic"] for each in listed["papers"])

    def test_of_an_answer_which_all_see_at_the_same_moment(self, office: World) -> None:
        story = publish(office)
        question, answer = "问:工期?".encode(), "答:九十日。".encode()
        assert bring(office, answer, "answer").status_code == 201
        assert refusal(get(office, answer)) == (404, "PaperUnknown")
        asked = sha256(question).digest()
        office.say(lambda place: events.QuestionAsked(place, story.id, asked))
        told = (asked, sha256(answer).digest())
        office.say(lambda place: events.QuestionAnswered(place, story.id, *told))
        assert get(office, answer).content == answer

    def test_of_an_objection_that_stays_with_the_officers(self, office: World) -> None:
        publish(office)
        paper = "异议:我司认为……".encode()
        assert bring(office, paper, "objection").status_code == 201
        assert refusal(get(office, paper)) == (404, "PaperUnknown")
        assert get(office, paper, SUPERVISOR).content == paper

    def test_of_what_is_brought_twice(self, office: World) -> None:
        first, again = (bring(office, DRAWING, "file") for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert bring(office, DRAWING, "report").status_code == 201
        assert office.rows()["tender_papers"] == 2

    def test_of_an_empty_file(self, office: World) -> None:
        docs = manifest(b"")
        for content, role in ((docs, "docs"), (b"", "file")):
            assert bring(office, content, role).status_code == 201
        publish(office, docs)
        assert (get(office, b"").status_code, get(office, b"").content) == (200, b"")


class TestOfficers:
    def test_see_what_is_not_public_and_no_cache_keeps_it(self, office: World) -> None:
        bring(office, DRAWING, "file")
        for who in (TENDERER, SUPERVISOR):
            found = get(office, DRAWING, who)
            assert found.content == DRAWING
            assert found.headers["Cache-Control"] == "private, no-store"
            listed = office.client.get(PAPERS, headers=office.by(who))
            assert [each["isPublic"] for each in listed.json()["papers"]] == [False]
            assert listed.headers["Cache-Control"] == "private, no-store"
            assert "Authorization" in listed.headers["Vary"]

    def test_are_not_those_of_another_office(self, office: World) -> None:
        bring(office, DRAWING, "file")
        for who in (office.stranger, office.foreigner, office.registrar):
            assert refusal(get(office, DRAWING, who)) == (404, "PaperUnknown")
            listed = office.client.get(PAPERS, headers=office.by(who))
            assert refusal(listed) == (404, "TenderUnknown")

    def test_do_not_read_by_its_digest_what_another_office_or_a_bidder_keeps(
        self, office: World
    ) -> None:
        sealed = b"a committee's names, or a sealed bid"
        digest = Digest(sha256(sealed).digest())
        office.blobs.keep(digest, lambda: [sealed])
        for content in (b"", bytes(len(sealed))):
            headers = digest_header(sealed)
            assert refusal(bring(office, content, "file", headers=headers)) == (
                422,
                "DigestMismatch",
            )
        assert refusal(get(office, sealed, TENDERER)) == (404, "PaperUnknown")

    def test_page_through_the_papers(self, office: World) -> None:
        contents = [f"paper {number}".encode() for number in range(5)]
        for content in contents:
            bring(office, content, "file")
        seen: list[str] = []
        params: dict[str, str] = {"limit": "2"}
        while True:
            found = office.client.get(PAPERS, params=params, headers=office.by(TENDERER)).json()
            seen += [each["sha256"] for each in found["papers"]]
            if found["nextCursor"] is None:
                break
            params["cursor"] = found["nextCursor"]
        assert seen == ["0x" + sha256(content).hexdigest() for content in contents]
        strange = office.client.get(PAPERS, params={"cursor": "AAAA"}, headers=office.by(TENDERER))
        assert refusal(strange)[1] == "CursorMalformed"


class TestRefused:
    def test_of_others_before_the_body_is_read(self, office: World) -> None:
        assert refusal(bring(office, DRAWING, "file", office.stranger)) == (404, "TenderUnknown")
        publish(office)
        assert refusal(bring(office, DRAWING, "file", office.stranger)) == (403, "RoleMissing")
        unsigned = office.client.post(
            PAPERS, params={"role": "file"}, content=DRAWING, headers=digest_header(DRAWING)
        )
        assert refusal(unsigned) == (401, "SignInMissing")
        assert office.blobs.kept == {}

    def test_before_its_publication_does_not_tell_that_a_tender_is_prepared(
        self, office: World
    ) -> None:
        assert bring(office, DRAWING, "file").status_code == 201
        for who in (office.stranger, office.registrar):
            assert refusal(bring(office, DRAWING, "file", who)) == (404, "TenderUnknown")
        assert bring(office, DRAWING, "report", SUPERVISOR).status_code == 201

    def test_for_a_tender_that_nobody_knows(self, office: World) -> None:
        other = {"path": f"/v1/tenders/0x{'07' * 32}/papers"}
        assert refusal(bring(office, DRAWING, "file", **other)) == (404, "TenderUnknown")
        nameless = {"params": {"ref": "0x" + "00" * 32}}
        assert refusal(bring(office, DRAWING, "file", **nameless)) == (404, "TenderUnknown")

    def test_with_another_digest_or_none(self, office: World) -> None:
        other = {"headers": digest_header(b"other")}
        refused = bring(office, DRAWING, "file", **other)
        assert refusal(refused) == (422, "DigestMismatch")
        assert refusal(bring(office, DRAWING, "file", headers={})) == (400, "ContentDigestMissing")
        stranger = office.client.post(PAPERS, params={"role": "file"}, content=DRAWING)
        assert refusal(stranger) == (401, "SignInMissing")
        assert office.rows()["tender_papers"] == 0
        assert office.blobs.kept == {}

    def test_of_a_manifest_that_is_none_or_another_tenders(self, office: World) -> None:
        assert refusal(bring(office, b"{}", "docs")) == (422, "FormInvalid")
        number = "GZ-2026-0010"
        tender = tender_id(AGENCY.id, ref_of(number))
        other = manifest(tender="0x" + tender.hex(), number=number)
        assert refusal(bring(office, other, "docs")) == (422, "DocumentsInvalid")
        assert office.rows()["tender_papers"] == 0

    @pytest.mark.parametrize(
        "params", [{"role": "letter"}, {"mediaType": "text"}, {"mediaType": "text/html; x=y"}]
    )
    def test_of_another_form(self, office: World, params: dict[str, str]) -> None:
        assert refusal(bring(office, DRAWING, "file", params=params)) == (422, "RequestInvalid")

    def test_when_there_is_no_room(self, office: World, monkeypatch: Any) -> None:
        monkeypatch.setattr(store, "MOST_BYTES", len(DRAWING))
        assert bring(office, DRAWING, "file").status_code == 201
        assert refusal(bring(office, DRAWING + b"1", "file")) == (413, "TenderSpaceFull")

    def test_when_it_is_too_long(self, office: World) -> None:
        declared = {**digest_header(DRAWING), "Content-Length": str(tender_papers.MOST_BYTES + 1)}
        refused = bring(office, DRAWING, "file", headers=declared)
        assert refusal(refused) == (413, "RequestTooLarge")


class TestDownload:
    def test_is_kept_by_caches_and_open_to_pages(self, office: World) -> None:
        bring(office, DOCS, "docs")
        publish(office)
        found = get(office, DOCS)
        assert found.headers["Cache-Control"] == "public, no-cache"
        assert found.headers["Access-Control-Allow-Origin"] == "*"
        again = get(office, DOCS, **{"If-None-Match": found.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        listed = office.client.get(PAPERS)
        assert listed.headers["Cache-Control"] == "public, no-cache"
        tag = {"If-None-Match": listed.headers["ETag"]}
        assert office.client.get(PAPERS, headers=tag).status_code == 304

    def test_of_what_the_disk_lost_says_that_nobody_can_say(self, office: World) -> None:
        bring(office, DOCS, "docs")
        publish(office)
        office.blobs.kept.clear()
        assert refusal(get(office, DOCS)) == (503, "BlobStoreUnavailable")
