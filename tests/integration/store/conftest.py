from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from api.store.database import Database, migrate
from api.store.tables import metadata
from tests.support.databases import postgres_url, sqlite_url


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[str]:
    with postgres_url() as url:
        migrate(url)
        yield url


@pytest.fixture
def emptied_postgres(migrated_postgres: str) -> Iterator[str]:
    """The session's database, emptied after the test."""
    yield migrated_postgres
    database = Database.open(migrated_postgres)
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("emptied_postgres"))
    url = sqlite_url(tmp_path)
    migrate(url)
    return url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database.open(url)
    yield database
    database.close()
