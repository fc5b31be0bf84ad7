"""The database locked, ended, full of callers, or hung: 503 in time, nothing half done, heals."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from api.store.database import Database, StoreUnavailable
from tests.support.anvil import anvil
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.databases import POSTGRES, postgres_url
from tests.support.front import Front, accredit, front, is_outage
from tests.support.office import Office, OfficeParts, office
from tests.support.tcp_proxy import TcpProxy, tcp_proxy

ROUNDS, ENOUGH = 8, 4
MOST_CONNECTIONS = 15  # SQLAlchemy's default: 5 that are kept, 10 more


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is opened from now on wait for a fraction of a second, or a little longer."""
    monkeypatch.setattr("api.store.database.BUSY_SECONDS", 0.2)
    monkeypatch.setattr("api.store.postgres.CONNECT_SECONDS", 2)  # libpq knows no less
    monkeypatch.setattr("api.store.postgres.LOCK_SECONDS", 0.2)
    monkeypatch.setattr("api.store.postgres.ANSWER_SECONDS", 1.0)


@pytest.fixture
def second(issuing: Office, impatient: None) -> Iterator[OfficeParts]:  # noqa: ARG001  # its patch comes first
    """The parts of one more process on the office's database, made impatient."""
    parts = OfficeParts(issuing.settings)
    yield parts
    parts.close()


@pytest.fixture
def on_postgresql(postgres_template: str, tmp_path: Path) -> Iterator[Office]:
    with (
        postgres_url(postgres_template) as url,
        anvil() as node,
        office(node, url, tmp_path) as made,
    ):
        accredit(made)
        yield made


def check(place: Office, counter: Front) -> None:
    """Check what must hold in the end."""
    place.work()
    check_anchored_once(place, counter.digests())
    check_nonces(place)
    check_audit(place)


class TestLocked:
    def test_is_told_in_time_while_reads_go_on(self, issuing: Office, second: OfficeParts) -> None:
        with front(issuing, second) as counter:
            first, key = counter.issue(), counter.new_key()
            with locked(issuing.settings.database_url):
                assert is_outage(counter.order(key))
                shown = counter.client.get(f"/v1/licences/{first['digest']}")
                assert shown.status_code == 200
            assert counter.order(key).status_code == 201
        check(issuing, counter)


class TestPool:
    def test_that_is_empty_sends_callers_away_in_time(
        self, issuing: Office, second: OfficeParts
    ) -> None:
        engine = second.database.engine
        with front(issuing, second) as counter:
            key = counter.new_key()
            with ExitStack() as held:
                for _ in range(MOST_CONNECTIONS):
                    held.enter_context(engine.connect())
                assert is_outage(counter.order(key))
            assert counter.order(key).status_code == 201
        check(issuing, counter)


class TestEnded:
    def test_sessions_over_and_over_lose_and_double_nothing(self, on_postgresql: Office) -> None:
        place, stop = on_postgresql, threading.Event()

        def work() -> None:
            while not stop.is_set():
                place.worker.run_once()

        with front(place) as counter, ThreadPoolExecutor(3) as pool:
            tasks = [pool.submit(insist, counter, stop) for _ in range(2)] + [pool.submit(work)]
            for number in range(1, ROUNDS + 1):
                while len(counter.acknowledged) < ENOUGH * number:
                    assert not [task for task in tasks if task.done()]
                    stop.wait(0.01)
                end_sessions(place)
            stop.set()
            for task in tasks:
                task.result()
        check(place, counter)

    def test_and_refused_is_told_and_heals(self, on_postgresql: Office) -> None:
        place = on_postgresql
        name = make_url(place.settings.database_url).database
        with front(place) as counter, administrator() as admin:
            counter.issue()
            key = counter.new_key()
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            end_sessions(place)
            assert is_outage(counter.order(key))
            assert is_outage(counter.client.get("/readyz"))
            assert counter.client.get("/healthz").status_code == 200
            assert place.worker.run_once() == 0
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            assert counter.order(key).status_code == 201
        check(place, counter)


@pytest.mark.usefixtures("impatient")
class TestHung:
    def test_server_holds_nobody_for_ever(self, on_postgresql: Office) -> None:
        place = on_postgresql
        with behind(place) as (proxy, url):
            parts = OfficeParts(place.settings.model_copy(update={"database_url": url}))
            lease = parts.lease()
            with front(place, parts) as counter:
                counter.issue()
                assert lease.take()
                key = counter.new_key()
                proxy.flows.clear()
                assert is_outage(counter.order(key))
                assert is_outage(counter.client.get("/readyz"))
                with pytest.raises(StoreUnavailable):
                    lease.take()
                proxy.flows.set()
                assert counter.order(key).status_code == 201
            parts.close()
        check(place, counter)

    def test_server_is_not_waited_for_at_the_start(self, on_postgresql: Office) -> None:
        with behind(on_postgresql) as (proxy, url):
            proxy.flows.clear()
            with pytest.raises(StoreUnavailable):
                Database.open(url)


def insist(counter: Front, stop: threading.Event) -> None:
    """Order one licence after the other until told to stop, each until it is acknowledged."""
    while not stop.is_set():
        key = counter.new_key()
        while (status := counter.order(key).status_code) != 201:
            assert status == 503


@contextmanager
def behind(place: Office) -> Iterator[tuple[TcpProxy, str]]:
    """Put a proxy before the office's database server; give the URL through it."""
    url = make_url(place.settings.database_url)
    with tcp_proxy(url.host or "127.0.0.1", url.port or 5432) as proxy:
        changed = url.set(host="127.0.0.1", port=proxy.port)
        yield proxy, changed.render_as_string(hide_password=False)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Let another program hold the lock that every writer needs."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(url.replace("+psycopg", "")) as other:
            other.execute("LOCK TABLE records IN EXCLUSIVE MODE")
            yield


@contextmanager
def administrator() -> Iterator[psycopg.Connection]:
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        yield admin


def end_sessions(place: Office) -> None:
    """End every session on the office's database."""
    name = make_url(place.settings.database_url).database
    with administrator() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
