"""Opening a bid's file, and the confidential one inside it, and judging what comes out (§3.9, §5).

Nothing is to be given its name before this has returned: a changed file may show itself only after
gigabytes have gone by.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from ledger import age_stream
from ledger.age_header import SealedForAnother, SealedMalformed
from ledger.age_stream import Source
from ledger.tenders import forms, guarantees, manifest
from ledger.tenders.age_files import TappedSource
from ledger.tenders.ahead import ahead
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.errors import DigestMismatch, UnsealedInvalid
from ledger.tenders.forms import Form, FormInvalid
from ledger.tenders.ids import Context
from ledger.tenders.messages import SubmitBid
from ledger.tenders.packages import (
    PackageMalformed,
    PathRefused,
    Receive,
    Sink,
    Unpacked,
    unpack,
)
from ledger.tenders.trustees import octets
from ledger.values import LedgerRef

MAX_KEPT_BYTES: Final = forms.MAX_BYTES
"""What is kept of a file for reading it: no manifest is longer."""
_OUTSIDE: Final = frozenset({manifest.MANIFEST, manifest.SIGNATURE})
"""What a manifest cannot name: itself, and who signed it."""
_READ: Final = _OUTSIDE | {manifest.OPENING, guarantees.PATH}


@dataclass(frozen=True, slots=True)
class Opened:
    """What an age file held: the manifest, its bytes, and every file by its path."""

    manifest: Mapping[str, Any]
    encoded: bytes
    files: Mapping[str, Unpacked]
    kept: Mapping[str, bytes]

    @property
    def signature(self) -> str | None:
        """The JWS over the manifest, None where the bidder's licence signed none."""
        kept = self.kept.get(manifest.SIGNATURE)
        return None if kept is None else kept.decode("ascii", "replace")

    @property
    def guarantee(self) -> bytes | None:
        """The electronic guarantee behind the bid, None where it brought none."""
        return self.kept.get(guarantees.PATH)


def open_part(
    source: Source, key: bytes, ledger: LedgerRef, bid: SubmitBid, part: int, receive: Receive
) -> Opened:
    """Return what one part of a bid holds.

    Args:
        source: the age file, read once from its beginning to its end.
        key: the file's key (`joining`).
        ledger: the TenderLedger.
        bid: the message that stands.
        part: the part's number.
        receive: where the files go, under names that the caller chooses.

    Raises:
        DigestMismatch: when it is not the committed file; nothing is said about the bidder then.
        UnsealedInvalid: when it is, but does not open with the key that both secrets give, is no
            archive of named files, or says other than was committed.

    What the sinks raise comes through as it is: a full disk is nobody's fault.
    """
    committed, place = bid.parts[part - 1], bid.place(ledger)
    tapped = TappedSource(source)
    try:
        found, kept = _taken(tapped, key, receive)
        failure = None
    except (SealedMalformed, SealedForAnother) as exc:
        failure = UnsealedInvalid("age")
        failure.__cause__ = exc
    except (PackageMalformed, PathRefused) as exc:
        failure = UnsealedInvalid("archive")
        failure.__cause__ = exc
    if (given := tapped.finish()) != committed.file:
        raise DigestMismatch(committed.file, given)
    if failure is not None:
        raise failure
    encoded = _manifest_in(kept)
    context = place.context(part, bid.version)
    _require_committed(encoded, context, committed.manifest)
    said = manifest.read_at(encoded, place, part, bid.version)
    _require_identity(said, place.constant, bid)
    if kept.get(manifest.OPENING) != manifest.opening_form(said):
        raise UnsealedInvalid("opening form")
    return Opened(said, encoded, _named(found, said, _OUTSIDE), kept)


def open_confidential(source: Source, identity: bytes, ctx: str, receive: Receive) -> Opened:
    """Return what `confidential.age` holds, for one of its recipients.

    `ctx` is the member of the outer manifest, so that no file can stand in another's place. Raise
    `SealedForAnother`, `SealedMalformed`, or `UnsealedInvalid` for what is not of its form.
    """
    try:
        found, kept = _taken(source, identity, receive)
    except (PackageMalformed, PathRefused) as exc:
        raise UnsealedInvalid("archive") from exc
    encoded = _manifest_in(kept)
    try:
        said = forms.read(Form.CONFIDENTIAL, encoded)
    except FormInvalid as exc:
        raise UnsealedInvalid("manifest") from exc
    if said["ctx"] != ctx:
        raise UnsealedInvalid("place")
    return Opened(said, encoded, _named(found, said, frozenset({manifest.MANIFEST})), kept)


def _taken(source: Source, key: bytes, receive: Receive) -> tuple[list[Unpacked], dict[str, bytes]]:
    """Unpack an age file; return its files, and the contents of those that are ours to read."""
    kept: dict[str, bytearray] = {}

    def received(number: int, path: str, size: int) -> Sink:
        sink = receive(number, path, size)
        if path not in _READ or size > MAX_KEPT_BYTES:
            return sink
        kept[path] = bytearray()
        return _Twice(sink, kept[path])

    with closing(ahead(age_stream.opened(source, key))) as pieces:  # else it reads on meanwhile
        found = unpack(pieces, received)
    return found, {path: bytes(content) for path, content in kept.items()}


@dataclass(frozen=True, slots=True)
class _Twice:
    """A sink whose bytes are kept besides."""

    sink: Sink
    kept: bytearray

    def write(self, octets_: bytes, /) -> None:
        self.sink.write(octets_)
        self.kept.extend(octets_)


def _manifest_in(kept: Mapping[str, bytes]) -> bytes:
    if manifest.MANIFEST not in kept:
        raise UnsealedInvalid("no manifest")
    return kept[manifest.MANIFEST]


def _require_committed(encoded: bytes, context: Context, expected: bytes) -> None:
    if commitment(Tag.MANIFEST, context, manifest.digest_of(encoded)) != expected:
        raise UnsealedInvalid("manifest's commitment")


def _require_identity(said: Mapping[str, Any], constant: Context, bid: SubmitBid) -> None:
    if manifest.identity_commitment(said["identity"], constant) != bid.identity:
        raise UnsealedInvalid("identity")
    if manifest.bond_commitment(said["bond"], constant) != bid.bond:
        raise UnsealedInvalid("bond")


def _named(
    found: Sequence[Unpacked], said: Mapping[str, Any], besides: frozenset[str]
) -> dict[str, Unpacked]:
    """Return the files by path; raise unless they are those that the manifest names, as named."""
    named = {each["path"]: (each["size"], octets(each["sha256"])) for each in said["files"]}
    files = {each.path: each for each in found}
    for path, each in files.items():
        if path not in besides and named.get(path) != (each.size, each.sha256):
            raise UnsealedInvalid(f"file {path}")
    if missing := sorted(named.keys() - files.keys()):
        raise UnsealedInvalid(f"file {missing[0]}")
    return files
