"""Drawers and carriers of the folder who cheat: what they gain, and what the honest are told."""

import hashlib
from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

from ledger.canonical import canonical_json
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.tenders.draw_papers import SealedDeal, seal_deal
from ledger.tenders.events import DrawState
from tests.support.anvil import anvil
from tests.support.draw_hall import AT_ONCE, Drawing, Hall
from tests.support.standing import account
from tests.support.tender_town import TenderTown


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("attacks"), running, deployment, council)


def garbled(made: Drawing, dealer: int) -> None:
    """Nobody opens a share of this dealer any more; the points stay."""
    path = made.papers / f"deals/{dealer}.json"
    held = SealedDeal.read(path.read_bytes())
    sealed = {index: bytes(len(each)) for index, each in held.sealed.items()}
    path.write_bytes(SealedDeal(held.deal, sealed).to_bytes())


class TestWithholding:
    def test_gains_nothing_by_spoiling_the_shares_after_they_were_acknowledged(
        self, town: TenderTown
    ) -> None:
        made = Hall(town, "spoilt").round().upto(DrawState.DEALT)
        made.by(1, "reveal")
        made.by(2, "reveal")
        garbled(made, 3)
        made.by(1, "share", "--withheld", 3)
        made.by(2, "share", "--withheld", 3)
        made.anybody("recover", 3)
        made.anchor()
        assert len(made.anybody("result", *AT_ONCE)["drawn"]) == 5

    def test_gains_nothing_by_a_false_scalar_in_its_place(self, town: TenderTown) -> None:
        made = Hall(town, "false").round().upto(DrawState.DEALT)
        false = canonical_json({"type": "draw-scalar", "value": "0x" + "0f" * 32})
        (made.papers / "scalars").mkdir()
        for number in (1, 3):
            (made.papers / f"scalars/{number}.json").write_bytes(false)
        made.by(2, "reveal")
        assert made.anchor()["step"] == "REVEALED"
        assert made.anchor(code=3) == {"error": "DrawIncomplete", "path": "scalars/1.json"}
        assert made.by(1, "reveal") == {"drawer": 1}
        made.by(1, "share", "--withheld", 3)
        made.by(2, "share", "--withheld", 3)
        made.anybody("recover", 3)
        made.anchor()
        assert len(made.anybody("result", *AT_ONCE)["drawn"]) == 5


class TestDealing:
    def test_with_another_threshold_is_refused_before_it_is_acknowledged(
        self, town: TenderTown
    ) -> None:
        """All dealers together would make a draw that no committee's paper can tell."""
        made = Hall(town, "threshold").round().upto(DrawState.JOINED)
        setting = made.papers / "setting.json"
        told = setting.read_bytes()
        setting.write_bytes(canonical_json(orjson.loads(told) | {"threshold": 3}))
        secrets = iter(hashlib.sha256(b"%d" % n).digest() for n in range(1, 100))
        for number, terminal in enumerate(made.hall.terminals, 1):
            folder = made.folder
            (entry,) = [e for e in terminal.outside.keyring.list() if e.name.startswith("draw-")]
            own = terminal.outside.keyring.account(entry.name, "correct horse").private_key
            keys = [key for key, _ in folder.drawers()]
            drawing = folder.drawing
            coefficients = (own, next(secrets), next(secrets))
            ephemeral = [next(secrets) for _ in keys]
            dealt = seal_deal(drawing, number, coefficients, ephemeral, keys)
            folder.put(f"deals/{number}.json", dealt.to_bytes())
        setting.write_bytes(told)
        refused = made.by(1, "acknowledge", code=4)
        assert refused["error"] in {"DealMalformed", "EnvelopeBroken"}


class TestJoining:
    def test_is_taken_up_where_it_broke_off(self, town: TenderTown) -> None:
        made = Hall(town, "broken off").round().upto(DrawState.BEGUN)
        first = made.by(1, "join")
        (made.papers / "keys/1.json").unlink()
        assert made.by(1, "join") == first

    def test_in_a_place_that_another_took_is_refused(self, town: TenderTown) -> None:
        made = Hall(town, "taken").round().upto(DrawState.BEGUN)
        made.by(2, "join")
        keys = made.papers / "keys"
        (keys / "1.json").write_bytes((keys / "2.json").read_bytes())
        assert made.by(1, "join", code=4)["error"] == "DrawPlaceTaken"
