from pathlib import Path

import pytest

from ledger.health.claims import ClaimsInvalid
from ledger.health.passes import Mode
from ledger.health.signed import SignedMalformed
from ledger.keys import PrivateKey
from tests.support.gates import CTI, HOLDER, HOUR, NOW, sealed
from wallet.health.choice import (
    NoPassNow,
    PassesNotOfOne,
    SeveralHolders,
    next_of,
    showable,
    together,
    unseen,
)
from wallet.health.passes import (
    HeldPass,
    PassAmbiguous,
    PassFileMalformed,
    PassFolder,
    PassOfAnother,
    PassUnknown,
    read_pass,
)
from wallet.keyring import KeyEntry, Purpose

ME = KeyEntry("me", Purpose.HOLDER, public_key=HOLDER.public_key)
SALT = bytes(16)


@pytest.fixture
def folder(tmp_path: Path) -> PassFolder:
    return PassFolder(tmp_path / "passes")


def held(number: int, *, key: str | None = "me", shown_at: int | None = None) -> HeldPass:
    encoded = sealed(cti=bytes([number]) * 16, expires_at=NOW + HOUR + number)
    return HeldPass(encoded, read_pass(encoded), key, None, shown_at)


class TestAdd:
    def test_finds_the_key_that_a_pass_is_bound_to(self, folder: PassFolder) -> None:
        kept = folder.add(sealed(), [ME])
        assert (kept.key, kept.salt, kept.shown_at) == ("me", None, None)
        assert folder.all() == [kept]

    def test_finds_the_salt_of_a_one_time_key(self, folder: PassFolder) -> None:
        other = PrivateKey.from_secret(b"\x05" * 32).public_key
        folder.ask("me", [(other, SALT)])
        kept = folder.add(sealed(holder=other), [ME])
        assert (kept.key, kept.salt) == ("me", SALT)

    def test_takes_a_pass_on_paper_without_a_key(self, folder: PassFolder) -> None:
        assert folder.add(sealed(holder=None, modes=Mode.PAPER), []).key is None

    def test_refuses_a_pass_of_someone_else(self, folder: PassFolder) -> None:
        with pytest.raises(PassOfAnother):
            folder.add(sealed(), [])
        assert folder.all() == []

    def test_twice_keeps_that_it_was_shown(self, folder: PassFolder) -> None:
        encoded = sealed()
        folder.show(folder.add(encoded, [ME]), NOW)
        assert folder.add(encoded, [ME]).shown_at == NOW

    @pytest.mark.parametrize("broken", [b"", b"\xd2", sealed()[:-1], sealed() + b"\x00"])
    def test_refuses_what_is_no_pass(self, folder: PassFolder, broken: bytes) -> None:
        with pytest.raises((SignedMalformed, ClaimsInvalid)):
            folder.add(broken, [ME])

    def test_keeps_files_to_the_owner(self, folder: PassFolder, tmp_path: Path) -> None:
        folder.add(sealed(), [ME])
        (path,) = (tmp_path / "passes").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600


class TestFind:
    def test_by_a_beginning(self, folder: PassFolder) -> None:
        kept = folder.add(sealed(), [ME])
        assert folder.find("0x" + kept.digest.hex()[:6]) == kept

    def test_refuses_none_and_more_than_one(self, folder: PassFolder) -> None:
        digests = [folder.add(sealed(cti=bytes([n]) * 16), [ME]).digest.hex() for n in range(17)]
        twice = next(d[0] for d in digests if sum(each[0] == d[0] for each in digests) > 1)
        with pytest.raises(PassAmbiguous):
            folder.find(twice)
        for name in ("", "*", "zz"):
            with pytest.raises(PassUnknown):
                folder.find(name)

    def test_says_which_file_is_broken(self, folder: PassFolder, tmp_path: Path) -> None:
        folder.add(sealed(), [ME])
        (path,) = (tmp_path / "passes").iterdir()
        path.write_text("{}")
        with pytest.raises(PassFileMalformed):
            folder.all()


class TestDrop:
    def test_deletes_what_ended(self, folder: PassFolder) -> None:
        folder.add(sealed(expires_at=NOW), [ME])
        kept = folder.add(sealed(cti=b"\x01" * 16), [ME])
        assert folder.drop(NOW + 1) == 1
        assert folder.all() == [kept]


class TestChoice:
    def test_takes_new_ones_first_and_those_that_end_soonest(self) -> None:
        shown, later, sooner = held(1, shown_at=NOW - 5), held(3), held(2)
        found = showable([shown, later, sooner], Mode.DYNAMIC, NOW, None)
        assert found == [sooner, later, shown]
        assert next_of(found, Mode.DYNAMIC) == sooner
        assert unseen(found) == 2

    def test_takes_the_one_shown_longest_ago_when_none_is_new(self) -> None:
        old, recent = held(2, shown_at=NOW - 9), held(1, shown_at=NOW - 5)
        found = showable([recent, old], Mode.DYNAMIC, NOW, None)
        assert next_of(found, Mode.DYNAMIC) == old

    @pytest.mark.parametrize("at", [NOW - HOUR - 1, NOW + HOUR + 1])
    def test_refuses_outside_the_time(self, at: int) -> None:
        with pytest.raises(NoPassNow):
            next_of(showable([held(1)], Mode.DYNAMIC, at, None), Mode.DYNAMIC)

    def test_refuses_a_mode_that_the_pass_has_not(self) -> None:
        encoded = sealed(cti=CTI, modes=Mode.CHALLENGE)
        only = HeldPass(encoded, read_pass(encoded), "me")
        assert showable([only], Mode.DYNAMIC, NOW, None) == []
        assert showable([only], Mode.CHALLENGE, NOW, None) == [only]

    def test_asks_whose_pass(self) -> None:
        two = [held(1), held(2, key="child")]
        with pytest.raises(SeveralHolders):
            showable(two, Mode.DYNAMIC, NOW, None)
        assert showable(two, Mode.DYNAMIC, NOW, "child") == two[1:]

    def test_shows_a_group_of_one_key_alone(self) -> None:
        group = [held(1), held(2)]
        assert together(group) is group[0]
        with pytest.raises(PassesNotOfOne):
            together([held(1), held(2, key="child")])
