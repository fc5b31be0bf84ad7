from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from api.store.database import Database
from api.store.outbox import IntentUnknown, NonceTaken, SqlOutbox
from ledger.outbox import Attempt, Intent, IntentState, Outbox
from tests.support import fake_outbox
from tests.support.databases import KINDS, migrated_sqlite
from tests.support.fake_outbox import FakeOutbox
from tests.support.issued import ACCOUNT, CHAIN, RECEIPT, TARGET, intent

TAKEN = (NonceTaken, fake_outbox.NonceTaken)


class Door(Protocol):
    """Puts intents into an outbox."""

    def __call__(self, *wanted: Intent) -> None: ...


@pytest.fixture(params=["fake", *KINDS])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Outbox, Door]]:
    """The outbox of the sender's tests and the ones on disk: one suite for all."""
    if request.param == "fake":
        fake = FakeOutbox()
        yield fake, fake.add
        return
    made: AbstractContextManager[str] = nullcontext(migrated_sqlite(tmp_path))
    if request.param == "postgresql":
        made = request.getfixturevalue("emptied_postgres").lent()
    with made as url:
        database = Database.open(url)
        outbox = SqlOutbox(database)
        yield outbox, lambda *wanted: outbox.add(wanted)
        database.close()


def attempt(number: int, nonce: int = 5, fee: int = 10) -> Attempt:
    one = intent(number)
    return Attempt(one.id, bytes([number, nonce, fee]), b"raw", nonce, fee, 1, 777)


def ids(found: Sequence[Intent]) -> list[bytes]:
    return [one.id for one in found]


def begin(desk: tuple[Outbox, Door], *numbers: int) -> Outbox:
    outbox, add = desk
    add(*(intent(number) for number in numbers))
    outbox.set_nonce(CHAIN, ACCOUNT, 5)
    return outbox


class TestWaiting:
    def test_is_in_the_order_of_storing(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 3, 1, 2)
        assert outbox.waiting(CHAIN, ACCOUNT, 10) == [intent(3), intent(1), intent(2)]
        assert ids(outbox.waiting(CHAIN, ACCOUNT, 2)) == [intent(3).id, intent(1).id]

    def test_holds_an_intent_once_and_as_it_was_first(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1)
        outbox.reserve({intent(1).id: 100}, 5)
        desk[1](intent(1))
        assert list(outbox.waiting(CHAIN, ACCOUNT, 10)) == []
        assert ids(outbox.unfinished(CHAIN, ACCOUNT)) == [intent(1).id]

    def test_keeps_accounts_and_chains_apart(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1)
        assert list(outbox.waiting(CHAIN + 1, ACCOUNT, 10)) == []
        assert list(outbox.waiting(CHAIN, TARGET, 10)) == []


class TestReserve:
    def test_takes_the_nonce_from_the_counter(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1)
        outbox.reserve({intent(1).id: 100}, 5)
        (found,) = outbox.unfinished(CHAIN, ACCOUNT)
        assert (found.state, found.nonce, found.gas) == (IntentState.RESERVED, 5, 100)
        assert outbox.next_nonce(CHAIN, ACCOUNT) == 6

    def test_fences_off_a_second_worker(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1, 2)
        outbox.reserve({intent(1).id: 100}, 5)
        with pytest.raises(TAKEN):
            outbox.reserve({intent(2).id: 100}, 5)
        with pytest.raises(TAKEN):
            outbox.reserve({intent(1).id: 100}, 6)
        assert outbox.next_nonce(CHAIN, ACCOUNT) == 6
        assert ids(outbox.waiting(CHAIN, ACCOUNT, 10)) == [intent(2).id]

    def test_of_many_is_one_transaction(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1, 2, 3)
        outbox.reserve({intent(2).id: 200, intent(1).id: 100}, 5)
        found = outbox.unfinished(CHAIN, ACCOUNT)
        expected = [(intent(2).id, 5, 200), (intent(1).id, 6, 100)]
        assert [(one.id, one.nonce, one.gas) for one in found] == expected
        with pytest.raises(TAKEN):
            outbox.reserve({intent(3).id: 100, intent(1).id: 100}, 7)
        assert outbox.next_nonce(CHAIN, ACCOUNT) == 7
        assert ids(outbox.waiting(CHAIN, ACCOUNT, 10)) == [intent(3).id]

    def test_needs_a_counter(self, desk: tuple[Outbox, Door]) -> None:
        outbox, add = desk
        add(intent(1))
        assert outbox.next_nonce(CHAIN, ACCOUNT) is None
        with pytest.raises(TAKEN):
            outbox.reserve({intent(1).id: 100}, 0)


