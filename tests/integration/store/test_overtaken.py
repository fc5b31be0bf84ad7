"""What another process stores while one waits for it: seen, and neither overwritten nor a crash."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from api.store.database import Database
from api.store.foreign import ForeignStore, RevocationUpdate
from api.store.foreign_tables import health_revocations
from api.store.health_scans import ScanEntry, ScanStore
from api.store.records import NOT_KEPT, RecordRow, insert_records
from ledger.health.hcert.trust import ListReplayed
from ledger.health.scans import digest_of, scan_number
from ledger.values import Address, AgencyId, RecordKind

AGENCY = AgencyId(b"\x01" * 32)
OFFICER = Address("0x" + "01" * 20)
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@contextmanager
def other(database: Database) -> Iterator[tuple[Connection, ThreadPoolExecutor]]:
    """Give another process's transaction, which ends once whoever was sent off waits for it."""
    with ThreadPoolExecutor(1) as pool, database.write() as connection:
        yield connection, pool
        while database.is_postgresql:
            with database.read() as looking:
                if looking.execute(WAITING).scalar_one():
                    break


def test_an_older_revocation_list_never_takes_the_place_of_a_newer_one(database: Database) -> None:
    store = ForeignStore(database)
    lists = {b"\x02" * 8: b"sample"}
    waiting: Future[Any]
    with other(database) as (connection, pool):
        head = {"agency": AGENCY, "kid": b"", "sequence": 6, "as_of": 60, "content": b""}
        named = head | {"account": OFFICER, "kept_at": 60}
        connection.execute(insert(health_revocations).values(named))
        older = RevocationUpdate(AGENCY, 5, 50, lists, OFFICER, 61)
        waiting = pool.submit(store.keep_revoked, older)
    with pytest.raises(ListReplayed):
        waiting.result()
    held = store.revoked(AGENCY)
    assert held is not None
    assert (held.sequence, held.lists) == (6, {})
    store.keep_revoked(RevocationUpdate(AGENCY, 7, 70, lists, OFFICER, 71))
    held = store.revoked(AGENCY)
    assert held is not None
    assert (held.sequence, held.lists) == (7, lists)


def test_a_scan_that_comes_twice_at_the_same_moment_is_kept_once(database: Database) -> None:
    store, row = ScanStore(database), b"sample row"
    digest = digest_of(row)
    entry = ScanEntry(digest, AGENCY, scan_number(digest), "Sample", None, row, 9_000)
    waiting: Future[int]
    with other(database) as (connection, pool):
        record = RecordRow(digest, AGENCY, RecordKind.HEALTH_SCAN, NOT_KEPT, 60)
        insert_records(connection, [record])
        waiting = pool.submit(store.add, [entry], 61)
    assert waiting.result() == 0
