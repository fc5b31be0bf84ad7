"""Several stores as one: which is down, which lost a file and which spoilt it changes nothing."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from api.blobs.files import FileBlobs
from api.blobs.replicas import REST_SECONDS, Finding, Replicas
from api.blobs.store import BlobStoreUnavailable, BlobUnknown
from ledger.tenders.errors import DigestMismatch
from ledger.values import Digest
from tests.support.blobs import MemoryBlobs

UPLOAD = b"\x07" * 16
CONTENT = os.urandom(2**20 + 17)
DIGEST = Digest(sha256(CONTENT).digest())
SPOILT = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])


def pieces() -> Iterator[bytes]:
    yield CONTENT[:100]
    yield CONTENT[100:]


class Rooms:
    """Two stores in memory, and time that stands still."""

    def __init__(self) -> None:
        self.first, self.second = self.stores = (MemoryBlobs(), MemoryBlobs())
        self.now = 0.0
        self.blobs = Replicas(self.stores, lambda: self.now)

    def given(self) -> bytes:
        return b"".join(self.blobs.read(DIGEST))


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


class TestWriting:
    def test_goes_to_every_store(self, rooms: Rooms) -> None:
        rooms.blobs.stage(UPLOAD, "1", b"piece")
        rooms.blobs.keep(DIGEST, pieces)
        for each in rooms.stores:
            assert (each.kept, each.pieces) == ({DIGEST: CONTENT}, {UPLOAD: {"1": b"piece"}})
        rooms.blobs.unstage(UPLOAD)
        assert [each.pieces for each in rooms.stores] == [{}, {}]

    @pytest.mark.parametrize("down", [0, 1])
    def test_goes_on_with_one_store_down(self, rooms: Rooms, down: int) -> None:
        rooms.stores[down].is_up = False
        rooms.blobs.stage(UPLOAD, "1", CONTENT)
        assert rooms.blobs.staged(UPLOAD, "1") == CONTENT
        rooms.blobs.keep(DIGEST, lambda: [rooms.blobs.staged(UPLOAD, "1")])
        rooms.blobs.unstage(UPLOAD)
        assert rooms.given() == CONTENT
        assert [bool(each.kept) for each in rooms.stores] == [down == 1, down == 0]

    def test_fails_with_all_stores_down(self, rooms: Rooms) -> None:
        for each in rooms.stores:
            each.is_up = False
        with pytest.raises(BlobStoreUnavailable):
            rooms.blobs.keep(DIGEST, pieces)
        rooms.second.is_up = True  # before its rest is over: there is no other
        rooms.blobs.keep(DIGEST, pieces)

    def test_leaves_a_store_alone_that_failed_until_it_had_its_rest(self, rooms: Rooms) -> None:
        rooms.first.is_up = False
        rooms.blobs.stage(UPLOAD, "1", b"piece")
        rooms.first.is_up = True
        rooms.now += REST_SECONDS - 1
        rooms.blobs.stage(UPLOAD, "2", b"piece")
        assert rooms.first.pieces == {}
        rooms.now += 1
        rooms.blobs.stage(UPLOAD, "3", b"piece")
        assert rooms.first.pieces == {UPLOAD: {"3": b"piece"}}
        assert rooms.blobs.staged(UPLOAD, "2") == b"piece"

    def test_of_other_bytes_is_refused_by_all(self, rooms: Rooms) -> None:
        with pytest.raises(DigestMismatch):
            rooms.blobs.keep(DIGEST, lambda: [SPOILT])
        assert [each.kept for each in rooms.stores] == [{}, {}]

    def test_of_pieces_that_are_gone_is_refused(self, rooms: Rooms) -> None:
        with pytest.raises(BlobUnknown):
            rooms.blobs.staged(UPLOAD, "1")
        rooms.first.is_up = False
        with pytest.raises(BlobStoreUnavailable):
            rooms.blobs.staged(UPLOAD, "1")


class TestReading:
    @pytest.mark.parametrize("bad", [0, 1])
    def test_gives_the_whole_copy_where_another_is_spoilt_or_lost(
        self, rooms: Rooms, bad: int
    ) -> None:
        rooms.blobs.keep(DIGEST, pieces)
        rooms.stores[bad].kept[DIGEST] = SPOILT
        assert rooms.given() == CONTENT
        rooms.stores[bad].kept.pop(DIGEST)
        assert rooms.given() == CONTENT
        rooms.stores[bad].is_up = False
        assert rooms.given() == CONTENT

    def test_calls_lost_what_no_store_has_whole(self, rooms: Rooms) -> None:
        rooms.first.kept[DIGEST] = SPOILT
        with pytest.raises(BlobUnknown):
            rooms.given()
        assert not Replicas([rooms.second], lambda: 0).has(DIGEST)
        assert [each.finding(DIGEST) for each in rooms.blobs.each] == ["corrupt", "absent"]

    def test_calls_nothing_lost_that_a_store_was_not_asked_about(self, rooms: Rooms) -> None:
        rooms.second.is_up = False
        for ask in (rooms.given, lambda: rooms.blobs.has(DIGEST)):
            with pytest.raises(BlobStoreUnavailable):
                ask()
        assert rooms.blobs.each[1].finding(DIGEST) is Finding.UNREACHABLE

    def test_back_counts_whole_copies_and_takes_bad_ones_away(self, rooms: Rooms) -> None:
        rooms.blobs.keep(DIGEST, pieces)
        assert [each.name for each in rooms.blobs.whole(DIGEST)] == ["1", "2"]
        rooms.first.kept[DIGEST] = SPOILT
        assert [each.name for each in rooms.blobs.whole(DIGEST)] == ["2"]
        assert rooms.first.kept == {}
        rooms.second.is_up = False
        assert rooms.blobs.whole(DIGEST) == ()
        rooms.first.is_up = False
        with pytest.raises(BlobStoreUnavailable):
            rooms.blobs.whole(DIGEST)


class TestForgetting:
    def test_is_everywhere_or_said(self, rooms: Rooms) -> None:
        rooms.blobs.keep(DIGEST, pieces)
        rooms.first.is_up = False
        with pytest.raises(BlobStoreUnavailable):
            rooms.blobs.remove(DIGEST)
        with pytest.raises(BlobStoreUnavailable):
            rooms.blobs.sweep(1)
        assert rooms.second.kept == {}
        rooms.first.is_up = True
        rooms.blobs.remove(DIGEST)
        assert rooms.first.kept == {}


def test_two_folders_are_two_replicas(tmp_path: Path) -> None:
    blobs = Replicas([FileBlobs(tmp_path / "a"), FileBlobs(tmp_path / "b")], lambda: 0)
    blobs.keep(DIGEST, pieces)
    name = DIGEST.hex()
    (tmp_path / "a" / name[:2] / name).write_bytes(SPOILT)
    assert b"".join(blobs.read(DIGEST)) == CONTENT
    (tmp_path / "c").write_bytes(b"no folder")
    broken = Replicas([FileBlobs(tmp_path / "c"), FileBlobs(tmp_path / "b")], lambda: 0)
    assert b"".join(broken.read(DIGEST)) == CONTENT
    broken.stage(UPLOAD, "1", b"piece")
    assert broken.staged(UPLOAD, "1") == b"piece"
