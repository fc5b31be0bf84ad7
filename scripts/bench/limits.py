"""What this machine can do at best: nothing of ours in it, measured beside what is ours."""

import hashlib
import http.client
import itertools
import os
import secrets
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson
import psycopg

from api.store.database import PAGE_BYTES
from ledger.keys import PrivateKey
from scripts.bench import databases
from scripts.bench.load import Plan, load, request_of
from scripts.bench.loads import latency, rate
from scripts.bench.patience import until
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.bench.timing import measure, timed
from scripts.ports import free_ports
from scripts.steps import ROOT
from wallet.processes import Child

SUBJECT: Final = "limits"
DOCUMENT_BYTES: Final = 3_800
"""Of a licence of fifteen disclosures, nearly."""
BATCH: Final = 10_000
CONNECTIONS: Final = 32
REQUESTS: Final = 10_000
_COLUMNS: Final = "digest {blob} UNIQUE, external_id text UNIQUE, document text, issued_at bigint"
_ASK_SECONDS: Final = 60.0


def limits(run: Run) -> Iterator[Row]:
    """Measure one core's arithmetic, a bare server, bare inserts."""
    run.say("limits: arithmetic")
    yield from arithmetic()
    for kind in run.databases:
        with fresh(kind, run.server) as insert:
            rates = [insert(BATCH) for _ in run.each_round(f"limits: insert, {kind}")]
        yield Row.of(SUBJECT, f"insert, {kind}", Unit.PER_SECOND, rates, size=BATCH)
    with bare_server() as port:
        yield from bare_requests(run, port)


def arithmetic() -> list[Row]:
    """Return P-256 and SHA-256 on one core."""
    key = PrivateKey.from_secret(hashlib.sha256(b"a limit").digest())
    message, leaf = secrets.token_bytes(2_000), secrets.token_bytes(64)
    signature = key.sign(message)
    acts: dict[str, Callable[[], object]] = {
        "P-256 sign": lambda: key.sign(message),
        "P-256 verify": lambda: key.public_key.verify(message, signature),
        "SHA-256 of 64 bytes": lambda: hashlib.sha256(leaf).digest(),
    }
    found = measure(acts, rounds=2_000, block=50)
    return [Row.of(SUBJECT, name, Unit.SECONDS, seconds) for name, seconds in found.items()]


def bare_requests(run: Run, port: int) -> Iterator[Row]:
    """Measure an empty answer to a request as long as a licence."""
    posts = [request_of("POST", "/", {}, "x" * DOCUMENT_BYTES)]
    plan = Plan(port, posts, REQUESTS, CONNECTIONS, REQUESTS // 10)
    loads = [load(plan) for _ in run.each_round("limits: bare ASGI")]
    yield rate(SUBJECT, "bare ASGI", loads)
    yield latency(SUBJECT, "bare ASGI, latency at full load", loads)


@contextmanager
def fresh(kind: str, server: str) -> Iterator[Callable[[int], float]]:
    """Give what inserts so many rows in one transaction and returns rows a second.

    Rows are like those of licences: 3.8 kB, two unique indices, each commit on the disk.
    """
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with _sqlite(folder) if kind == databases.SQLITE else _postgresql(server) as insert:
        yield insert


@contextmanager
def bare_server() -> Iterator[int]:
    """Run the server that does nothing until the block ends; yield its port."""
    (port,) = free_ports(1)
    log = ROOT / "var" / "bench" / "bare.log"
    command = [sys.executable, "-m", "scripts.bench.bare", str(port)]
    child = Child("bare", command, dict(os.environ), log)
    child.start()
    try:
        until(lambda: _listens(child, port), "the bare server")
        yield port
    finally:
        child.stop()


class RawLogs:
    """Asks a node for logs over one kept-alive connection and decodes the JSON, no more."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_ASK_SECONDS
        )

    def count(self, addresses: list[str], start: int, end: int) -> int:
        """Return how many logs the contracts have in a range of blocks."""
        asked = {"address": addresses, "fromBlock": hex(start), "toBlock": hex(end)}
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [asked]}
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/", orjson.dumps(body), headers)
        return len(orjson.loads(self._connection.getresponse().read())["result"])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def _sqlite(folder: Path) -> Iterator[Callable[[int], float]]:
    path = folder / f"limit-{secrets.token_hex(8)}.db"
    numbers = itertools.count()
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for pragma in (f"page_size={PAGE_BYTES}", "journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute(f"CREATE TABLE rows ({_COLUMNS.format(blob='blob')})")

            def insert(count: int) -> float:
                rows = _rows(numbers, count)

                def once() -> None:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", rows)
                    connection.execute("COMMIT")

                return count / timed(once)

            yield insert
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)


@contextmanager
def _postgresql(server: str) -> Iterator[Callable[[int], float]]:
    numbers = itertools.count()
    table = f"suizheng_bench_{secrets.token_hex(8)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {table} ({_COLUMNS.format(blob='bytea')})".encode())

        def insert(count: int) -> float:
            rows = _rows(numbers, count)

            def once() -> None:
                with (
                    connection.transaction(),
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy,
                ):
                    for row in rows:
                        copy.write_row(row)

            return count / timed(once)

        try:
            yield insert
        finally:
            connection.execute(f"DROP TABLE {table}".encode())


def _rows(numbers: Iterator[int], count: int) -> list[tuple[bytes, str, str, int]]:
    document = "d" * DOCUMENT_BYTES
    return [
        (secrets.token_bytes(32), f"row-{next(numbers)}", document, number)
        for number in range(count)
    ]


def _listens(child: Child, port: int) -> bool:
    child.require()
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
