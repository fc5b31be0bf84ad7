"""Load on an HTTP server, from a process of its own: fixed connections, a fixed number of requests.

Raw sockets under uvloop: a client library would cost more than the server that it measures. Each
connection sends its next request when the answer to the last one is whole (a closed loop), so that
latencies above say nothing of a queue that grows; with a `rate` requests are due at their times
whatever was answered, and latencies count from then (an open loop). Requests are templates, taken
in turn; `MARK` in one becomes a number that no other request of the run has, written with as many
characters.
"""

import asyncio
import itertools
import json
import secrets
import statistics
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import uvloop

MARK: Final = "@" * 32
"""What each request replaces by 32 hexadecimal digits of its own."""
LEAST_PER_SECOND: Final = 20
START_SECONDS: Final = 60
_PREFIX_DIGITS: Final = 16
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send where; each of `templates` is a whole HTTP/1.1 request, head and body.

    `rate` is requests a second; 0 sends as fast as answers come.
    """

    port: int
    templates: Sequence[str]
    requests: int
    connections: int = 32
    warm_up: int = 0
    host: str = "127.0.0.1"
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a plan; whatever is not 2xx is a failure. Latencies in milliseconds.

    `started_at` is a `perf_counter`, which on Linux is the same clock in every process.
    """

    n: int
    failures: int
    seconds: float
    requests_per_second: float
    p50: float
    p99: float | None
    started_at: float
    statuses: dict[str, int] = field(default_factory=dict)


def request_of(method: str, path: str, headers: dict[str, str], body: str = "") -> str:
    """Return a template; the length of its body is the body's in UTF-8."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body.encode())}", "", body]
    return "\r\n".join(lines)


def load(plan: Plan) -> Load:
    """Send everything from a process of its own and return what it measured.

    Raises `subprocess.TimeoutExpired` when the server is slower than `LEAST_PER_SECOND`.
    """
    command = [sys.executable, "-m", "scripts.bench.load"]
    most = START_SECONDS + (plan.requests + plan.warm_up) / LEAST_PER_SECOND
    done = subprocess.run(
        command,
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
        timeout=most,
    )
    return Load(**json.loads(done.stdout))


class _Numbers:
    """Counts requests down and tells each apart."""

    def __init__(self, plan: Plan, count: int) -> None:
        parts = [template.encode().split(MARK.encode()) for template in plan.templates]
        self._templates = itertools.cycle(parts)
        self._prefix = secrets.token_hex(_PREFIX_DIGITS // 2)
        self._left = count

    def next(self) -> bytes | None:
        """Return the next request; None when all were sent."""
        if not self._left:
            return None
        self._left -= 1
        number = f"{self._prefix}{self._left:0{len(MARK) - _PREFIX_DIGITS}x}".encode()
        return number.join(next(self._templates))


class _Connection(asyncio.Protocol):
    """One connection; whenever nothing is asked over it, `free` is told."""

    def __init__(self, free: Callable[["_Connection"], None]) -> None:
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._free = free
        self._transport: Any = None
        self._read = bytearray()
        self._whole = 0
        self._due_at = 0.0
        self._waits = False

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return not self.closed.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._free(self)

    def data_received(self, data: bytes) -> None:
        self._read += data
        self._whole = self._whole or _whole_length(self._read)
        if not self._whole or len(self._read) < self._whole:
            return
        self.seconds.append(time.perf_counter() - self._due_at)
        self.statuses[self._read[9:12].decode()] += 1
        self._waits = False
        del self._read[: self._whole]
        self._whole = 0
        self._free(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if self._waits:
            self.statuses["cut"] += 1
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self, request: bytes, due_at: float) -> None:
        """Send a request that was due at a `perf_counter`."""
        self._waits = True
        self._due_at = due_at
        self._transport.write(request)

    def close(self) -> None:
        """Say that there is nothing more to ask."""
        self._transport.close()


class _Closed:
    """Sends the next request over a connection as soon as the last one is answered."""

    def __init__(self, numbers: _Numbers) -> None:
        self._numbers = numbers

    def free(self, connection: _Connection) -> None:
        """Send over it, or close it where everything was sent."""
        request = self._numbers.next()
        if request is None:
            connection.close()
        else:
            connection.send(request, time.perf_counter())

    async def run(self) -> None:
        """Nothing more is needed: answers drive this loop."""


class _Open:
    """Sends each request when it is due, over a connection that is free, or the next that gets."""

    def __init__(self, numbers: _Numbers, rate: float) -> None:
        self._numbers = numbers
        self._rate = rate
        self._idle: list[_Connection] = []
        self._late: deque[tuple[bytes, float]] = deque()
        self._is_over = False

    def free(self, connection: _Connection) -> None:
        """Send what is late over it, else keep it; close it where everything was sent."""
        if self._late:
            connection.send(*self._late.popleft())
        elif self._is_over:
            connection.close()
        else:
            self._idle.append(connection)

    async def run(self) -> None:
        """Send everything in its time, then close what is free."""
        started = time.perf_counter()
        for number in itertools.count():
            request = self._numbers.next()
            if request is None:
                break
            due_at = started + number / self._rate
            await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
            self._idle = [one for one in self._idle if one.is_open]
            if self._idle:
                self._idle.pop().send(request, due_at)
            else:
                self._late.append((request, due_at))
        self._is_over = True
        for connection in self._idle:
            connection.close()


def _whole_length(read: bytearray) -> int:
    """Return the length of an answer, head and body, 0 until its head is whole."""
    end = read.find(_END)
    if end < 0:
        return 0
    head = bytes(read[:end]).lower()
    at = head.find(_LENGTH)
    length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return end + len(_END) + length


async def _run(plan: Plan, count: int) -> tuple[float, float, Sequence[_Connection]]:
    numbers = _Numbers(plan, count)
    source = _Open(numbers, plan.rate) if plan.rate else _Closed(numbers)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Connection(source.free), plan.host, plan.port)
        for _ in range(min(plan.connections, count))
    ]
    connections = [protocol for _, protocol in made]
    await source.run()
    await asyncio.gather(*(connection.closed for connection in connections))
    return started, time.perf_counter() - started, connections


async def _measure(plan: Plan) -> Load:
    if plan.warm_up:
        await _run(plan, plan.warm_up)
    started_at, seconds, connections = await _run(plan, plan.requests)
    ordered = sorted(one for each in connections for one in each.seconds)
    statuses = sum((each.statuses for each in connections), Counter[str]())
    good = sum(count for status, count in statuses.items() if status.startswith("2"))
    enough = len(ordered) >= 1_000  # noqa: PLR2004  # fewer tell nothing of the tail
    return Load(
        n=len(ordered),
        failures=plan.requests - good,
        seconds=seconds,
        requests_per_second=good / seconds,
        p50=statistics.median(ordered) * 1e3 if ordered else 0.0,
        p99=ordered[len(ordered) * 99 // 100] * 1e3 if enough else None,
        started_at=started_at,
        statuses=dict(statuses),
    )


def main() -> int:
    """Read a plan as JSON, carry it out, write what was measured as JSON."""
    plan = Plan(**json.load(sys.stdin))
    print(json.dumps(asdict(uvloop.run(_measure(plan)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
