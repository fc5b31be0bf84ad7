"""Real databases for tests: an SQLite file and a PostgreSQL database, both migrated."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

POSTGRES = os.environ.get("SUIZHENG_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")


def sqlite_url(folder: Path) -> str:
    """Return the URL of a fresh SQLite file."""
    return f"sqlite:///{folder / 'suizheng.db'}"


@contextmanager
def postgres_url() -> Iterator[str]:
    """Make a PostgreSQL database of its own, drop it at the end; skip where there is no server."""
    name = f"suizheng_{uuid.uuid4().hex}"
    try:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL answers at {POSTGRES}")
    try:
        yield f"{POSTGRES}/{name}".replace("postgresql://", "postgresql+psycopg://")
    finally:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
