import sqlite3

import pytest
from sqlalchemy import delete, insert, select

from api.store.activity import Activity
from api.store.database import Database, StoreUnavailable
from api.store.tables import projected_blocks

TRIES = 200
BLOCK = insert(projected_blocks).values(block=1, hash=bytes(32), time=1)


class TestMark:
    def test_stays_while_nothing_is_written(self, database: Database) -> None:
        """In one of some tries: PostgreSQL tells of its other databases' writes too."""
        activity = Activity(database)

        def stays() -> bool:
            first = activity.mark()
            with database.read() as connection:
                connection.execute(select(projected_blocks)).all()
            return activity.mark() == first

        assert any(stays() for _ in range(TRIES))
        activity.close()

    def test_differs_after_each_commit_of_this_process(self, database: Database) -> None:
        activity = Activity(database)
        marks = [activity.mark()]
        for statement in (BLOCK, delete(projected_blocks), BLOCK):
            with database.write() as connection:
                connection.execute(statement)
            marks.append(activity.mark())
        assert len(set(map(str, marks))) == len(marks)
        activity.close()

    def test_differs_after_a_commit_of_another_process(self, url: str, database: Database) -> None:
        activity, other = Activity(database), Database.open(url)
        first = activity.mark()
        with other.write() as connection:
            connection.execute(BLOCK)
        assert activity.mark() != first
        other.close()
        activity.close()

    def test_differs_when_a_write_that_was_under_way_ends(
        self, url: str, database: Database
    ) -> None:
        activity, other = Activity(database), Database.open(url)
        with other.write() as connection:
            connection.execute(BLOCK)
            during = activity.mark()
        assert activity.mark() != during
        other.close()
        activity.close()

    def test_holds_up_no_checkpoint(self, database: Database) -> None:
        """An open look at a state would keep the log from being brought into the file."""
        activity = Activity(database)
        activity.mark()
        with database.write() as connection:
            connection.execute(BLOCK)
        if not database.is_postgresql:
            with sqlite3.connect(str(database.engine.url.database)) as line:
                checkpoint = line.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            line.close()
            assert checkpoint == [(0, 0, 0)]
        activity.close()

    def test_comes_again_after_the_connection_was_lost(self, database: Database) -> None:
        activity = Activity(database)
        activity.mark()
        lose(activity)
        with pytest.raises(StoreUnavailable):
            activity.mark()
        assert activity.mark() is not None
        activity.close()


def lose(activity: Activity) -> None:
    connection = activity._connection  # noqa: SLF001  # as a server that ends it does
    assert connection is not None
    assert connection.driver_connection is not None
    connection.driver_connection.close()