class TestAttempts:
    def test_are_kept_oldest_first_and_make_the_intent_signed(
        self, desk: tuple[Outbox, Door]
    ) -> None:
        outbox = begin(desk, 1)
        outbox.reserve({intent(1).id: 100}, 5)
        outbox.add_attempts([attempt(1)])
        outbox.mark_sent([intent(1).id])
        outbox.add_attempts([attempt(1, fee=12)])
        assert list(outbox.attempts(intent(1).id)) == [attempt(1), attempt(1, fee=12)]
        assert outbox.unfinished(CHAIN, ACCOUNT)[0].state is IntentState.SIGNED

    def test_of_many_intents_are_stored_at_once(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1, 2)
        outbox.reserve({intent(1).id: 100, intent(2).id: 100}, 5)
        outbox.add_attempts([attempt(1), attempt(2, nonce=6)])
        assert {one.state for one in outbox.unfinished(CHAIN, ACCOUNT)} == {IntentState.SIGNED}
        both = [intent(1).id, intent(2).id]
        assert outbox.attempts_of(both).keys() == set(both)

    def test_go_with_the_nonce_at_a_release(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1)
        outbox.reserve({intent(1).id: 100}, 5)
        outbox.add_attempts([attempt(1)])
        outbox.release(intent(1).id)
        assert list(outbox.attempts(intent(1).id)) == []
        assert list(outbox.waiting(CHAIN, ACCOUNT, 10)) == [intent(1)]
        outbox.reserve({intent(1).id: 100}, 6)
        outbox.add_attempts([attempt(1, nonce=6)])


class TestMark:
    def test_keeps_the_receipt_until_the_block_is_gone(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1)
        outbox.reserve({intent(1).id: 100}, 5)
        outbox.mark(intent(1).id, IntentState.MINED, receipt=RECEIPT)
        (found,) = outbox.unfinished(CHAIN, ACCOUNT)
        assert (found.block, found.block_hash, found.transaction) == (9, b"h" * 32, b"t" * 32)
        outbox.mark_sent([intent(1).id])
        (found,) = outbox.unfinished(CHAIN, ACCOUNT)
        assert (found.block, found.block_hash, found.transaction) == (None, None, None)

    def test_settles_many_at_once_each_with_its_receipt(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk, 1, 2)
        outbox.reserve({intent(1).id: 100, intent(2).id: 100}, 5)
        other = replace(RECEIPT, block=10)
        found = {
            intent(1).id: (IntentState.FINAL, RECEIPT),
            intent(2).id: (IntentState.MINED, other),
        }
        outbox.settle(found)
        (left,) = outbox.unfinished(CHAIN, ACCOUNT)
        assert (left.id, left.state, left.block) == (intent(2).id, IntentState.MINED, 10)

    @pytest.mark.parametrize("state", [IntentState.FINAL, IntentState.FAILED])
    def test_ends_what_is_unfinished(self, desk: tuple[Outbox, Door], state: IntentState) -> None:
        outbox = begin(desk, 1)
        outbox.reserve({intent(1).id: 100}, 5)
        outbox.mark(intent(1).id, state, error="StatusFinal")
        assert list(outbox.unfinished(CHAIN, ACCOUNT)) == []
        assert list(outbox.waiting(CHAIN, ACCOUNT, 10)) == []


class TestUnfinished:
    def test_is_in_the_order_of_nonces_an_adopted_one_first(
        self, desk: tuple[Outbox, Door]
    ) -> None:
        outbox = begin(desk, 1, 2, 3)
        outbox.reserve({intent(2).id: 100}, 5)
        outbox.reserve({intent(1).id: 100}, 6)
        outbox.mark(intent(3).id, IntentState.MINED, receipt=RECEIPT)
        expected = [intent(3).id, intent(2).id, intent(1).id]
        assert ids(outbox.unfinished(CHAIN, ACCOUNT)) == expected


class TestHalt:
    def test_lasts_until_resumed_and_leaves_the_counter(self, desk: tuple[Outbox, Door]) -> None:
        outbox = begin(desk)
        assert outbox.halted(CHAIN, ACCOUNT) == ""
        outbox.halt(CHAIN, ACCOUNT, "no-funds")
        assert outbox.halted(CHAIN, ACCOUNT) == "no-funds"
        outbox.halt(CHAIN, ACCOUNT, "")
        assert outbox.halted(CHAIN, ACCOUNT) == ""
        assert outbox.next_nonce(CHAIN, ACCOUNT) == 5

    def test_of_an_account_never_used_sets_no_nonce(self, desk: tuple[Outbox, Door]) -> None:
        outbox, _ = desk
        outbox.halt(CHAIN, ACCOUNT, "no-funds")
        assert outbox.next_nonce(CHAIN, ACCOUNT) is None


class TestGet:
    def test_returns_the_intent_or_says_there_is_none(self, database: Database) -> None:
        outbox = SqlOutbox(database)
        outbox.add([intent(1)])
        assert outbox.get(intent(1).id) == intent(1)
        with pytest.raises(IntentUnknown):
            outbox.get(intent(2).id)
        with pytest.raises(IntentUnknown):
            outbox.mark_sent([intent(2).id])
