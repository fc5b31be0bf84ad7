"""A bid out of its file by what stands on chain, with neither service nor node."""

import errno
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.age_header import identity_text
from tests.support.bid_desk import FILES, Desk
from tests.support.sealed_bids import EVALUATORS, PRICE, TENDER, trustee_key
from wallet.commands import bid_opening
from wallet.home import write_file
from wallet.tenders.unpacking import Unpacking


class Opening:
    """A sealed bid, and what was published about it in the end."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        desk.seal()
        place = desk.store.place(TENDER, 0)
        self.bid = place.folder(1) / "bid.json"
        self.file = place.part_file(1, 1)
        self.out = desk.terminal.folder / "opened"
        self.secrets = desk.terminal.folder / "secrets.json"
        self.publish(1, 2, 5)

    def publish(self, *indices: int, **changes: str) -> None:
        released = {str(index): "0x" + trustee_key(1, index).hex() for index in indices}
        value = {"s_b": "0x" + self.desk.secrets[0].s_b.hex(), "released": released}
        write_file(self.secrets, orjson.dumps(value | changes))

    def open(self, code: int = 0) -> Any:
        return self.desk.terminal.json(
            *("bid", "open", self.bid, self.file, self.out),
            *("--documents", self.desk.documents, "--secrets", self.secrets),
            code=code,
        )

    def left_behind(self) -> list[Path]:
        return [path for path in self.out.parent.iterdir() if "opened" in path.name]


@pytest.fixture
def opening(desk: Desk) -> Opening:
    return Opening(desk)


class TestOpen:
    def test_gives_every_file_its_name(self, opening: Opening) -> None:
        shown = opening.open()
        assert shown["manifest"]["price"] == PRICE
        assert shown["brokenShares"] == []
        found = opening.out / "public/营业执照.txt"
        assert found.read_bytes() == FILES["part-1/public/营业执照.txt"]
        assert opening.left_behind() == [opening.out]

    def test_by_the_bidders_own_s_c(self, opening: Opening) -> None:
        opening.publish(s_c="0x" + opening.desk.secrets[0].s_c.hex())
        assert opening.open()["manifest"]["price"] == PRICE

    @pytest.mark.parametrize(
        ("indices", "changes", "code", "error"),
        [
            ((1, 2), {}, 2, "ReleasesTooFew"),
            ((1, 2, 3), {"s_b": "0x" + "00" * 32}, 4, "CommitmentMismatch"),
            ((1, 2, 3), {"s_c": "0x" + "00" * 32}, 4, "CommitmentMismatch"),
            ((1, 2, 3), {"s_b": "0x00"}, 4, "SecretsMalformed"),
            ((1, 2, 3), {"released": "none"}, 4, "SecretsMalformed"),
        ],
        ids=["too few", "s_b", "s_c", "short", "form"],
    )
    def test_refuses_by_name(
        self,
        opening: Opening,
        indices: tuple[int, ...],
        changes: dict[str, str],
        code: int,
        error: str,
    ) -> None:
        opening.publish(*indices, **changes)
        assert opening.open(code)["error"] == error
        assert opening.left_behind() == []

    def test_refuses_a_secret_that_is_not_the_trustees(self, opening: Opening) -> None:
        value = orjson.loads(opening.secrets.read_bytes())
        value["released"]["1"] = value["released"]["2"]
        write_file(opening.secrets, orjson.dumps(value))
        assert opening.open(4) == {"error": "TrusteeKeyInvalid", "part": 1, "index": 1}

    @pytest.mark.parametrize("place", [-1, 700_000, 300])
    def test_leaves_nothing_of_a_file_that_was_changed(self, opening: Opening, place: int) -> None:
        """A flipped byte shows only after what stands before it has been written."""
        octets = bytearray(opening.file.read_bytes())
        octets[place] ^= 1
        opening.file.write_bytes(octets)
        assert opening.open(4)["error"] == "DigestMismatch"
        assert opening.left_behind() == []

    def test_overwrites_nothing(self, opening: Opening) -> None:
        opening.out.mkdir()
        (opening.out / "mine").write_text("kept")
        assert opening.open(4)["error"] == "FolderTaken"
        assert (opening.out / "mine").read_text() == "kept"

    def test_leaves_nothing_when_it_is_broken_off(
        self, opening: Opening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(bid_opening, "open_part", cut)
        opening.desk.terminal.try_(
            *("bid", "open", opening.bid, opening.file, opening.out),
            *("--documents", opening.desk.documents, "--secrets", opening.secrets),
        )
        assert opening.left_behind() == []

    def test_tells_a_person_who_bids_what(self, opening: Opening) -> None:
        told = opening.desk.terminal.run(
            *("bid", "open", opening.bid, opening.file, opening.out),
            *("--documents", opening.desk.documents, "--secrets", opening.secrets),
        )
        assert "样例建设有限公司" in told
        assert "930000.00 CNY" in told


class TestOpenConfidential:
    def test_for_those_who_evaluate(self, opening: Opening) -> None:
        opening.open()
        key = opening.desk.terminal.folder / "key.txt"
        out = opening.desk.terminal.folder / "inner"
        write_file(key, f"# the supervisor's\n{identity_text(EVALUATORS[1])}\n".encode())
        words = ("bid", "open-confidential", opening.out, out, "--identity", key)
        opening.desk.terminal.json(*words)
        found = out / "施工方案.pdf"
        assert found.read_bytes() == FILES["part-1/confidential/施工方案.pdf"]

    @pytest.mark.parametrize(
        ("identity", "error"),
        [(identity_text(b"\x07" * 32), "SealedForAnother"), ("# none", "IdentityMalformed")],
    )
    def test_not_for_others(self, opening: Opening, identity: str, error: str) -> None:
        opening.open()
        key = opening.desk.terminal.folder / "key.txt"
        out = opening.desk.terminal.folder / "inner"
        write_file(key, identity.encode())
        words = ("bid", "open-confidential", opening.out, out, "--identity", key)
        assert opening.desk.terminal.json(*words, code=4)["error"] == error
        assert not out.exists()


class TestUnpacking:
    def test_says_that_the_disk_is_full(
        self, opening: Opening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full(io.BytesIO):
            def write(self, _: Any, /) -> int:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Unpacking, "_opened", lambda *_: Full())
        assert opening.open(4)["error"] == "FileUnwritable"
        assert opening.left_behind() == []
