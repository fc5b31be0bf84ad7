"""Lists that are read page by page while others write: nothing lost, nothing twice."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store.cursors import CursorMalformed, cursor_of, number_of
from api.store.database import Database
from api.store.jobs import JobRow, JobStore
from api.store.licences import LicenceFilter, LicenceStore
from ledger.values import AgencyId
from tests.support.issued import ACCOUNT, OFFICE, row

NUMBERS = count(1)
"""Of rows, for all examples of a run."""

Listed = tuple[list[Any], str | None]
List = tuple[Callable[[AgencyId], Any], Callable[[AgencyId, str | None, int], Listed]]


def of_licences(database: Database) -> List:
    store = LicenceStore(database)

    def add(agency: AgencyId) -> Any:
        made = row(next(NUMBERS), agency=agency)
        store.add([made])
        return made.digest

    def page(agency: AgencyId, cursor: str | None, limit: int) -> Listed:
        found = store.search(LicenceFilter(agency=agency), cursor, limit)
        return [each.digest for each in found.rows], found.next_cursor

    return add, page


def of_jobs(database: Database) -> List:
    store = JobStore(database)

    def add(agency: AgencyId) -> Any:
        job = next(NUMBERS).to_bytes(16)
        store.add(JobRow(job, agency, "cn.food-business", "text/csv", None, False, ACCOUNT, 1))  # noqa: FBT003  # no dry run
        return job

    def page(agency: AgencyId, cursor: str | None, limit: int) -> Listed:
        found = store.page(agency, cursor, limit)
        return [each.id for each in found.rows], found.next_cursor

    return add, page


LISTS = [of_licences, of_jobs]


def pages(page: Callable[[str | None], Listed]) -> Iterator[list[Any]]:
    shown, cursor = page(None)
    yield shown
    while cursor is not None:
        shown, cursor = page(cursor)
        yield shown


class TestPages:
    @pytest.mark.parametrize("list_of", LISTS)
    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data(), limit=st.integers(1, 4), before=st.integers(0, 9))
    def test_lose_and_double_nothing_while_others_insert(
        self,
        database: Database,
        list_of: Callable[[Database], List],
        data: st.DataObject,
        limit: int,
        before: int,
    ) -> None:
        add, page = list_of(database)
        agency = AgencyId(next(NUMBERS).to_bytes(32))
        there = [add(agency) for _ in range(before)]
        seen: list[Any] = []
        for shown in pages(lambda cursor: page(agency, cursor, limit)):
            assert len(shown) <= limit
            seen += shown
            for _ in range(data.draw(st.integers(0, 3))):
                add(agency)
                add(OFFICE)
        assert seen == there[::-1]

    @pytest.mark.parametrize("list_of", LISTS)
    def test_refuse_a_cursor_that_was_tampered_with(
        self, database: Database, list_of: Callable[[Database], List]
    ) -> None:
        add, page = list_of(database)
        for _ in range(3):
            add(OFFICE)
        _, cursor = page(OFFICE, None, 2)
        assert cursor is not None
        assert len(page(OFFICE, cursor, 2)[0]) == 1
        for place in range(len(cursor)):
            other = "A" if cursor[place] != "A" else "B"
            with pytest.raises(CursorMalformed):
                page(OFFICE, cursor[:place] + other + cursor[place + 1 :], 2)
        for foreign in ("", "7", cursor[:-1], cursor + "A"):
            with pytest.raises(CursorMalformed):
                page(OFFICE, foreign, 2)
        with pytest.raises(CursorMalformed):
            page(AgencyId(bytes(32)), cursor, 2)


class TestCursor:
    @given(st.integers(0, 2**63 - 1), st.binary(max_size=32))
    def test_names_its_row_to_its_own_list_alone(self, number: int, owner: bytes) -> None:
        cursor = cursor_of("licences", owner, number)
        assert number_of("licences", owner, cursor) == number
        for list_, whose in (("jobs", owner), ("licences", owner + b"x")):
            with pytest.raises(CursorMalformed):
                number_of(list_, whose, cursor)

    def test_beyond_a_column_is_none(self) -> None:
        with pytest.raises(CursorMalformed):
            number_of("jobs", b"", cursor_of("jobs", b"", 2**63))
