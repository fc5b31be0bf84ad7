"""The age file of one part: how it is made in one pass, and how it is judged from outside.

Inside lies a tar with the bidder's open files, `confidential.age`, `opening.json`, `manifest.json`
and, where a key signs, `manifest.jws`. `confidential.age` is a second age file, for those who
evaluate: the outer key becomes public at opening. The manifest comes last, since it names the
digests of what stands before it, which are known only once that has gone by.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger import age_stream
from ledger.age_header import Header, SealedMalformed
from ledger.age_stream import Source
from ledger.canonical import b64url_encode
from ledger.keys import Signer
from ledger.tenders import forms, manifest
from ledger.tenders.ahead import ahead
from ledger.tenders.errors import DigestMismatch, NotSealed
from ledger.tenders.forms import Form
from ledger.tenders.packages import Member, packed, packed_size, require_distinct
from ledger.tenders.padding import MAX_CONTENT_BYTES, BidTooLarge, size_class, zeros

SALT_BYTES: Final = 32
_NO_HASH: Final = "0x" + "00" * 32
_PIECE_BYTES: Final = 2**18
_AHEAD_BYTES: Final = 2**20
"""Files from here on are worth a thread of their own."""

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class BidFile:
    """One of the bidder's files: how it is named in the bid, and where its bytes come from."""

    path: str
    size: int
    media_type: str
    role: str
    pieces: Callable[[], Iterable[bytes]]


class Tap:
    """Bytes on their way: hashed and counted."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of what went by, 32 bytes."""
        return self._hash.digest()

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield `pieces` as they are."""
        for piece in pieces:
            self._hash.update(piece)
            self.size += len(piece)
            yield piece


class TappedSource:
    """A source whose bytes are hashed as they are read."""

    def __init__(self, source: Source) -> None:
        self._source, self._hash = source, hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """@inheritdoc."""
        octets = self._source.read(size)
        self._hash.update(octets)
        return octets

    def finish(self) -> bytes:
        """Return SHA-256 of the whole source, what nobody asked for included."""
        while self.read(_PIECE_BYTES):
            pass
        return self._hash.digest()


def require_sealed(source: Source) -> Header:
    """Return the age v1 header that comes first; raise `NotSealed` unless for one X25519 key.

    Besides it only stanzas whose types end in `-grease` may stand.
    """
    try:
        header, _ = age_stream.read_header(source)
    except SealedMalformed as exc:
        raise NotSealed from exc
    if len(header.stanzas) != 1:
        raise NotSealed
    return header


def require_committed(source: Source, digest: bytes) -> None:
    """Raise `DigestMismatch` unless SHA-256 of the source is `digest`, `NotSealed` as above."""
    tapped = TappedSource(source)
    require_sealed(tapped)
    if (given := tapped.finish()) != digest:
        raise DigestMismatch(digest, given)


class PartFile:
    """One part of a bid as it is sealed; what it commits to is known when `pieces` has ended.

    Args:
        head: the manifest without `files`.
        open_files: what everybody may read after opening.
        confidential: what only `evaluators` may.
        evaluators: age recipients, named in the tender documents.
        signer: the key of the bidder's licence, where it has one.
        randomness: for salts and the keys of both files.

    Raises `FormInvalid` for the head, `BidTooLarge` for the files.
    """

    def __init__(
        self,
        head: Mapping[str, Any],
        open_files: Sequence[BidFile],
        confidential: Sequence[BidFile],
        evaluators: Sequence[str],
        signer: Signer | None,
        randomness: Randomness,
    ) -> None:
        self._head = dict(head)
        self._open = list(open_files)
        self._signer = signer
        self._randomness = randomness
        self._inner = _Confidential(head, confidential, evaluators, randomness)
        self._tap = Tap()
        self._manifest = b""
        manifest.write(self._head | {"files": []})  # refused before anything is read
        _require_size([*open_files, *confidential])

    @property
    def manifest(self) -> bytes:
        """The manifest's bytes, once everything before it has gone by."""
        return self._manifest

    @property
    def digest(self) -> bytes:
        """SHA-256 of the age file."""
        return self._tap.digest

    @property
    def size(self) -> int:
        """How many bytes of the age file have gone by."""
        return self._tap.size

    def pieces(self, recipient: str) -> Iterator[bytes]:
        """Yield the age file, sealed to `recipient`; raise `FileChanged`, and what reading does."""
        return self._tap.through(age_stream.sealed(self._padded(), [recipient], self._randomness))

    def _padded(self) -> Iterator[bytes]:
        taps = [Tap() for _ in range(len(self._open) + 2)]
        members = self._members(taps)
        size = packed_size(members)
        yield from packed(members)
        yield from zeros(size_class(size) - size)

    def _members(self, taps: Sequence[Tap]) -> list[Member]:
        form = manifest.opening_form(self._head | {"type": Form.MANIFEST})
        content = [
            *self._open,
            self._inner.file,
            BidFile(manifest.OPENING, len(form), "application/json", "opening", lambda: [form]),
        ]
        require_distinct([each.path for each in content] + [manifest.MANIFEST, manifest.SIGNATURE])
        drafted = self._written(content, [_NO_HASH] * len(content))
        members = [
            Member(each.path, each.size, _tapped(each, tap))
            for each, tap in zip(content, taps, strict=True)
        ]

        def written() -> list[bytes]:
            self._manifest = self._written(content, ["0x" + tap.digest.hex() for tap in taps])
            return [self._manifest]

        members.append(Member(manifest.MANIFEST, len(drafted), written))
        if (signer := self._signer) is not None:
            length = manifest.signed_size(drafted, signer.public_key)
            members.append(
                Member(
                    manifest.SIGNATURE,
                    length,
                    lambda: [manifest.sign(self._manifest, signer).encode()],
                )
            )
        return members

    def _written(self, content: Sequence[BidFile], digests: Sequence[str]) -> bytes:
        return manifest.write(self._head | {"files": _named(content, digests)})


