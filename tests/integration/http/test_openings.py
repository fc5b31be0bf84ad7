"""Openings over HTTP on both databases: the worker opens what is due, and only then it is told."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.blobs.store import BlobStoreUnavailable
from api.services.opening_desk import OpeningDesk
from api.services.opening_job import ASK_AGAIN_SECONDS
from api.store.tenders import TenderStore
from ledger.tenders import events
from ledger.tenders.joining import ReleasesTooFew
from ledger.tenders.opening_record import record_digest
from ledger.values import Digest
from tests.support.opened_tender import bidder_key, identity_of
from tests.support.opening_room import OFFICER, OPENING, PATH, SUPERVISOR, Room
from tests.support.sealed_bids import TENDER, sealed_bid
from tests.support.service import World, refusal

NAMES = ("甲", "乙", "丙")


SAID = "what is in the bid"


def spoilt_for(bidder: str, error: Callable[..., Exception]) -> Any:
    """An `unseal` that meets an error with one bid."""
    unseal = OpeningDesk.unseal

    def spoilt(desk: OpeningDesk, bid: Any, part: int) -> Any:
        def fails(_key: bytes) -> Any:
            raise error(SAID) if error is ZeroDivisionError else error()

        return fails if bid.bidder == bidder else unseal(desk, bid, part)

    return spoilt


@pytest.fixture
def room(service: World) -> Room:
    return Room(service)


@pytest.fixture
def three(room: Room) -> Room:
    """Three bids, all disclosed, not yet released."""
    room.submit(*NAMES)
    room.tender.disclose(*NAMES)
    room.catch_up()
    return room


class TestOpening:
    def test_is_told_once_trustees_have_spoken_and_not_before(self, three: Room) -> None:
        tender = three.tender
        tender.release(1, 3)
        three.catch_up()
        assert three.work() == 0
        assert refusal(three.service.client.get(OPENING)) == (409, "TenderNotOpen")
        tender.release(5)
        three.catch_up()
        assert three.work() == 4
        assert three.work() == 0
        shown = three.show()
        assert shown["phase"] == "OPENED"
        names = {each["openingForm"]["name"] for each in shown["bids"]}
        assert names == {identity_of(name)["name"] for name in NAMES}
        assert shown["notOpened"] == []
        told = TenderStore(three.service.database).history(TENDER)
        record = tender.opening().record(told, tender.open_all())
        assert shown["recordDigest"] == "0x" + record_digest(record).hex()
        assert shown["anchored"] is None
        tender.tell(events.OpeningRecorded, 0, 1, record_digest(record), 3)
        three.catch_up()
        assert three.work() == 0
        paper = f"{PATH.removesuffix('/lots/0')}/papers/{shown['recordDigest']}"
        assert three.service.client.get(paper).json() == shown["record"]
        first = three.service.client.get(OPENING)
        tag = {"If-None-Match": first.headers["ETag"]}
        assert three.service.client.get(OPENING, headers=tag).status_code == 304
        anchored = three.show()["anchored"]
        assert (anchored["digest"], anchored["opened"]) == (shown["recordDigest"], 3)

    def test_goes_on_where_a_process_died(self, three: Room) -> None:
        three.tender.release(1, 3, 5)
        three.catch_up()
        assert three.job.step() == 1
        shown = three.show()
        assert (len(shown["bids"]), shown["record"]) == (1, None)
        three.job = three.another_job()
        assert three.work() == 3
        assert len(three.show()["bids"]) == 3

    def test_blames_nobody_while_the_store_is_away(self, three: Room) -> None:
        three.tender.release(1, 3, 5)
        three.catch_up()
        three.service.blobs.is_up = False
        with pytest.raises(BlobStoreUnavailable):
            three.work()
        assert three.show()["notOpened"] == []
        three.service.blobs.is_up = True
        assert three.work() == 4

    def test_opens_the_others_where_one_file_cannot_be_read(
        self, three: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three.tender.release(1, 3, 5)
        three.catch_up()
        first = min(three.tender.bids.values(), key=lambda each: each.bid.bidder)
        bad, read = first.bid.parts[0].file, three.service.blobs.read

        def fails_on_one(digest: Digest) -> Any:
            if digest == bad:
                raise BlobStoreUnavailable
            return read(digest)

        monkeypatch.setattr(three.service.blobs, "read", fails_on_one)
        assert [three.job.step(), three.job.step()] == [1, 1]
        with pytest.raises(BlobStoreUnavailable):
            three.job.step()
        shown = three.show()
        assert (len(shown["bids"]), shown["notOpened"], shown["record"]) == (2, [], None)
        monkeypatch.undo()
        assert three.work() == 2
        assert len(three.show()["bids"]) == 3

    def test_opens_the_others_where_one_bid_meets_a_defect_of_ours(
        self, three: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody foresaw it: it is nothing against the bid, and its text goes nowhere."""
        three.tender.release(1, 3, 5)
        three.catch_up()
        first = min(three.tender.bids.values(), key=lambda each: each.bid.bidder)
        monkeypatch.setattr(OpeningDesk, "unseal", spoilt_for(first.bid.bidder, ZeroDivisionError))
        with capture_logs() as logged:
            assert three.work() == 2
        shown = three.show()
        assert (len(shown["bids"]), shown["notOpened"], shown["record"]) == (2, [], None)
        assert shown["pending"] == [first.bid.bidder]
        (line,) = (each for each in logged if each["event"] == "bid.failed")
        assert (line["error"], line["bidder"]) == ("ZeroDivisionError", first.bid.bidder)
        assert SAID not in str(logged)
        assert three.work() == 0  # it rests
        monkeypatch.undo()
        assert three.work() == 0
        three.service.clock.now += ASK_AGAIN_SECONDS
        assert three.work() == 2
        shown = three.show()
        assert (len(shown["bids"]), shown["pending"]) == (3, [])

    def test_is_tried_again_where_releases_fell_out(
        self, three: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A block that is replaced between two looks may take a trustee's secret with it."""
        three.tender.release(1, 3, 5)
        three.catch_up()
        first = min(three.tender.bids.values(), key=lambda each: each.bid.bidder)
        fallen = partial(ReleasesTooFew, 2, 3)
        monkeypatch.setattr(OpeningDesk, "unseal", spoilt_for(first.bid.bidder, fallen))
        assert [three.job.step(), three.job.step()] == [1, 1]
        with pytest.raises(ReleasesTooFew):
            three.job.step()
        shown = three.show()
        assert (shown["notOpened"], shown["pending"]) == ([], [first.bid.bidder])
        monkeypatch.undo()
        assert three.work() == 2
        assert three.show()["pending"] == []

    def test_goes_on_with_the_next_tender_where_one_meets_a_defect(
        self, three: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three.tender.release(1, 3, 5)
        three.catch_up()
        tenders = TenderStore.opening
        broken = b"\x00" * 32
        monkeypatch.setattr(TenderStore, "opening", lambda *given: (broken, *tenders(*given)))
        told = TenderStore.tender

        def fails_on_one(store: TenderStore, tender: Any) -> Any:
            if tender == broken:
                raise ZeroDivisionError(SAID)
            return told(store, tender)

        monkeypatch.setattr(TenderStore, "tender", fails_on_one)
        with capture_logs() as logged:
            assert three.work() == 4
        assert {each["error"] for each in logged} == {"ZeroDivisionError"}
        assert SAID not in str(logged)

    def test_names_the_trustees_who_kept_silent(self, three: Room) -> None:
        three.tender.release(2, 4)
        three.catch_up()
        three.pass_to(three.tender.ends.fallback_end)
        three.work()
        shown = three.show()
        assert (shown["phase"], shown["silentTrustees"]) == ("NOT_OPENED", [1, 3, 5])
        assert {each["cause"] for each in shown["notOpened"]} == {"NOT_RELEASED"}
        assert shown["pending"] == []

    def test_takes_a_copy_of_a_lost_file(self, three: Room) -> None:
        kept = three.service.blobs.kept
        digest = three.tender.bids["乙"].bid.parts[0].file
        whole = kept.pop(digest)
        three.tender.release(1, 3, 5)
        three.catch_up()
        assert three.work() == 3
        shown = three.show()
        (lost,) = shown["notOpened"]
        assert (lost["bidder"], lost["cause"]) == (three.tender.key("乙"), "FILE_LOST")
        evidence = {"file": "0x" + digest.hex(), "replicas": {"1": "absent"}}
        assert (lost["evidence"], shown["record"]) == (evidence, None)
        kept[digest] = whole
        three.service.clock.now += ASK_AGAIN_SECONDS
        assert three.work() == 2
        shown = three.show()
        assert (shown["notOpened"], len(shown["record"]["bids"])) == ([], 3)

    def test_of_a_file_that_stays_lost_is_over_with_the_last_window(self, three: Room) -> None:
        three.service.blobs.kept.pop(three.tender.bids["乙"].bid.parts[0].file)
        three.tender.release(1, 3, 5)
        three.catch_up()
        three.work()
        three.pass_to(three.tender.ends.fallback_end)
        assert three.work() == 2
        shown = three.show()
        assert [each["cause"] for each in shown["record"]["notOpened"]] == ["FILE_LOST"]
        three.service.clock.now += ASK_AGAIN_SECONDS
        assert three.work() == 0

    def test_shows_bad_shares_until_their_bidder_mends_them(self, room: Room) -> None:
        room.submit("甲", "丙")
        made = sealed_bid(bidder_key("乙"), who=identity_of("乙"))
        broken = replace(made, envelopes=tuple(bytes(81) for _ in made.envelopes))
        room.keep(room.tender.submit("乙", broken).file)
        room.tender.disclose(*NAMES)
        room.tender.release(1, 3, 5)
        room.catch_up()
        assert room.work() == 3
        (bad,) = room.show()["notOpened"]
        assert (bad["cause"], bad["evidence"]) == ("SHARES_BAD", {"broken": [1, 3, 5]})
        room.service.clock.now += ASK_AGAIN_SECONDS
        room.tender.now = room.service.clock.now
        room.tender.recover("乙")
        room.catch_up()
        assert room.work() == 2
        assert room.show()["notOpened"] == []

    def test_needs_the_documents(self, three: Room) -> None:
        three.service.blobs.kept.pop(three.tender.documents.digest)
        three.tender.release(1, 3, 5)
        three.catch_up()
        assert three.work() == 0
        assert three.show()["bids"] == []

    def test_is_unknown(self, room: Room) -> None:
        client = room.service.client
        assert refusal(client.get(OPENING)) == (404, "TenderUnknown")
        room.catch_up()
        assert refusal(client.get(f"{PATH}/openings/2")) == (422, "PartUnknown")
        assert refusal(client.get(OPENING.replace("lots/0", "lots/1"))) == (404, "LotUnknown")


class TestReplicas:
    """Before anyone is blamed the digest is checked again from every replica."""

    def lost(self, room: Room) -> Any:
        room.tender.release(1, 3, 5)
        room.catch_up()
        room.work()
        (told,) = room.show()["notOpened"]
        return told

    def two(self, room: Room) -> tuple[Any, Any, Digest]:
        """The bytes of two stores that have the same, and a file that both have."""
        second = room.service.another_store()
        second.kept.update(room.service.blobs.kept)
        digest = Digest(room.tender.bids["乙"].bid.parts[0].file)
        return room.service.blobs, second, digest

    @pytest.mark.parametrize("bad", [0, 1])
    def test_one_spoilt_or_lost_copy_closes_no_bid(self, three: Room, bad: int) -> None:
        *stores, digest = self.two(three)
        if bad:
            stores[0].kept[digest] = stores[0].kept[digest][:-1] + b"\x00"
        else:
            stores[0].kept.pop(digest)
        three.tender.release(1, 3, 5)
        three.catch_up()
        assert three.work() == 4
        shown = three.show()
        assert (len(shown["bids"]), shown["notOpened"]) == (3, [])

    def test_a_file_is_lost_when_no_replica_has_it_and_each_is_named(self, three: Room) -> None:
        first, second, digest = self.two(three)
        first.kept[digest] = first.kept[digest][:-1] + b"\x00"
        second.kept.pop(digest)
        told = self.lost(three)
        assert told["cause"] == "FILE_LOST"
        found = {"1": "corrupt", "2": "absent"}
        assert told["evidence"] == {"file": "0x" + digest.hex(), "replicas": found}

    def test_nothing_is_lost_while_a_replica_does_not_answer(self, three: Room) -> None:
        first, second, digest = self.two(three)
        whole = first.kept.pop(digest)
        second.is_up = False
        three.tender.release(1, 3, 5)
        three.catch_up()
        with pytest.raises(BlobStoreUnavailable):
            three.work()
        shown = three.show()
        assert (len(shown["bids"]), shown["notOpened"], shown["record"]) == (2, [], None)
        second.is_up = True
        assert second.kept[digest] == whole
        assert three.work() == 2
        assert len(three.show()["record"]["bids"]) == 3


class TestForOfficers:
    def test_give_sealed_files_of_opened_bids_alone(self, three: Room) -> None:
        three.tender.release(1, 3, 5)
        three.catch_up()
        client, made = three.service.client, three.tender.bids["甲"]
        path = f"{OPENING}/files/{three.tender.key('甲')}"
        for who in (OFFICER, SUPERVISOR):
            answer = client.get(path, headers=three.service.by(who))
            assert (answer.status_code, answer.content) == (200, made.file)
            assert answer.headers["Cache-Control"] == "no-store"
        stranger = three.service.by(three.service.stranger)
        assert refusal(client.get(path, headers=stranger)) == (403, "RoleMissing")
        assert refusal(client.get(path)) == (401, "SignInMissing")
        three.service.blobs.kept.pop(made.bid.parts[0].file)
        lost = client.get(path, headers=three.service.by(OFFICER))
        assert refusal(lost)[1] == "BlobUnknown"
        nobody = f"{OPENING}/files/0x{'11' * 20}"
        found = refusal(client.get(nobody, headers=three.service.by(OFFICER)))
        assert found[1] == "BidMissing"

    def test_show_what_bids_have_in_common(self, three: Room) -> None:
        headers = three.service.by(OFFICER)
        path = f"{PATH}/signals"
        early = three.service.client.get(path, headers=headers)
        assert refusal(early) == (409, "TenderNotOpen")
        three.tender.release(1, 3, 5)
        three.catch_up()
        three.work()
        told = three.service.client.get(path, headers=headers).json()["signals"]
        assert {each["code"] for each in told} == {"SAME_FILE", "PRICE_EQUAL"}
        assert all(len(each["bids"]) == 3 for each in told)
        stranger = three.service.by(three.service.stranger)
        assert refusal(three.service.client.get(path, headers=stranger)) == (403, "RoleMissing")
