"""What the kernel is asked for: a licence is on disk before its 201 leaves, whatever fails."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select, text

from api.store.tables import licences
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.databases import migrated_sqlite
from tests.support.front import digest_of, is_outage, sign_in
from tests.support.kills import Child, Nursery, alive, serve
from tests.support.office import TYPE, Office
from tests.support.ports import free_port
from tests.support.service import order

pytestmark = pytest.mark.timeout(600)
STRACE = shutil.which("strace")
ORDERS = 5
SENDS = ("write", "writev", "sendto", "sendmsg")
FAILURES = ("fdatasync:error=EIO", "pwrite64:error=ENOSPC")
MOST = 40
"""Calls that an order makes of one kind, at the very most."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: the disk of PostgreSQL is its server's to answer for."""
    return migrated_sqlite(tmp_path)


class Clerk:
    """Orders licences at a server, each under a key, and keeps what was acknowledged."""

    def __init__(self, place: Office, port: int) -> None:
        token = sign_in(place.parts.services(), place.standing.office)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._url = f"http://127.0.0.1:{port}/v1/licences"
        self.acknowledged: dict[str, bytes] = {}

    def order(self, key: str) -> httpx2.Response:
        headers = self._headers | {"Idempotency-Key": key}
        answer = httpx2.post(self._url, json=order(TYPE), headers=headers, timeout=60)
        if answer.status_code == 201:
            assert self.acknowledged.setdefault(key, answer.content) == answer.content
        return answer

    def check(self, place: Office) -> None:
        """Check that the licences are those acknowledged, and what must hold in the end."""
        with place.parts.database.read() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            stored = connection.execute(select(func.count()).select_from(licences)).scalar_one()
        assert stored == len(self.acknowledged)
        place.work()
        check_anchored_once(place, [digest_of(each) for each in self.acknowledged.values()])
        check_nonces(place)
        check_audit(place)


@pytest.fixture
def port() -> int:
    return free_port()


@contextmanager
def traced(child: Child, out: Path, *options: str) -> Iterator[None]:
    """Let strace look at a process, or spoil its calls, until the block ends; skip without it."""
    if STRACE is None:
        pytest.skip("strace is not installed here")
    command = [STRACE, "-f", "-y", "-s", "16", "-o", str(out), *options]
    with subprocess.Popen(
        [*command, "-p", str(child.process.pid)], stderr=subprocess.PIPE, text=True
    ) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace may not trace here: {said.strip()}")
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()


class TestSync:
    def test_ends_before_the_answer_leaves(
        self, issuing: Office, nursery: Nursery, port: int, tmp_path: Path
    ) -> None:
        clerk, out = Clerk(issuing, port), tmp_path / "trace"
        calls = f"trace=pwrite64,fsync,fdatasync,{','.join(SENDS)}"
        with alive(nursery, partial(serve, port=port)) as child, traced(child, out, "-e", calls):
            for number in range(ORDERS):
                assert clerk.order(f"durable-order-{number:04}").status_code == 201
        assert synced_answers(out) == ORDERS
        clerk.check(issuing)


class TestCall:
    @pytest.mark.parametrize("failure", FAILURES)
    def test_that_fails_is_told_and_leaves_nothing(
        self, issuing: Office, nursery: Nursery, port: int, tmp_path: Path, failure: str
    ) -> None:
        """Whichever of an order's calls fails: 503, no row, and the repeat is served."""
        clerk, out = Clerk(issuing, port), tmp_path / "trace"
        with alive(nursery, partial(serve, port=port)) as child:
            assert clerk.order("durable-first-one").status_code == 201
            for number in count(1):
                assert number < MOST
                key = f"durable-order-{number:04}"
                with traced(child, out, "-e", f"inject={failure}:when={number}"):
                    answer = clerk.order(key)
                assert answer.status_code == 201 or is_outage(answer), answer.text
                assert clerk.order(key).status_code == 201
                if "INJECTED" not in out.read_text():
                    break
        assert number > 1
        clerk.check(issuing)


def synced_answers(trace: Path) -> int:
    """Count the 201s; raise for one that left while a page of the log was not synced."""
    is_synced, found = False, 0
    for line in trace.read_text().splitlines():
        if re.search(r"pwrite64\(\d+<[^>]*-wal>", line):
            is_synced = False
        elif re.search(r"fdatasync\(\d+<[^>]*-wal>\)\s+= 0|fdatasync resumed>\)\s+= 0", line):
            is_synced = True
        elif '"HTTP/1.1 201' in line:
            assert is_synced, "an answer left before its page was on disk"
            is_synced, found = False, found + 1
    return found
