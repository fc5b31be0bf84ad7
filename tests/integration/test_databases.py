"""What the tests of one database after the other rest on: each finds it as if new."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from api.store.database import Database
from api.store.licences import LicenceStore
from tests.support.databases import Emptied, break_inserts
from tests.support.issued import row


@pytest.fixture
def emptied(postgres_template: str) -> Iterator[Emptied]:
    made = Emptied(postgres_template)
    yield made
    made.drop()


def opened(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def oid(url: str) -> object:
    with opened(url) as connection:
        found = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert found is not None
    return found[0]


def issue(url: str) -> int:
    """Store a licence; return the number that the database gave it."""
    database = Database.open(url)
    LicenceStore(database).add([row(1)])
    with database.read() as connection:
        number = connection.execute(text("SELECT seq FROM licences")).scalar_one()
    database.close()
    return int(number)


class TestEmptied:
    def test_is_the_same_database_and_holds_nothing(self, emptied: Emptied) -> None:
        with emptied.lent() as first:
            before = oid(first), issue(first)
        with emptied.lent() as second:
            assert (oid(second), issue(second)) == before

    def test_throws_out_whoever_stayed(self, emptied: Emptied) -> None:
        with emptied.lent() as url:
            left = opened(url)
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            opened(url)

    def test_is_made_anew_where_its_catalogue_was_changed(self, emptied: Emptied) -> None:
        with emptied.lent() as first:
            before = oid(first)
            database = Database.open(first)
            break_inserts(database, "licences")
            database.close()
        with emptied.lent() as second:
            assert oid(second) != before
            assert issue(second) == 1

    @pytest.mark.parametrize(
        "change", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"]
    )
    def test_is_made_anew_where_its_revision_was_changed(
        self, emptied: Emptied, change: str
    ) -> None:
        with emptied.lent() as first, opened(first) as connection:
            connection.execute(change.encode())
        with emptied.lent() as second:
            assert issue(second) == 1
