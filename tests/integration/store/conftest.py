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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
        migrate(url)
        yield url
        return
    url = request.getfixturevalue("migrated_postgres")
    yield url
    database = Database.open(url)
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    database.close()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database.open(url)
    yield database
    database.close()
