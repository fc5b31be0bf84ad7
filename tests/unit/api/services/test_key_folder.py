from pathlib import Path

import pytest
import structlog

from api.services.key_folder import KeyFolder
from ledger.errors import Refused
from ledger.keystore import KeystoreMalformed, PasswordWrong


class Elsewhere(Refused):
    """The cause lies in neither file, as where the password is missing."""


@pytest.fixture
def unlocked() -> list[str]:
    return []


class TestSigners:
    def test_unlocks_each_file_once_and_finds_later_ones(
        self, tmp_path: Path, unlocked: list[str]
    ) -> None:
        def unlock(text: str) -> bytes:
            unlocked.append(text)
            return int(text).to_bytes(32)

        folder = KeyFolder(tmp_path, unlock)
        assert folder.signers() == ()
        (tmp_path / "b.json").write_text("2")
        assert len(folder.signers()) == 1
        (tmp_path / "a.json").write_text("1")
        (tmp_path / "notes.txt").write_text("3")
        assert len(folder.signers()) == 2
        assert len({signer.public_key for signer in folder.signers()}) == 2
        assert unlocked == ["2", "1"]

    def test_holds_none_without_a_password(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("1")
        assert KeyFolder(tmp_path, None).signers() == ()

    def test_holds_none_without_a_folder(self, tmp_path: Path) -> None:
        assert KeyFolder(tmp_path / "none", lambda _text: bytes(32)).signers() == ()

    def test_passes_on_that_the_password_is_wrong(self, tmp_path: Path) -> None:
        def unlock(_text: str) -> bytes:
            raise PasswordWrong

        (tmp_path / "a.json").write_text("1")
        with pytest.raises(PasswordWrong):
            KeyFolder(tmp_path, unlock).signers()

    def test_leaves_out_one_that_does_not_open_and_tries_it_again_once_changed(
        self, tmp_path: Path, unlocked: list[str]
    ) -> None:
        def unlock(text: str) -> bytes:
            unlocked.append(text)
            if text == "wrong":
                raise PasswordWrong
            return int(text).to_bytes(32)

        folder = KeyFolder(tmp_path, unlock)
        (tmp_path / "a.json").write_text("wrong")
        (tmp_path / "b.json").write_text("2")
        assert [len(folder.signers()) for _ in range(3)] == [1, 1, 1]
        assert unlocked == ["wrong", "2"]
        (tmp_path / "a.json").write_text("1")
        assert len(folder.signers()) == 2

    def test_tries_a_wrong_password_again_once_its_file_changed(
        self, tmp_path: Path, unlocked: list[str]
    ) -> None:
        password = tmp_path / "password"

        def unlock(text: str) -> bytes:
            unlocked.append(text)
            if password.read_text() != "the right one":
                raise PasswordWrong
            return int(text).to_bytes(32)

        password.write_text("wrong")
        (tmp_path / "a.json").write_text("1")
        folder = KeyFolder(tmp_path, unlock, password)
        for _ in range(3):
            with pytest.raises(PasswordWrong):
                folder.signers()
        assert unlocked == ["1"]
        password.write_text("the right one")
        assert len(folder.signers()) == 1

    def test_asks_again_after_any_refusal_that_no_file_decides(self, tmp_path: Path) -> None:
        missing = [True, True, False]

        def unlock(text: str) -> bytes:
            if missing.pop(0):
                raise Elsewhere
            return int(text).to_bytes(32)

        (tmp_path / "a.json").write_text("1")
        folder = KeyFolder(tmp_path, unlock)
        with structlog.testing.capture_logs() as told:
            for _ in range(2):
                with pytest.raises(Elsewhere):
                    folder.signers()
        assert len(told) == 1
        assert len(folder.signers()) == 1

    def test_does_not_lengthen_the_refusal_that_it_remembers(self, tmp_path: Path) -> None:
        def unlock(_text: str) -> bytes:
            raise KeystoreMalformed

        (tmp_path / "a.json").write_text("1")
        folder = KeyFolder(tmp_path, unlock)
        lengths = []
        for _ in range(5):
            with pytest.raises(KeystoreMalformed) as caught:
                folder.signers()
            lengths.append(len(caught.traceback))
        assert len(set(lengths)) == 1
