"""Processes that end themselves with SIGKILL, at a named point or when they are told.

A child is forked from a server that has everything imported, so that a life costs a tenth of a
second. It runs the service's own parts; only its database and node tell when a point is reached:
before and after every commit and every exchange with the node, before every answer over HTTP,
before and after every lot of a job is built. Where a commit begins right after another one, the
same is stored at both points: whoever is killed at one of them need not be at the other.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Connection as SqlConnection
from structlog import get_logger

from api.blobs.files import FileBlobs
from api.blobs.replicas import Replicas
from api.blobs.store import Source
from api.builder import PROGRAM, key_of, make_builder
from api.config import Settings
from api.services.builders import Answer, BuilderProcesses, OwnBuilder
from api.services.building import Lot, Task
from api.store.database import Database
from ledger.chain.rpc import Node, Request
from ledger.values import Digest
from tests.support.apps import app_over
from tests.support.office import OfficeParts

STOPPED = "stopped"
PRELOAD = (
    "tests.support.warm",
    "tests.support.kills",
    "tests.support.schema",
    "api.http.app",
    "eth_account",
)
Reach = Callable[[str], None]
Say = Callable[[Any], None]
Life = Callable[["KillableParts", Say], None]
"""What a child does with its parts, and what it says about it."""


class KillableDatabase(Database):
    """A database that tells of each commit, before and after."""

    reach: Reach

    @contextmanager
    def write(self) -> Iterator[SqlConnection]:
        with super().write() as connection:
            yield connection
            self.reach("commit")
        self.reach("committed")


class KillableNode(Node):
    """A node that tells of each exchange that may change the chain, before and after."""

    reach: Reach

    def broadcast(self, calls: list[Request]) -> list[Any]:  # type: ignore[override]  # a list is what we send
        self.reach("broadcast")
        found = super().broadcast(calls)
        self.reach("broadcast done")
        return found


class KillableBuilder(OwnBuilder):
    """A builder that tells of each lot, before and after."""

    def __init__(self, reach: Reach) -> None:
        super().__init__(make_builder)
        self._reach = reach

    def submit(self, task: Task, lot: Lot) -> Answer:
        self._reach("lot")
        answer = super().submit(task, lot)
        self._reach("built")
        return answer


class KillableBlobs(FileBlobs):
    """A disk that tells of each write of a file, before, half way and after."""

    reach: Reach

    def stage(self, upload: bytes, name: str, content: bytes) -> None:
        self.reach("stage")
        super().stage(upload, name, content)
        self.reach("staged")

    def keep(self, digest: Digest, source: Source) -> None:
        self.reach("keep")
        super().keep(digest, lambda: self._told(source()))
        self.reach("kept")

    def unstage(self, upload: bytes) -> None:
        self.reach("unstage")
        super().unstage(upload)

    def _told(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            self.reach("half kept")


class KillableParts(OfficeParts):
    """The service's parts, with ears at every persisted state."""

    def __init__(self, settings: Settings, reach: Reach) -> None:
        super().__init__(settings)
        self.stop = threading.Event()
        self.reach = reach

    @cached_property
    def database(self) -> Database:
        made = KillableDatabase.open(self.settings.database_url)
        assert isinstance(made, KillableDatabase)
        made.reach = self.reach
        return made

    @cached_property
    def blobs(self) -> Replicas:
        made = KillableBlobs(Path(self.settings.blobs[0].removeprefix("file:")))
        made.reach = self.reach
        return Replicas([made], time.monotonic)

    @cached_property
    def node(self) -> Node:
        made = KillableNode(self.settings.node_urls)
        made.reach = self.reach
        return made


@dataclass
class Child:
    """A life that has begun: what it `said`, the points it passed, and how it ended."""

    process: Any
    line: Connection
    said: list[Any] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    was_killed: bool = False

    def wait_until_stopped(self) -> bool:
        """Listen until it stands still at its point; false when it ended before."""
        while self.listen():
            if self.points and self.points[-1] == STOPPED:
                while not _is_stopped(self.process.pid):
                    time.sleep(0.001)
                return True
        return False

    def wake(self) -> None:
        """Let it go on, and wait for its end."""
        os.kill(self.process.pid, signal.SIGCONT)
        self.end()

    def listen(self, seconds: float | None = None) -> bool:
        """Take in what the child says next; false when it ended or said nothing in time."""
        if seconds is not None and not self.line.poll(seconds):
            return False
        try:
            kind, what = self.line.recv()
        except (EOFError, OSError):
            return False
        (self.points if kind == "point" else self.said).append(what)
        return True

    def kill_after(self, seconds: float) -> None:
        """Listen for so long, then end it, whatever it is doing, and take in what it had said."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self.listen(left):
            pass
        self.process.kill()
        self.end()

    def end(self) -> None:
        """Wait for its end; raise unless it was killed or came through."""
        while self.listen():
            pass
        self.process.join()
        self.was_killed = self.process.exitcode == -signal.SIGKILL
        assert self.was_killed or self.process.exitcode == 0, self.process.exitcode
        self.process.close()


def forkserver() -> ForkServerContext:
    """Return what forks processes that have everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    return context


