"""An office at work, and the use cases alone, over each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.anvil import anvil
from tests.support.office import Office, office
from tests.support.service import World, world


@pytest.fixture
def place(url: str, tmp_path: Path) -> Iterator[Office]:
    with anvil() as node, office(node, url, tmp_path) as made:
        yield made


@pytest.fixture
def small(place: Office) -> Office:
    return place


@pytest.fixture
def service(url: str) -> Iterator[World]:
    with world(url) as made:
        yield made
