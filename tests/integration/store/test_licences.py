from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.store.database import Database
from api.store.indices import IndexStore
from api.store.licences import (
    CursorMalformed,
    ExternalIdTaken,
    IndexTaken,
    LicenceFilter,
    LicenceIdTaken,
    LicenceStore,
    RecordTaken,
)
from api.store.records import RecordRow, RecordStore, RecordUnknown
from ledger.values import RecordKind
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
        if database.is_postgresql:
            pytest.skip("the trigger is written for SQLite")
        with database.write() as connection:
            connection.execute(
                text(
                    f"CREATE TRIGGER broken BEFORE INSERT ON {table} "
                    "BEGIN SELECT RAISE(FAIL, 'broken'); END"
                )
            )
        with pytest.raises((DBAPIError, RecordTaken)):
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


class TestSuccessorOf:
    def test_is_the_newest_that_names_it(self, store: LicenceStore) -> None:
        store.add([row(1), row(2)])
        assert store.successor_of(digest(1)) is None
        store.add([row(3, predecessor=digest(1), predecessor_reason=401)])
        store.add([row(4, predecessor=digest(1), predecessor_reason=402)])
        assert store.successor_of(digest(1)) == digest(4)


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
