"""The words between service and signer: frames of a four-byte length and a body.

A request's first byte is `K` (which keys?) or `S` (sign: 32 bytes key id, then one message or more,
each after its length in four bytes); an answer's is `K` (points of 64 bytes each), `S` (signatures
of 64 bytes each, one a message) or `N` (no, to all of it: the error's name and words).
"""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import Unavailable
from ledger.keys import PublicKey
from ledger.values import KeyId
from ledger.verification.bundle import MAX_BUNDLE

MAX_FRAME: Final = MAX_BUNDLE + 1024
"""The longest body that is read, in bytes; the largest message is a bundle."""
MAX_BATCH: Final = 1024
"""Most messages of one request."""
_LENGTH: Final = 4
_ID: Final = 32
_POINT: Final = 64
_SIGNATURE: Final = 64
_LONGEST_PATH: Final = 100
"""What an address of a socket surely holds; Linux's limit is 108 with the ending zero."""
_KEYS, _SIGN, _NO = b"K", b"S", b"N"


class FrameMalformed(Unavailable):
    """What came over the line to the signer is none of its words."""


@dataclass(eq=False)
class Denied(Unavailable):
    """The signer said no."""

    reason: str


@dataclass(frozen=True, slots=True)
class SignRequest:
    """Asks for the signatures of one message or more, all or none."""

    key_id: KeyId
    messages: tuple[bytes, ...]


def send_frame(line: socket.socket, body: bytes) -> None:
    """Send one frame; raise `OSError` when the line is broken."""
    line.sendall(len(body).to_bytes(_LENGTH) + body)


def receive_frame(line: socket.socket) -> bytes | None:
    """Return the next body, or None at the end of the line.

    Raises:
        FrameMalformed: for a longer body than `MAX_FRAME`, and for a line cut inside a frame.
        OSError: when the line is broken or too slow.
    """
    start = line.recv(_LENGTH)
    if not start:
        return None
    length = int.from_bytes(start + _exactly(line, _LENGTH - len(start)))
    if length > MAX_FRAME:
        raise FrameMalformed
    return _exactly(line, length)


def keys_request() -> bytes:
    """Return the question which keys there are."""
    return _KEYS


def sign_request(request: SignRequest) -> bytes:
    """Return the request for signatures."""
    parts = (len(message).to_bytes(_LENGTH) + message for message in request.messages)
    return b"".join((_SIGN, request.key_id, *parts))


def parse_request(body: bytes) -> SignRequest | None:
    """Return the request for signatures, None for the keys; raise `FrameMalformed`."""
    if body == _KEYS:
        return None
    if body[:1] != _SIGN:
        raise FrameMalformed
    messages = tuple(_messages(body, 1 + _ID))
    if not messages:
        raise FrameMalformed
    return SignRequest(KeyId(body[1 : 1 + _ID]), messages)


def keys_answer(keys: Sequence[PublicKey]) -> bytes:
    """Return the answer that names the keys."""
    return _KEYS + b"".join(key.x + key.y for key in keys)


def signatures_answer(signatures: Sequence[bytes]) -> bytes:
    """Return the answer that is the signatures."""
    return _SIGN + b"".join(signatures)


def denial(reason: str) -> bytes:
    """Return the answer that says no."""
    return _NO + reason.encode()


def parse_keys(body: bytes) -> tuple[PublicKey, ...]:
    """Return the keys of an answer; raise `Denied` or `FrameMalformed`."""
    points = _content(body, _KEYS)
    if len(points) % _POINT:
        raise FrameMalformed
    starts = range(0, len(points), _POINT)
    return tuple(PublicKey(points[at : at + 32], points[at + 32 : at + 64]) for at in starts)


def parse_signatures(body: bytes, count: int) -> tuple[bytes, ...]:
    """Return the `count` signatures of an answer; raise `Denied` or `FrameMalformed`."""
    signatures = _content(body, _SIGN)
    if len(signatures) != count * _SIGNATURE:
        raise FrameMalformed
    starts = range(0, len(signatures), _SIGNATURE)
    return tuple(signatures[at : at + _SIGNATURE] for at in starts)


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """Give an address of the socket at `path` that fits however deep its folder lies."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _messages(body: bytes, at: int) -> Iterator[bytes]:
    """Yield the messages from `at` on; raise `FrameMalformed` unless they fill the body."""
    for _ in range(MAX_BATCH):
        if at == len(body):
            return
        start = at + _LENGTH
        end = start + int.from_bytes(body[at:start])
        if not start < end <= len(body):
            raise FrameMalformed
        yield body[start:end]
        at = end
    if at != len(body):
        raise FrameMalformed


def _content(body: bytes, kind: bytes) -> bytes:
    if body[:1] == _NO:
        raise Denied(body[1:].decode(errors="replace"))
    if body[:1] != kind:
        raise FrameMalformed
    return body[1:]


def _exactly(line: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = line.recv(min(count - len(found), 2**20))
        if not part:
            raise FrameMalformed
        found += part
    return bytes(found)
