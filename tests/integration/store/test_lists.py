import pytest

from api.store.database import Database
from api.store.lists import ListStore, ListTokenUnknown, TokenRow
from tests.support.issued import OFFICE, OTHER

DAY = 86_400


def token(issued_at: int, *, saw_change: bool = True, list_: int = 0) -> TokenRow:
    name = f"token of {issued_at}"
    return TokenRow(
        OFFICE, list_, issued_at, issued_at + DAY, issued_at, b"h" * 32, saw_change, name
    )


@pytest.fixture
def store(database: Database) -> ListStore:
    return ListStore(database)


class TestLatest:
    def test_is_the_last_of_its_list_even_after_a_clock_that_was_ahead(
        self, store: ListStore
    ) -> None:
        for each in (token(1000), token(3000), token(2000), token(9000, list_=1)):
            store.add(each)
        assert store.latest(OFFICE, 0) == token(2000)
        with pytest.raises(ListTokenUnknown):
            store.latest(OFFICE, 2)
        with pytest.raises(ListTokenUnknown):
            store.latest(OTHER, 0)


class TestAt:
    def test_is_the_newest_good_then(self, store: ListStore) -> None:
        store.add(token(1000))
        store.add(token(3000))
        assert store.at(OFFICE, 0, 2999) == token(1000)
        assert store.at(OFFICE, 0, 3000) == token(3000)
        assert store.at(OFFICE, 0, 3000 + DAY - 1) == token(3000)
        for time in (999, 3000 + DAY):
            with pytest.raises(ListTokenUnknown):
                store.at(OFFICE, 0, time)


class TestAdd:
    def test_keeps_one_token_of_a_quarter_of_an_hour(self, store: ListStore) -> None:
        store.add(token(1800))
        store.add(token(1801))
        store.add(token(2699, saw_change=False))
        store.add(token(2700, saw_change=False))
        with pytest.raises(ListTokenUnknown):
            store.at(OFFICE, 0, 2000)
        kept = store.at(OFFICE, 0, 2699)
        assert (kept.issued_at, kept.saw_change) == (2699, True)
        assert store.latest(OFFICE, 0).saw_change is False

    def test_replaces_the_one_of_the_same_second(self, store: ListStore) -> None:
        store.add(token(1000, saw_change=False))
        store.add(token(1000))
        assert store.latest(OFFICE, 0) == token(1000)

    def test_drops_expired_ones_that_saw_no_change(self, store: ListStore) -> None:
        store.add(token(1000))
        store.add(token(5000, saw_change=False))
        store.add(token(5000 + DAY))
        assert store.at(OFFICE, 0, 5500) == token(1000)
