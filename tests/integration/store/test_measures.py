from dataclasses import replace

from sqlalchemy import insert

from api.store.batches import BatchStore, Sealed
from api.store.database import Database
from api.store.jobs import JobRow, JobStore
from api.store.licences import LicenceStore
from api.store.measures import MeasureStore, Spent, Waiting
from api.store.outbox import SqlOutbox
from api.store.projection import SqlProjection
from api.store.tables import status_words
from ledger.merkle import Crown
from ledger.outbox import IntentState
from ledger.values import RecordKind, Root, Status
from tests.support.fake_projection import fall_back
from tests.support.issued import ACCOUNT, CHAIN, OFFICE, RECEIPT, digest, intent, row


class TestWaiting:
    def test_is_nothing_at_first(self, database: Database) -> None:
        assert MeasureStore(database).waiting() == Waiting(0, None, {}, {})

    def test_a_record_waits_until_its_batch_is_in_a_block(self, database: Database) -> None:
        store, outbox = MeasureStore(database), SqlOutbox(database)
        LicenceStore(database).add([row(1), row(2)])
        assert store.waiting() == Waiting(2, 5001, {}, {})
        sealed = Sealed(Root(b"r" * 32), Crown(1, b""), intent(1))
        BatchStore(database).close(OFFICE, RecordKind.LICENCE, 1, 6000, lambda _: sealed)
        assert store.waiting() == Waiting(1, 5001, {"waiting": 1}, {})
        outbox.mark(intent(1).id, IntentState.MINED, receipt=RECEIPT)
        assert store.waiting() == Waiting(1, 5002, {"mined": 1}, {})
        outbox.mark(intent(1).id, IntentState.SENT)
        assert store.waiting() == Waiting(1, 5001, {"sent": 1}, {})

    def test_counts_jobs_until_they_are_over(self, database: Database) -> None:
        store, jobs = MeasureStore(database), JobStore(database)
        for number in (1, 2, 3):
            job = bytes([number]) * 16
            jobs.add(JobRow(job, OFFICE, "cn.food-business", "text/csv", None, False, ACCOUNT, 1))  # noqa: FBT003  # no dry run
        jobs.submit(b"\x01" * 16, 2, lambda _: None)
        jobs.cancel(b"\x02" * 16, 2, lambda _: None)
        assert store.waiting().jobs == {"waiting": 1, "receiving": 1}

    def test_counts_what_is_parked_by_error_and_who_stands_still(self, database: Database) -> None:
        store, outbox = MeasureStore(database), SqlOutbox(database)
        outbox.add([intent(number) for number in range(4)])
        for number, error in ((1, "RoleMissing"), (2, "RoleMissing"), (3, "NodeRefused")):
            outbox.mark(intent(number).id, IntentState.FAILED, error=error)
        outbox.halt(CHAIN, ACCOUNT, "no-funds")
        outbox.halt(CHAIN + 1, ACCOUNT, "")
        found = store.waiting()
        assert found.intents == {"waiting": 1, "failed": 3}
        assert found.parked == {"RoleMissing": 2, "NodeRefused": 1}
        assert found.halted == {"no-funds": 1}


class TestRunningOut:
    def test_counts_what_stands_without_a_successor_and_ends_soon(self, database: Database) -> None:
        store = MeasureStore(database)
        ends = {"cn.food-business": 2_000, "cn.drug-business": 3_000}
        assert store.running_out(1_000, ends) == dict.fromkeys(ends, 0)
        assert store.running_out(1_000, {}) == {}
        LicenceStore(database).add(
            [
                row(1, exp=1_000),
                row(2, exp=1_999),
                row(3, exp=999),
                row(4, exp=2_000),
                row(5, exp=None),
                row(6, exp=2_999, type_id="cn.drug-business"),
                row(7, exp=1_500, type_id="cn.road-transport"),
                row(8, exp=1_500),
                row(9, exp=9_000, predecessor=digest(8), predecessor_reason=401),
                row(10, exp=1_500),
            ]
        )
        suspended = (int(Status.SUSPENDED) << 20).to_bytes(32)
        with database.write() as connection:
            values = {"agency": OFFICE, "list": 0, "word": 0, "value": suspended}
            connection.execute(insert(status_words).values(values))
        assert store.running_out(1_000, ends) == {"cn.food-business": 2, "cn.drug-business": 1}


class TestSpent:
    def test_adds_up_by_call_what_cannot_fall_out_any_more(self, database: Database) -> None:
        store, outbox = MeasureStore(database), SqlOutbox(database)
        assert store.spent() == {}
        one, other = b"\x01\x02\x03\x04", b"\xff\x00\x00\x00"
        outbox.add([intent(n, call=one + bytes([n])) for n in (1, 2, 3, 4)])
        outbox.add([intent(5, call=other * 9), intent(6, call=other)])
        outbox.mark(intent(1).id, IntentState.FINAL, receipt=RECEIPT)
        outbox.mark(intent(2).id, IntentState.FAILED, error="RoleMissing", receipt=RECEIPT)
        outbox.mark(intent(3).id, IntentState.FAILED, error="RoleMissing")  # never sent
        outbox.mark(intent(4).id, IntentState.MINED, receipt=RECEIPT)
        outbox.mark(intent(5).id, IntentState.FINAL, receipt=replace(RECEIPT, gas_price=None))
        fees = 2 * RECEIPT.gas_used * 2 * 10**9
        gas = RECEIPT.gas_used
        assert store.spent() == {one: Spent(2, 2 * gas, fees), other: Spent(1, gas, 0)}

    def test_holds_more_wei_than_an_integer_of_the_database(self, database: Database) -> None:
        dear = replace(RECEIPT, gas_used=2**24, gas_price=2**62)
        outbox = SqlOutbox(database)
        outbox.add([intent(1), intent(2)])
        for number in (1, 2):
            outbox.mark(intent(number).id, IntentState.FINAL, receipt=dear)
        found = [one.fees for one in MeasureStore(database).spent().values()]
        assert sum(found) == 2.0**87

    def test_forgets_what_fell_out(self, database: Database) -> None:
        outbox = SqlOutbox(database)
        outbox.add([intent(1)])
        outbox.mark(intent(1).id, IntentState.FINAL, receipt=RECEIPT)
        fall_back(SqlProjection(database), RECEIPT.block - 1)
        assert MeasureStore(database).spent() == {}
        outbox.mark(intent(1).id, IntentState.FINAL)
        assert MeasureStore(database).spent() == {}
