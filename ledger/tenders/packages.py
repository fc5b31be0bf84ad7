"""Tar archives of bids (§5): pax, uid, gid and mtime 0; packed and unpacked in one pass.

An archive comes from a stranger. Only regular files are taken; whoever receives them gives them
names of its own until all of them were judged by the manifest.
"""

import hashlib
import tarfile
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from ledger.errors import Refused

MAX_MEMBERS: Final = 10_000
MAX_PATH_BYTES: Final = 1024
MAX_NAME_BYTES: Final = 255
"""No usual disk takes a longer name: a bid that has one could not be unpacked by anybody."""
MAX_DEPTH: Final = 16
"""Names in a path (proposed); folder in folder costs whoever unpacks a flush to the disk each."""
_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_MAX_PAX_BYTES: Final = 8192
_MODE: Final = 0o644
_HARMLESS: Final = frozenset(
    {b"mtime", b"atime", b"ctime", b"uid", b"gid", b"uname", b"gname", b"comment"}
)
"""Extended headers that change neither what is taken nor where it ends; others are refused."""


@dataclass(eq=False)
class PackageMalformed(Refused):
    """The archive is not one of regular files, or is cut."""

    reason: str


@dataclass(eq=False)
class PathRefused(Refused):
    """A file's path in an archive leads elsewhere, is unclear, too long or deep, or there twice."""

    path: str


@dataclass(eq=False)
class FileChanged(Refused):
    """The file changed while it was being sealed. Begin again once it is at rest."""

    path: str


@dataclass(frozen=True, slots=True)
class Member:
    """One file to pack: `pieces` are asked for when its turn comes, and are `size` bytes."""

    path: str
    size: int
    pieces: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file that was taken out: its place in the archive, and what it is."""

    number: int
    path: str
    size: int
    sha256: bytes


class Sink(Protocol):
    """Where a file's bytes go."""

    def write(self, octets: bytes, /) -> object:
        """Take the next bytes."""


Receive = Callable[[int, str, int], Sink]
"""Gives the sink of a file by its place in the archive, its path and its size.

Where that is must not follow from the path: a stranger wrote it.
"""


def require_path(path: str) -> None:
    """Raise `PathRefused` unless the path is relative and plain, in its one spelling (NFC).

    It is refused too where it is longer or deeper than whoever opens the bid could write.
    """
    parts = path.split("/")
    is_plain = path.isprintable() and "\\" not in path and unicodedata.is_normalized("NFC", path)
    if not is_plain or len(path.encode("utf-8", "replace")) > MAX_PATH_BYTES:
        raise PathRefused(path)
    if any(part in {"", ".", ".."} or part != part.strip() for part in parts):
        raise PathRefused(path)
    longest = max(len(part.encode("utf-8", "replace")) for part in parts)
    if longest > MAX_NAME_BYTES or len(parts) > MAX_DEPTH:
        raise PathRefused(path)


def require_distinct(paths: Collection[str]) -> None:
    """Raise `PathRefused` where two paths are one file on some disk, or a file is a folder."""
    seen = {path.casefold() for path in paths}
    if len(seen) != len(paths):
        folded = [path.casefold() for path in paths]
        raise PathRefused(next(path for path in paths if folded.count(path.casefold()) > 1))
    for path in paths:
        folder = path.casefold()
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if folder in seen:
                raise PathRefused(path)


def packed(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield the archive; raise `PathRefused`, or `FileChanged` for another size than declared."""
    for member in members:
        yield _header(member.path, member.size)
        left = member.size
        for piece in member.pieces():
            left -= len(piece)
            yield piece
        if left:
            raise FileChanged(member.path)
        yield bytes(-member.size % _BLOCK)
    yield _END


def packed_size(members: Iterable[Member]) -> int:
    """Return how long the archive is, in bytes; its pieces are not asked for."""
    sizes = (
        len(_header(member.path, member.size)) + member.size + -member.size % _BLOCK
        for member in members
    )
    return sum(sizes) + len(_END)


def unpack(pieces: Iterable[bytes], receive: Receive) -> list[Unpacked]:
    """Take the files out of an archive, zeros behind it included.

    Args:
        pieces: the archive.
        receive: gives each file its sink.

    Raises:
        PackageMalformed: for links, folders, devices, strange headers, a cut archive or one with
            more than zeros behind its end.
        PathRefused: for a path that leads elsewhere, or twice to one file.
    """
    stream = _Stream(pieces)
    found: list[Unpacked] = []
    path: str | None = None
    while (block := stream.take(_BLOCK)) != bytes(_BLOCK):
        info = _info(block)
        if info.type == tarfile.XHDTYPE:
            path = _pax_path(_padded(stream, info.size, _MAX_PAX_BYTES))
            continue
        found.append(_file(stream, info, path, len(found), receive))
        path = None
    stream.require_zeros()
    require_distinct([each.path for each in found])
    return found


def _file(
    stream: "_Stream",
    info: tarfile.TarInfo,
    path: str | None,
    number: int,
    receive: Receive,
) -> Unpacked:
    if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or info.size < 0:
        raise PackageMalformed("not a regular file")
    if number == MAX_MEMBERS:
        raise PackageMalformed("too many files")
    name = info.name if path is None else path
    require_path(name)
    sink, hashed = receive(number, name, info.size), hashlib.sha256()
    for piece in stream.through(info.size):
        hashed.update(piece)
        sink.write(piece)
    stream.take(-info.size % _BLOCK)
    return Unpacked(number, name, info.size, hashed.digest())


def _header(path: str, size: int) -> bytes:
    require_path(path)
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, _MODE
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _info(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as exc:
        raise PackageMalformed("header") from exc


def _padded(stream: "_Stream", size: int, limit: int) -> bytes:
    if not 0 <= size <= limit:
        raise PackageMalformed("extended header")
    content = stream.take(size)
    stream.take(-size % _BLOCK)
    return content


def _pax_path(records: bytes) -> str | None:
    """Return the path that extended headers give the next file, None where they give none."""
    path = None
    while records:
        length, _, _ = records.partition(b" ")
        if not length.isdigit() or len(length) > len(str(_MAX_PAX_BYTES)):
            raise PackageMalformed("extended header")
        end = int(length)
        record = records[len(length) + 1 : end]
        key, equals, value = record.partition(b"=")
        if not equals or end > len(records) or value[-1:] != b"\n":
            raise PackageMalformed("extended header")
        if key == b"path":
            path = _text(value[:-1])
        elif key not in _HARMLESS:
            raise PackageMalformed("extended header")
        records = records[end:]
    return path


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as exc:
        raise PackageMalformed("path") from exc


class _Stream:
    """Pieces as a stream from which exact lengths are taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def through(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes as they come; raise `PackageMalformed` where they end."""
        while size > 0:
            if not self._held:
                self._held = self._next()
            piece, self._held = self._held[:size], self._held[size:]
            size -= len(piece)
            yield piece

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        return b"".join(self.through(size))

    def require_zeros(self) -> None:
        """Raise `PackageMalformed` unless nothing but zeros is left."""
        _require_zeros(self._held)
        for piece in self._pieces:
            _require_zeros(piece)

    def _next(self) -> bytes:
        for piece in self._pieces:
            if piece:
                return piece
        raise PackageMalformed("cut")


def _require_zeros(piece: bytes) -> None:
    if piece.count(0) != len(piece):
        raise PackageMalformed("more than zeros behind the end")
