from collections.abc import Iterator

import pytest

from tests.support.service import World, world


@pytest.fixture
def service(url: str) -> Iterator[World]:
    with world(url) as made:
        yield made
