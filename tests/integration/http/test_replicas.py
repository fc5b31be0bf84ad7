"""Sealed files on two stores: a bid at the deadline, and what a store missed while it was down."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.services.at_head import AtHead
from api.services.bid_uploads import BidUploads
from api.services.replica_healing import EVERY_SECONDS, READ_EVERY, ReplicaHealing
from api.services.replica_watch import (
    EVERY_SECONDS as EVERY,
)
from api.services.replica_watch import (
    NEWS_SECONDS,
    SILENT_SECONDS,
    ReplicaCounts,
    ReplicaWatch,
)
from api.services.sign_ins import Roles
from api.services.tender_duties import TenderDuties
from api.store.bid_uploads import BidUploadStore
from api.store.blob_replicas import ReplicaStore
from api.store.tender_duties import DutyStore
from api.store.tender_filings import FilingStore
from api.store.tender_papers import TenderPaperStore
from api.store.tenders import TenderStore
from ledger.tenders import receipts
from ledger.values import Digest
from tests.support.blobs import MemoryBlobs
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.sealed_files import hand_in, sealed_file
from tests.support.service import World, account
from tests.support.tender_story import LEDGER, Story, Where

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


class Watched:
    """A service with one store, its worker's watch, and a tender whose policy wants two."""

    def __init__(self, service: World) -> None:
        self.service = service
        self.stores = [service.blobs]
        self.story = Story(where=Where("GZ-2026-0501", service.clock.now + 1, LEDGER, AGENCY.id))
        self.done = 0
        self.start()

    def start(self) -> None:
        """Start the worker, anew."""
        database, clock = self.service.database, self.service.clock
        at_head = AtHead(self.service.registry)
        duties = TenderDuties(
            DutyStore(database),
            TenderStore(database),
            FilingStore(database),
            at_head,
            Roles(at_head),
        )
        noted = ReplicaStore(database)
        counts = ReplicaCounts(self.service.replicas, noted, duties, clock)
        self.watch = ReplicaWatch(self.service.replicas, noted, counts, clock)

    def another_store(self) -> MemoryBlobs:
        self.stores.append(self.service.another_store())
        self.start()
        return self.stores[-1]

    def catch_up(self) -> None:
        for each in self.story.events[self.done :]:
            self.service.clock.now = max(self.service.clock.now, each.place.block_time)
            self.service.say(lambda place, each=each: replace(each, place=place))
        self.done = len(self.story.events)

    def look(self, seconds: int = NEWS_SECONDS) -> list[dict[str, Any]]:
        """Let the worker look once a minute for so long; return what it logged."""
        with capture_logs() as logged:
            for _ in range(0, seconds, EVERY):
                self.service.clock.now += EVERY
                assert self.watch.step() == 0
        return [
            {name: each[name] for name in ("event", "wanted", "given", "answering")}
            for each in logged
        ]

    def gauges(self) -> tuple[float, ...]:
        """Return how many stores are wanted, are set up and answered lately, as scraped."""
        lines = self.service.client.get("/metrics").text.splitlines()
        told = dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")
        names = ("replicas_wanted", "replicas", "replicas_answering")
        return tuple(float(told[f"suizheng_{name}"]) for name in names)


@pytest.fixture
def watched(service: World) -> Watched:
    return Watched(service)


def told(event: str, wanted: int, given: int, answering: int) -> dict[str, Any]:
    return {"event": event, "wanted": wanted, "given": given, "answering": answering}


class TestWatch:
    def test_tells_at_its_start_that_a_tender_wants_more_than_are_set_up(
        self, watched: Watched
    ) -> None:
        watched.catch_up()
        assert watched.gauges() == (2, 1, 0)
        assert watched.look(EVERY) == [told("too few", 2, 1, 1)]
        assert watched.gauges() == (2, 1, 1)
        assert watched.look() == []
        watched.start()
        assert watched.look(EVERY) == [told("too few", 2, 1, 1)]
        watched.another_store()
        assert watched.look() == []
        assert watched.gauges() == (2, 2, 2)

    def test_tells_once_that_a_store_went_away_and_once_that_it_is_back(
        self, watched: Watched
    ) -> None:
        second = watched.another_store()
        watched.catch_up()
        assert watched.look() == []
        second.is_up = False
        assert watched.look(NEWS_SECONDS + SILENT_SECONDS) == [told("too few", 2, 2, 1)]
        assert watched.gauges() == (2, 2, 1)
        watched.service.say()  # the chain was seen
        assert watched.service.client.get("/readyz").status_code == 200
        second.is_up = True
        assert watched.look(SILENT_SECONDS) == [told("enough", 2, 2, 2)]
        assert watched.gauges() == (2, 2, 2)

    def test_leaves_a_silent_store_alone_for_a_while(self, watched: Watched) -> None:
        asked: list[bytes] = []
        second = watched.another_store()
        has = second.has

        def counted(digest: Digest) -> bool:
            asked.append(digest)
            return has(digest)

        second.has = counted  # type: ignore[method-assign]  # to count what is asked
        second.is_up = False
        watched.catch_up()
        watched.look(SILENT_SECONDS)
        assert len(asked) == 1
        watched.look(SILENT_SECONDS)
        assert len(asked) == 2

    def test_wants_none_without_a_tender_whose_files_wait(self, watched: Watched) -> None:
        assert watched.look() == []
        assert watched.gauges() == (0, 1, 1)
        watched.catch_up()
        assert watched.gauges() == (2, 1, 1)
        end = watched.story.ends.list_end
        watched.service.clock.now = end
        watched.service.say()
        assert watched.gauges() == (0, 1, 0)

    def test_counts_a_worker_that_stands_still_as_no_answer(self, watched: Watched) -> None:
        watched.catch_up()
        watched.look(EVERY)
        watched.service.clock.now += NEWS_SECONDS + 1
        assert watched.gauges() == (2, 1, 0)

    def test_knows_nothing_wanted_of_a_policy_that_is_not_ours(self, watched: Watched) -> None:
        terms = replace(watched.story.terms, min_bids=watched.story.terms.min_bids + 1)
        watched.story = Story(
            terms, where=Where("GZ-2026-0502", watched.service.clock.now + 1, LEDGER, AGENCY.id)
        )
        watched.catch_up()
        assert watched.gauges()[0] == 1
