"""What lies in archives: of several copies of a file the whole one counts."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.papered_story import NAMES
from tests.support.reopened import audited, played
from tests.support.sealed_tender import SealedTender
from wallet.tenders.holdings import Holdings, best_copy

CONTENT = b"age-encryption.org/v1 a sealed file"
DIGEST = sha256(CONTENT).digest()


def archive(folder: Path, content: bytes, name: str = DIGEST.hex()) -> Path:
    folder.mkdir()
    (folder / f"{name}.age").write_bytes(content)
    return folder


@pytest.mark.parametrize("is_first", [True, False])
def test_a_spoilt_copy_hides_no_whole_one(tmp_path: Path, *, is_first: bool) -> None:
    spoilt, whole = archive(tmp_path / "a", CONTENT[:-1]), archive(tmp_path / "b", CONTENT)
    holdings = Holdings()
    for folder in (spoilt, whole) if is_first else (whole, spoilt):
        holdings.take(folder)
    copies = holdings.files[DIGEST]
    assert len(copies) == 2
    assert best_copy(DIGEST, copies).read_bytes() == CONTENT


def test_an_outsider_opens_by_whichever_copy_is_whole(tmp_path: Path) -> None:
    told = played(SealedTender())
    told.read_out(NAMES)
    first, second = told.keep_in(tmp_path / "first"), told.keep_in(tmp_path / "second")
    files = sorted(first.glob("*.age"))
    files[0].write_bytes(b"spoilt")
    files[1].unlink()
    (second / files[2].name).write_bytes(b"spoilt")
    for folders, is_whole in (((first, second), True), ((first,), False)):
        holdings = Holdings()
        for folder in folders:
            holdings.take(folder)
        found = audited(told, unseal=holdings.unsealer(told.ledger)).check("opening")
        assert (found.code == "opening.ok") is is_whole
