"""Every step that anchors a paper brings it to --service, where everybody reads it afterwards."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.values import Role
from tests.support.anvil import anvil
from tests.support.award_office import Office, bidders, disclose, key_of, officer, release
from tests.support.bid_desk import Desk
from tests.support.standing import account
from tests.support.tender_post import Post
from tests.support.tender_town import DAY, TenderTown, sent
from tests.support.terminal import Terminal

AT = ("--service", Post.url)
NOBODYS = "0x" + "07" * 32
CRITERIA = {
    "points": [{"id": "technical", "most": "60"}],
    "price": {"kind": "lowest", "most": "40"},
    "averaging": "mean",
    "scale": 2,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("brought"), running, deployment, council)


@pytest.fixture(scope="module")
def post(town: TenderTown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with pytest.MonkeyPatch.context() as patch:
        made = Post(town, tmp_path_factory.mktemp("post"), patch)
        yield made
        made.close()


@dataclass
class Hall:
    """A tender whose bids can be opened, and all who act in it."""

    office: Office
    supervisor: Terminal
    desks: list[Desk]
    reader: Terminal
    post: Post

    def is_read_by_all(self, path: Path) -> bool:
        """Whether a stranger fetches the paper by its digest from the service."""
        digest, out = sha256(path.read_bytes()).hexdigest(), self.reader.folder / "read"
        words = ("tender", "read", self.office.tender, "0x" + digest, "--out", out, *AT)
        self.reader.json(*sent(words))
        return out.read_bytes() == path.read_bytes()

    def papers(self) -> int:
        return self.post.world.rows()["tender_papers"]

    def supervise(self, *words: object, code: int = 0) -> Any:
        return self.supervisor.json(*sent(("tender", "complaint", *words)), code=code)


@pytest.fixture(scope="module")
def hall(town: TenderTown, post: Post) -> Hall:
    number = "GZ-2026-0501"
    sale = town.publish(number, criteria=CRITERIA)
    desks = bidders(sale, "甲", "乙")
    office = Office(sale, number)
    for desk in desks:
        office.take(desk)
    town.go(sale.ends[1])
    disclose(sale, desks)
    town.go(sale.ends[2])
    release(sale, 1, 2)
    supervisor = officer(town, f"{number} supervisor", Role.SUPERVISOR)
    return Hall(office, supervisor, desks, town.terminal("reader of papers"), post)


class TestBrought:
    def test_from_the_opening_to_a_decided_complaint(self, hall: Hall) -> None:
        """One lot, step after step: each is possible after the one before alone."""
        _of_the_opening_its_record(hall)
        _of_the_report_its_sheets_too(hall)
        _of_an_objection_its_answer(hall)
        _of_a_complaint_the_decision(hall)

    def test_without_a_service_names_the_tender_it_is_for(self, hall: Hall) -> None:
        office = hall.office
        paper = office.paper("another complaint")
        told = hall.supervise("file", office.tender, paper, "--stage", "other")
        decision = office.paper("invalid")
        words = ("complaint", "move", told["complaint"], decision, "--to", "invalid")
        said = hall.supervisor.run("tender", *sent(words))
        assert f"suizheng tender bring {office.tender} decision {decision}" in said


def _of_the_opening_its_record(hall: Hall) -> None:
    told = hall.office.open("--record", *AT)
    assert told["brought"] == [told["record"]]
    assert hall.is_read_by_all(hall.office.record())
    kept = hall.papers()
    assert hall.office.open("--record", *AT)["error"] == "AlreadyDone"
    assert hall.papers() == kept


def _of_the_report_its_sheets_too(hall: Hall) -> None:
    office = hall.office
    office.act("committee", office.paper("committee"), "--seats", 1, *AT)
    points = {key_of(desk, office.sale): {"technical": "30"} for desk in hall.desks}
    given, sheets = office.paper("points.json", orjson.dumps(points)), office.terminal.folder
    sheet, report = sheets / "sheets/1.json", sheets / "report.json"
    sheet.parent.mkdir()
    words = ("sheet", office.documents, office.record(), given, "--seat", 1, "--out", sheet)
    digest = office.terminal.json("tender", *words)["digest"]
    command = ("report", office.documents, office.record(), sheet.parent, report)
    office.act("score", digest, "--seat", 1)
    told = office.terminal.json(*sent(("tender", *command, "--record-it", *AT)))
    assert told["brought"] == [told["report"], digest]
    assert hall.is_read_by_all(report)
    assert hall.is_read_by_all(sheet)


def _of_an_objection_its_answer(hall: Hall) -> None:
    office, desk = hall.office, hall.desks[1]
    until = office.sale.town.now + 4 * DAY
    office.act("notice", office.paper("notice"), "--until", until, *AT)
    paper = desk.terminal.folder / "objection"
    paper.write_bytes(b"the first bid is not qualified")
    words = ("bid", "object", office.sale.id, paper, "--stage", "result")
    objection = desk.terminal.json(*sent(words))["objection"]
    answer = office.paper("answer")
    first = ("tender", "answer-objection", objection, answer, "--dismissed", *AT)
    told = office.terminal.json(*sent(first))
    assert told["brought"] == ["0x" + sha256(b"answer").hexdigest()]
    assert hall.is_read_by_all(answer)
    kept = hall.papers()
    again = ("tender", "answer-objection", objection, office.paper("other"), "--upheld", *AT)
    assert office.terminal.json(*sent(again), code=1)["error"] == "ObjectionClosed"
    unknown = ("tender", "answer-objection", NOBODYS, answer, "--upheld", *AT)
    assert office.terminal.json(*sent(unknown), code=4)["error"] == "ObjectionUnknown"
    assert hall.papers() == kept


def _of_a_complaint_the_decision(hall: Hall) -> None:
    office = hall.office
    paper = office.paper("complaint")
    words = ("file", office.tender, paper, "--stage", "other", *AT)
    complaint = hall.supervise(*words)["complaint"]
    kept = hall.papers()
    wrong = ("move", complaint, office.paper("early"), "--to", "satisfied", *AT)
    assert hall.supervise(*wrong, code=1)["error"] == "ComplaintTransitionIllegal"
    unknown = ("move", NOBODYS, paper, "--to", "accepted", *AT)
    assert hall.supervise(*unknown, code=4)["error"] == "ComplaintUnknown"
    assert hall.papers() == kept
    decision = office.paper("accepted")
    told = hall.supervise("move", complaint, decision, "--to", "accepted", *AT)
    assert told["brought"] == ["0x" + sha256(b"accepted").hexdigest()]
    assert hall.is_read_by_all(decision)
