"""Verifiers: processes that answer questions about documents, so that more than one core does.

A verifier is a program of its own (`api.verifier`), started with the server and kept. It reads the
projection itself; questions and finished answers go over a socket pair, as one message what is
asked, or answered, at one time. It ends when the pair does, however that comes. What it cannot
answer, or had not when it ended, is answered by the process that serves (None of `Verifiers.ask`).
"""

import asyncio
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from anyio import to_thread

from api.http.frames import Frames, framed
from api.http.shown import Shown
from api.services.verification import Question

MOST_WAITING: Final = 64
"""Questions that may wait for each verifier; beyond it the server answers, and takes in less."""
AT_ONCE: Final = 8
"""Of these so many are with it: the next is at hand when it has answered one, and what waits behind
goes to whoever is free first. Fewer at one time are more messages."""
PAUSE_SECONDS: Final = 1.0
MOST_PAUSE_SECONDS: Final = 60.0
"""Before a verifier is replaced; each start in vain doubles the pause up to this (proposed)."""
END_SECONDS: Final = 5.0


_Answered = asyncio.Future["Shown | None"]
_Asked = tuple[Question, _Answered]


class Verifiers:
    """Keeps so many verifiers running, and gives each the next question when it is free."""

    def __init__(self, count: int, program: Sequence[str], brief: Any) -> None:
        """`program` gets the number of its socket as its last argument, and `brief` over it."""
        self._count = count
        self._program = tuple(program)
        self._brief = brief
        self._ready: list[_Line] = []
        self._queue: deque[_Asked] = deque()
        self._keeping: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> int:
        """How many of them answer."""
        return len(self._ready)

    @property
    def waiting(self) -> int:
        """How many questions wait for them."""
        return len(self._queue) + sum(map(len, self._ready))

    def start(self, log: Any) -> None:
        """Start them on the running loop; `log` hears of each that ends by itself."""
        self._keeping = [asyncio.create_task(self._keep(log)) for _ in range(self._count)]

    async def ask(self, question: Question) -> Shown | None:
        """Return the answer; None where no verifier gives it."""
        if self.waiting >= MOST_WAITING * self.ready:
            return None
        loop = asyncio.get_running_loop()
        answer: _Answered = loop.create_future()
        if not self._queue:  # what others ask before the loop comes round goes along
            loop.call_soon(self._hand_out)
        self._queue.append((question, answer))
        return await answer

    async def close(self) -> None:
        """End them all; whoever still waits is told None."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    def _hand_out(self) -> None:
        """Give what waits to whoever has least to do, but to nobody more than `AT_ONCE`."""
        while self._queue:
            line = min(self._ready, key=len, default=None)
            if line is not None and len(line) >= AT_ONCE:
                return
            question, answer = self._queue.popleft()
            if line is None:
                _settle(answer, None)
            elif not answer.done():  # whoever waited may have hung up
                line.ask(question, answer)

    async def _keep(self, log: Any) -> None:
        """Run one verifier after another."""
        pause = PAUSE_SECONDS
        while True:
            try:
                was_ready = await self._run()
            except OSError:  # no memory or handle is left for one
                was_ready = False
            log.error("verifier.lost", ready=was_ready, pause_seconds=pause)
            await asyncio.sleep(pause)
            pause = PAUSE_SECONDS if was_ready else min(2 * pause, MOST_PAUSE_SECONDS)

    async def _run(self) -> bool:
        """Run one verifier until it ends; return whether it was ever ready."""
        process, ours = _started(self._program)
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(lambda: _Line(self._hand_out), sock=ours)
        try:
            line.tell(self._brief)
            was_ready = await line.ready
            if was_ready:
                self._ready.append(line)
                self._hand_out()
            await line.lost
            return was_ready
        finally:
            if line in self._ready:
                self._ready.remove(line)
                self._hand_out()
            line.close()
            await asyncio.shield(to_thread.run_sync(_end, process))


class _Line(asyncio.Protocol):
    """The line to one process; as long as the questions that wait for it."""

    def __init__(self, free: Callable[[], None]) -> None:
        """`free` is told when it has answered."""
        self._loop = asyncio.get_running_loop()
        self._free = free
        self.ready: asyncio.Future[bool] = self._loop.create_future()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: Any = None
        self._frames = Frames()
        self._asked = 0
        self._waiting: dict[int, _Answered] = {}
        self._unsent: list[tuple[int, Question]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def tell(self, message: Any) -> None:
        """Send a message."""
        self._transport.write(framed(message))

    def ask(self, question: Question, answer: _Answered) -> None:
        """Let `answer` be the answer; None when the process has none, ends, or has ended."""
        if self.lost.done():
            _settle(answer, None)
            return
        self._asked += 1
        self._waiting[self._asked] = answer
        if not self._unsent:  # what others ask before the loop comes round goes along
            self._loop.call_soon(self._send)
        self._unsent.append((self._asked, question))

    def close(self) -> None:
        """End the line; the process ends by that."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._frames.feed(data):
            if message is None:
                self.ready.set_result(True)
                continue
            for number, told in message:
                _settle(self._waiting.pop(number), told)
        self._free()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        _settle(self.ready, False)  # noqa: FBT003  # the future's value
        _settle(self.lost, None)
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            _settle(answer, None)

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        self.tell(unsent)


def _settle(future: "asyncio.Future[Any]", value: Any) -> None:
    if not future.done():  # whoever waited may have hung up
        future.set_result(value)


def _started(program: Sequence[str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Return a new process and our end of its line; raise `OSError` where it cannot start."""
    ours, theirs = socket.socketpair()
    number = theirs.fileno()
    try:
        # A session of its own: Ctrl-C is for the parent, which ends its children in order.
        process = subprocess.Popen(  # noqa: S603  # our own program
            [*program, str(number)], pass_fds=(number,), start_new_session=True
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process whose line has ended; kill one that goes on."""
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


NO_VERIFIERS: Final = Verifiers(0, (), None)
"""For a server that answers everything itself."""
