"""A draw of experts at three terminals that share a folder, each step on the chain or refused."""

import hashlib
from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest
from coincurve import PrivateKey

from ledger.canonical import canonical_json
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.tenders.committee_paper import CommitteePaper, require_anchored, require_drawn
from ledger.tenders.draw_papers import SealedDeal, write_key
from ledger.tenders.events import DrawState
from tests.support.anvil import anvil
from tests.support.draw_hall import AT_ONCE, POOL, Hall
from tests.support.standing import account
from tests.support.tender_town import TenderTown


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("draws"), running, deployment, council)


class TestDraw:
    def test_is_the_same_for_everybody_also_when_one_withholds(self, town: TenderTown) -> None:
        hall = Hall(town, "withheld")
        made = hall.round().upto(DrawState.DEALT)
        assert made.by(1, "reveal") == {"drawer": 1}
        made.by(2, "reveal")
        assert made.anchor(hall.stranger)["step"] == "REVEALED"
        assert made.anchor(hall.stranger, code=3) == {
            "error": "DrawIncomplete",
            "path": "scalars/3.json",
        }
        early = made.papers.parent / "early.json"
        assert made.anybody("committee", early, *AT_ONCE, code=3) == {
            "error": "DrawNotFinal",
            "wanted": "REVEALED",
        }
        assert not early.exists()
        assert made.anybody("recover", 3, code=4)["error"] == "DealSharesTooFew"
        made.by(1, "share", "--withheld", 3)
        made.by(2, "share", "--withheld", 3)
        made.anybody("recover", 3)
        assert made.anybody("result", *AT_ONCE, code=3)["error"] == "DrawNotFinal"
        made.anchor(hall.stranger)
        assert made.anchor() == {"error": "AlreadyDone"}
        found = made.anybody("result", *AT_ONCE)
        drawn = [each["entry"] for each in found["drawn"]]
        assert len(set(drawn)) == 5
        assert not set(drawn) & set(POOL[:2])
        again = made.anybody("result", "--declined", drawn[0], *AT_ONCE)["drawn"]
        assert again[:5] == found["drawn"]
        assert (again[5]["replaces"], again[5]["entry"] in drawn) == (drawn[0], False)
        out = made.papers.parent / "committee.json"
        told = made.anybody("committee", out, "--declined", drawn[0], *AT_ONCE)
        paper = CommitteePaper.read(out.read_bytes())
        assert told == {"digest": "0x" + hashlib.sha256(out.read_bytes()).hexdigest(), "seats": 5}
        assert ["0x" + each.hex() for each in paper.members] == [*drawn[1:], again[5]["entry"]]
        require_drawn(paper)
        (round_,) = hall.rounds()
        require_anchored(paper, round_)
        assert round_.state is DrawState.REVEALED
        assert made.by(3, "reveal") == {"error": "AlreadyDone"}  # too late to change anything

    def test_goes_on_from_final_steps_only(self, town: TenderTown) -> None:
        made = Hall(town, "final").round()
        not_final = {"error": "DrawNotFinal"}
        assert made.by(1, "join", code=3) == not_final | {"wanted": "BEGUN"}
        made.anchor(None, "--confirmations", 3)
        deep = ("--confirmations", 3)
        assert made.by(1, "join", *deep, code=3) == not_final | {"wanted": "BEGUN"}
        assert made.anchor(None, *deep, code=3) == not_final | {"wanted": "BEGUN"}
        town.bury()
        command = ("tender", "draw", "join", made.papers, "--drawer", 1)
        made.hall.terminals[0].json(*command)  # what the chain itself calls final
        for drawer in (2, 3):
            made.by(drawer, "join")
        assert made.by(1, "deal", code=3) == not_final | {"wanted": "JOINED"}
        assert made.anchor()["step"] == "JOINED"
        made.all("deal")
        made.all("acknowledge")
        assert made.by(1, "reveal", code=3) == not_final | {"wanted": "DEALT"}
        assert made.by(1, "share", "--withheld", 2, code=3) == not_final | {"wanted": "DEALT"}
        assert not list(made.papers.glob("scalars/*"))

    def test_waits_for_every_paper_before_a_step(self, town: TenderTown) -> None:
        made = Hall(town, "papers").round().upto(DrawState.BEGUN)
        made.by(1, "join")
        missing = {"error": "DrawIncomplete"}
        assert made.anchor(code=3) == missing | {"path": "keys/2.json"}
        made.by(2, "join")
        made.by(3, "join")
        made.anchor()
        made.by(1, "deal")
        assert made.anchor(code=3) == missing | {"path": "deals/2.json"}
        made.by(2, "deal")
        made.by(3, "deal")
        made.by(1, "acknowledge")
        assert made.anchor(code=3) == missing | {"path": "acknowledgements/2.json"}

    def test_takes_no_word_back(self, town: TenderTown) -> None:
        made = Hall(town, "word").round().upto(DrawState.JOINED)
        made.by(1, "deal")
        assert made.by(1, "deal") == {"error": "AlreadyDone"}


