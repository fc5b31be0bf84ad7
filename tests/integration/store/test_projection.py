import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.store.audit import audit_view
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES, event_of, row_of
from api.store.projection import KEPT_BLOCKS, SqlProjection, rebuild_words
from api.store.registry import Registry
from ledger import events
from ledger.events import ChangeCosigned, Event, Place, StatusChanged
from ledger.projection import CursorMoved, Header
from ledger.status_list import mask, place
from ledger.values import Address, AgencyStatus, LedgerRef, Scope, Status
from tests.support.fake_projection import fall_back, take_in
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
    "from_": b"f" * 32,
    "to": b"t" * 32,
    "proposer": b"f" * 32,
    "party": b"f" * 32,
    "policy_hash": b"p" * 32,
    "bundle_hash": b"b" * 32,
    "agreement": b"A" * 32,
    "scope": b"s" * 32,
}
ENUMS: dict[type[Event], dict[str, object]] = {
    StatusChanged: {"status": Status.REVOKED},
    events.AgencyStatusChanged: {"status": AgencyStatus.ACTIVE},
    events.AgreementSuspended: {"scope_kind": Scope.GRADE},
}


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
    return cls(place=at(3, 4), **values | ENUMS.get(cls, {}))


@pytest.fixture
def projection(database: Database) -> SqlProjection:
    return SqlProjection(database)


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, LedgerRef(1, Address("0x")))


