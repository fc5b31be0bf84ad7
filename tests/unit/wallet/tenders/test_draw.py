"""A draw of experts at three terminals that share a folder, with one that breaks off."""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.canonical import canonical_json
from ledger.tenders.committee_paper import CommitteePaper, require_drawn
from ledger.tenders.draw_papers import SealedDeal
from tests.support.sealed_bids import TENDER
from tests.support.terminal import Terminal, seeded

NOW = 1_795_226_400
POOL = sorted("0x" + hashlib.sha256(b"expert %d" % n).hexdigest() for n in range(20))
SAID = {
    "tender": "0x" + TENDER.hex(),
    "lot": 0,
    "round": 1,
    "drawers": 3,
    "threshold": 2,
    "quotas": [{"specialty": "道路", "count": 5, "pool": POOL}],
    "recused": POOL[:2],
}


class Round:
    """Three drawers and their folder."""

    def __init__(self, folder: Path) -> None:
        self.papers = folder / "draw"
        self.terminals = []
        for number in (1, 2, 3):
            own = folder / str(number)
            own.mkdir()
            self.terminals.append(Terminal(own, NOW, randomness=seeded(b"drawer %d" % number)))
        pools = folder / "pools.json"
        pools.write_bytes(orjson.dumps(SAID))
        self.roots = self.terminals[0].json("tender", "draw", "begin", self.papers, pools)

    def by(self, drawer: int, word: str, *words: object, code: int = 0) -> Any:
        command = ("tender", "draw", word, self.papers, "--drawer", drawer, *words)
        return self.terminals[drawer - 1].json(*command, code=code)

    def all(self, word: str) -> None:
        for drawer in (1, 2, 3):
            self.by(drawer, word)

    def anybody(self, word: str, *words: object, code: int = 0) -> Any:
        return self.terminals[0].json("tender", "draw", word, self.papers, *words, code=code)


@pytest.fixture
def dealt(tmp_path: Path) -> Round:
    made = Round(tmp_path)
    made.all("join")
    made.all("deal")
    return made


class TestDraw:
    def test_is_the_same_for_everybody_also_when_one_withholds(self, dealt: Round) -> None:
        assert dealt.by(1, "reveal", code=3)["error"] == "DrawIncomplete"
        dealt.all("acknowledge")
        dealt.by(1, "reveal")
        dealt.by(2, "reveal")
        assert dealt.anybody("result", code=3)["path"] == "scalars/3.json"
        early = dealt.papers.parent / "early.json"
        assert dealt.anybody("committee", early, code=3)["error"] == "DrawIncomplete"
        assert not early.exists()
        assert dealt.anybody("recover", 3, code=4)["error"] == "DealSharesTooFew"
        dealt.by(1, "share", "--withheld", 3)
        dealt.by(2, "share", "--withheld", 3)
        dealt.anybody("recover", 3)
        found = dealt.anybody("result")
        drawn = [each["entry"] for each in found["drawn"]]
        assert len(set(drawn)) == 5
        assert not set(drawn) & set(POOL[:2])
        again = dealt.anybody("result", "--declined", drawn[0])["drawn"]
        assert again[:5] == found["drawn"]
        assert (again[5]["replaces"], again[5]["entry"] in drawn) == (drawn[0], False)
        out = dealt.papers.parent / "committee.json"
        made = dealt.anybody("committee", out, "--declined", drawn[0])
        paper = CommitteePaper.read(out.read_bytes())
        assert made == {"digest": "0x" + hashlib.sha256(out.read_bytes()).hexdigest(), "seats": 5}
        assert ["0x" + each.hex() for each in paper.members] == [*drawn[1:], again[5]["entry"]]
        require_drawn(paper)
        own = dealt.by(3, "reveal")  # too late to change anything
        assert own == {"error": "AlreadyDone"}

    def test_names_who_deals_badly_before_anything_is_revealed(self, dealt: Round) -> None:
        path = dealt.papers / "deals/2.json"
        held = SealedDeal.read(path.read_bytes())
        other = SealedDeal.read((dealt.papers / "deals/1.json").read_bytes())
        path.write_bytes(SealedDeal(other.deal, held.sealed).to_bytes())
        assert dealt.by(3, "acknowledge", code=4) == {"error": "DealShareFalse", "index": 3}
        assert not (dealt.papers / "acknowledgements/3.json").exists()

    def test_takes_no_word_back(self, dealt: Round) -> None:
        assert dealt.by(1, "deal") == {"error": "AlreadyDone"}
        path = dealt.papers / "setting.json"
        told = orjson.loads(path.read_bytes())
        told["recused"] = []
        path.write_bytes(canonical_json(told))
        assert dealt.anybody("result", code=4)["error"] == "DrawPaperMalformed"
