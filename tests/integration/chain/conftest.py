from collections.abc import Iterator

import pytest

from tests.support.anvil import anvil
from tests.support.standing import Standing, stand_up


@pytest.fixture
def standing() -> Iterator[Standing]:
    """A fresh node with the ledger on it."""
    with anvil() as node:
        standing = stand_up(node)
        yield standing
        standing.node.close()
