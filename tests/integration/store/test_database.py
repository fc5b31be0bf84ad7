import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, insert, select, text

from api.store.database import (
    MIGRATIONS,
    Database,
    DatabaseUrlInvalid,
    SchemaOutdated,
    StoreUnavailable,
    migrate,
)
from api.store.idempotency import IdempotencyStore, KeptAnswer, Settlement
from api.store.tables import lists, metadata
from tests.support.databases import sqlite_url

ROW = {"agency": b"a" * 32, "list": 0, "used": 1}


class TestMigrate:
    def test_makes_exactly_the_tables_described(self, database: Database) -> None:
        with database.read() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), metadata)
        assert differences == []

    def test_may_run_again(self, url: str, database: Database) -> None:
        with database.write() as connection:
            connection.execute(insert(lists).values(ROW))
        migrate(url)
        with database.read() as connection:
            assert connection.execute(select(func.count()).select_from(lists)).scalar_one() == 1

    def test_goes_down_and_up_again(self, empty_url: str) -> None:
        migrate(empty_url)
        migrate(empty_url, "base")
        with pytest.raises(SchemaOutdated):
            Database.open(empty_url)
        migrate(empty_url)
        Database.open(empty_url).close()

    def test_keeps_answers_and_drops_turns_that_nobody_ended(self, empty_url: str) -> None:
        migrate(empty_url)
        migrate(empty_url, "0005")
        turns: list[dict[str, Any]] = [
            {"id": b"a", "status": 201, "body": b"{}", "headers": b"[]"},
            {"id": b"b", "status": None, "body": None, "headers": None},
        ]
        insert_turn = text(
            "INSERT INTO idempotency_keys (id, fingerprint, taken_at, turn, status, headers, body) "
            "VALUES (:id, :id, 7, 1, :status, :headers, :body)"
        )
        engine = create_engine(empty_url)
        with engine.begin() as connection:
            connection.execute(insert_turn, turns)
        engine.dispose()
        migrate(empty_url)
        with closing(Database.open(empty_url)) as database:
            kept = IdempotencyStore(database).kept([b"a", b"b"])
        assert kept == {b"a": Settlement(b"a", b"a", 7, KeptAnswer(201, (), b"{}"))}

    def test_leaves_the_journal_durable(self, tmp_path: Path) -> None:
        url = sqlite_url(tmp_path)
        migrate(url)
        database = Database.open(url)
        with database.read() as connection:
            pragmas = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "page_size")
            }
        database.close()
        full = 2
        assert pragmas == {
            "journal_mode": "wal",
            "synchronous": full,
            "foreign_keys": 1,
            "page_size": 8192,
        }


class TestOpen:
    def test_refuses_a_database_that_was_never_migrated(self, empty_url: str) -> None:
        if empty_url.startswith("sqlite"):
            Path(empty_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with pytest.raises(SchemaOutdated) as caught:
            Database.open(empty_url)
        newest = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
        assert (caught.value.found, caught.value.expected) == ("none", newest)
        assert "api.main migrate" in str(caught.value)

    def test_refuses_a_newer_schema(self, url: str) -> None:
        database = Database.open(url)
        with database.write() as connection:
            head = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        try:
            with pytest.raises(SchemaOutdated):
                Database.open(url)
        finally:
            with database.write() as connection:
                back = text("UPDATE alembic_version SET version_num = :head")
                connection.execute(back, {"head": head})
            database.close()

    @pytest.mark.parametrize(
        "url", ["", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "no url"]
    )
    def test_refuses_other_databases(self, url: str) -> None:
        with pytest.raises(DatabaseUrlInvalid):
            Database.open(url)

    def test_says_when_nobody_answers(self) -> None:
        with pytest.raises(StoreUnavailable):
            Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")


class TestWrite:
    def test_keeps_all_or_nothing(self, database: Database) -> None:
        class Killed(Exception):
            pass

        def work() -> None:
            with database.write() as connection:
                connection.execute(insert(lists).values(ROW))
                raise Killed

        with pytest.raises(Killed):
            work()
        with database.read() as connection:
            assert connection.execute(select(lists)).all() == []

    def test_waits_no_longer_than_the_time_out_for_another_writer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("api.store.database.BUSY_SECONDS", 0.05)
        url = sqlite_url(tmp_path)
        migrate(url)
        database = Database.open(url)
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        def work() -> None:
            with database.write():
                pass

        with pytest.raises(StoreUnavailable) as caught:
            work()
        other.execute("ROLLBACK")
        other.close()
        work()
        database.close()
        assert caught.value.reason == "OperationalError"


class TestRead:
    def test_sees_one_state_while_others_write(self, database: Database) -> None:
        count = select(func.count()).select_from(lists)
        with database.read() as connection:
            before = connection.execute(count).scalar_one()
            with database.write() as writer:
                writer.execute(insert(lists).values(ROW))
            during = connection.execute(count).scalar_one()
        with database.read() as connection:
            after = connection.execute(count).scalar_one()
        assert (before, during, after) == (0, 0, 1)
