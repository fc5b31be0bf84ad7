from api.store.batches import BatchStore, Sealed
from api.store.database import Database
from api.store.licences import LicenceStore
from api.store.measures import MeasureStore, Waiting
from api.store.outbox import SqlOutbox
from ledger.outbox import IntentState
from ledger.values import RecordKind, Root
from tests.support.issued import OFFICE, intent, row


class TestWaiting:
    def test_is_nothing_at_first(self, database: Database) -> None:
        assert MeasureStore(database).waiting() == Waiting(0, None, {})

    def test_a_record_waits_until_its_batch_is_in_a_block(self, database: Database) -> None:
        store, outbox = MeasureStore(database), SqlOutbox(database)
        LicenceStore(database).add([row(1), row(2)])
        assert store.waiting() == Waiting(2, 5001, {})
        BatchStore(database).close(
            OFFICE, RecordKind.LICENCE, 1, 6000, lambda _: Sealed(Root(b"r" * 32), intent(1))
        )
        assert store.waiting() == Waiting(1, 5001, {"waiting": 1})
        outbox.mark(intent(1).id, IntentState.MINED, receipt=(1, b"b" * 32, b"t" * 32))
        assert store.waiting() == Waiting(1, 5002, {"mined": 1})
        outbox.mark(intent(1).id, IntentState.SENT)
        assert store.waiting() == Waiting(1, 5001, {"sent": 1})
