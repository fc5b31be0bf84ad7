from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import NoneType
from typing import Any, NoReturn

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from api.store.cursors import CursorMalformed
from api.store.database import Database, StoreUnavailable
from api.store.idempotency import IdempotencyStore, KeptAnswer, RequestInFlight, Settlement
from api.store.indices import IndexStore
from api.store.licences import (
    ExternalIdTaken,
    IndexTaken,
    Insertion,
    LicenceFilter,
    LicenceIdTaken,
    LicenceStore,
    PredecessorReplaced,
    RecordTaken,
)
from api.store.records import RecordRow, RecordStore, RecordUnknown
from api.store.tables import status_words
from ledger.values import RecordKind, Status
from tests.support.databases import break_inserts
from tests.support.issued import OFFICE, OTHER, digest, row


@pytest.fixture
def store(database: Database) -> LicenceStore:
    return LicenceStore(database)


class TestAdd:
    def test_keeps_document_index_and_place_in_the_outbox_at_once(
        self, store: LicenceStore, database: Database
    ) -> None:
        store.add([row(1), row(2, exp=2000, holder_name="示例市蓝鲸小吃店")])
        assert store.get(digest(1)) == row(1)
        assert store.get(digest(2)) == row(2, exp=2000, holder_name="示例市蓝鲸小吃店")
        assert IndexStore(database).used(OFFICE, 0) == 2
        assert RecordStore(database).get(digest(1)).kind is RecordKind.LICENCE

    @pytest.mark.parametrize("table", ["records", "licences", "lists"])
    def test_that_fails_at_any_insert_keeps_nothing(
        self, store: LicenceStore, database: Database, table: str
    ) -> None:
        break_inserts(database, table)
        with pytest.raises((DBAPIError, database.driver.Error, RecordTaken)):
            store.add([row(1)])
        with database.read() as connection:
            counts = [
                connection.execute(text(f"SELECT count(*) FROM {each}")).scalar_one()  # noqa: S608  # our own names
                for each in ("records", "licences", "lists")
            ]
        assert counts == [0, 0, 0]

    def test_refuses_an_external_id_in_use_and_keeps_nothing(self, store: LicenceStore) -> None:
        store.add([row(1)])
        with pytest.raises(ExternalIdTaken) as caught:
            store.add([row(2), row(3, external_id="row-1")])
        assert caught.value.external_id == "row-1"
        with pytest.raises(RecordUnknown):
            store.get(digest(2))

    def test_refuses_an_external_id_given_twice_at_once(self, store: LicenceStore) -> None:
        with pytest.raises(ExternalIdTaken):
            store.add([row(1, external_id="a"), row(2, external_id="a")])

    def test_takes_the_same_external_id_from_another_agency(self, store: LicenceStore) -> None:
        store.add([row(1), row(2, agency=OTHER, external_id="row-1")])
        assert store.get(digest(2)).agency == OTHER

    def test_takes_many_without_external_id(self, store: LicenceStore) -> None:
        store.add([row(1, external_id=None), row(2, external_id=None)])

    def test_names_every_index_that_was_taken(self, store: LicenceStore) -> None:
        store.add([row(number) for number in range(1, 6)])
        with pytest.raises(IndexTaken) as caught:
            store.add([row(12, index=2), row(13, index=99), row(14, index=4)])
        assert sorted(caught.value.places) == [(0, 2), (0, 4)]
        store.add([row(12, index=2, list=1)])

    def test_refuses_a_licence_id_in_use(self, store: LicenceStore) -> None:
        store.add([row(1)])
        with pytest.raises(LicenceIdTaken):
            store.add([row(2, licence_id=row(1).licence_id)])

    def test_refuses_the_same_document(self, store: LicenceStore) -> None:
        store.add([row(1)])
        with pytest.raises(RecordTaken):
            store.add([row(1, licence_id="x", external_id="y", index=7)])


