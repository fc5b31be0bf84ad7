import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import select

from api.store.audit import audit_view
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES, event_of, row_of
from api.store.projection import KEPT_BLOCKS, SqlProjection
from api.store.registry import Registry
from ledger import events
from ledger.events import ChangeCosigned, Event, Place, StatusChanged
from ledger.projection import Header
from ledger.status_list import mask, place
from ledger.values import Address, AgencyStatus, LedgerRef, Status
from tests.support.issued import OFFICE, TARGET

SAMPLES: dict[str, object] = {
    "agency": OFFICE,
    "jurisdiction": b"j" * 32,
    "code": "CN-GD",
    "name": "示例市市场监督管理局",
    "key_id": b"k" * 32,
    "x": b"x" * 32,
    "y": b"y" * 32,
    "record_type": b"t" * 32,
    "role": b"r" * 32,
    "root": b"R" * 32,
    "account": TARGET,
    "approver": TARGET,
    "mask": 3 << 254,
    "nonce": 2**256 - 1,
}
ENUMS = {StatusChanged: Status.REVOKED, events.AgencyStatusChanged: AgencyStatus.ACTIVE}


def header(block: int, fork: str = "a") -> Header:
    return Header(block, hashlib.sha256(f"{fork}{block}".encode()).digest(), 1000 + block)


def at(block: int, log_index: int = 0, fork: str = "a") -> Place:
    one = header(block, fork)
    return Place(block, one.hash, one.time, b"t" * 32, log_index)


def change(index: int, status: Status, block: int, log_index: int = 0) -> StatusChanged:
    word, _ = place(index)
    return StatusChanged(at(block, log_index), OFFICE, 0, word, mask(index), status, 101, 1, 0)


def sample(cls: type[Event]) -> Event:
    names = [name for name in cls.__dataclass_fields__ if name != "place"]
    values = {name: SAMPLES.get(name, 2**40 - 1) for name in names}
    if cls in ENUMS:
        values["status"] = ENUMS[cls]
    return cls(place=at(3, 4), **values)


@pytest.fixture
def projection(database: Database) -> SqlProjection:
    return SqlProjection(database)


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, LedgerRef(1, Address("0x")))


class TestEventTables:
    def test_hold_every_event_of_the_contracts(self) -> None:
        names = {cls.__name__ for cls in EVENT_TABLES}
        assert len(names) == 16
        assert {"BatchAnchored", "StatusChanged", "RoleGranted"} <= names

    @pytest.mark.parametrize("cls", list(EVENT_TABLES), ids=lambda cls: cls.__name__)
    def test_give_back_what_was_put_in(
        self, database: Database, projection: SqlProjection, cls: type[Event]
    ) -> None:
        happened = sample(cls)
        projection.apply([header(3)], [happened])
        with database.read() as connection:
            (row,) = connection.execute(select(EVENT_TABLES[cls])).all()
        assert event_of(cls, row) == happened
        assert type(event_of(cls, row)) is cls

    def test_hold_words_of_256_bits(self) -> None:
        row = row_of(ChangeCosigned(at(1), OFFICE, TARGET, 2**256 - 1))
        assert row["nonce"] == b"\xff" * 32


class TestApply:
    def test_moves_the_cursor_to_the_last_header(self, projection: SqlProjection) -> None:
        assert projection.cursor() is None
        projection.apply([header(1), header(2)], [])
        assert projection.cursor() == header(2)
        assert projection.recent() == [header(2), header(1)]

    def test_of_the_same_events_again_changes_nothing(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        changes = [change(5, Status.SUSPENDED, 1), change(5, Status.VALID, 1, 1)]
        for _ in range(2):
            projection.apply([header(1)], changes)
        assert registry.history(OFFICE, 0, 0) == tuple(changes)
        assert registry.status(OFFICE, 0, 5) is Status.VALID

    def test_keeps_as_many_headers_as_a_fork_may_be_deep(self, projection: SqlProjection) -> None:
        projection.apply([header(block) for block in range(KEPT_BLOCKS + 50)], [])
        kept = projection.recent()
        assert len(kept) == KEPT_BLOCKS
        assert kept[0] == header(KEPT_BLOCKS + 49)

    def test_derives_words_in_chain_order(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        both = replace(change(0, Status.SUSPENDED, 1), mask=mask(0) | mask(127))
        projection.apply([header(1), header(2)], [both, change(127, Status.REVOKED, 2)])
        assert registry.words(OFFICE, 0) == {0: 2 | 1 << 254}
        assert [registry.status(OFFICE, 0, index) for index in (0, 1, 127, 128)] == [
            Status.SUSPENDED,
            Status.VALID,
            Status.REVOKED,
            Status.VALID,
        ]


class TestRollback:
    def test_forgets_what_is_above_and_derives_the_words_anew(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        projection.apply([header(1)], [change(5, Status.SUSPENDED, 1)])
        projection.apply(
            [header(2)], [change(5, Status.REVOKED, 2), change(900, Status.REVOKED, 2)]
        )
        projection.rollback(1)
        assert projection.cursor() == header(1)
        assert registry.status(OFFICE, 0, 5) is Status.SUSPENDED
        assert registry.status(OFFICE, 0, 900) is Status.VALID
        projection.apply([header(2, "b")], [])
        assert projection.cursor() == header(2, "b")
        assert len(registry.history(OFFICE, 0, 0)) == 1

    def test_leaves_the_rows_that_a_fresh_projection_would_have(
        self, projection: SqlProjection, database: Database
    ) -> None:
        projection.apply([header(1)], [change(5, Status.SUSPENDED, 1)])
        projection.apply([header(2)], [change(900, Status.REVOKED, 2)])
        projection.rollback(1)
        with audit_view(database) as view:
            assert [(list_, word) for _, list_, word, _ in view.words()] == [(0, 0)]

    def test_below_everything_leaves_nothing(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        projection.apply([header(1)], [change(5, Status.SUSPENDED, 1)])
        projection.rollback(-1)
        assert projection.cursor() is None
        assert registry.history(OFFICE, 0, 0) == ()
