"""Open files or room for files short in the serving process (`ulimit -n`, `-f`)."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, RLIMIT_NOFILE, prlimit

import httpx2
import pytest

from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.databases import migrated_sqlite
from tests.support.front import digest_of, is_outage, sign_in
from tests.support.kills import Child, Nursery, alive, serve
from tests.support.office import TYPE, Office
from tests.support.ports import free_port
from tests.support.service import order

pytestmark = pytest.mark.timeout(300)
SPARE_FILES, IDLE = 6, 40
SPARE_BYTES = 2**16
POLL_SECONDS, POLLS = 0.05, 1200


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: its files are the serving process's own."""
    return migrated_sqlite(tmp_path)


class Caller:
    """Somebody signed in whose line to the server stays open between requests."""

    def __init__(self, place: Office, port: int) -> None:
        token = sign_in(place.parts.services(), place.standing.office)
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self.client.headers["Authorization"] = f"Bearer {token}"
        self.acknowledged: dict[str, bytes] = {}

    def order(self, key: str) -> httpx2.Response:
        headers = {"Idempotency-Key": key}
        answer = self.client.post("/v1/licences", json=order(TYPE), headers=headers)
        if answer.status_code == 201:
            assert self.acknowledged.setdefault(key, answer.content) == answer.content
        return answer

    def check(self, place: Office) -> None:
        """Check what must hold in the end."""
        self.client.close()
        place.work()
        check_anchored_once(place, [digest_of(each) for each in self.acknowledged.values()])
        check_nonces(place)
        check_audit(place)


def until(holds: Callable[[], bool]) -> bool:
    """Ask again and again, a minute at most."""
    pause = threading.Event()
    return any(holds() or pause.wait(POLL_SECONDS) for _ in range(POLLS))


def files_of(child: Child) -> int:
    return len(list(Path(f"/proc/{child.process.pid}/fd").iterdir()))


@contextmanager
def limited(child: Child, kind: int, most: int) -> Iterator[None]:
    """Let a process have no more than so much of something until the block ends."""
    before = prlimit(child.process.pid, kind)
    prlimit(child.process.pid, kind, (most, before[1]))
    try:
        yield
    finally:
        prlimit(child.process.pid, kind, before)


def is_served(caller: Caller) -> bool:
    """Whether somebody who comes anew is served."""
    try:
        return httpx2.get(f"{caller.client.base_url}/healthz", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


class TestOpenFiles:
    def test_used_up_by_idle_callers_shed_and_come_back(
        self, issuing: Office, nursery: Nursery
    ) -> None:
        port = free_port()
        caller = Caller(issuing, port)
        with alive(nursery, partial(serve, port=port)) as child:
            assert caller.order("handles-first-order").status_code == 201
            before = files_of(child)
            with limited(child, RLIMIT_NOFILE, before + SPARE_FILES), ExitStack() as idle:
                for _ in range(IDLE):
                    idle.enter_context(socket.create_connection(("127.0.0.1", port)))
                assert until(lambda: files_of(child) >= before + SPARE_FILES)
                for number in range(3):
                    answer = caller.order(f"handles-order-{number:04}")
                    assert answer.status_code == 201 or is_outage(answer), answer.text
                assert caller.client.get("/healthz").status_code == 200
                idle.close()
                assert until(lambda: is_served(caller))
                assert until(lambda: files_of(child) < before + SPARE_FILES)
                for number in range(3):
                    assert caller.order(f"handles-order-{number:04}").status_code == 201
        caller.check(issuing)


class TestFileSize:
    def test_at_its_limit_acknowledges_nothing_that_is_not_stored(
        self, issuing: Office, nursery: Nursery, tmp_path: Path
    ) -> None:
        port = free_port()
        caller = Caller(issuing, port)
        with alive(nursery, partial(serve, port=port)) as child:
            first = caller.order("size-first-order-0")
            assert first.status_code == 201
            assert prlimit(child.process.pid, RLIMIT_FSIZE)[0] == RLIM_INFINITY
            largest = max(path.stat().st_size for path in tmp_path.glob("suizheng.db*"))
            with limited(child, RLIMIT_FSIZE, largest + SPARE_BYTES):
                keys = [f"size-order-no-{number:04}" for number in range(200)]
                answers = iter(caller.order(key) for key in keys)
                refused = next(each for each in answers if each.status_code != 201)
                assert is_outage(refused), refused.text
                shown = caller.client.get(f"/v1/licences/{first.json()['digest']}")
                assert shown.status_code == 200
            assert caller.order(keys[len(caller.acknowledged) - 1]).status_code == 201
        caller.check(issuing)
