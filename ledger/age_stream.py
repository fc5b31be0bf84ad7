"""age v1 files of any length (C2SP age.md), sealed and opened chunk by chunk in constant memory.

Nothing that `opened` yields is to be believed before it has ended: a cut or changed file shows at
its place, after what stands before it was given out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag

from ledger import age_header
from ledger.age_header import (
    MAX_HEADER_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    Header,
    SealedForAnother,
    SealedMalformed,
)

CHUNK_BYTES: Final = 65_536
_SEALED_CHUNK: Final = CHUNK_BYTES + TAG_BYTES
_COUNTER_BYTES: Final = 11


class Source(Protocol):
    """A stream of bytes that is read once, such as a file opened for reading."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""


def sealed(
    pieces: Iterable[bytes], recipients: Sequence[str], randomness: Callable[[int], bytes]
) -> Iterator[bytes]:
    """Yield the age file of `pieces` joined; raise `RecipientMalformed`, and what `pieces` does."""
    start, cipher = age_header.write(recipients, randomness)
    yield start
    for number, (chunk, is_last) in enumerate(_chunks(pieces)):
        yield cipher.encrypt(_nonce(number, is_last=is_last), chunk, None)


def sealed_size(size: int, recipients: Sequence[str]) -> int:
    """Return how long the age file of `size` bytes is, in bytes."""
    start, _ = age_header.write(recipients, bytes)
    chunks = max(1, -(-size // CHUNK_BYTES))
    return len(start) + size + chunks * TAG_BYTES


def read_header(source: Source) -> tuple[Header, bytes]:
    """Return the header that a stream begins with, and what was read behind it.

    Raise `SealedMalformed`, for a header of more than `MAX_HEADER_BYTES` too.
    """
    octets = _read(source, MAX_HEADER_BYTES)
    header = age_header.read(octets)
    return header, octets[header.size_bytes :]


def opened(source: Source, identity: bytes) -> Iterator[bytes]:
    """Yield what was sealed to `identity`, a secret X25519 key of 32 bytes, among others.

    Raises:
        SealedMalformed: for what is no age file, from the first piece on.
        SealedForAnother: when it does not open, at the place where it was cut or changed.
    """
    header, held = read_header(source)
    held += _read(source, NONCE_BYTES + _SEALED_CHUNK - len(held))
    nonce, first = held[:NONCE_BYTES], held[NONCE_BYTES:]
    if len(first) < TAG_BYTES:
        raise SealedMalformed
    cipher = age_header.payload_cipher(header, identity, nonce)
    for number, (chunk, is_last) in enumerate(_sealed_chunks(first, source)):
        if number and len(chunk) == TAG_BYTES:
            raise SealedMalformed  # only an empty file has an empty chunk
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), chunk, None)
        except InvalidTag as exc:
            raise SealedForAnother from exc


def _chunks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut `pieces` into chunks, each with whether it is the last; the last is not empty.

    Unless all of them are.
    """
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES]), False
            del held[:CHUNK_BYTES]
    yield bytes(held), True


def _sealed_chunks(held: bytes, source: Source) -> Iterator[tuple[bytes, bool]]:
    """Yield the chunk `held` and those that follow, each with whether it is the last."""
    while following := _read(source, _SEALED_CHUNK):
        yield held, False
        held = following
    yield held, True


def _read(source: Source, size: int) -> bytes:
    """Return `size` bytes, fewer at the end: a stream may give less than was asked for."""
    found = source.read(size) if size > 0 else b""
    while 0 < len(found) < size:
        more = source.read(size - len(found))
        if not more:
            break
        found += more
    return found


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES) + (b"\x01" if is_last else b"\x00")