class TestSearch:
    def test_pages_from_new_to_old_without_gap_or_repeat(self, store: LicenceStore) -> None:
        store.add([row(number) for number in range(7)])
        found, cursor, pages = [], None, 0
        while True:
            page = store.search(LicenceFilter(agency=OFFICE), cursor, 3)
            found += [each.index for each in page.rows]
            pages += 1
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        assert (found, pages) == ([6, 5, 4, 3, 2, 1, 0], 3)

    def test_asks_for_all_that_is_given(self, store: LicenceStore) -> None:
        store.add(
            [
                row(1, holder_name="Blue Whale Ltd"),
                row(2, type_id="cn.drug-business"),
                row(3, agency=OTHER),
            ]
        )

        def indices(wanted: LicenceFilter) -> list[int]:
            return [each.index for each in store.search(wanted, None, 10).rows]

        assert indices(LicenceFilter()) == [3, 2, 1]
        assert indices(LicenceFilter(agency=OFFICE)) == [2, 1]
        assert indices(LicenceFilter(agency=OFFICE, type_id="cn.drug-business")) == [2]
        assert indices(LicenceFilter(text="blue whale")) == [1]
        assert indices(LicenceFilter(text="00000003")) == [3]
        assert indices(LicenceFilter(text="%")) == []
        assert indices(LicenceFilter(external_id="row-2")) == [2]

    def test_by_status_reads_the_bits_of_the_words(
        self, store: LicenceStore, database: Database
    ) -> None:
        statuses = {
            index: Status(index % 4) for index in (*range(8), 62, 63, 64, 125, 126, 127, 128, 300)
        }
        store.add([row(index) for index in statuses])
        store.add([row(999)])  # its word was never touched
        with database.write() as connection:
            for word in {index >> 7 for index in statuses}:
                value = sum(s << 2 * (i & 127) for i, s in statuses.items() if i >> 7 == word)
                values = {"agency": OFFICE, "list": 0, "word": word, "value": value.to_bytes(32)}
                connection.execute(insert(status_words).values(values))
        for status in Status:
            wanted = [index for index, each in statuses.items() if each is status]
            if status is Status.VALID:
                wanted.append(999)
            found: list[int] = []
            cursor = None
            while True:
                page = store.search(LicenceFilter(OFFICE, status=status), cursor, 2)
                found += [each.index for each in page.rows]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert found == wanted[::-1]

    def test_pages_by_status_survive_inserts(self, store: LicenceStore) -> None:
        wanted = LicenceFilter(OFFICE, status=Status.VALID)
        store.add([row(index) for index in range(4)])
        first = store.search(wanted, None, 2)
        store.add([row(9)])
        second = store.search(wanted, first.next_cursor, 2)
        assert [each.index for each in (*first.rows, *second.rows)] == [3, 2, 1, 0]

    def test_by_end_takes_its_first_second_and_not_its_last(self, store: LicenceStore) -> None:
        store.add([row(1, exp=1_000), row(2, exp=2_000), row(3, exp=None)])

        def indices(after: int | None, before: int | None) -> list[int]:
            wanted = LicenceFilter(OFFICE, expires_after=after, expires_before=before)
            return [each.index for each in store.search(wanted, None, 10).rows]

        assert indices(1_000, 2_000) == [1]
        assert indices(1_001, 2_001) == [2]
        assert indices(None, 9_999) == [2, 1]
        assert indices(None, None) == [3, 2, 1]

    @pytest.mark.parametrize("cursor", ["", "x", "-1", "1e3", "٣"])
    def test_refuses_a_cursor_of_its_own_making(self, store: LicenceStore, cursor: str) -> None:
        with pytest.raises(CursorMalformed):
            store.search(LicenceFilter(), cursor, 3)


class TestByExternalIds:
    def test_finds_those_of_the_agency(self, store: LicenceStore) -> None:
        store.add([row(number) for number in range(3)] + [row(9, agency=OTHER)])
        found = store.by_external_ids(OFFICE, ["row-0", "row-2", "row-9", *map(str, range(1200))])
        assert {name: each.index for name, each in found.items()} == {"row-0": 0, "row-2": 2}


