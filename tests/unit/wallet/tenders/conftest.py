import pytest

from tests.support.bid_desk import Desk
from tests.support.terminal import Terminal


@pytest.fixture
def desk(terminal: Terminal) -> Desk:
    return Desk(terminal)
