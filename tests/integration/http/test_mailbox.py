"""Mailboxes over HTTP, on both databases: hashes in, one root of 64 a minute, where each lies."""

import secrets
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from api.services.at_head import AtHead
from api.services.mailboxes import MOST_WAITING, MailboxAnchoring, OwnMailboxes
from api.store.mailbox_tables import mailbox_messages, mailbox_roots
from api.store.mailboxes import MailboxStore
from api.store.outbox import SqlOutbox
from api.store.tenders import TenderStore
from ledger.events import BatchAnchored, RoleGranted
from ledger.outbox import Intent, IntentState
from ledger.tenders import receipts
from ledger.tenders.mailbox import LEAVES, check_path, leaf
from ledger.tenders.receipts import ReceiptState
from ledger.values import AgencyId, Digest, RecordKind, Role, Root, role_id
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.service import (
    BASE_URL,
    CHAIN_ID,
    FOREIGN_ID,
    World,
    account,
    nothing_changes,
    refusal,
)
from tests.support.tender_story import LEDGER, Story, Where

MESSAGES = "/v1/mailbox/messages"
MINUTE = 60


class Minutes:
    """An agency's mailbox from minute to minute, with a tender that receives."""

    def __init__(self, service: World) -> None:
        self.service = service
        self.story = Story(where=Where("GZ-2026-0001", service.clock.now + 1, LEDGER, AGENCY.id))
        for each in self.story.events:
            service.clock.now = each.place.block_time
            service.say(lambda place, each=each: replace(each, place=place))
        role = role_id(AGENCY.id, Role.ISSUER)
        service.say(lambda place: RoleGranted(place, role, service.operator.address))
        service.clock.now += -service.clock.now % MINUTE
        service.say()
        self.worker = self.new_worker()

    def new_worker(self) -> MailboxAnchoring:
        service = self.service
        at_head = AtHead(service.registry)
        return MailboxAnchoring(
            store=MailboxStore(service.database),
            own=OwnMailboxes(TenderStore(service.database), at_head, service.operator.address),
            intents=service.intents,
            clock=service.clock,
            randomness=secrets.token_bytes,
            seconds=MINUTE,
        )

    def go(self, seconds: int) -> None:
        self.service.clock.now += seconds
        self.service.say()

    def intents(self) -> list[Intent]:
        outbox = SqlOutbox(self.service.database)
        return list(outbox.waiting(CHAIN_ID, self.service.operator.address, 1_000))

    def put(self, data: bytes, agency: AgencyId = AGENCY.id) -> Any:
        form = {"mailbox": "0x" + agency.hex(), "leaf": "0x" + data.hex()}
        return self.service.client.post(MESSAGES, json=form)

    def put_many(self, count: int) -> list[Digest]:
        made = [Digest(secrets.token_bytes(32)) for _ in range(count)]
        for each in made:
            self.service.services.mailboxes.put(AGENCY.id, each)
        return made

    def place(self, data: bytes) -> Any:
        return self.service.client.get(f"{MESSAGES}/0x{data.hex()}")

    def shown(self, data: bytes) -> Any:
        answer = self.place(data)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def anchor(self, root: str) -> None:
        """Let the chain say that it has a root."""
        words = Root(bytes.fromhex(root[2:])), int(RecordKind.TENDER_MAILBOX), LEAVES
        self.service.say(lambda place: BatchAnchored(place, AGENCY.id, *words))


@pytest.fixture
def minutes(service: World) -> Minutes:
    return Minutes(service)


def proven(shown: Any) -> None:
    """Check the path as a wallet does."""
    path = [bytes.fromhex(each[2:]) for each in shown["path"]]
    data, root = (bytes.fromhex(shown[name][2:]) for name in ("leaf", "root"))
    check_path(Digest(data), shown["index"], path, Root(root))