class TestTakeSerials:
    def test_never_gives_a_number_twice(self, store: LicenceStore) -> None:
        taken = [store.take_serials(OFFICE, "t", count) for count in (3, 1, 2)]
        assert taken == [range(1, 4), range(4, 5), range(5, 7)]
        assert store.take_serials(OFFICE, "u", 1) == range(1, 2)
        assert store.take_serials(OTHER, "t", 1) == range(1, 2)

    def test_gives_no_number_to_two_processes_at_once(self, url: str) -> None:
        others = [Database.open(url) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            taken = pool.map(lambda d: LicenceStore(d).take_serials(OFFICE, "t", 5), others * 5)
        assert sorted(number for numbers in taken for number in numbers) == list(range(1, 101))
        for each in others:
            each.close()


def settlement(number: int) -> Settlement:
    return Settlement(bytes([number]) * 32, b"f" * 32, 100, KeptAnswer(201, (), b"{}"))


def wanted(*numbers: int, **changes: Any) -> list[Insertion]:
    return [Insertion(row(number, **changes), settlement(number)) for number in numbers]


class TestAddEach:
    def test_stores_all_with_their_answers(self, store: LicenceStore, database: Database) -> None:
        assert store.add_each(wanted(*range(1, 8))) == [None] * 7
        assert IndexStore(database).used(OFFICE, 0) == 7
        kept = IdempotencyStore(database).kept([settlement(n).id for n in range(1, 8)])
        assert len(kept) == 7

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"external_id": "row-100"}, ExternalIdTaken),
            ({"index": 100, "external_id": None}, IndexTaken),
            ({"licence_id": row(100).licence_id, "external_id": None}, LicenceIdTaken),
            ({"digest": digest(100), "external_id": None}, RecordTaken),
        ],
    )
    def test_refuses_the_one_that_clashes_alone(
        self, store: LicenceStore, database: Database, changes: dict[str, Any], error: type
    ) -> None:
        store.add([row(100)])
        group = [*wanted(1, 2), *wanted(3, **changes), *wanted(4, 5)]
        outcomes = store.add_each(group)
        assert [type(each) for each in outcomes] == [NoneType, NoneType, error, NoneType, NoneType]
        assert [store.get(digest(n)).index for n in (1, 2, 4, 5)] == [1, 2, 4, 5]
        assert IndexStore(database).used(OFFICE, 0) == 5
        assert not IdempotencyStore(database).kept([settlement(3).id])

    def test_refuses_the_second_of_two_in_one_group(self, store: LicenceStore) -> None:
        outcomes = store.add_each([*wanted(1, 2, external_id="case"), *wanted(3)])
        assert [type(each) for each in outcomes] == [NoneType, ExternalIdTaken, NoneType]

    def test_refuses_what_was_answered_meanwhile(
        self, store: LicenceStore, database: Database
    ) -> None:
        IdempotencyStore(database).keep(settlement(2))
        outcomes = store.add_each(wanted(1, 2, 3))
        assert [type(each) for each in outcomes] == [NoneType, RequestInFlight, NoneType]
        with pytest.raises(RecordUnknown):
            store.get(digest(2))

    def test_may_clash_throughout(self, store: LicenceStore) -> None:
        store.add([row(number) for number in range(1, 6)])
        outcomes = store.add_each(wanted(*range(1, 6)))
        assert [type(each) for each in outcomes] == [ExternalIdTaken] * 5

    def test_says_of_each_that_the_database_is_away(self, url: str) -> None:
        closed = Database.open(url)
        closed.close()
        closed.write = away  # type: ignore[method-assign]  # an outage
        outcomes = LicenceStore(closed).add_each(wanted(1, 2, 3))
        assert [type(each) for each in outcomes] == [StoreUnavailable] * 3

    def test_of_two_processes_divides_what_both_want(self, url: str, store: LicenceStore) -> None:
        with closing(Database.open(url)) as other_database:
            other = LicenceStore(other_database)
            numbers = range(1, 33)
            with ThreadPoolExecutor(2) as pool:
                ours = pool.submit(store.add_each, wanted(*numbers))
                theirs = pool.submit(other.add_each, wanted(*reversed(numbers)))
                outcomes = zip(ours.result(), reversed(theirs.result()), strict=True)
        for number, pair in zip(numbers, outcomes, strict=True):
            assert sum(each is None for each in pair) == 1, pair
            assert store.get(digest(number)).external_id == f"row-{number}"


def away() -> NoReturn:
    raise StoreUnavailable("gone")


class TestSuccessorOf:
    def test_is_the_one_that_names_it(self, store: LicenceStore) -> None:
        store.add([row(1), row(2)])
        assert store.successor_of(digest(1)) is None
        store.add([row(3, predecessor=digest(1), predecessor_reason=401)])
        assert store.successor_of(digest(1)) == digest(3)

    def test_has_no_rival(self, store: LicenceStore) -> None:
        store.add([row(1), row(3, predecessor=digest(1), predecessor_reason=401)])
        rival = row(4, predecessor=digest(1), predecessor_reason=402, licence_id=row(3).licence_id)
        with pytest.raises(PredecessorReplaced) as caught:
            store.add([rival])
        assert (caught.value.digest, caught.value.successor) == (digest(1), digest(3))


class TestRecords:
    def test_of_other_kinds_are_kept_too(self, database: Database) -> None:
        store = RecordStore(database)
        decision = RecordRow(digest(1), OFFICE, RecordKind.DECISION, "a.b.c", 7)
        store.add([decision])
        assert store.get(digest(1)) == decision
        with pytest.raises(RecordUnknown):
            store.get(digest(2))


class TestByPlaces:
    def test_finds_the_licences_at_those_entries(self, store: LicenceStore) -> None:
        store.add([row(1), row(2), row(3, list=1), row(4, agency=OTHER)])
        assert [each.index for each in store.by_places(OFFICE, 0, [2, 3, 4])] == [2]