class Nursery:
    """Makes children; each is given the same settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context = forkserver()

    def begin(self, life: Life, *, kill_at: int | None = None, stop_at: int | None = None) -> Child:
        """Begin a life that ends itself, or stands still, at a point.

        They are counted from 1, and for `kill_at` only those at which something else is stored.
        """
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_live, args=(life, self._settings, theirs, kill_at, stop_at), daemon=True
        )
        process.start()
        theirs.close()
        return Child(process, ours)

    def live(self, life: Life, *, kill_at: int | None = None) -> Child:
        """Begin a life and wait for its end."""
        child = self.begin(life, kill_at=kill_at)
        child.end()
        return child


def born(nursery: Nursery, life: Life, *, kill_at: int | None = None) -> Child:
    """Begin a life and wait until it is ready."""
    child = nursery.begin(life, kill_at=kill_at)
    while not child.said and child.listen():
        pass
    assert child.said == ["ready"]
    return child


@contextmanager
def alive(nursery: Nursery, life: Life, *, kill_at: int | None = None) -> Iterator[Child]:
    """Let a child live, ready, until the block ends."""
    child = born(nursery, life, kill_at=kill_at)
    try:
        yield child
    finally:
        child.kill_after(0)


def work(parts: KillableParts, _say: Say) -> None:
    """Do what the worker does until nothing is left."""
    parts.worker(parts.stop).run_until_idle()


def lead(parts: KillableParts, say: Say) -> None:
    """Do what `work` does: lead where nobody else does, for ever."""
    lease = parts.lease()
    say("ready")
    parts.worker(parts.stop).run(leads=lease.take)


def run_jobs(parts: KillableParts, _say: Say) -> None:
    """Do what the process of jobs does until nothing is left; it builds the rows itself."""
    parts.builders = KillableBuilder(parts.reach)
    parts.runner(parts.stop).run_until_idle()


def keep_running_jobs(parts: KillableParts, say: Say) -> None:
    """Do what the process of jobs does, for ever, with a builder beside it."""
    parts.builders = BuilderProcesses(1, PROGRAM, key_of)
    runner = parts.runner(parts.stop)
    say("ready")
    runner.run()


def serve(parts: KillableParts, say: Say, *, port: int) -> None:
    """Answer HTTP on a port of this machine, for ever; no line is closed that idles meanwhile."""
    app = _telling(app_over(parts.services(), get_logger("api.http")), parts.reach)
    config = uvicorn.Config(app, port=port, log_level="error", ws="none", timeout_keep_alive=600)
    server = uvicorn.Server(config)
    starting = threading.Timer(0, _tell_when_started, (server, say))
    starting.start()
    server.run()


def _telling(app: Any, reach: Reach) -> Any:
    """Return the application that tells of each answer before the first of it leaves."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        async def leave(message: Any) -> None:
            if message["type"] == "http.response.start":
                reach("answer")
            await send(message)

        await app(scope, receive, leave)

    return answer


def _tell_when_started(server: uvicorn.Server, say: Say) -> None:
    while not server.started:
        time.sleep(0.005)
    say("ready")


def _is_stopped(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "T"


def _live(
    life: Life, settings: Settings, line: Connection, kill_at: int | None, stop_at: int | None
) -> None:
    passed, states = [""], 0

    def reach(point: str) -> None:
        nonlocal states
        states += (passed[-1], point) != ("committed", "commit")
        passed.append(point)
        line.send(("point", point))
        if states == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(passed) - 1 == stop_at:
            line.send(("point", STOPPED))
            os.kill(os.getpid(), signal.SIGSTOP)

    parts = KillableParts(settings, reach)
    life(parts, lambda what: line.send(("said", what)))
    parts.close()