class _Confidential:
    """The inner age file: a tar of the confidential files with a manifest of its own."""

    def __init__(
        self,
        head: Mapping[str, Any],
        files: Sequence[BidFile],
        evaluators: Sequence[str],
        randomness: Randomness,
    ) -> None:
        self._files, self._evaluators, self._randomness = list(files), list(evaluators), randomness
        salt = b64url_encode(randomness(SALT_BYTES))
        self._head = {"ctx": head["ctx"], "salt": salt, "created": head["created"]}

    @property
    def file(self) -> BidFile:
        """The file as the outer archive takes it."""
        size = age_stream.sealed_size(packed_size(self._members([])), self._evaluators)
        return BidFile(
            manifest.CONFIDENTIAL, size, "application/x-age", "confidential", self._sealed
        )

    def _sealed(self) -> Iterator[bytes]:
        taps = [Tap() for _ in self._files]
        archive = packed(self._members(taps))
        return age_stream.sealed(archive, self._evaluators, self._randomness)

    def _members(self, taps: Sequence[Tap]) -> list[Member]:
        """Return the members; without taps only their sizes are of use."""
        require_distinct([each.path for each in self._files] + [manifest.MANIFEST])
        digests = [_NO_HASH] * len(self._files)
        length = len(self._written(digests))
        members = [
            Member(each.path, each.size, _tapped(each, tap))
            for each, tap in zip(self._files, taps or [Tap() for _ in self._files], strict=True)
        ]
        members.append(
            Member(
                manifest.MANIFEST,
                length,
                lambda: [self._written(["0x" + tap.digest.hex() for tap in taps])],
            )
        )
        return members

    def _written(self, digests: Sequence[str]) -> bytes:
        return forms.write(Form.CONFIDENTIAL, self._head | {"files": _named(self._files, digests)})


def _tapped(file: BidFile, tap: Tap) -> Callable[[], Iterator[bytes]]:
    if file.size < _AHEAD_BYTES:
        return lambda: tap.through(file.pieces())
    return lambda: ahead(tap.through(file.pieces()))


def _named(files: Sequence[BidFile], digests: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "path": file.path,
            "size": file.size,
            "sha256": digest,
            "mediaType": file.media_type,
            "role": file.role,
        }
        for file, digest in zip(files, digests, strict=True)
    ]


def _require_size(files: Sequence[BidFile]) -> None:
    size = sum(each.size for each in files)
    if size > MAX_CONTENT_BYTES:
        raise BidTooLarge(size, MAX_CONTENT_BYTES)
