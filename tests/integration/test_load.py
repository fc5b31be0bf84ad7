import socket
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from scripts.bench.load import MARK, Plan, load, request_of
from tests.support.listening import listening


class Echo:
    """Answers what it is told to; keeps the bodies."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = statuses
        self.bodies: Counter[bytes] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        body = (await receive())["body"]
        status = self.statuses[self.bodies.total() % len(self.statuses)]
        self.bodies[body] += 1
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


def plan(origin: str, requests: int, warm_up: int = 0) -> Plan:
    template = request_of("POST", "/", {"X-Key": MARK}, f"样 {MARK}")
    return Plan(port_of(origin), [template], requests, 4, warm_up)


def port_of(origin: str) -> int:
    return int(origin.rsplit(":", 1)[1])


def hang_up(server: socket.socket, connections: int) -> None:
    """Read what each connection sends first, then close it."""
    for _ in range(connections):
        taken, _ = server.accept()
        with taken:
            taken.recv(1)


class TestLoad:
    @pytest.mark.parametrize("warm_up", [0, 10])
    def test_sends_each_request_once_and_times_it(self, warm_up: int) -> None:
        echo = Echo(200)
        with listening(echo) as origin:
            done = load(plan(origin, 1_000, warm_up))
        assert (done.n, done.failures, done.statuses) == (1_000, 0, {"200": 1_000})
        assert done.p99 is not None
        assert 0 < done.p50 <= done.p99
        assert echo.bodies.total() == 1_000 + warm_up
        assert set(echo.bodies.values()) == {1}

    def test_counts_every_answer_but_2xx_as_a_failure(self) -> None:
        with listening(Echo(201, 503)) as origin:
            done = load(plan(origin, 10))
        assert (done.failures, done.statuses) == (5, {"201": 5, "503": 5})
        assert done.p99 is None

    def test_takes_templates_in_turn(self) -> None:
        echo = Echo(200)
        bodies = [f"{name} {MARK}" for name in "abc"]
        with listening(echo) as origin:
            templates = [request_of("POST", "/", {}, body) for body in bodies]
            done = load(Plan(port_of(origin), templates, 300, 4))
        assert done.failures == 0
        assert Counter(body[:1] for body in echo.bodies) == {b"a": 100, b"b": 100, b"c": 100}

    @pytest.mark.parametrize("rate", [200.0, 1e9])
    def test_sends_in_an_open_loop_what_is_due(self, rate: float) -> None:
        """At the first rate connections wait for requests, at the second requests for them."""
        echo = Echo(200)
        with listening(echo) as origin:
            done = load(replace(plan(origin, 100), rate=rate))
        assert (done.n, done.failures) == (100, 0)
        assert set(echo.bodies.values()) == {1}

    def test_counts_in_an_open_loop_what_was_never_answered(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            thread = threading.Thread(target=hang_up, args=(silent, 4))
            thread.start()
            origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
            done = load(replace(plan(origin, 10), rate=1e9))
            thread.join()
        assert (done.n, done.failures) == (0, 10)

    def test_counts_what_was_never_answered(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            thread = threading.Thread(target=hang_up, args=(silent, 4))
            thread.start()
            done = load(plan(f"http://127.0.0.1:{silent.getsockname()[1]}", 10))
            thread.join()
        assert (done.n, done.failures) == (0, 10)