class TestMessage:
    def test_is_receipted_placed_anchored_and_final(self, minutes: Minutes) -> None:
        data = leaf(b"\x01" * 32, b"\x02" * 32)
        answer = minutes.put(data)
        assert answer.status_code == 201
        assert answer.headers["Location"] == f"{MESSAGES}/0x{data.hex()}"
        receipt = receipts.read(answer.json()["receipt"], AGENCY_KEY.public_key)
        assert (receipt.leaf, receipt.digest, receipt.files) == (data, None, ())
        assert (receipt.state, receipt.issued_at) == (
            ReceiptState.STORED,
            minutes.service.clock.now,
        )
        assert receipt.issuer == f"{BASE_URL}/agencies/CN-GD/{AGENCY.code}"
        waiting = minutes.shown(data)
        assert (waiting["state"], waiting["root"], waiting["path"]) == ("stored", None, [])
        assert minutes.worker.step() == 1
        placed = minutes.shown(data)
        assert (placed["state"], placed["block"]) == ("submitted", None)
        proven(placed)
        minutes.anchor(placed["root"])
        anchored = minutes.shown(data)
        assert anchored["state"] == "final"
        assert anchored["block"]["number"] > 0
        assert {**anchored, "state": "", "block": None} == {**placed, "state": ""}

    def test_that_comes_again_gets_its_first_receipt(self, minutes: Minutes) -> None:
        (data,) = minutes.put_many(1)
        first = minutes.shown(data)["receipt"]
        minutes.go(5)
        with nothing_changes(minutes.service):
            again = minutes.put(data)
        assert (again.status_code, again.json()["receipt"]) == (200, first)

    def test_is_refused_where_no_root_would_hold_it(self, minutes: Minutes) -> None:
        with nothing_changes(minutes.service):
            refused = minutes.put(bytes(32), FOREIGN_ID)
            assert refusal(refused) == (404, "MailboxUnknown")
        minutes.go(minutes.story.ends.submit_end - minutes.service.clock.now)
        with nothing_changes(minutes.service):
            assert refusal(minutes.put(bytes(32))) == (409, "MailboxClosed")
            assert refusal(minutes.place(bytes(32))) == (404, "MailboxMessageUnknown")
            assert minutes.worker.step() == 0

    def test_of_a_mailbox_that_only_others_may_anchor_is_refused(self, service: World) -> None:
        minutes = Minutes(service)
        without = OwnMailboxes(
            TenderStore(service.database), AtHead(service.registry), service.stranger.address
        )
        assert without.all() == {}
        with_role = OwnMailboxes(
            TenderStore(service.database), AtHead(service.registry), service.operator.address
        )
        assert with_role.all() == {AGENCY.id: True}
        assert minutes.worker.step() == 1

    def test_is_not_taken_once_ten_minutes_wait(self, minutes: Minutes) -> None:
        values = {"agency": AGENCY.id, "received_at": minutes.service.clock.now, "receipt": "x"}
        taken = [n.to_bytes(32) for n in range(1, MOST_WAITING + 1)]
        with minutes.service.database.write() as connection:
            rows = [{**values, "leaf": each} for each in taken]
            connection.execute(insert(mailbox_messages), rows)
        with nothing_changes(minutes.service):
            assert refusal(minutes.put(bytes(32))) == (503, "MailboxOverrun")
            assert minutes.put(taken[0]).status_code == 200
        assert minutes.worker.step() == 1
        assert minutes.put(bytes(32)).status_code == 201


