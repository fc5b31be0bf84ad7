"""Builders: processes that check and sign lots, so that every core does.

A builder is a program of its own, small, started once and kept: it hears of an upload and of the
key over the pipe that its lots come by, never by argument or environment. It ends when the pipe
does, however that comes.
"""

import pickle
import queue
import socket
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol

from api.services.building import Brief, Builder, Lot, Outcome, Task
from ledger.errors import LedgerError, Unavailable
from ledger.keys import Signer

END_SECONDS: Final = 5.0


@dataclass(eq=False)
class BuilderLost(Unavailable):
    """A process that signs licences ended by itself."""


class Answer(Protocol):
    """An outcome that may still be in the making."""

    def result(self, timeout: float | None = None) -> Outcome:
        """Return it, or raise `TimeoutError` when it is not there in so many seconds."""

    def cancel(self) -> object:
        """Say that nobody will ask for it any more."""


class Builders(Protocol):
    """Whoever does the tasks of one upload at a time."""

    count: int

    def open(self, brief: Brief, signer: Signer) -> None:
        """Get ready for the lots of an upload."""

    def submit(self, task: Task, lot: Lot) -> Answer:
        """Have a task done; answers come in any order."""

    def close(self) -> None:
        """End what does them."""


class OwnBuilder:
    """Does the tasks in a thread of this process: for keys that no other process can use.

    Beside whoever asks: a token may take longer for a lot than a job's claim lasts unless kept.
    """

    count = 1

    def __init__(self, make: Callable[[Brief, Signer], Builder]) -> None:
        self._make = make
        self._builder: Builder | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="builder")

    def open(self, brief: Brief, signer: Signer) -> None:
        """See `Builders`."""
        self._builder = self._make(brief, signer)

    def submit(self, task: Task, lot: Lot) -> Answer:
        """See `Builders`."""
        assert self._builder is not None, "opened first"
        return self._thread.submit(self._builder.do, task, lot)

    def close(self) -> None:
        """End the thread after the lot in hand."""
        self._thread.shutdown(cancel_futures=True)


class BuilderProcesses:
    """Does the tasks in as many processes as there are cores."""

    def __init__(self, count: int, program: Sequence[str], key_of: Callable[[Signer], Any]) -> None:
        """`program` gets the number of its pipe as its last argument; `key_of` what it signs with.

        What `key_of` returns must be fit for `pickle`.
        """
        self.count = count
        self._program = tuple(program)
        self._key_of = key_of
        self._idle: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="builder")
        self._opening = b""

    def start(self) -> None:
        """Start the processes, which lots else do that come first: imports take half a second."""
        for _ in range(self.count):
            process = self._idle.get()
            self._idle.put(_Process(self._program) if process is None else process)

    def open(self, brief: Brief, signer: Signer) -> None:
        """See `Builders`."""
        self._opening = pickle.dumps((brief, self._key_of(signer)))

    def submit(self, task: Task, lot: Lot) -> Answer:
        """See `Builders`; the answer may be `BuilderLost`."""
        return _Coming(self._threads.submit(self._ask, self._opening, pickle.dumps((task, lot))))

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        for _ in range(self.count):
            if (process := self._idle.get()) is not None:
                process.end()

    def _ask(self, opening: bytes, question: bytes) -> bytes:
        process = self._idle.get()
        try:
            if process is None:
                process = _Process(self._program)
            return process.ask(opening, question)
        except (EOFError, OSError) as exc:
            if process is not None:
                process.end()
                process = None
            raise BuilderLost from exc
        finally:
            self._idle.put(process)


class _Coming:
    """An answer on its way; it is unpacked where it is asked for, not in a thread beside."""

    def __init__(self, coming: "Future[bytes]") -> None:
        self._coming = coming

    def cancel(self) -> object:
        return self._coming.cancel()

    def result(self, timeout: float | None = None) -> Outcome:
        error, outcome = pickle.loads(self._coming.result(timeout))  # noqa: S301  # from our own child
        if error is not None:
            raise error
        assert isinstance(outcome, Outcome)
        return outcome


class _Process:
    def __init__(self, program: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            # A session of its own: Ctrl-C is for the parent, which ends its children in order.
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [*program, str(number)], pass_fds=(number,), start_new_session=True
            )
        self._line = Connection(ours.detach())
        self._opened = b""

    def ask(self, opening: bytes, question: bytes) -> bytes:
        if self._opened != opening:
            self._line.send_bytes(opening)
            self._opened = opening
        self._line.send_bytes(question)
        return self._line.recv_bytes()

    def end(self) -> None:
        self._line.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def answer_all(line: Connection, open_: Callable[[Brief, Any], Builder]) -> None:
    """Do what comes over the line until it ends; `open_` makes a builder of brief and key."""
    builder: Builder | None = None
    while True:
        try:
            first, second = pickle.loads(line.recv_bytes())  # noqa: S301  # from our own parent
        except (EOFError, OSError):
            return
        if isinstance(first, Brief):
            builder = open_(first, second)
            continue
        assert builder is not None, "opened first"
        line.send_bytes(pickle.dumps(_done(builder, first, second)))


def _done(builder: Builder, task: Task, lot: Lot) -> tuple[LedgerError | None, Outcome | None]:
    try:
        return None, builder.do(task, lot)
    except LedgerError as error:
        return error, None
