"""Databases of a moment: a fresh SQLite file or PostgreSQL database, gone at the end."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from api.store.database import migrate

SQLITE = "SQLite"
POSTGRESQL = "PostgreSQL"
CONNECT_SECONDS = 3


def postgresql_version(server: str) -> str | None:
    """Return the version of the server at `server`; None where none answers."""
    try:
        with psycopg.connect(f"{server}/postgres", connect_timeout=CONNECT_SECONDS) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.OperationalError:
        return None
    return None if row is None else str(row[0]).split()[0]


@contextmanager
def fresh(kind: str, folder: Path, server: str) -> Iterator[str]:
    """Make a database with the schema and nothing in it; yield its URL."""
    if kind == SQLITE:
        url = f"sqlite:///{folder / 'bench.db'}"
        migrate(url)
        yield url
        return
    with _postgresql(server) as url:
        migrate(url)
        yield url


@contextmanager
def _postgresql(server: str) -> Iterator[str]:
    name = f"suizheng_bench_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server}/{name}".replace("postgresql://", "postgresql+psycopg://")
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
