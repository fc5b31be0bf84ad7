"""Sealed files on two stores: a bid at the deadline, and what a store missed while it was down."""

from hashlib import sha256
from typing import Any

import pytest

from api.services.bid_uploads import BidUploads
from api.services.replica_healing import EVERY_SECONDS, READ_EVERY, ReplicaHealing
from api.store.bid_uploads import BidUploadStore
from api.store.tender_papers import TenderPaperStore
from ledger.tenders import receipts
from ledger.values import Digest
from tests.support.blobs import MemoryBlobs
from tests.support.licences import AGENCY_KEY
from tests.support.sealed_files import hand_in, sealed_file
from tests.support.service import World, account

BIDDER = account("one-time key").address


class Rooms:
    """A service with two stores, and the worker's duty to keep them alike."""

    def __init__(self, service: World) -> None:
        self.service = service
        self.first, self.second = service.blobs, service.another_store()
        papers = TenderPaperStore(service.database)
        self.healing = ReplicaHealing(
            BidUploadStore(service.database), papers, service.replicas, service.clock
        )

    @property
    def uploads(self) -> BidUploads:
        return self.service.services.bid_uploads

    @property
    def stores(self) -> tuple[MemoryBlobs, MemoryBlobs]:
        return self.first, self.second

    def send(self, content: bytes) -> int | None:
        """Hand a file in; return how many copies its receipt tells of."""
        view = hand_in(self.uploads, content, BIDDER)
        assert view.row.receipt is not None
        (file,) = receipts.read(view.row.receipt, AGENCY_KEY.public_key).files
        assert file.sha256 == sha256(content).digest()
        return file.copies

    def heal(self) -> int:
        """Let the worker go round once; return how many files it mended."""
        self.service.clock.now += EVERY_SECONDS
        count = 0
        while self.healing.step():
            count += 1
        return count


@pytest.fixture
def rooms(service: World) -> Rooms:
    return Rooms(service)


def test_the_service_tells_on_how_many_stores_it_keeps_files(rooms: Rooms) -> None:
    answer = rooms.service.client.get("/v1/bids/storage")
    assert answer.json() == {"replicas": 2}


class TestUpload:
    def test_is_on_both_before_it_is_receipted(self, rooms: Rooms) -> None:
        content = sealed_file(2**16)
        assert rooms.send(content) == 2
        digest = Digest(sha256(content).digest())
        assert [each.kept[digest] for each in rooms.stores] == [content, content]
        assert [each.pieces for each in rooms.stores] == [{}, {}]

    @pytest.mark.parametrize("down", [0, 1])
    def test_is_receipted_at_the_deadline_with_one_store_down(
        self, rooms: Rooms, down: int
    ) -> None:
        rooms.stores[down].is_up = False
        content = sealed_file(2**16)
        assert rooms.send(content) == 1
        assert rooms.send(content) == 1  # a repeat has the same receipt
        rooms.stores[down].is_up = True
        assert rooms.heal() == 1
        digest = Digest(sha256(content).digest())
        assert [each.kept[digest] for each in rooms.stores] == [content, content]
        assert rooms.heal() == 0

    def test_goes_on_where_a_store_goes_down_half_way(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content, put = sealed_file(2**16), BidUploads.put

        def then_down(*given: Any) -> None:
            put(*given)
            rooms.first.is_up = False

        monkeypatch.setattr(BidUploads, "put", then_down)
        assert rooms.send(content) == 1
        rooms.first.is_up = True
        assert rooms.first.pieces
        rooms.heal()
        assert rooms.first.pieces == {}  # of what it could not forget then


class TestHealing:
    def test_brings_back_what_one_store_lost(self, rooms: Rooms) -> None:
        contents = [sealed_file(2**12 + spot) for spot in range(3)]
        for each in contents:
            rooms.send(each)
        rooms.second.kept.clear()
        assert rooms.heal() == 3
        assert sorted(rooms.second.kept.values()) == sorted(contents)

    def test_reads_each_copy_to_its_end_in_time_and_replaces_a_spoilt_one(
        self, rooms: Rooms
    ) -> None:
        content = sealed_file(2**12)
        rooms.send(content)
        digest = Digest(sha256(content).digest())
        rooms.first.kept[digest] = content[:-1] + bytes([content[-1] ^ 1])
        assert sum(rooms.heal() for _ in range(READ_EVERY)) == 1
        assert rooms.first.kept[digest] == content

    def test_takes_away_no_copy_while_there_is_no_whole_one(self, rooms: Rooms) -> None:
        content = sealed_file(2**12)
        rooms.send(content)
        digest = Digest(sha256(content).digest())
        spoilt = content[:-1] + bytes([content[-1] ^ 1])
        rooms.first.kept[digest] = spoilt
        rooms.second.kept.pop(digest)
        assert sum(rooms.heal() for _ in range(READ_EVERY)) == 0
        assert rooms.first.kept[digest] == spoilt
        assert rooms.second.kept == {}

    def test_waits_for_a_store_that_is_down(self, rooms: Rooms) -> None:
        rooms.send(sealed_file(2**12))
        rooms.second.kept.clear()
        rooms.second.is_up = False
        assert rooms.heal() == 0
        rooms.second.is_up = True
        assert rooms.heal() == 1

    def test_of_one_store_is_nothing_to_do(self, service: World) -> None:
        papers = TenderPaperStore(service.database)
        uploads = BidUploadStore(service.database)
        healing = ReplicaHealing(uploads, papers, service.replicas, service.clock)
        hand_in(service.services.bid_uploads, sealed_file(2**12), BIDDER)
        service.blobs.kept.clear()
        assert healing.step() == 0
