from collections.abc import Iterator

import pytest

from tests.support.terminal import cheap_keys


@pytest.fixture(scope="session", autouse=True)
def keys_are_cheap() -> Iterator[None]:
    """The demo, which runs apart, opens keys as dear as anybody's."""
    with cheap_keys():
        yield
