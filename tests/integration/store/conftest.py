from collections.abc import Iterator

import pytest

from api.store.database import Database


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database.open(url)
    yield database
    database.close()
