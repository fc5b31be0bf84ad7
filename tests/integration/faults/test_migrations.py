"""kill -9 inside a migration: the schema is the old one or the new one, and nothing between."""

import signal
from itertools import count
from typing import Any

import pytest

from api.store.database import Database, SchemaOutdated, migrate
from tests.support.kills import forkserver
from tests.support.schema import (
    assert_kept,
    differences,
    fill,
    migrate_and_die,
    revision_of,
    rows,
)

pytestmark = pytest.mark.timeout(600)
FIRST = "0001"
STRIDE = 19
"""A life is ended at each nineteenth statement, and at the commit."""


class TestMigration:
    def test_killed_anywhere_is_as_if_it_had_not_begun(self, url: str) -> None:
        migrate(url, FIRST)
        before = fill(url)
        ends = (number for number in count(1, STRIDE))
        while is_killed(url, next(ends)):
            check_untouched(url, before)
        assert revision_of(url) != FIRST  # the last life came through
        Database.open(url).close()
        assert_kept(before, rows(url))
        assert differences(url) == []

    def test_killed_before_its_commit_starts_anew_when_asked_again(self, url: str) -> None:
        migrate(url, FIRST)
        before = fill(url)
        assert is_killed(url, None)
        check_untouched(url, before)
        migrate(url)
        assert_kept(before, rows(url))
        assert differences(url) == []


def check_untouched(url: str, before: Any) -> None:
    """Check that the schema is the first one with its rows, and that no service starts on it."""
    assert revision_of(url) == FIRST
    assert rows(url) == before
    with pytest.raises(SchemaOutdated):
        Database.open(url)


def is_killed(url: str, statement: int | None) -> bool:
    """Migrate in a process that ends at a statement, or at its commit; false if it lived."""
    process = forkserver().Process(target=migrate_and_die, args=(url, statement), daemon=True)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0
