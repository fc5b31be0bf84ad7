from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.verification import AT


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path, now=AT)
