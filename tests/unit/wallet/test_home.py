import stat
from pathlib import Path

import pytest

from wallet.home import FileMissing, FileUnreadable, FileUnwritable, read_file, write_file


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
