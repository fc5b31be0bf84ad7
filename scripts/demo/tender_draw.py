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
_CONFIRMED: Final = ("--confirmations", 1)
"""The demo's chain makes no empty blocks: what is in one is final."""


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
        """Fix the pool, share the scalars, reveal all but one; two rebuild what is withheld.

        Each step is anchored before the next.
        """
        pool = sorted(_entry(f"样例专家{n}") for n in range(_POOL))
        self._run("begin", self._pools(pool))
        self._anchor("BEGUN")
        self._each("join")
        self._anchor("JOINED")
        self._each("deal")
        self._each("acknowledge")
        early = self._by(1, "reveal", code=3).json()
        expect(early["error"] == "DrawNotFinal", str(early))
        self._anchor("DEALT")
        self._by(1, "reveal")
        self._by(2, "reveal")
        self._by(1, "share", "--withheld", 3)
        self._by(2, "share", "--withheld", 3)
        self._run("recover", 3)
        self._anchor("REVEALED")
        told = self._run("committee", self.committee, *_CONFIRMED, *self._where).json()
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

    @property
    def _where(self) -> tuple[object, ...]:
        return ("--deployment", self._buyer.household.layout.deployment, *self._buyer.where[2:])

    def _anchor(self, state: str) -> None:
        words = ("draw", "anchor", self._folder, *_CONFIRMED, "--json")
        told = self._buyer.serve(*words).json()
        expect(told["step"] == state, str(told))

    def _each(self, word: str) -> None:
        for number in range(1, len(_DRAWERS) + 1):
            self._by(number, word)

    def _by(self, number: int, word: str, *words: object, code: int = 0) -> Answer:
        command = ("tender", "draw", word, self._folder, "--drawer", number, *_CONFIRMED)
        drawer = self._drawers[number - 1]
        return drawer.run(*command, *self._where, *words, "--json", code=code)

    def _run(self, word: str, *words: object) -> Answer:
        return self._drawers[0].run("tender", "draw", word, self._folder, *words, "--json")


def _entry(name: str) -> str:
    """Return who a name is in the pool: nobody finds it out by trying names."""
    return "0x" + expert_entry(secrets.token_bytes(SALT_BYTES), name).hex()
