"""Files out of a stranger's archive: under temporary names until all of them were judged."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ledger.errors import Refused
from ledger.tenders.packages import Unpacked, require_path
from wallet.home import private_folder, sync_folder, writing


@dataclass(eq=False)
class FolderTaken(Refused):
    """There is something of that name already. Name a folder that does not exist yet."""

    path: str


@dataclass(slots=True)
class Unpacking:
    """An archive being taken out: files numbered in a folder of their own."""

    folder: Path
    out: Path
    _files: dict[int, BinaryIO] = field(default_factory=dict)

    def receive(self, number: int, _path: str, _size: int) -> "_Sink":
        """Return the sink of a file; its path is not looked at. Raise `FileUnwritable`."""
        with writing(self.out):
            self._close()
            self._files[number] = self._opened(number)
        return _Sink(self._files[number], self.out)

    def finish(self, files: Mapping[str, Unpacked]) -> None:
        """Give the files their paths below `out`, all at once: a rename, once they are on disk.

        Raise `FileUnwritable`, or `FolderTaken` where another was quicker.
        """
        named = self.folder / "named"
        with writing(self.out):
            self._close()
            for path, each in files.items():
                require_path(path)
                private_folder((named / path).parent)
                self._numbered(each.number).rename(named / path)
            for folder in (named, *(path for path in named.rglob("*") if path.is_dir())):
                sync_folder(folder)
            try:
                named.rename(self.out)
            except OSError as exc:
                if self.out.exists():
                    raise FolderTaken(str(self.out)) from exc
                raise
            sync_folder(self.out.parent)

    def _opened(self, number: int) -> BinaryIO:
        return self._numbered(number).open("xb")

    def _numbered(self, number: int) -> Path:
        return self.folder / str(number)

    def _close(self) -> None:
        """Put the file written last on the disk."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        self._files.clear()

    def drop(self) -> None:
        """Forget what was not finished."""
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Sink:
    """A file below a folder that is being made."""

    file: BinaryIO
    out: Path

    def write(self, octets: bytes, /) -> None:
        with writing(self.out):
            self.file.write(octets)


@contextmanager
def unpacking(out: Path) -> Iterator[Unpacking]:
    """Give an archive's place beside `out`; whatever is not finished leaves nothing behind.

    Raise `FolderTaken` where `out` exists.
    """
    if out.exists():
        raise FolderTaken(str(out))
    folder = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    with writing(out):
        private_folder(folder)
    taken = Unpacking(folder, out)
    try:
        yield taken
    finally:
        taken.drop()
