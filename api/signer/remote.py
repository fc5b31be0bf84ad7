"""The service's side of the line: keys that are used by asking the signer."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from api.signer.wire import (
    MAX_BATCH,
    Denied,
    FrameMalformed,
    SignRequest,
    keys_request,
    parse_keys,
    parse_signatures,
    receive_frame,
    send_frame,
    short_address,
    sign_request,
)
from ledger.errors import AllowanceTooSmall, Unavailable
from ledger.keys import PublicKey, Signer

ANSWER_SECONDS: Final = 5.0
"""How long an answer is waited for, and one second more for each MiB that is sent."""
SIGNATURE_SECONDS: Final = 0.05
"""How much longer for each signature of a batch: a card's pace."""
BATCH_BYTES: Final = 2**22
"""Messages of one request; what is longer goes alone."""
KEYS_SECONDS: Final = 1.0
"""How long the list of keys is believed, so that an issue asks once."""
_MIB: Final = 2**20
T = TypeVar("T")


@dataclass(eq=False)
class SigningUnavailable(Unavailable):
    """The signer gave no signature."""

    reason: str


class SignerLine:
    """Connections to the signer, kept and used again; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[socket.socket] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def ask(self, request: bytes, more_seconds: float = 0) -> bytes:
        """Return the signer's answer; raise `SigningUnavailable` where it gives none."""
        wait = ANSWER_SECONDS + len(request) / _MIB + more_seconds
        kept = self._take()
        if kept is not None:
            with suppress(ConnectionError, FrameMalformed):  # it was started anew since: once more
                return self._exchange(kept, request, wait)
            self.close()
        return self._exchange(self._connect(wait), request, wait)

    def close(self) -> None:
        """Hang up whatever is idle; the next question connects anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _exchange(self, line: socket.socket, request: bytes, wait: float) -> bytes:
        try:
            line.settimeout(wait)
            send_frame(line, request)
            answer = receive_frame(line)
        except BaseException as exc:
            line.close()
            if isinstance(exc, TimeoutError):
                raise SigningUnavailable("it does not answer in time") from exc
            raise
        if answer is None:
            line.close()
            raise ConnectionResetError
        with self._lock:
            self._idle.append(line)
        return answer

    def _take(self) -> socket.socket | None:
        if self._pid != os.getpid():  # two processes on one line would get each other's answers
            self.close()
            self._pid = os.getpid()
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _connect(self, wait: float) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(wait)
            with short_address(self.path) as address:
                line.connect(address)
        except OSError as exc:
            line.close()
            raise SigningUnavailable("nobody listens there") from exc
        return line


@dataclass(frozen=True, slots=True)
class RemoteSigner:
    """A key that the signer holds; a `Signer`."""

    public_key: PublicKey
    line: SignerLine

    def sign(self, message: bytes) -> bytes:
        """Return the signature; raise `SigningUnavailable` or `AllowanceTooSmall` without one."""
        (signature,) = self._ask((message,))
        return signature

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """Return the signatures, asked for in as few requests as hold them.

        Raises `SigningUnavailable` unless there are all; a request that was answered is counted.
        Raises `AllowanceTooSmall` for a request that no waiting helps.
        """
        return [each for batch in _batches(messages) for each in self._ask(batch)]

    def _ask(self, messages: tuple[bytes, ...]) -> tuple[bytes, ...]:
        request = sign_request(SignRequest(self.public_key.key_id, messages))
        parse = partial(parse_signatures, count=len(messages))
        wait = SIGNATURE_SECONDS * len(messages)
        return _understood(self.line, request, parse, wait)


def _batches(messages: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield the messages in order, as many together as one request may have."""
    batch: list[bytes] = []
    size = 0
    for message in messages:
        if batch and (len(batch) == MAX_BATCH or size + len(message) > BATCH_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(message)
        size += len(message)
    if batch:
        yield tuple(batch)


class RemoteKeys:
    """All keys that the signer holds."""

    def __init__(self, line: SignerLine, steady: Callable[[], float]) -> None:
        self._line = line
        self._steady = steady
        self._kept: tuple[float, tuple[Signer, ...]] | None = None

    def signers(self) -> Sequence[Signer]:
        """Return them, as of a second ago at most; raise `SigningUnavailable`."""
        now, kept = self._steady(), self._kept
        if kept is not None and now - kept[0] < KEYS_SECONDS:
            return kept[1]
        keys = _understood(self._line, keys_request(), parse_keys)
        signers = tuple(RemoteSigner(key, self._line) for key in keys)
        self._kept = (now, signers)
        return signers

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def _understood(
    line: SignerLine, request: bytes, parse: Callable[[bytes], T], more_seconds: float = 0
) -> T:
    try:
        return parse(line.ask(request, more_seconds))
    except Denied as exc:
        if exc.reason.partition(":")[0] == AllowanceTooSmall.__name__:
            raise AllowanceTooSmall from exc
        raise SigningUnavailable(exc.reason) from exc
    except (FrameMalformed, OSError) as exc:
        raise SigningUnavailable("the line was cut") from exc
