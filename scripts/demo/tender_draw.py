"""The draw of the demo's experts: by chance that no drawer bends and every outsider repeats."""

import json
import secrets
from pathlib import Path
from typing import Final

from ledger.tenders.draw import SALT_BYTES, expert_entry
from scripts.demo.stage import expect
from scripts.demo.tenderer import SEATS, Tenderer
from scripts.demo.terminal import Answer, Terminal

_DRAWERS: Final = ("buyer", "trading-centre", "supervisor")
_THRESHOLD: Final = 2
_POOL: Final = 15
_RECUSED: Final = 2


class Draw:
    """Three drawers with a folder in common; `committee` is the paper that comes of it."""

    def __init__(self, buyer: Tenderer) -> None:
        self._buyer = buyer
        self._drawers = [
            Terminal(buyer.folder / f"drawer-{name}", buyer.folder) for name in _DRAWERS
        ]
        self._folder = buyer.folder / "files/draw"

    @property
    def committee(self) -> Path:
        """Where the committee's paper is."""
        return self._folder.parent / "committee.json"

    def hold(self) -> str:
        """Fix the pool, share the scalars, reveal all but one; two rebuild what is withheld."""
        pool = sorted(_entry(f"样例专家{n}") for n in range(_POOL))
        self._run("begin", self._pools(pool))
        for word in ("join", "deal", "acknowledge"):
            for number in range(1, len(_DRAWERS) + 1):
                self._by(number, word)
        self._by(1, "reveal")
        self._by(2, "reveal")
        self._by(1, "share", "--withheld", 3)
        self._by(2, "share", "--withheld", 3)
        self._run("recover", 3)
        told = self._run("committee", self.committee).json()
        expect(told["seats"] == SEATS, str(told))
        return f"{SEATS} of {_POOL - _RECUSED} experts; a withheld secret was rebuilt by two"

    def _pools(self, pool: list[str]) -> Path:
        said = {
            "tender": self._buyer.tender,
            "lot": 0,
            "round": 1,
            "drawers": len(_DRAWERS),
            "threshold": _THRESHOLD,
            "quotas": [{"specialty": "道路", "count": SEATS, "pool": pool}],
            "recused": pool[:_RECUSED],
        }
        return self._buyer.paper("pools.json", json.dumps(said, ensure_ascii=False))

    def _by(self, number: int, word: str, *words: object) -> None:
        command = ("tender", "draw", word, self._folder, "--drawer", number)
        self._drawers[number - 1].run(*command, *words, "--json")

    def _run(self, word: str, *words: object) -> Answer:
        return self._drawers[0].run("tender", "draw", word, self._folder, *words, "--json")


def _entry(name: str) -> str:
    """Return who a name is in the pool: nobody finds it out by trying names."""
    return "0x" + expert_entry(secrets.token_bytes(SALT_BYTES), name).hex()
