import pytest

from api.store import indices
from api.store.database import Database
from api.store.indices import IndexStore
from api.store.licences import LicenceStore
from ledger.status_list import ENTRIES
from tests.support.issued import OFFICE, OTHER, row
from tests.support.licences import counted_bytes


def scripted(*numbers: int) -> object:
    """Return randomness that gives these indices one after the other."""
    left = list(numbers)

    def random(size: int) -> bytes:
        taken = [left.pop(0) for _ in range(size // indices.INDEX_BYTES)]
        return b"".join(number.to_bytes(indices.INDEX_BYTES) for number in taken)

    return random


@pytest.fixture
def store(database: Database) -> IndexStore:
    return IndexStore(database)


class TestDraw:
    def test_gives_as_many_as_asked_no_two_alike(self, store: IndexStore) -> None:
        places = store.draw(OFFICE, 2000, counted_bytes())
        assert len(set(places)) == 2000
        assert {list_ for list_, _ in places} == {0}
        assert all(0 <= index < ENTRIES for _, index in places)
        assert max(index for _, index in places) > ENTRIES // 2

    def test_draws_anew_only_what_clashes(self, store: IndexStore, database: Database) -> None:
        LicenceStore(database).add([row(5), row(6)])
        random = scripted(5, 7, 7, 8, 6, 9, 10)
        assert store.draw(OFFICE, 4, random) == ((0, 7), (0, 8), (0, 9), (0, 10))  # type: ignore[arg-type]  # a scripted source

    def test_passes_over_what_the_caller_drew_earlier(self, store: IndexStore) -> None:
        random = scripted(5, 7, 8, 9)
        besides = {(0, 5), (1, 7), (0, 8)}
        assert store.draw(OFFICE, 2, random, besides) == ((0, 7), (0, 9))  # type: ignore[arg-type]  # a scripted source

    def test_goes_on_in_the_next_list_when_one_is_half_full(
        self, store: IndexStore, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(indices, "LIST_CAPACITY", 4)
        licences = LicenceStore(database)
        licences.add([row(1), row(2), row(3)])
        drawn = store.draw(OFFICE, 6, counted_bytes())
        assert [list_ for list_, _ in drawn] == [0, 1, 1, 1, 1, 2]
        licences.add([row(4)])
        newest = [store.draw(agency, 1, counted_bytes())[0][0] for agency in (OFFICE, OTHER)]
        assert newest == [1, 0]
        assert store.used(OFFICE, 0) == 4
        assert store.all_lists() == ((OFFICE, 0),)
