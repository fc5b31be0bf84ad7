"""A tender whose experts are drawn: an officer, three drawers, a stranger, and their folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ledger.chain.tender_history import tender_history
from ledger.tenders.draw_course import Round, rounds_of
from ledger.tenders.events import DrawState, TenderEvent
from tests.support.award_office import Office
from tests.support.tender_town import TenderTown, sent
from tests.support.terminal import Terminal
from wallet.tenders.draws import DrawFolder

POOL = sorted("0x" + hashlib.sha256(b"expert %d" % n).hexdigest() for n in range(20))
AT_ONCE = ("--confirmations", 1)


class Hall:
    """A tender, its officer and three drawers."""

    def __init__(self, town: TenderTown, name: str) -> None:
        self.town = town
        self.office = Office(town.publish(name), name)
        self.terminals = [town.terminal(f"{name} drawer {n}") for n in (1, 2, 3)]
        self.stranger = town.terminal(f"{name} stranger")

    def folder(self, name: str) -> Path:
        return self.office.terminal.folder / name

    def round(self, name: str = "draw", **said: Any) -> "Drawing":
        """Begin in a folder of this name, without telling the chain."""
        pools = self.office.paper(f"{name}.json", orjson.dumps(self.said() | said))
        self.office.terminal.json("tender", "draw", "begin", self.folder(name), pools)
        return Drawing(self, self.folder(name))

    def said(self) -> dict[str, Any]:
        return {
            "tender": self.office.tender,
            "lot": 0,
            "round": 1,
            "drawers": 3,
            "threshold": 2,
            "quotas": [{"specialty": "道路", "count": 5, "pool": POOL}],
            "recused": POOL[:2],
        }

    def rounds(self) -> tuple[Round, ...]:
        with self.town.node() as node:
            tender = self.office.sale.known.tender
            found = tender_history(node, self.town.deployment, tender)
        return rounds_of(each for each in found if isinstance(each, TenderEvent)).get(0, ())


@dataclass
class Drawing:
    """What is done in one folder."""

    hall: Hall
    papers: Path

    @property
    def folder(self) -> DrawFolder:
        return DrawFolder(self.papers)

    def by(self, drawer: int, word: str, *words: object, code: int = 0) -> Any:
        command = ("tender", "draw", word, self.papers, "--drawer", drawer, *AT_ONCE, *words)
        return self.hall.terminals[drawer - 1].json(*command, code=code)

    def all(self, word: str) -> None:
        for drawer in (1, 2, 3):
            self.by(drawer, word)

    def anybody(self, word: str, *words: object, code: int = 0) -> Any:
        return self.hall.stranger.json("tender", "draw", word, self.papers, *words, code=code)

    def anchor(self, by: Terminal | None = None, *words: object, code: int = 0) -> Any:
        terminal = by or self.hall.office.terminal
        command = ("tender", "draw", "anchor", self.papers, *(words or AT_ONCE))
        return terminal.json(*sent(command), code=code)

    def upto(self, state: DrawState) -> "Drawing":
        """Take the steps up to one that is anchored."""
        words = {DrawState.JOINED: ("join",), DrawState.DEALT: ("deal", "acknowledge")}
        for step in (DrawState.BEGUN, DrawState.JOINED, DrawState.DEALT, DrawState.REVEALED):
            for word in words.get(step, ("reveal",) if step is DrawState.REVEALED else ()):
                self.all(word)
            assert self.anchor()["step"] == step.name
            if step is state:
                break
        return self
