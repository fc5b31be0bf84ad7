"""Connections of those who never end a request's head, against a real uvicorn."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from api.http.connections import TimelyConnection
from scripts.ports import free_ports

WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Hasty(TimelyConnection):
    head_seconds = 0.1


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    (port,) = free_ports(1)
    config = uvicorn.Config(
        answer, port=port, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield port
    server.should_exit = True
    thread.join()


@pytest.fixture
def line(port: int) -> Iterator[socket.socket]:
    while True:
        try:
            line = socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            continue  # it is starting
        break
    with line:
        yield line


def is_hung_up(line: socket.socket) -> bool:
    """Whether the other end closes; raises `TimeoutError` when it never does."""
    return line.recv(1) == b""


class TestHead:
    @pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n"])
    def test_that_never_ends_is_hung_up_on(self, line: socket.socket, sent: bytes) -> None:
        line.sendall(sent)
        assert is_hung_up(line)

    @pytest.mark.parametrize("sent", [b"\r\n", b"GET / HT"])
    def test_that_never_ends_after_an_answer_is_too(self, line: socket.socket, sent: bytes) -> None:
        line.sendall(WHOLE)
        assert line.recv(1000).endswith(b"ok")
        line.sendall(sent)
        assert is_hung_up(line)

    def test_that_comes_in_parts_is_answered(self, line: socket.socket) -> None:
        line.sendall(WHOLE[:9])
        line.sendall(WHOLE[9:])
        assert line.recv(1000).endswith(b"ok")

    def test_is_not_waited_for_while_a_body_comes(self, port: int, line: socket.socket) -> None:
        line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        assert line.recv(1000).endswith(b"ok")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as other:
            assert is_hung_up(other)  # by then the first one's time would be over, too
