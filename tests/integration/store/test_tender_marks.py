"""Marks of tenders are what grouping all events would say, whatever came and fell out again."""

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select, text

from api.store.audit import audit_view
from api.store.database import Database, migrate
from api.store.projection import SqlProjection
from api.store.tender_duties import DutyStore
from api.store.tender_events import tender_events, tender_values
from api.store.tender_marks import tender_marks
from api.store.tender_papers import PaperRow, TenderPaperStore
from ledger.events import Place
from ledger.projection import Header
from ledger.tenders.events import QuestionAsked
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.values import AgencyId, Digest
from tests.support.fake_projection import fall_back, take_in

TENDERS = [TenderId(bytes([number]) * 32) for number in (1, 2, 3)]
BLOCKS = st.lists(st.sampled_from(TENDERS), max_size=4)
STEPS = st.lists(st.one_of(BLOCKS, st.integers(1, 6)), max_size=10)
"""Which tenders a block's events are of, or how many blocks a reorganisation takes back."""


def asked(header: Header, log_index: int, tender: TenderId) -> QuestionAsked:
    place = Place(header.block, header.hash, header.time, b"t" * 32, log_index)
    return QuestionAsked(place, tender, b"q" * 32)


def marks_of(database: Database) -> list[tuple[Any, ...]]:
    with audit_view(database) as view:
        return list(view.marks())


def grouped(database: Database) -> list[tuple[Any, ...]]:
    """The last event of each tender, from all events there are."""
    table = tender_events.c
    query = select(table.tender_id, table.block, table.block_hash, table.log_index)
    with database.read() as connection:
        rows = connection.execute(query.order_by(table.block, table.log_index)).all()
    return sorted({row.tender_id: tuple(row) for row in rows}.values())


class TestMarks:
    @given(steps=STEPS)
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_are_what_all_events_say(
        self, database: Database, steps: list[list[TenderId] | int]
    ) -> None:
        projection = SqlProjection(database)
        fall_back(projection, -1)
        assert marks_of(database) == []
        block = 0
        for number, step in enumerate(steps):
            if isinstance(step, int):
                block = max(0, block - step)
                fall_back(projection, block)
            else:
                block += 1
                header = Header(block, bytes([number]) * 32, 1_000 + block)
                happened = [asked(header, index, tender) for index, tender in enumerate(step)]
                take_in(projection, [header], happened)
            assert marks_of(database) == grouped(database)

    def test_of_a_fork_name_its_blocks(self, database: Database) -> None:
        projection = SqlProjection(database)
        ours, theirs = (Header(2, each * 32, 1_002) for each in (b"a", b"b"))
        take_in(projection, [Header(1, b"1" * 32, 1_001)], [])
        take_in(projection, [ours], [asked(ours, 0, TENDERS[0])])
        before = DutyStore(database).marks()[TENDERS[0]]
        fall_back(projection, 1)
        assert DutyStore(database).marks() == {}
        take_in(projection, [theirs], [asked(theirs, 0, TENDERS[0])])
        assert DutyStore(database).marks()[TENDERS[0]] != before

    def test_change_with_every_new_paper_of_their_own_tender(self, database: Database) -> None:
        projection, header = SqlProjection(database), Header(1, b"1" * 32, 1_001)
        take_in(projection, [header], [asked(header, n, each) for n, each in enumerate(TENDERS)])
        store = DutyStore(database)
        before = store.marks()
        tender, digest = TENDERS[1], Digest(b"p" * 32)
        place = (PaperRole.NOTICE, AgencyId(b"a" * 32), 1, "text/plain", "", 5)
        row = PaperRow(tender, digest, *place)
        assert TenderPaperStore(database).keep(row)
        after = store.marks()
        assert [each for each in TENDERS if before[each] != after[each]] == [tender]
        assert not TenderPaperStore(database).keep(row)
        assert store.marks() == after


def test_a_migration_derives_them_from_the_events_that_are_there(url: str) -> None:
    migrate(url, "0031")
    headers = [Header(block, bytes([block]) * 32, 1_000 + block) for block in (1, 2)]
    happened = [
        asked(header, index, tender) for header in headers for index, tender in enumerate(TENDERS)
    ][:-1]
    engine = create_engine(url)
    with engine.begin() as connection:
        put(connection, happened)
        connection.execute(
            text(
                "INSERT INTO tender_papers (tender, digest, role, agency, size, media_type, "
                "brought_by, kept_at) VALUES (:t, :t, 'docs', :t, 1, 'text/plain', '', 1)"
            ),
            {"t": bytes(TENDERS[0])},
        )
    migrate(url)
    with engine.connect() as connection:
        found = connection.execute(select(tender_marks).order_by(tender_marks.c.tender)).all()
        notes = connection.execute(text("SELECT tender, number FROM tender_notes")).all()
    engine.dispose()
    expected = {each.tender_id: each.place for each in happened}
    assert [tuple(row) for row in found] == [
        (tender, place.block, place.block_hash, place.log_index)
        for tender, place in sorted(expected.items())
    ]
    assert [tuple(row) for row in notes] == [(TENDERS[0], 1)]


def put(connection: Any, happened: Iterable[QuestionAsked]) -> None:
    names = tender_events.c.keys()
    rows = [dict(zip(names, tender_values(each), strict=True)) for each in happened]
    connection.execute(insert(tender_events), rows)