class TestSwapped:
    def test_pool_after_a_key_is_seen_by_every_drawer(self, town: TenderTown) -> None:
        made = Hall(town, "pool").round().upto(DrawState.JOINED)
        path = made.papers / "setting.json"
        other = made.hall.round("other", recused=POOL[2:4])
        path.write_bytes((other.papers / "setting.json").read_bytes())
        found = {"error": "DrawNotAsAnchored", "member": "setting"}
        assert made.by(1, "deal", code=4) == found
        assert made.anchor(code=4) == found

    def test_roots_are_those_of_the_pool(self, town: TenderTown) -> None:
        made = Hall(town, "roots").round()
        path = made.papers / "setting.json"
        told = orjson.loads(path.read_bytes())
        path.write_bytes(canonical_json(told | {"recused": []}))
        assert made.anchor(code=4)["error"] == "DrawPaperMalformed"

    def test_key_in_ones_place_is_seen_by_its_drawer(self, town: TenderTown) -> None:
        hall = Hall(town, "key")
        made = hall.round().upto(DrawState.BEGUN)
        made.all("join")
        first, second = (made.papers / f"keys/{each}.json" for each in (1, 2))
        own = first.read_bytes()
        first.write_bytes(second.read_bytes())
        assert made.anchor(code=4)["error"] == "DrawerKeyUsed"
        foreign = PrivateKey(b"\x0f" * 32).public_key.format()
        first.write_bytes(write_key(foreign))
        made.anchor()
        differs = {"error": "DrawNotAsAnchored", "member": "keys"}
        assert made.by(1, "deal", code=4) == differs
        first.write_bytes(own)
        assert made.by(1, "deal", code=4) == made.by(2, "deal", code=4) == differs

    def test_deal_is_named_before_anything_is_revealed(self, town: TenderTown) -> None:
        made = Hall(town, "deal").round().upto(DrawState.JOINED)
        made.all("deal")
        path = made.papers / "deals/2.json"
        held = SealedDeal.read(path.read_bytes())
        other = SealedDeal.read((made.papers / "deals/1.json").read_bytes())
        path.write_bytes(SealedDeal(other.deal, held.sealed).to_bytes())
        assert made.by(3, "acknowledge", code=4) == {"error": "DealShareFalse", "index": 3}
        assert not (made.papers / "acknowledgements/3.json").exists()


class TestRounds:
    def test_failing_dealer_is_replaced_by_the_next_round(self, town: TenderTown) -> None:
        hall = Hall(town, "replaced")
        failed = hall.round("first").upto(DrawState.JOINED)
        assert hall.round("far", round=3).anchor(code=4) == {
            "error": "DrawNotAsAnchored",
            "member": "round",
        }
        again = hall.round("second", round=2).upto(DrawState.DEALT)
        gone = {"error": "DrawNotAsAnchored", "member": "round"}
        assert failed.by(1, "deal", code=4) == failed.anchor(code=4) == gone
        again.all("reveal")
        again.anchor()
        assert [each.state for each in hall.rounds()] == [DrawState.JOINED, DrawState.REVEALED]

    def test_no_draw_is_repeated_until_it_pleases(self, town: TenderTown) -> None:
        hall = Hall(town, "again")
        hall.round("first").upto(DrawState.DEALT)
        second = hall.round("second", round=2)
        assert second.anchor(code=1) == {"error": "DrawForbidden", "round": 1, "state": 3}
        twin = hall.round("twin", recused=[])
        assert twin.anchor(code=4) == {"error": "DrawNotAsAnchored", "member": "setting"}
        assert len(hall.rounds()) == 1

    def test_setting_from_which_nobody_can_draw_is_refused_at_once(self, town: TenderTown) -> None:
        hall = Hall(town, "few")
        pools = hall.office.paper("few.json", orjson.dumps(hall.said() | {"recused": POOL[:16]}))
        begin = ("tender", "draw", "begin", hall.folder("few"), pools)
        refused = hall.office.terminal.json(*begin, code=4)
        assert refused == {"error": "TooFewExperts", "specialty": "道路", "wanted": 5, "left": 4}
