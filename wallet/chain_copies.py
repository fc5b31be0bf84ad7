"""What of the embedded chain is on disk: two copies of its state, and a journal of what came since.

anvil writes its own state file in place, so a kill cuts it; a copy here is written beside and
renamed, and the one before it is kept. The journal holds the raw transactions since that older
copy: whatever was mined after the copy that loads is sent again in the same order.
"""

import gzip
import os
from binascii import Error as HexError
from binascii import unhexlify
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.errors import Refused
from wallet.home import private_folder, sync_folder, write_file, writing

NEWEST: Final = "state.json"
PREVIOUS: Final = "state.previous.json"
JOURNAL: Final = "journal.jsonl"


@dataclass(eq=False)
class CopiesUnreadable(Refused):
    """Both copies of the chain's state are damaged. Put a backup of the folder back.

    To delete the folder begins an empty chain, on which nothing issued so far can be verified.
    """

    folder: str


@dataclass(eq=False)
class DumpMalformed(Refused):
    """The node sent a state that cannot be read. The copies on disk stay as they are."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChainCopy:
    """A state on disk that parses; `block` is its head."""

    path: Path
    block: int
    is_previous: bool


@dataclass(frozen=True, slots=True)
class Mined:
    """The raw transactions of one block, in their order."""

    block: int
    raw: tuple[str, ...]


class ChainCopies:
    """The folder of one embedded chain."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._heads: dict[Path, int] = {}  # parsing 25 MB for each copy would cost more than it

    @property
    def exist(self) -> bool:
        """Whether a chain was ever kept here, readable or not."""
        return any((self._folder / name).exists() for name in (NEWEST, PREVIOUS))

    def newest(self) -> ChainCopy | None:
        """Return the newest copy that parses, None where there never was one.

        Raises:
            CopiesUnreadable: when there are copies and none parses.
        """
        self._heads.clear()  # what was whole when it was written may have been cut since
        for name in (NEWEST, PREVIOUS):
            path = self._folder / name
            block = self._head(path)
            if block is not None:
                return ChainCopy(path, block, is_previous=name == PREVIOUS)
        if self.exist:
            raise CopiesUnreadable(str(self._folder))
        return None

    def keep(self, dump: str) -> int:
        """Store what `anvil_dumpState` answered as the newest copy; return its head block.

        Raises:
            DumpMalformed: when it is not hex of gzip of a state.
        """
        try:
            state = gzip.decompress(unhexlify(dump.removeprefix("0x")))
        except (HexError, OSError, EOFError, ValueError) as exc:
            raise DumpMalformed("not hex of gzip") from exc
        block = _head_of(state)
        if block is None:
            raise DumpMalformed("no head block")
        newest, previous = self._folder / NEWEST, self._folder / PREVIOUS
        replaced = self._head(newest)
        if replaced is not None:  # a damaged copy never takes the place of a good one
            with writing(previous):
                newest.rename(previous)
                sync_folder(self._folder)
            self._heads[previous] = replaced
        write_file(newest, state)
        self._heads[newest] = block
        oldest = self._head(previous)
        self._forget_until(block if oldest is None else min(block, oldest))
        return block

    def note(self, mined: list[Mined]) -> None:
        """Append blocks to the journal, on disk before this returns."""
        if not mined:
            return
        path = self._folder / JOURNAL
        with writing(path):
            private_folder(self._folder)
            with path.open("ab") as file:
                file.write(b"\n" + _lines(mined))  # the last line may be cut
                file.flush()
                os.fsync(file.fileno())

    def since(self, block: int) -> list[Mined]:
        """Return what was mined after `block` as it was noted, without a half-written last line.

        After a replay a height may be noted twice. Sending a transaction that is in already does
        no harm, so nothing is sorted out here.
        """
        return [mined for mined in self._journal() if mined.block > block]

    def _journal(self) -> list[Mined]:
        path = self._folder / JOURNAL
        if not path.exists():
            return []
        parsed = (_parsed(line) for line in path.read_bytes().splitlines())
        return [Mined(line["block"], tuple(line["raw"])) for line in parsed if line]

    def _forget_until(self, block: int) -> None:
        write_file(self._folder / JOURNAL, _lines(self.since(block)))

    def _head(self, path: Path) -> int | None:
        if path not in self._heads and path.exists():
            head = _head_of(path.read_bytes())
            if head is not None:
                self._heads[path] = head
        return self._heads.get(path)


def _lines(blocks: Iterable[Mined]) -> bytes:
    return b"".join(
        orjson.dumps({"block": block.block, "raw": block.raw}) + b"\n" for block in blocks
    )


def _head_of(state: bytes) -> int | None:
    """Return the head block of a state; None unless it is whole."""
    found = _parsed(state)
    head = found.get("best_block_number")
    return int(str(head), 0) if head is not None and found.get("blocks") else None


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
