"""From a recorded opening to the contract, typed by officers, with everything that blocks it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.tenders.errors import ObjectionOpen
from ledger.values import Address, Role
from tests.support.anvil import anvil
from tests.support.award_office import Office, bidders, disclose, key_of, officer, release
from tests.support.bid_desk import Desk
from tests.support.drawn_committee import drawn_committee
from tests.support.refusals import ROWS, walk
from tests.support.standing import account
from tests.support.tender_town import DAY, Sale, TenderTown, sent
from tests.support.watcher import Watcher

CRITERIA = {
    "points": [{"id": "technical", "most": "60"}],
    "price": {"kind": "lowest", "most": "40"},
    "averaging": "mean",
    "scale": 2,
}
NOTICE = 3 * DAY


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("awards"), running, deployment, council)


class Lot:
    """A lot whose opening is recorded, with its officers and bidders."""

    def __init__(self, town: TenderTown, number: str, *names: str, parts: int = 1) -> None:
        self.town = town
        self.sale = town.publish(number, parts=parts, criteria=CRITERIA)
        self.desks = bidders(self.sale, *names)
        self.office = Office(self.sale, number)
        for desk in self.desks:
            for part in range(1, parts + 1):
                self.office.take(desk, part=part)
        town.go(self.sale.ends[1])
        disclose(self.sale, self.desks)
        town.go(self.sale.ends[2])
        release(self.sale, 1, 2)
        self.opened = self.office.open("--record")
        self.supervisor = officer(town, f"{number} supervisor", Role.SUPERVISOR)

    @property
    def keys(self) -> list[Address]:
        return [key_of(desk, self.sale) for desk in self.desks]

    def evaluate(
        self,
        points: dict[Address, str],
        *words: object,
        seats: int = 5,
        missing: int = 0,
        part: int = 1,
    ) -> Any:
        """Seats commit before any sheet is shown; then the report is made of those shown."""
        office = self.office
        office.act("committee", office.paper("committee"), "--seats", seats)
        sheets = office.terminal.folder / "sheets"
        sheets.mkdir(exist_ok=True)
        given = office.paper(
            "points.json",
            orjson.dumps({key: {"technical": value} for key, value in points.items()}),
        )
        for seat in range(1, seats + 1):
            out = sheets / f"{seat}.json"
            command = ("sheet", office.documents, office.record(part), given, "--seat", seat)
            made = office.terminal.json("tender", *command, "--out", out, "--part", part, *words)
            office.act("score", made["digest"], "--seat", seat)
            if seat == missing:
                out.unlink()
        return self.report("--record-it", *words, part=part)

    def report(self, *words: object, part: int = 1, code: int = 0) -> Any:
        office = self.office
        command = ("tender", "report", office.documents, office.record(part))
        folder = (office.terminal.folder / "sheets", office.terminal.folder / "report.json")
        return office.terminal.json(*sent((*command, *folder, *words)), code=code)

    def notice(self) -> int:
        until = self.town.now + NOTICE + 60
        self.office.act("notice", self.office.paper("notice"), "--until", until)
        return until

    def award(self, winner: Address, *words: object, code: int = 0) -> Any:
        paper = self.office.paper("award")
        return self.office.act("award", paper, "--to", winner, *words, code=code)


def supervise(lot: Lot, *words: object, code: int = 0) -> Any:
    return lot.supervisor.json(*sent(("tender", *words)), code=code)


def object_to(desk: Desk, sale: Sale, stage: str, paper: Path, code: int = 0) -> Any:
    words = ("bid", "object", sale.id, paper, "--stage", stage)
    return desk.terminal.json(*sent(words), code=code)


@pytest.fixture(scope="module")
def evaluated(town: TenderTown) -> Lot:
    """Three candidates by rank: the order of the bidders; nothing more has happened."""
    lot = Lot(town, "GZ-2026-0201", "甲", "乙", "丙")
    first, second, third = lot.keys
    told = lot.evaluate({first: "55", second: "50", third: "40"}, missing=3)
    assert told["candidates"] == [first, second, third]
    assert told["missingSheets"] == [3]
    assert Decimal(told["scores"][0]["total"]) == Decimal("95.00")
    return lot


class TestAward:
    """In this order: each blocker keeps the award back until it is lifted."""

    def test_is_blocked_by_all_that_the_law_says(self, evaluated: Lot) -> None:
        lot, town = evaluated, evaluated.town
        first, second, _ = lot.keys
        assert lot.award(first, code=1)["error"] == "StepForbidden"
        until = lot.notice()
        running = lot.award(first, code=3)
        assert (running["error"], running["until"]) == ("NoticeRunning", until)
        paper = lot.desks[1].terminal.folder / "objection"
        paper.write_bytes(b"the first bid is not qualified")
        objection = object_to(lot.desks[1], lot.sale, "result", paper)["objection"]
        again = object_to(lot.desks[1], lot.sale, "result", paper, code=3)
        assert again["error"] == "TenderSuspended"
        town.go(until)
        assert lot.award(first, code=3)["error"] == "TenderSuspended"
        answer = ("answer-objection", objection, lot.office.paper("answer"), "--dismissed")
        lot.office.terminal.json(*sent(("tender", *answer)))
        complaint = supervise(
            lot,
            *("complaint", "file", lot.office.tender, lot.office.paper("complaint")),
            *("--stage", "result", "--objection", objection),
        )["complaint"]
        moved = lot.award(first, code=3)
        assert moved["error"] == "NoticeRunning"
        assert moved["until"] > until  # by the time that the objection made it stand still
        town.go(moved["until"])
        blocked = lot.award(first, code=3)
        assert blocked["error"] == "ComplaintOpen"
        assert complaint in blocked.values()
        wrong = ("complaint", "move", complaint, lot.office.paper("d"), "--to", "satisfied")
        assert supervise(lot, *wrong, code=1)["error"] == "ComplaintTransitionIllegal"
        for state in ("accepted", "declined"):
            supervise(lot, "complaint", "move", complaint, lot.office.paper(state), "--to", state)
        supervise(lot, "suspend", lot.office.tender, lot.office.paper("order"), "--lot", 0)
        assert lot.award(first, code=3)["error"] == "TenderSuspended"
        supervise(lot, "resume", lot.office.tender, "--lot", 0)
        assert lot.award(second, code=4)["error"] == "ReasonMissing"
        stranger = Address("0x" + "11" * 20)
        assert lot.award(stranger, code=4)["error"] == "NotCandidate"
        reason = lot.office.paper("R55")
        assert lot.award(second, "--reason", reason)["step"] == "AWARD"
        assert lot.award(first, code=1)["error"] == "StepForbidden"
        ocds = ("--ocds", lot.office.paper("ocds"))
        assert lot.office.act("contract", lot.office.paper("contract"), *ocds)["step"] == "CONTRACT"
        void = ("void-lot", lot.office.tender, lot.office.paper("void"))
        assert supervise(lot, *void)["step"] == "VOID"


class TestReport:
    def test_refuses_papers_that_are_not_those_committed(self, town: TenderTown) -> None:
        lot = Lot(town, "GZ-2026-0202", "丁", "戊")
        office, (first, second) = lot.office, lot.keys
        drawn = office.paper("drawn", drawn_committee(lot.sale.known.tender).to_bytes())
        differ = office.act("committee", drawn, "--seats", 3, code=4)
        assert differ == {"error": "SeatsDiffer", "told": 5, "given": 3}
        early = office.act("score", "0x" + "01" * 32, "--seat", 1, code=1)
        assert early["error"] == "StepForbidden"
        lot.evaluate({first: "10", second: "20"}, seats=3)
        sheet = office.terminal.folder / "sheets/2.json"
        sheet.write_bytes(sheet.read_bytes().replace(b'"20"', b'"21"'))
        assert lot.report(code=4) == {"error": "SheetMismatch", "seat": 2}

    def test_waits_for_every_seat(self, town: TenderTown) -> None:
        lot = Lot(town, "GZ-2026-0203", "己", "庚")
        office, (first, second) = lot.office, lot.keys
        office.act("committee", office.paper("committee"), "--seats", 2)
        given = office.paper(
            "points.json",
            orjson.dumps({first: {"technical": "9"}, second: {"technical": "1"}}),
        )
        sheets = office.terminal.folder / "sheets"
        sheets.mkdir()
        words = ("sheet", office.documents, office.record(), given, "--seat", 1)
        made = office.terminal.json("tender", *words, "--out", sheets / "1.json")
        office.act("score", made["digest"], "--seat", 1)
        assert lot.report("--record-it", code=3)["error"] == "ScoresMissing"
        rejected = [{"bidder": key, "ground": 3, "reason": "no licence"} for key in lot.keys]
        paper = office.paper("rejections.json", orjson.dumps(rejected))
        assert lot.report("--rejections", paper, code=4)["error"] == "NoneLeft"
        assert office.act("reject-all", office.paper("all"))["step"] == "REJECT_ALL"


class TestTwoEnvelopes:
    def test_the_price_of_a_rejected_bid_is_never_readable(self, town: TenderTown) -> None:
        lot = Lot(town, "GZ-2026-0204", "辛", "壬", "癸", parts=2)
        office, sale, (first, second, third) = lot.office, lot.sale, lot.keys
        assert [each["price"] for each in lot.opened["bids"]] == [None, None, None]
        told = [{"bidder": third, "ground": 6, "reason": "answers another question"}]
        rejections = ("--rejections", office.paper("rejections.json", orjson.dumps(told)))
        early = office.act("schedule-part", "--from", town.now + 600, code=3)
        assert early["error"] == "LotsUnsettled"
        points = {first: "30", second: "50"}
        assert lot.evaluate(points, *rejections, seats=3)["rejected"] == [third]
        objected = office.act("schedule-part", "--from", sale.ends[4] + 600, code=3)
        assert objected["error"] == "WindowNotOpen"
        town.go(sale.ends[4])
        start = town.now + 600
        watch = sent(("bid", "watch", sale.id))
        steps: list[Callable[[], object]] = [
            town.bury,
            lambda: office.act("schedule-part", "--from", start),
            lambda: town.go(start),
            town.bury,
        ]
        watcher = Watcher(lot.desks[0].terminal, steps)
        shown = watcher.json(*watch)
        assert (shown["part"], steps) == (2, [])
        assert lot.desks[2].terminal.json(*watch, code=1)["error"] == "BidRejected"
        refused = lot.desks[2].terminal.json(*sent(("bid", "disclose", sale.id)), code=1)
        assert refused["error"] == "BidRejected"
        disclose(sale, lot.desks[1:2])
        town.go(start + 1_800)
        release(sale, 2, 3, part=2)
        done = office.open("--part", 2, "--record")
        assert done["opened"] == 2
        record = orjson.loads(office.record(2).read_bytes())
        assert record["notOpened"] == [{"key": third, "cause": "REJECTED"}]
        assert {each["price"]["amount"] for each in record["bids"]} == {"930000.00"}
        kept = lot.desks[2].store.find(sale.id, 0).folder(1) / "bid.json"
        words = ("bid", "secrets", kept, "--part", 2, "--out", office.terminal.folder / "none")
        assert office.terminal.json(*words, code=1)["error"] == "NotDisclosed"
        told = lot.evaluate(points, seats=3, part=2)
        assert told["candidates"] == [second, first]


class TestSignals:
    def test_look_at_the_lot_and_at_its_buyers_other_ones(
        self, town: TenderTown, evaluated: Lot
    ) -> None:
        other = Lot(town, "GZ-2026-0205", "子", "丑").office
        office = evaluated.office
        archive = office.terminal.folder / "archive"
        archive.mkdir()
        report = office.terminal.folder / "report.json"
        (archive / "report.json").write_bytes(report.read_bytes())
        words = ("tender", "signals", office.out, "--documents", office.documents)
        told = office.terminal.json(*words, "--archive", archive)
        assert {each["code"] for each in told["signals"]} == {"SAME_FILE", "PRICE_EQUAL"}
        gaps = [(each.get("about"), each["reason"]) for each in told["notLookedAt"]]
        own, others = f"{office.tender}/0", f"{other.tender}/0"
        assert not [reason for about, reason in gaps if about == own and "at hand" in reason]
        assert [reason for about, reason in gaps if about == others and "at hand" in reason]
        (archive / "opening-record.json").write_bytes(other.record().read_bytes())
        told = office.terminal.json(*words, "--archive", archive)
        assert others not in {each.get("about") for each in told["notLookedAt"]}
        bare = office.terminal.json(*words)
        (own_gap,) = [each for each in bare["notLookedAt"] if each.get("about") == own]
        assert "R018" in own_gap["codes"]
        assert "Not looked at: SAME_DEVICE" in office.terminal.run(*words)


class TestOpenObjection:
    """One to the opening suspends nothing: what keeps the award back is the objection itself."""

    def test_blocks_the_award_from_the_contract_to_the_exit_code(self, town: TenderTown) -> None:
        lot = Lot(town, "GZ-2026-0206", "寅", "卯")
        (first, second), desk = lot.keys, lot.desks[1]
        paper = desk.terminal.folder / "objection"
        paper.write_bytes(b"the first bid was read out wrongly")
        opening = object_to(desk, lot.sale, "opening", paper)["objection"]
        paper.write_bytes(b"and once more")
        again = object_to(desk, lot.sale, "opening", paper, code=1)
        assert again == {"error": "ObjectionAlreadyLodged", "id": opening}
        lot.evaluate({first: "30", second: "20"}, seats=3)
        until = lot.notice()
        result = object_to(desk, lot.sale, "result", paper)["objection"]  # that one silences nobody
        lift = ("lift-objection", result)
        assert supervise(lot, *lift, code=3)["error"] == "WindowNotOpen"
        town.go(town.now + 3 * DAY)
        supervise(lot, *lift)
        assert supervise(lot, *lift, code=1)["error"] == "NotSuspended"
        town.go(until + 4 * DAY)
        for id_ in (opening, result):
            blocked = lot.award(first, code=3)
            assert blocked["error"] == "ObjectionOpen"
            assert blocked["id"] in (opening, result)
            walk(ObjectionOpen(bytes.fromhex(blocked["id"][2:])), *ROWS["ObjectionOpen"])
            answer = ("answer-objection", id_, lot.office.paper("answer"), "--dismissed")
            lot.office.terminal.json(*sent(("tender", *answer)))
        assert lot.award(first)["step"] == "AWARD"
