"""One node's HTTP: a kept-alive connection per thread, bounded in time and size.

The urgent path of every read, hence http.client: an eighth of what `requests` costs a call.
"""

import http.client
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ledger.errors import ChainUnavailable

MAX_ANSWER_BYTES: Final = 64 * 2**20
_PIECE_BYTES: Final = 2**16
_HEADERS: Final = {"Content-Type": "application/json"}
_CLOSED: Final = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class HungUp(Exception):  # a signal to the caller in this package
    """The connection was closed before an answer began."""


class Transport:
    """Posts to one URL; may be used from several threads. Errors name the host, never the URL.

    A URL may hold an access token, so it appears in no message.
    """

    def __init__(
        self,
        url: str,
        timeout_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = _split(url)
        self._timeout = timeout_seconds
        self._monotonic = monotonic
        self._context = ssl.create_default_context() if self._url.scheme == "https" else None
        self._connections: dict[threading.Thread, http.client.HTTPConnection] = {}
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """The host's name."""
        return self._url.hostname or ""

    def is_open(self) -> bool:
        """Return whether this thread has a connection that was not seen to end."""
        connection = self._connections.get(threading.current_thread())
        return connection is not None and connection.sock is not None

    def post(self, body: bytes) -> bytes:
        """Return the answer's body.

        Raises:
            HungUp: when the connection ended before an answer began, as idle ones do.
            ChainUnavailable: for anything else that is no complete answer of status 200.
        """
        connection = self._connection()
        try:
            return self._exchange(connection, body)
        except _CLOSED as exc:
            connection.close()
            raise HungUp from exc
        except TimeoutError as exc:
            connection.close()
            raise ChainUnavailable(f"{self.host} did not answer in {self._timeout:g} s") from exc
        except (OSError, http.client.HTTPException, ValueError) as exc:
            connection.close()
            raise ChainUnavailable(f"{self.host} cannot be reached") from exc
        except ChainUnavailable:
            connection.close()
            raise

    def drop(self) -> None:
        """Close this thread's connection; the next post opens another."""
        if self.is_open():
            self._connection().close()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._connections.values():
                connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        """Return this thread's connection; making one closes those of threads that ended."""
        thread = threading.current_thread()
        connection = self._connections.get(thread)
        if connection is None:
            with self._lock:
                for ended in [one for one in self._connections if not one.is_alive()]:
                    self._connections.pop(ended).close()
                connection = self._connections[thread] = self._made()
        return connection

    def _made(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self.host, self._url.port, timeout=self._timeout)
        return http.client.HTTPSConnection(
            self.host, self._url.port, timeout=self._timeout, context=self._context
        )

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes) -> bytes:
        """Post and read all, within the time-out as a whole however slowly it trickles."""
        deadline = self._monotonic() + self._timeout
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        connection.request("POST", target, body, _HEADERS)
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise ChainUnavailable(f"{self.host} answered with HTTP status {response.status}")
        pieces: list[bytes] = []
        size = 0
        while piece := response.read1(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise ChainUnavailable(f"{self.host} sent more than {MAX_ANSWER_BYTES} bytes")
            if self._monotonic() > deadline:
                raise TimeoutError
        if response.length:
            raise ChainUnavailable(f"{self.host} cut its answer short")
        response.close()  # read1 leaves it open at its end, and the connection unusable
        return b"".join(pieces)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise ChainUnavailable("a node's URL is malformed") from exc
    if not usable:
        raise ChainUnavailable("a node's URL is malformed")
    return parts
