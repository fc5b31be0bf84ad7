from pathlib import Path

import pytest

from ledger.keystore import PasswordWrong
from tests.support.terminal import QUICK, seeded
from wallet.keyring import (
    KeyFileMalformed,
    KeyNameMalformed,
    KeyNameTaken,
    KeyNameUnknown,
    KeyOfAnotherPurpose,
    Keyring,
    Purpose,
)

RANDOM = seeded(b"keys")


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys", QUICK)


class TestNew:
    def test_makes_an_account_that_unlocks_to_its_address(self, keyring: Keyring) -> None:
        entry = keyring.new("chief", Purpose.ACCOUNT, "pass", RANDOM)
        assert keyring.account("chief", "pass").address == entry.address

    @pytest.mark.parametrize("purpose", [Purpose.DOCUMENT, Purpose.HOLDER])
    def test_makes_a_signer_that_unlocks_to_its_point(
        self, keyring: Keyring, purpose: Purpose
    ) -> None:
        entry = keyring.new("seal", purpose, "pass", RANDOM)
        signer = keyring.signer("seal", "pass")
        assert signer.public_key == entry.public_key
        signer.public_key.verify(b"message", signer.sign(b"message"))

    def test_never_overwrites(self, keyring: Keyring) -> None:
        first = keyring.new("chief", Purpose.ACCOUNT, "pass", RANDOM)
        with pytest.raises(KeyNameTaken):
            keyring.new("chief", Purpose.ACCOUNT, "pass", RANDOM)
        assert keyring.entry("chief") == first

    @pytest.mark.parametrize("name", ["", "../out", "a b", "a.public", "é"])
    def test_refuses_names_that_are_no_file_names(self, keyring: Keyring, name: str) -> None:
        with pytest.raises(KeyNameMalformed):
            keyring.new(name, Purpose.ACCOUNT, "pass", RANDOM)

    def test_draws_again_when_the_secret_is_out_of_range(self, keyring: Keyring) -> None:
        drawn = iter([bytes(32), b"\xff" * 32, b"\x01" * 32])
        keyring.new("chief", Purpose.ACCOUNT, "pass", lambda _: next(drawn))
        assert keyring.account("chief", "pass").private_key == b"\x01" * 32

    def test_writes_no_secret_in_clear_and_no_address_of_a_document_key(
        self, keyring: Keyring
    ) -> None:
        keyring.new("seal", Purpose.DOCUMENT, "pass", lambda _: b"\x07" * 32)
        text = keyring.path("seal").read_text()
        assert "07" * 32 not in text
        assert "address" not in text
        assert keyring.path("seal").stat().st_mode & 0o077 == 0


class TestEntry:
    def test_needs_no_password(self, keyring: Keyring) -> None:
        made = [
            keyring.new("b", Purpose.DOCUMENT, "pass", RANDOM),
            keyring.new("a", Purpose.ACCOUNT, "pass", RANDOM),
        ]
        assert keyring.list() == sorted(made, key=lambda entry: entry.name)

    def test_of_an_unknown_name_is_refused(self, keyring: Keyring) -> None:
        with pytest.raises(KeyNameUnknown):
            keyring.entry("nobody")

    def test_that_is_damaged_is_named(self, keyring: Keyring, tmp_path: Path) -> None:
        keyring.new("a", Purpose.ACCOUNT, "pass", RANDOM)
        (tmp_path / "keys" / "a.public.json").write_text('{"kind": "account"}')
        with pytest.raises(KeyFileMalformed):
            keyring.entry("a")

    def test_is_restored_from_the_keystore(self, keyring: Keyring, tmp_path: Path) -> None:
        made = keyring.new("a", Purpose.ACCOUNT, "pass", RANDOM)
        (tmp_path / "keys" / "a.public.json").unlink()
        assert keyring.restore("a", Purpose.ACCOUNT, "pass") == made
        assert keyring.entry("a") == made


class TestUnlock:
    def test_refuses_the_wrong_password(self, keyring: Keyring) -> None:
        keyring.new("chief", Purpose.ACCOUNT, "pass", RANDOM)
        with pytest.raises(PasswordWrong):
            keyring.account("chief", "Pass")

    def test_refuses_a_key_of_another_kind(self, keyring: Keyring) -> None:
        keyring.new("seal", Purpose.DOCUMENT, "pass", RANDOM)
        keyring.new("chief", Purpose.ACCOUNT, "pass", RANDOM)
        with pytest.raises(KeyOfAnotherPurpose):
            keyring.account("seal", "pass")
        with pytest.raises(KeyOfAnotherPurpose):
            keyring.signer("chief", "pass")
