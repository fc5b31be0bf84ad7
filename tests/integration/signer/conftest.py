from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.anvil import anvil
from tests.support.databases import sqlite_url
from tests.support.office import Office, office


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Office]:
    """An office over SQLite."""
    with anvil() as node, office(node, sqlite_url(tmp_path), tmp_path) as made:
        yield made
