"""A tender from a folder at the buyer's to a bidder's, over a service and a real chain."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.tenders import filings, requests
from ledger.tenders.ids import ref_of, tender_id
from ledger.values import OPEN_END, KeyUsage
from tests.support.bid_desk import DESCRIPTION, Desk
from tests.support.buyer import AT, DRAWING, Buyer, admitted, january_town, posted
from tests.support.licences import AGENCY_KEY
from tests.support.qualified_tender import QualifiedTender
from tests.support.tender_post import Post
from tests.support.tender_town import BUYER, DAY, PAYER, TenderTown, sent
from tests.support.terminal import Terminal
from wallet.home import write_file


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with january_town(tmp_path_factory.mktemp("papers")) as made:
        yield made


@pytest.fixture(scope="module")
def post(town: TenderTown) -> Iterator[Post]:
    with posted(town) as made:
        yield made


@pytest.fixture(scope="module")
def buyer(town: TenderTown, post: Post) -> Buyer:
    assert post.url
    return admitted(town)


class TestPublish:
    def test_brings_documents_to_a_bidder_who_believes_the_chain_alone(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        folder = buyer.folder("GZ-2026-0301")
        told = buyer.publish(folder)
        tender = "0x" + tender_id(town.agency, ref_of("GZ-2026-0301")).hex()
        assert told["tender"] == tender
        assert told["ends"]["submitEnd"] >= town.now + 20 * DAY
        bidder = town.terminal("first bidder")
        got = bidder.folder / "documents"
        done = bidder.json("tender", "fetch", tender, got, *AT)
        assert (done["docs"], done["version"], done["files"]) == (told["docs"], 1, 5)
        assert (got / "图纸/总平面.pdf").read_bytes() == DRAWING
        bidder.json("tender", "fetch", tender, got, *AT)
        shown = bidder.json("tender", "show", tender, *AT)
        assert [each["phase"] for each in shown["lots"]] == ["RECEIVING"]
        said = bidder.run("tender", "show", tender, *AT)
        assert "RECEIVING" in said
        assert "Asia/Shanghai" in said
        assert "(dummy-bids)" in said

    def test_to_a_service_with_fewer_stores_than_the_policy_wants_is_refused(
        self, buyer: Buyer, post: Post
    ) -> None:
        folder, replicas = buyer.folder("GZ-2026-0399"), post.world.replicas
        both = replicas.each
        replicas.each = both[:1]
        try:
            refused = buyer.publish(folder, code=4)
        finally:
            replicas.each = both
        assert (refused["error"], refused["required"], refused["given"]) == ("ReplicasTooFew", 2, 1)
        assert not (folder / "documents.json").exists()

    def test_of_the_same_number_twice_is_refused_and_nothing_is_sent(
        self, buyer: Buyer, post: Post
    ) -> None:
        folder = buyer.folder("GZ-2026-0302")
        said = buyer.tenderer.run(*sent(("tender", "publish", folder, *AT)))
        assert "Asia/Shanghai" in said
        assert "discloseEnd" in said
        papers = post.world.rows()["tender_papers"]
        refused = buyer.publish(folder, code=4)
        assert refused["error"] == "TenderAlreadyPublished"
        assert post.world.rows()["tender_papers"] == papers

    def test_refuses_what_falls_short_of_the_law(self, buyer: Buyer, town: TenderTown) -> None:
        folder = buyer.folder("GZ-2026-0303")
        early = town.now + 19 * DAY
        refused = buyer.publish(folder, "--submit-end", early, code=4)
        assert (refused["error"], refused["given"]) == ("PolicyViolated", early)
        few = buyer.folder("GZ-2026-0304", trustees=2)
        refused = buyer.publish(few, code=4)
        assert (refused["error"], refused["required"], refused["given"]) == ("PolicyViolated", 3, 2)
        foreign = buyer.folder("GZ-2026-0305", policy="eu-2014-24", mailbox=None)
        assert buyer.publish(foreign, code=4)["error"] == "PolicyNotRegistered"
        assert not (folder / "documents.json").exists()

    def test_refuses_a_description_or_statement_that_is_wrong(self, buyer: Buyer) -> None:
        folder = buyer.folder("GZ-2026-0306", trustees=3, colour="red")
        refused = buyer.publish(folder, code=4)
        assert (refused["error"], refused["member"]) == ("DraftMalformed", "colour")
        folder = buyer.folder("GZ-2026-0307")
        write_file(folder / "trustees/3.json", (folder / "trustees/2.json").read_bytes())
        assert buyer.publish(folder, code=4)["error"] == "DocumentsInvalid"

    def test_asks_for_licences_by_a_request_that_bidders_answer(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        folder = buyer.folder("GZ-2026-0309", requirements=[*QualifiedTender.requirements])
        assert buyer.publish(folder, code=4)["error"] == "StandingRequestMissing"
        buyer.tenderer.run("key", "new", "document", "asking")
        by = ("--sign-with", "asking")
        refused = buyer.publish(folder, *by, code=4)
        assert (refused["error"], refused["member"]) == ("StandingRequestUnfit", "kid")
        key = buyer.tenderer.outside.keyring.signer("asking", "correct horse").public_key
        window = KeyWindow(0, OPEN_END, OPEN_END)
        town.send(calls.announce_key(town.deployment, town.agency, key, KeyUsage.REQUESTS, window))
        told = buyer.publish(folder, *by)
        bidder = town.terminal("licensed bidder")
        got = bidder.folder / "documents"
        bidder.json("tender", "fetch", told["tender"], got, *AT)
        request = requests.read((got / "standing-request.jwt").read_text(), key)
        assert request.expires_at == told["ends"]["submitEnd"]
        asked = bidder.json("bid", "asks", got)
        assert asked["audience"] == request.issuer == f"{Post.url}/agencies/{BUYER}"
        amend = ("tender", "amend", folder, *AT, "--affects-bids", "--submit-end")
        later = told["ends"]["submitEnd"] + DAY
        stale = buyer.tenderer.json(*sent((*amend, later)), code=4)
        assert (stale["error"], stale["member"]) == ("StandingRequestUnfit", "exp")
        path = folder / "standing-request.jwt"
        kept = path.read_bytes()
        signer = buyer.tenderer.outside.keyring.signer("asking", "correct horse")
        elsewhere = f"https://elsewhere.example/agencies/{BUYER}"
        moved = replace(requests.told_in(kept), issuer=elsewhere, expires_at=later)
        path.write_text(requests.sign(moved, signer))
        foreign = buyer.tenderer.json(*sent((*amend, later)), code=4)
        assert (foreign["error"], foreign["member"]) == ("StandingRequestUnfit", "iss")
        buyer.tenderer.json(*sent((*amend, later, *by)))
        bidder.json("tender", "fetch", told["tender"], got, *AT)
        assert bidder.json("bid", "asks", got) == asked

    def test_by_others_is_refused(self, buyer: Buyer, town: TenderTown) -> None:
        folder = buyer.folder("GZ-2026-0308")
        stranger = town.terminal("stranger")
        command = ("tender", "publish", folder, *AT)
        assert stranger.json(*sent(command), code=1)["error"] == "RoleMissing"


class TestQuestions:
    def test_are_answered_to_all_at_the_same_moment(self, buyer: Buyer, town: TenderTown) -> None:
        tender = buyer.publish(buyer.folder("GZ-2026-0321"))["tender"]
        asker = town.terminal("asker")
        question, answer = (buyer.tenderer.folder / f"{name}.txt" for name in ("q", "a"))
        question.write_text("工期?")
        answer.write_text("九十日。")
        asked = buyer.tenderer.json(*sent(("tender", "ask", tender, question, *AT)))
        (open_,) = asker.json("tender", "questions", tender, *AT)
        assert (open_["asked"], open_["answered"]) == ("工期?", None)
        unasked = "0x" + "07" * 32
        refused = buyer.tenderer.json(
            *sent(("tender", "answer", tender, unasked, answer, *AT)), code=4
        )
        assert refused["error"] == "QuestionUnknown"
        command = ("tender", "answer", tender, asked["question"], answer, *AT)
        buyer.tenderer.json(*sent(command))
        (told,) = asker.json("tender", "questions", tender, *AT)
        assert told["answered"] == "九十日。"
        assert "九十日" in asker.run("tender", "questions", tender, *AT)


class TestFetch:
    def test_believes_no_other_bytes(
        self, buyer: Buyer, town: TenderTown, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = buyer.publish(buyer.folder("GZ-2026-0331"))
        digest, blobs = bytes.fromhex(told["docs"][2:]), post.world.replicas
        read, whole = blobs.read, post.world.blobs.kept[digest]
        monkeypatch.setattr(
            blobs, "read", lambda of: iter([whole[:-1] + b" "]) if of == digest else read(of)
        )
        bidder = town.terminal("wary bidder")
        got = bidder.folder / "documents"
        refused = bidder.json("tender", "fetch", told["tender"], got, *AT, code=4)
        assert refused["error"] == "DigestMismatch"
        assert not got.exists()
        monkeypatch.undo()
        bidder.json("tender", "fetch", told["tender"], got, *AT)

    def test_of_nothing_is_refused(self, town: TenderTown, post: Post) -> None:
        assert post.url
        bidder = town.terminal("lost bidder")
        refused = bidder.json("tender", "fetch", "0x" + "07" * 32, bidder.folder, *AT, code=4)
        assert refused["error"] == "TenderUnknown"


class TestBring:
    def test_keeps_an_officers_paper_until_it_is_anchored(self, buyer: Buyer) -> None:
        tender = buyer.publish(buyer.folder("GZ-2026-0341"))["tender"]
        paper = buyer.tenderer.folder / "objection.txt"
        paper.write_text("异议")
        words = ("tender", "bring", tender, "objection", paper, *AT, "--account", PAYER)
        (kept,) = buyer.tenderer.json(*words)
        assert (kept["role"], kept["isPublic"]) == ("objection", False)


class TestFile:
    def test_an_objection_is_receipted_read_by_officers_and_overdue_in_time(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        tender = buyer.publish(buyer.folder("GZ-2026-0351"))["tender"]
        party = town.terminal("party")
        paper, receipt = party.folder / "objection.txt", party.folder / "receipt.jwt"
        paper.write_text("异议:资格条件过高。")
        words = ("tender", "file", tender, paper, "--kind", "objection", "--receipt", receipt, *AT)
        filed = party.json(*sent(words))["filing"]
        said = filings.read(receipt.read_text(), AGENCY_KEY.public_key)
        assert "0x" + said.filing.digest.hex() == filed["digest"]
        refused = party.json(*sent(("tender", "filings", tender, *AT)), code=1)
        assert refused["error"] == "RoleMissing"
        (listed,) = buyer.tenderer.json(*sent(("tender", "filings", tender, *AT)))
        assert listed == filed
        out = buyer.tenderer.folder / "read.txt"
        read = ("tender", "read", tender, filed["digest"], "--out", out, *AT)
        buyer.tenderer.json(*sent(read))
        assert out.read_text() == paper.read_text()
        town.go(town.now + 8 * DAY)
        assert "OVERDUE" in party.run("tender", "show", tender, *AT)
        paper.write_text("投诉:异议未获答复。")
        complaint = ("--kind", "complaint", "--objection", filed["digest"])
        again = ("tender", "file", tender, paper, *complaint, "--receipt", receipt, *AT)
        named = party.json(*sent(again))["filing"]
        assert (named["kind"], named["objection"]) == ("complaint", filed["digest"])
        paper.write_bytes(b"\xff")
        refused = party.json(
            *sent(("tender", "file", tender, paper, "--kind", "question")),
            *("--receipt", receipt, *AT),
            code=4,
        )
        assert refused["error"] == "FileUnreadable"


class TestAnswers:
    """An objection is answered by a letter; the ledger never hears of it."""

    def audited(self, tender: str, auditor: Terminal, folder: Path, *more: Any) -> Any:
        """Return what the step of the audit says of filings."""
        words = ("tender", "audit", tender, "--archive", folder, *more)
        result = auditor.try_(*words, "--json")
        found = orjson.loads(result.stdout)
        (step,) = [each for each in found["checks"] if each["code"].startswith("objections.")]
        told = step["facts"].get("faults", []) + step["facts"].get("open", [])
        return step["code"], [each.get("why", each.get("state")) for each in told]

    @pytest.fixture
    def week(
        self, town: TenderTown, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[], None]:
        """More than a week passes, for the service until the test is over: it ends sign-ins."""

        def passes() -> None:
            town.go(town.now + 8 * DAY)
            monkeypatch.setattr(post.world.clock, "now", town.now)

        return passes

    def test_reach_whoever_filed_and_whoever_audits(
        self, buyer: Buyer, town: TenderTown, week: Callable[[], None]
    ) -> None:
        tender = buyer.publish(buyer.folder("GZ-2026-0352"))["tender"]
        party, own = town.terminal("answered party"), town.folder / "answered"
        paper, receipt = party.folder / "objection.txt", own / "receipt.jwt"
        paper.write_text("异议:工期过短。")
        words = ("tender", "file", tender, paper, "--kind", "objection", "--receipt", receipt, *AT)
        filed = party.json(*sent(words))["filing"]["digest"]
        alone = town.folder / "alone"
        write_file(alone / "receipt.jwt", receipt.read_bytes())
        fetched = ("tender", "answers", tender, "--receipt", receipt, "--out", own, *AT)
        assert party.json(*sent(fetched)) == []
        letter = buyer.tenderer.folder / "letter.txt"
        letter.write_text("答复:工期不变,理由如下。")
        brought = ("tender", "bring", tender, "answer-to-objection", letter)
        buyer.tenderer.json(*brought, "--filing", filed, *AT, "--account", PAYER)
        (told,) = party.json(*sent(fetched))
        assert told["filing"] == filed
        assert (own / told["paper"][2:]).read_text() == letter.read_text()
        stranger = town.terminal("curious party")
        other = ("tender", "answers", tender, "--out", stranger.folder / "list", *AT)
        assert stranger.json(*sent(other)) == [told]
        read = ("tender", "read", tender, told["paper"], "--out", stranger.folder / "x", *AT)
        assert stranger.json(*sent(read), code=4)["error"] == "PaperUnknown"
        week()
        auditor = town.terminal("auditor of answers")
        assert self.audited(tender, auditor, own) == (
            "objections.unconfirmed",
            ["answer-not-anchored"],
        )
        assert self.audited(tender, auditor, alone) == (
            "objections.unconfirmed",
            ["papers-unknown"],
        )
        assert self.audited(tender, auditor, alone, *AT)[1] == ["answer-not-anchored"]

    def test_that_never_came_accuse_whoever_signed(
        self, buyer: Buyer, town: TenderTown, week: Callable[[], None]
    ) -> None:
        tender = buyer.publish(buyer.folder("GZ-2026-0353"))["tender"]
        party, own = town.terminal("unanswered party"), town.folder / "unanswered"
        paper = party.folder / "objection.txt"
        paper.write_text("异议:无人答复。")
        words = ("tender", "file", tender, paper, "--kind", "objection")
        party.json(*sent((*words, "--receipt", own / "receipt.jwt", *AT)))
        week()
        auditor = town.terminal("auditor of silence")
        assert self.audited(tender, auditor, own, *AT) == ("objections.differs", ["filed"])


def bond_of(guarantee: bytes) -> dict[str, Any]:
    digest = "0x" + sha256(guarantee).hexdigest()
    return {"kind": "guarantee", "amount": "10000.00", "currency": "CNY", "digest": digest}


class TestBond:
    def test_stands_behind_one_bid_of_a_firm_and_names_the_silent(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        guarantor = town.terminal("guarantor")
        authority = guarantor.outside.keyring.entry(PAYER).shown
        folder = buyer.folder("GZ-2026-0361", bondAuthority=authority)
        told = buyer.publish(folder)
        guarantee = b"a sample guarantee"
        desk = Desk(town.terminal("guaranteed"))
        desk.terminal.json("tender", "fetch", told["tender"], desk.documents, *AT)
        part = {**DESCRIPTION["parts"][0], "bond": bond_of(guarantee)}
        desk.describe({**DESCRIPTION, "parts": [part]})
        desk.seal()
        here = desk.terminal.folder
        paper, asked, signed = (here / name for name in ("guarantee", "asked", "signed"))
        bare = desk.terminal.json(*sent(("bid", "submit", desk.documents, "--direct")), code=4)
        assert bare["error"] == "BondNotAttested"
        short = told["tender"][2:14]
        paper.write_bytes(b"another guarantee")
        desk.terminal.run("bond", "request", short, paper, "--out", asked, code=4)
        paper.write_bytes(guarantee)
        desk.terminal.run("bond", "request", short, paper, "--out", asked)
        issue = ("bond", "issue", asked, "--firm", "91440101MASAMPLE01", "--out", signed)
        guarantor.json(*sent(issue))
        other = orjson.loads(asked.read_bytes()) | {"bidder": "0x" + "11" * 20}
        foreign = here / "foreign"
        foreign.write_bytes(orjson.dumps(other))
        words = ("bond", "issue", foreign, "--firm", "91440101MASAMPLE01", "--out", signed)
        assert guarantor.json(*sent(words), code=4)["error"] == "BondOfAnother"
        by_stranger = here / "by stranger"
        words = ("bond", "issue", asked, "--firm", "91440101MASAMPLE01", "--out", by_stranger)
        desk.terminal.json(*sent(words))
        refused = desk.terminal.json("bond", "attach", short, by_stranger, code=4)
        assert refused["error"] == "BondNotAttested"
        desk.terminal.json("bond", "attach", short, signed)
        desk.terminal.json(*sent(("bid", "submit", desk.documents, "--direct")))
        names = guarantor.folder / "names.json"
        early = guarantor.json(*sent(("bond", "name", told["tender"], "--out", names)), code=3)
        assert early["error"] == "WindowNotOpen"
        town.go(told["ends"]["discloseEnd"])
        named = guarantor.json(*sent(("bond", "name", told["tender"], "--out", names)))
        assert [each["firm"] for each in named["undisclosed"]] == ["91440101MASAMPLE01"]
        assert orjson.loads(names.read_bytes())["signature"].startswith("0x")


class TestEnd:
    def test_comes_by_the_buyer_or_the_supervisor_with_a_decision_for_all(
        self, buyer: Buyer, town: TenderTown
    ) -> None:
        reader = town.terminal("reader")
        paper = buyer.tenderer.folder / "decision.txt"
        paper.write_text("决定")
        for number, officer_, word, phase, at in (
            ("GZ-2026-0371", buyer.tenderer, "terminate", "TERMINATED", AT),
            ("GZ-2026-0372", buyer.supervisor, "void", "VOIDED", ()),
        ):
            tender = buyer.publish(buyer.folder(number))["tender"]
            other = buyer.supervisor if officer_ is buyer.tenderer else buyer.tenderer
            refused = other.json(*sent(("tender", word, tender, paper)), code=1)
            assert refused["error"] == "RoleMissing"
            done = officer_.json(*sent(("tender", word, tender, paper, *at)))
            if at:
                assert done["brought"] == [done["decision"]]
            else:
                assert done["toBring"] == [{"role": "decision", "file": str(paper)}]
                words = ("tender", "bring", tender, "decision", paper, *AT, "--account", PAYER)
                officer_.json(*words)
            out = reader.folder / word
            read = ("tender", "read", tender, done["decision"], "--out", out, *AT)
            reader.json(*sent(read))
            assert out.read_text() == "决定"
            shown = reader.json("tender", "show", tender, *AT)
            assert [each["phase"] for each in shown["lots"]] == [phase]
            again = officer_.json(*sent(("tender", word, tender, paper)), code=1)
            assert again["error"] == "TenderNotOpen"
