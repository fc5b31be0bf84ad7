from api.store.database import Database
from api.store.leases import Lease


class TestTake:
    def test_is_for_one_at_a_time(self, url: str, database: Database) -> None:
        other_process = Database.open(url)
        first, second = Lease(database, "worker"), Lease(other_process, "worker")
        assert first.take()
        assert first.take()
        assert not second.take()
        first.release()
        assert second.take()
        assert not first.take()
        second.release()
        other_process.close()

    def test_under_another_name_is_another(self, database: Database) -> None:
        first, second = Lease(database, "worker:1"), Lease(database, "worker:2")
        assert first.take()
        assert second.take()
        first.release()
        second.release()
