from pathlib import Path

import pytest

from api.services.key_folder import KeyFolder
from ledger.keystore import PasswordWrong


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
