import pytest

from api.store.database import Database
from api.store.licences import LicenceStore
from api.store.links import Link, LinkStore
from ledger.sealing import LinkUnknown
from tests.support.issued import digest, row

LINK = Link(b"i" * 16, digest(1), b"sealed", 2000)


@pytest.fixture
def store(database: Database) -> LinkStore:
    LicenceStore(database).add([row(1), row(2)])
    store = LinkStore(database)
    store.add(LINK)
    return store


class TestGet:
    def test_gives_the_sealed_copy_until_its_end(self, store: LinkStore) -> None:
        assert store.get(LINK.id, 1999) == LINK
        with pytest.raises(LinkUnknown):
            store.get(LINK.id, 2000)
        with pytest.raises(LinkUnknown):
            store.get(b"j" * 16, 1)


class TestWithdraw:
    def test_takes_all_of_one_licence(self, store: LinkStore) -> None:
        other = Link(b"o" * 16, digest(2), b"sealed", 2000)
        store.add(other)
        assert store.withdraw(digest(1)) == 1
        with pytest.raises(LinkUnknown):
            store.get(LINK.id, 1)
        assert store.get(other.id, 1) == other


class TestForget:
    def test_deletes_what_ended(self, store: LinkStore) -> None:
        store.forget(1999)
        assert store.get(LINK.id, 1) == LINK
        store.forget(2000)
        with pytest.raises(LinkUnknown):
            store.get(LINK.id, 1)
