from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.anvil import anvil
from tests.support.databases import postgres_url, sqlite_url
from tests.support.office import Office, office


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An office at work, over each kind of database."""
    with anvil() as node:
        if request.param == "sqlite":
            with office(node, sqlite_url(tmp_path), tmp_path) as made:
                yield made
        else:
            with postgres_url() as url, office(node, url, tmp_path) as made:
                yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Office]:
    """An office over SQLite."""
    with anvil() as node, office(node, sqlite_url(tmp_path), tmp_path) as made:
        yield made