class TestEventTables:
    def test_hold_every_event_of_the_contracts(self) -> None:
        names = {cls.__name__ for cls in EVENT_TABLES}
        assert len(names) == 23
        assert {"BatchAnchored", "StatusChanged", "RoleGranted"} <= names

    @pytest.mark.parametrize("cls", list(EVENT_TABLES), ids=lambda cls: cls.__name__)
    def test_give_back_what_was_put_in(
        self, database: Database, projection: SqlProjection, cls: type[Event]
    ) -> None:
        happened = sample(cls)
        take_in(projection, [header(3)], [happened])
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
        take_in(projection, [header(1), header(2)], [])
        assert projection.cursor() == header(2)
        assert projection.recent() == [header(2), header(1)]

    def test_keeps_as_many_headers_as_a_fork_may_be_deep(self, projection: SqlProjection) -> None:
        take_in(projection, [header(block) for block in range(KEPT_BLOCKS + 50)], [])
        kept = projection.recent()
        assert len(kept) == KEPT_BLOCKS
        assert kept[0] == header(KEPT_BLOCKS + 49)

    def test_derives_words_in_chain_order(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        both = replace(change(0, Status.SUSPENDED, 1), mask=mask(0) | mask(127))
        take_in(projection, [header(1), header(2)], [both, change(127, Status.REVOKED, 2)])
        assert registry.words(OFFICE, 0) == {0: 2 | 1 << 254}
        assert [registry.status(OFFICE, 0, index) for index in (0, 1, 127, 128)] == [
            Status.SUSPENDED,
            Status.VALID,
            Status.REVOKED,
            Status.VALID,
        ]

    @pytest.mark.parametrize(
        "read_against", [None, header(1), header(2, "b"), header(3)], ids=["none", "1", "2b", "3"]
    )
    def test_refuses_what_was_read_against_another_cursor(
        self, projection: SqlProjection, registry: Registry, read_against: Header | None
    ) -> None:
        first, second = change(5, Status.SUSPENDED, 1), change(5, Status.REVOKED, 2)
        take_in(projection, [header(1)], [first])
        take_in(projection, [header(2)], [second])
        with pytest.raises(CursorMoved):
            projection.apply([header(3)], [change(5, Status.VALID, 3)], read_against)
        with pytest.raises(CursorMoved):
            projection.rollback(0, read_against)
        assert projection.cursor() == header(2)
        assert registry.history(OFFICE, 0, 0) == (first, second)
        assert registry.status(OFFICE, 0, 5) is Status.REVOKED

    @pytest.mark.parametrize("start", [None, 1])
    def test_of_two_leaders_at_once_takes_in_one_range(
        self, database: Database, projection: SqlProjection, start: int | None
    ) -> None:
        if start is not None:
            take_in(projection, [header(start)], [])
        cursor = projection.cursor()
        both = Barrier(2)

        def lead(fork: str) -> bool:
            mine = SqlProjection(database)
            both.wait()
            try:
                mine.apply([header(2, fork)], [], cursor)
            except CursorMoved:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            outcomes = dict(zip("ab", threads.map(lead, "ab"), strict=True))
        assert sorted(outcomes.values()) == [False, True]
        (winner,) = (fork for fork, won in outcomes.items() if won)
        assert projection.cursor() == header(2, winner)


ENTRIES = st.sampled_from([0, 1, 127, 128, 200, 5000, 2**20 - 1])
CHANGES = st.lists(st.tuples(ENTRIES, st.sampled_from(list(Status)), st.integers(0, 1)), max_size=8)
STEPS = st.lists(st.one_of(CHANGES, st.integers(0, 12)), max_size=8)
"""A range of changes to entries of two lists, or how many blocks a reorganisation takes back."""


def words_of(database: Database) -> list[tuple[object, ...]]:
    with audit_view(database) as view:
        return list(view.words())


class TestWords:
    @given(steps=STEPS)
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_advanced_are_what_all_events_say(
        self,
        projection: SqlProjection,
        database: Database,
        steps: list[list[tuple[int, Status, int]] | int],
    ) -> None:
        fall_back(projection, -1)
        block, touched = 0, set()
        for step in steps:
            if isinstance(step, int):
                block = max(0, block - step)
                fall_back(projection, block)
                continue
            block += 1
            happened = [
                replace(change(entry, status, block, index), list=list_)
                for index, (entry, status, list_) in enumerate(step)
            ]
            touched |= {(one.agency, one.list, one.word) for one in happened}
            take_in(projection, [header(block)], happened)
        advanced = words_of(database)
        with database.write() as connection:
            rebuild_words(connection, touched)
        assert words_of(database) == advanced

    def test_of_a_whole_list_are_advanced_at_once(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        for block, status in ((1, Status.SUSPENDED), (2, Status.REVOKED)):
            entries = range(block - 1, 2**20, 2**12)
            changes = [change(e, status, block, index) for index, e in enumerate(entries)]
            take_in(projection, [header(block)], changes)
        assert len(registry.words(OFFICE, 0)) == 256
        assert {registry.status(OFFICE, 0, 2**12), registry.status(OFFICE, 0, 1)} == {
            Status.SUSPENDED,
            Status.REVOKED,
        }


class TestRollback:
    def test_forgets_what_is_above_and_derives_the_words_anew(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        take_in(projection, [header(1)], [change(5, Status.SUSPENDED, 1)])
        take_in(
            projection,
            [header(2)],
            [change(5, Status.REVOKED, 2), change(900, Status.REVOKED, 2, 1)],
        )
        fall_back(projection, 1)
        assert projection.cursor() == header(1)
        assert registry.status(OFFICE, 0, 5) is Status.SUSPENDED
        assert registry.status(OFFICE, 0, 900) is Status.VALID
        take_in(projection, [header(2, "b")], [])
        assert projection.cursor() == header(2, "b")
        assert len(registry.history(OFFICE, 0, 0)) == 1

    def test_leaves_the_rows_that_a_fresh_projection_would_have(
        self, projection: SqlProjection, database: Database
    ) -> None:
        take_in(projection, [header(1)], [change(5, Status.SUSPENDED, 1)])
        take_in(projection, [header(2)], [change(900, Status.REVOKED, 2)])
        fall_back(projection, 1)
        with audit_view(database) as view:
            assert [(list_, word) for _, list_, word, _ in view.words()] == [(0, 0)]

    def test_below_everything_leaves_nothing(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        take_in(projection, [header(1)], [change(5, Status.SUSPENDED, 1)])
        fall_back(projection, -1)
        assert projection.cursor() is None
        assert registry.history(OFFICE, 0, 0) == ()


class TestSeen:
    def finalized(self, registry: Registry) -> int | None:
        return registry.head().finalized

    def test_what_is_finalized_never_goes_back(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        take_in(projection, [header(block) for block in range(10)], [])
        told = []
        for at_, finalized in enumerate((None, 5, None, 4, 6), start=1):
            projection.seen(at_, finalized)
            assert registry.head().seen_at == at_
            told.append(self.finalized(registry))
        assert told == [None, 5, 5, 5, 6]

    def test_nothing_is_finalized_that_is_not_in(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        """One false number would otherwise stand for all blocks to come."""
        take_in(projection, [header(1), header(2)], [])
        projection.seen(1, 2**62)
        assert self.finalized(registry) == 2

    def test_what_fell_out_is_no_longer_finalized(
        self, projection: SqlProjection, registry: Registry
    ) -> None:
        take_in(projection, [header(block) for block in range(10)], [])
        projection.seen(1, 6)
        fall_back(projection, 8)
        assert self.finalized(registry) == 6
        fall_back(projection, 3)
        assert self.finalized(registry) == 3
