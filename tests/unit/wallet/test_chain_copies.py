import gzip
from pathlib import Path

import orjson
import pytest

from wallet.chain_copies import (
    JOURNAL,
    NEWEST,
    PREVIOUS,
    ChainCopies,
    CopiesUnreadable,
    DumpMalformed,
    Mined,
)
from wallet.home import FileUnwritable


def dump(block: int) -> str:
    state = orjson.dumps({"best_block_number": block, "blocks": [{}]})
    return "0x" + gzip.compress(state).hex()


@pytest.fixture
def copies(tmp_path: Path) -> ChainCopies:
    return ChainCopies(tmp_path / "chain")


class TestKeep:
    def test_keeps_the_copy_before(self, copies: ChainCopies, tmp_path: Path) -> None:
        assert copies.newest() is None
        copies.keep(dump(3))
        copies.keep(dump(5))
        found = copies.newest()
        assert found is not None
        assert (found.block, found.is_previous) == (5, False)
        assert b'"best_block_number":3' in (tmp_path / "chain" / PREVIOUS).read_bytes()

    @pytest.mark.parametrize(
        "text",
        ["", "0x", "0xzz", "0x00", dump(3)[:-20], "0x" + "00" * 40],
        ids=["empty", "no bytes", "no hex", "one byte", "cut", "no gzip"],
    )
    def test_refuses_a_damaged_dump_and_changes_nothing(
        self, copies: ChainCopies, text: str
    ) -> None:
        copies.keep(dump(3))
        with pytest.raises(DumpMalformed):
            copies.keep(text)
        found = copies.newest()
        assert found is not None
        assert found.block == 3

    def test_refuses_a_state_without_head(self, copies: ChainCopies) -> None:
        with pytest.raises(DumpMalformed):
            copies.keep("0x" + gzip.compress(b"{}").hex())
        assert not copies.exist

    def test_puts_no_damaged_copy_in_the_place_of_a_good_one(self, tmp_path: Path) -> None:
        folder = tmp_path / "chain"
        first = ChainCopies(folder)
        first.keep(dump(3))
        first.keep(dump(5))
        (folder / NEWEST).write_bytes(b"{")
        later = ChainCopies(folder)
        later.keep(dump(7))
        assert b'"best_block_number":3' in (folder / PREVIOUS).read_bytes()
        assert b'"best_block_number":7' in (folder / NEWEST).read_bytes()


class TestNewest:
    def test_falls_back_when_killed_between_the_two_renames(self, tmp_path: Path) -> None:
        folder = tmp_path / "chain"
        ChainCopies(folder).keep(dump(3))
        (folder / NEWEST).rename(folder / PREVIOUS)
        found = ChainCopies(folder).newest()
        assert found is not None
        assert (found.block, found.is_previous) == (3, True)

    def test_looks_at_the_disk_each_time(self, copies: ChainCopies, tmp_path: Path) -> None:
        copies.keep(dump(3))
        copies.keep(dump(5))
        (tmp_path / "chain" / NEWEST).write_bytes(b"{")
        found = copies.newest()
        assert found is not None
        assert found.block == 3

    def test_raises_when_all_are_damaged(self, tmp_path: Path) -> None:
        folder = tmp_path / "chain"
        ChainCopies(folder).keep(dump(3))
        (folder / NEWEST).write_bytes(b"")
        with pytest.raises(CopiesUnreadable):
            ChainCopies(folder).newest()


class TestSince:
    def test_returns_what_no_copy_has(self, copies: ChainCopies) -> None:
        copies.keep(dump(3))
        copies.note([Mined(4, ("0x04",)), Mined(5, ("0x05", "0x06"))])
        assert copies.since(3) == [Mined(4, ("0x04",)), Mined(5, ("0x05", "0x06"))]
        assert copies.since(4) == [Mined(5, ("0x05", "0x06"))]
        assert copies.since(5) == []

    def test_keeps_what_the_copy_before_lacks(self, copies: ChainCopies) -> None:
        copies.keep(dump(3))
        copies.note([Mined(4, ("0x04",))])
        copies.keep(dump(4))
        assert copies.since(3) == [Mined(4, ("0x04",))]
        copies.note([Mined(5, ("0x05",))])
        copies.keep(dump(5))
        assert copies.since(3) == [Mined(5, ("0x05",))]

    def test_reads_past_a_cut_line(self, copies: ChainCopies, tmp_path: Path) -> None:
        copies.note([Mined(4, ("0x04",))])
        with (tmp_path / "chain" / JOURNAL).open("ab") as file:
            file.write(b'{"block":5,"ra')
        copies.note([Mined(6, ("0x06",))])
        assert copies.since(0) == [Mined(4, ("0x04",)), Mined(6, ("0x06",))]

    def test_disk_that_refuses_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "chain").write_bytes(b"a file where a folder belongs")
        copies = ChainCopies(tmp_path / "chain")
        with pytest.raises(FileUnwritable):
            copies.note([Mined(4, ("0x04",))])

    def test_of_an_empty_folder_is_nothing(self, copies: ChainCopies) -> None:
        assert copies.since(0) == []
