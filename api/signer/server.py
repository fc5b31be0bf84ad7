"""The signer's door: a unix socket that knows who knocks.

The kernel names each caller's owner (SO_PEERCRED, unix(7)); whoever is not on the list is shown
out before a word is read. A connection is a thread, and stays open for many requests.
"""

import os
import socket
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingMixIn, UnixStreamServer
from typing import Any, Final

import structlog

from api.signer.desk import Desk
from api.signer.wire import (
    FrameMalformed,
    denial,
    keys_answer,
    parse_request,
    receive_frame,
    send_frame,
    short_address,
    signatures_answer,
)
from ledger.errors import LedgerError, Refused

IDLE_SECONDS: Final = 600.0
"""How long a silent connection is kept, and a slow frame waited for."""
MAX_CONNECTIONS: Final = 128
_CREDENTIALS: Final = struct.Struct("3i")
_OWNER_ONLY: Final = 0o600
_WITH_GROUP: Final = 0o660


@dataclass(eq=False)
class SocketInUse(Refused):
    """Another signer listens there."""

    path: str


@dataclass(eq=False)
class SocketRefused(Refused):
    """The signer cannot listen there: no such folder, no right to it, or a file in the way."""

    path: str


class SignerServer(ThreadingMixIn, UnixStreamServer):
    """Listens at `path`; `serve_forever` answers until `shutdown`.

    The socket has mode 0600 while this process's owner alone is allowed, else 0660 and the group of
    its folder, where that has the set-group-id bit: those who may ask.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, desk: Desk, uids: frozenset[int]) -> None:
        """Listen; raise `SocketInUse` or `SocketRefused`."""
        self.desk = desk
        self._uids = uids
        self._path = path
        self._is_bound = False
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        try:
            _clear(path)
            with short_address(path) as address:
                super().__init__(address, _Conversation)
        except OSError as exc:
            raise SocketRefused(str(path)) from exc

    def server_bind(self) -> None:
        """Make the socket with its mode from its first moment on."""
        mode = _OWNER_ONLY if self._uids == {os.getuid()} else _WITH_GROUP
        before = os.umask(0o777 & ~mode)
        try:
            super().server_bind()
        finally:
            os.umask(before)
        self._is_bound = True

    def server_close(self) -> None:
        """Take the socket away, if it is ours, and stop listening."""
        if self._is_bound:
            self._is_bound = False
            with suppress(OSError):
                self._path.unlink()
        super().server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002  # the base's
        """Whether the caller's owner may ask."""
        return uid_of(request) in self._uids

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread, or end it where there are too many."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # the base's
        """Drop the connection; the log gets the error's name, since its text may hold a value."""
        kind = sys.exc_info()[0]
        structlog.get_logger("signer").error("defect", error=kind.__name__ if kind else "")


class _Conversation(BaseRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer requests until the caller hangs up or talks nonsense."""
        server: SignerServer = self.server  # type: ignore[assignment]  # the only one that makes it
        line: socket.socket = self.request
        line.settimeout(IDLE_SECONDS)
        uid = uid_of(line)
        with suppress(OSError, FrameMalformed):
            while (body := receive_frame(line)) is not None:
                send_frame(line, _answer(server.desk, body, uid))


def uid_of(line: socket.socket) -> int:
    """Return the owner of the process at the other end."""
    raw = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return int(uid)


def _answer(desk: Desk, body: bytes, uid: int) -> bytes:
    request = parse_request(body)
    try:
        if request is None:
            return keys_answer(desk.keys())
        return signatures_answer(desk.sign(request.key_id, request.messages, uid))
    except LedgerError as error:
        return denial(f"{type(error).__name__}: {error}")


def _clear(path: Path) -> None:
    """Take away the socket of a signer that was killed; raise `SocketInUse` for a living one's."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe, short_address(path) as address:
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise SocketInUse(str(path))
