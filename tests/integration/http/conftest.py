from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.service import World, world


@pytest.fixture
def service(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made
