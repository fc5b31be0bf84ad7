import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from wallet.home import (
    FileMissing,
    FileUnreadable,
    FileUnwritable,
    read_file,
    read_pieces,
    write_file,
)


class TestWriteFile:
    def test_writes_for_the_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "secret"
        write_file(path, b"content")
        assert path.read_bytes() == b"content"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_replaces_and_leaves_nothing_beside(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        write_file(path, b"one")
        write_file(path, b"two")
        assert path.read_bytes() == b"two"
        assert list(tmp_path.iterdir()) == [path]

    def test_writes_what_comes_in_pieces_whole_or_not_at_all(self, tmp_path: Path) -> None:
        path = tmp_path / "result"
        write_file(path, iter([b"ab", b"", b"cd"]))

        def broken() -> Iterator[bytes]:
            yield b"half"
            raise KeyError

        with pytest.raises(KeyError):
            write_file(path, broken())
        assert path.read_bytes() == b"abcd"
        assert list(tmp_path.iterdir()) == [path]

    def test_says_when_the_folder_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(FileUnwritable):
            write_file(tmp_path / "file" / "secret", b"content")

    def test_leaves_nothing_behind_when_the_target_is_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "taken").mkdir()
        with pytest.raises(FileUnwritable):
            write_file(tmp_path / "taken", b"content")
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]


class TestReadFile:
    def test_says_what_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissing) as raised:
            read_file(tmp_path / "absent")
        assert str(tmp_path / "absent") in str(raised.value)

    def test_says_that_a_folder_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(FileUnreadable):
            read_file(tmp_path)


class TestReadPieces:
    def test_gives_the_file_in_order(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"abcde")
        assert list(read_pieces(path, 2)) == [b"ab", b"cd", b"e"]
        path.write_bytes(b"")
        assert list(read_pieces(path, 2)) == []

    def test_says_what_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissing):
            list(read_pieces(tmp_path / "absent", 2))
        with pytest.raises(FileUnreadable):
            list(read_pieces(tmp_path, 2))