class TestMinute:
    def test_without_messages_looks_like_a_full_one(self, minutes: Minutes) -> None:
        assert minutes.worker.step() == 1
        first = minutes.put_many(LEAVES + 1)
        minutes.go(MINUTE)
        assert minutes.worker.step() == 1
        empty, full = minutes.intents()
        assert len(empty.call) == len(full.call)
        assert empty.call[:68] == full.call[:68]  # selector, agency, kind; then the root
        assert empty.call[100:] == full.call[100:]
        assert empty.call[68:100] != full.call[68:100]
        states = [minutes.shown(each)["state"] for each in first]
        assert states == ["submitted"] * LEAVES + ["stored"]
        indices = [minutes.shown(each)["index"] for each in first[:-1]]
        assert sorted(indices) == list(range(LEAVES))
        assert indices != sorted(indices)
        for each in first[:-1]:
            proven(minutes.shown(each))
        minutes.go(MINUTE)
        assert minutes.worker.step() == 1
        last = minutes.shown(first[-1])
        assert last["root"] != minutes.shown(first[0])["root"]
        proven(last)

    def test_has_one_root_though_two_workers_run(self, minutes: Minutes) -> None:
        other = minutes.new_worker()
        assert [each.step() for each in (minutes.worker, other, minutes.worker)] == [1, 0, 0]
        minutes.go(MINUTE - 1)
        assert [each.step() for each in (other, minutes.worker)] == [0, 0]
        minutes.go(1)
        assert [each.step() for each in (other, minutes.worker)] == [1, 0]
        assert len(minutes.intents()) == 2

    def test_has_one_root_though_the_workers_clocks_differ(self, minutes: Minutes) -> None:
        other = minutes.new_worker()
        roots = 0
        for _ in range(3):  # one clock is past the minute, the other is not
            roots += minutes.worker.step()
            minutes.service.clock.now -= 1
            roots += other.step()
            minutes.service.clock.now += 1
        assert roots == 1

    def test_comes_again_after_a_clock_that_was_ahead(self, minutes: Minutes) -> None:
        minutes.service.clock.now += 86_400
        assert minutes.worker.step() == 1
        minutes.service.clock.now -= 86_400
        assert minutes.worker.step() == 1

    def test_of_a_service_that_slept_is_not_made_up_for(self, minutes: Minutes) -> None:
        assert minutes.worker.step() == 1
        minutes.go(10 * MINUTE)
        assert [minutes.worker.step(), minutes.worker.step()] == [1, 0]

    def test_ends_with_the_last_tender_that_receives(self, minutes: Minutes) -> None:
        end = minutes.story.ends.submit_end
        minutes.go(end - 1 - minutes.service.clock.now)
        assert minutes.worker.step() == 1
        minutes.go(1)
        minutes.go(MINUTE)
        assert minutes.worker.step() == 0

    def test_that_breaks_off_leaves_messages_and_turn(self, minutes: Minutes) -> None:
        """One transaction: a crash before its end is as if the minute had not begun."""
        (data,) = minutes.put_many(1)
        store = MailboxStore(minutes.service.database)

        def crash(_: Any) -> Any:
            raise RuntimeError

        with nothing_changes(minutes.service), pytest.raises(RuntimeError):
            store.close(AGENCY.id, minutes.service.clock.now, MINUTE, crash)
        assert minutes.shown(data)["state"] == "stored"
        assert minutes.worker.step() == 1
        proven(minutes.shown(data))

    def test_that_the_ledger_refused_is_tried_again(self, minutes: Minutes) -> None:
        store, outbox = MailboxStore(minutes.service.database), SqlOutbox(minutes.service.database)
        assert minutes.worker.step() == 1
        minutes.put_many(1)
        for _ in range(2):
            minutes.go(MINUTE)
            assert minutes.worker.step() == 1
        old_empty, carrying, newest = minutes.intents()
        for each in (old_empty, carrying, newest):
            outbox.mark(each.id, IntentState.FAILED, error="RoleMissing")
        assert store.try_again() == 2
        assert minutes.intents() == [carrying, newest]


class TestPrivacy:
    def test_numbers_do_not_tell_how_many_bid(self, minutes: Minutes) -> None:
        client = minutes.service.client

        def told() -> set[str]:
            lines = client.get("/metrics").text.splitlines()
            return {line for line in lines if not line.startswith("#") and "/metrics" not in line}

        assert minutes.worker.step() == 1
        told()
        before = told()
        for each in minutes.put_many(3):
            minutes.shown(each)
        client.get("/v1/bids/uploads/0x" + "00" * 16)
        client.post("/v1/mailbox/uploads", json={}, headers=minutes.service.by(account("new")))
        client.post("/v1/sign-in/challenge", json={"address": account("new").address})
        assert told() == before
        assert "suizheng_mailbox_age_seconds 0.0" in before

    def test_nothing_kept_names_a_tender_or_a_bidder(self, minutes: Minutes) -> None:
        bidder = minutes.story.seal("Ann").bid
        digest, blind = b"\x07" * 32, b"\x08" * 32
        minutes.put(leaf(digest, blind))
        minutes.worker.step()
        with minutes.service.database.read() as connection:
            kept = [
                tuple(row)
                for table in (mailbox_messages, mailbox_roots)
                for row in connection.execute(select(table))
            ]
        text = repr(kept) + repr(minutes.service.log)
        for secret in (digest, blind, minutes.story.id):
            assert repr(secret)[2:-1] not in text
            assert secret.hex() not in text
        assert bidder.bidder.lower() not in text.lower()
