"""Each test that asks for a database runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.store.database import migrate
from tests.support.databases import KINDS, Emptied, migrated_sqlite, postgres_url, sqlite_url
from tests.support.terminal import cheap_keys


@pytest.fixture(scope="session", autouse=True)
def keys_are_cheap() -> Iterator[None]:
    """Keys cost next to nothing to open here; what they cost elsewhere, unit tests see."""
    with cheap_keys():
        yield


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated PostgreSQL database, to be copied and never opened."""
    with postgres_url() as made:
        migrate(made)
        yield made


@pytest.fixture(scope="session")
def emptied_postgres(postgres_template: str) -> Iterator[Emptied]:
    """The PostgreSQL database that one test after the other is lent."""
    emptied = Emptied(postgres_template)
    yield emptied
    emptied.drop()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database of each kind is to be: no SQLite file yet, an empty PostgreSQL database."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "not" / "there")
    else:
        with postgres_url() as made:
            yield made


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind, for one test alone."""
    if request.param == "sqlite":
        yield migrated_sqlite(tmp_path)
    else:
        with request.getfixturevalue("emptied_postgres").lent() as made:
            yield made


@pytest.fixture(scope="module", params=KINDS)
def module_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated, empty database of each kind, for a module that asks for no other."""
    if request.param == "sqlite":
        yield migrated_sqlite(tmp_path_factory.mktemp("database"))
    else:
        with request.getfixturevalue("emptied_postgres").lent() as made:
            yield made
