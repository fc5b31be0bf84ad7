"""Many values are found by their index, although the database knows nothing of the tables yet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import pytest
from sqlalchemy import Connection, event

from api.store.bulk import BulkStore
from api.store.changes import ChangeStore
from api.store.database import Database
from api.store.indices import IndexStore
from api.store.licences import LicenceStore
from api.store.outbox import SqlOutbox
from api.store.selections import Selection, SelectionStore
from ledger.values import AgencyId, Digest
from tests.support.issued import ACCOUNT, CHAIN, TARGET

ROWS = 20_000
AGENCY = AgencyId(bytes(32))
NAMES = [f"row-{number}" for number in range(1_000, 2_000, 2)]


def digest_of(name: str) -> Digest:
    return Digest(sha256(name.encode()).digest())


DIGESTS = [digest_of(name) for name in NAMES]
ASKED: dict[str, Callable[[Database], Any]] = {
    "taken ids": lambda d: BulkStore(d).taken_ids(AGENCY, NAMES),
    "licences by external id": lambda d: LicenceStore(d).by_external_ids(AGENCY, NAMES),
    "licences by place": lambda d: LicenceStore(d).by_places(AGENCY, 0, range(500)),
    "free places": lambda d: IndexStore(d).draw(AGENCY, 700, token_bytes),
    "a selection by external id": lambda d: SelectionStore(d).find(
        AGENCY, Selection(external_ids=tuple(NAMES)), 1_000
    ),
    "a selection by digest": lambda d: SelectionStore(d).find(
        AGENCY, Selection(digests=tuple(DIGESTS)), 1_000
    ),
    "successions": lambda d: ChangeStore(d).successions(100),
}
SENDING: dict[str, Callable[[SqlOutbox], Any]] = {
    "intents_waiting": lambda outbox: outbox.waiting(CHAIN, ACCOUNT, 64),
    "intents_unfinished": lambda outbox: outbox.unfinished(CHAIN, ACCOUNT),
}


@pytest.fixture
def filled(database: Database) -> Database:
    """Fill the tables with one agency's licences, which nobody analyses."""
    names = [f"row-{number}" for number in range(ROWS)]
    digests = [digest_of(name) for name in names]
    with database.write() as connection:
        _insert(
            connection,
            "records (digest, agency, kind, document, issued_at)",
            [(digest, AGENCY, 1, "document", 1) for digest in digests],
        )
        _insert(
            connection,
            "licences (digest, agency, type_id, licence_id, serial, version, external_id, list,"
            " idx, nbf)",
            [
                (digest, AGENCY, "type", f"id-{n}", str(n), 1, name, 0, n, 1)
                for n, (name, digest) in enumerate(zip(names, digests, strict=True))
            ],
        )
    return database


def _insert(connection: Connection, into: str, rows: list[tuple[Any, ...]]) -> None:
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    marks = ", ".join([mark] * len(rows[0]))
    connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", rows)  # noqa: S608  # our own names


@contextmanager
def heard(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Yield the questions that are put to the database meanwhile, with their values."""
    questions: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            questions.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield questions
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def plan_of(database: Database, statement: str, values: Any) -> list[str]:
    explain = "EXPLAIN" if database.is_postgresql else "EXPLAIN QUERY PLAN"
    with database.read() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", values).all()
    return [str(row[-1]).strip() for row in rows]


def reads_too_much(step: str) -> bool:
    """Whether a step of a plan goes through a table, or through all that an agency has in it."""
    scans = ("SCAN licences", "SCAN records", "Seq Scan on", "Bitmap Heap Scan on")
    return "licences_by_agency" in step or any(scan in step for scan in scans)


def test_every_value_is_found_by_its_index(filled: Database) -> None:
    for what, ask in ASKED.items():
        with heard(filled) as questions:
            ask(filled)
        plans = [plan_of(filled, *question) for question in questions if "licences" in question[0]]
        assert plans, what
        for plan in plans:
            assert not [step for step in plan if reads_too_much(step)], (what, plan)


def test_what_is_to_be_sent_is_found_among_all_that_was(database: Database) -> None:
    finals = [
        (sha256(b"%d" % n).digest(), CHAIN, ACCOUNT, TARGET, b"", "final", n) for n in range(ROWS)
    ]
    with database.write() as connection:
        _insert(connection, 'intents (id, chain_id, account, "to", call, state, nonce)', finals)
    for index, ask in SENDING.items():
        with heard(database) as questions:
            assert ask(SqlOutbox(database)) == []
        (plan,) = [plan_of(database, *question) for question in questions]
        assert any(index in step for step in plan), plan


def test_finds_what_is_there_and_nothing_else(filled: Database) -> None:
    bulk, licences = BulkStore(filled), LicenceStore(filled)
    asked = [*NAMES, *NAMES, "row--1", f"row-{ROWS}"]
    assert bulk.taken_ids(AGENCY, asked) == set(NAMES)
    assert bulk.taken_ids(AgencyId(bytes([1]) * 32), asked) == set()
    assert set(licences.by_external_ids(AGENCY, asked)) == set(NAMES)
    assert {row.index for row in licences.by_places(AGENCY, 0, range(500))} == set(range(500))
    assert licences.by_places(AGENCY, 1, range(500)) == ()
    found, unknown = SelectionStore(filled).find(
        AGENCY, Selection(external_ids=tuple(asked), digests=tuple(DIGESTS)), 1_000
    )
    assert [row.digest for row in found] == DIGESTS
    assert unknown == ("row--1", f"row-{ROWS}")
