"""What holds for all tests."""

import pytest
from hypothesis import settings

# No test asserts time: a loaded machine takes longer over an example and is no worse for it.
settings.register_profile("suizheng", deadline=None)
settings.load_profile("suizheng")


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin both halves, which two processes are given, with tests marked `slow`.

    One that began last would be waited for by a process that has nothing left to do.
    """
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    half = len(others) // 2
    items[:] = [*slow[::2], *others[:half], *slow[1::2], *others[half:]]
