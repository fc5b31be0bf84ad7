"""The bundles that a gate holds: manifests by sequence, files by SHA-256, each on disk once.

The newest is decided by. Older ones stay while a scan row cites them, so that a verdict can be
worked out again at an appeal. What was taken in was checked then; the keys it was checked with lie
beside it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.authority import DocumentKey
from ledger.canonical import JsonMalformed, parse_json
from ledger.errors import Refused, Unavailable
from ledger.health.gate_bundle import manifest as manifests
from ledger.health.gate_bundle.manifest import Manifest, check_newer
from ledger.health.gate_bundle.reading import GateBundle, read_bundle
from ledger.keys import PublicKey
from ledger.values import OPEN_END, Digest, KeyUsage
from ledger.verification.bundle_form import read_key, write_key
from ledger.verification.shape import ShapeWrong, members
from wallet.home import read_file, write_file

_MANIFEST: Final = ".manifest"
_BESIDE: Final = ".beside.json"
"""The keys that a manifest was checked with, and the files that it names."""
_FILES: Final = "files"


@dataclass(eq=False)
class NoGateBundle(Unavailable):
    """This gate holds no bundle to decide by. Take one in: suizheng gate update --from URL.

    It lacks keys, agreements, status and allow lists. A file on a stick does as well as a URL.
    """


@dataclass(eq=False)
class GateBundleUnknown(Unavailable):
    """This gate does not hold that bundle any more. The row tells its reasons without it."""

    sequence: int


@dataclass(eq=False)
class GateFolderMalformed(Refused):
    """A file of the gate's bundles cannot be read. Delete it and update the gate."""

    path: str


class BundleFolder:
    """The bundles of one gate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sequences(self) -> list[int]:
        """Return the sequences held, the newest last."""
        found = (path.name.removesuffix(_MANIFEST) for path in self._folder.glob(f"*{_MANIFEST}"))
        return sorted(int(name) for name in found if name.isdecimal())

    def digests(self) -> set[Digest]:
        """Return what files are held."""
        return {Digest(bytes.fromhex(path.name)) for path in (self._folder / _FILES).glob("?" * 64)}

    def newest(self, at: int) -> GateBundle:
        """Return the bundle to decide by at a time; raise `NoGateBundle`, and as `held` does."""
        sequences = self.sequences()
        if not sequences:
            raise NoGateBundle
        return self.held(sequences[-1], at)

    def held(self, sequence: int, at: int) -> GateBundle:
        """Return the bundle of a sequence.

        Raises `GateBundleUnknown`, `GateFolderMalformed`, and as `manifest.read` and `read_bundle`
        do: `GateClockBehind` and `GateBundleAhead` among them.
        """
        path = self._path(sequence, _MANIFEST)
        if not path.exists():
            raise GateBundleUnknown(sequence)
        found = manifests.read(read_file(path), self._trusted(sequence), at)
        return read_bundle(found, self._contents(found))

    def take(
        self,
        encoded: bytes,
        files: Mapping[Digest, bytes],
        publishers: Iterable[PublicKey],
        at: int,
    ) -> GateBundle:
        """Keep a bundle that is newer than the newest; return it.

        The very one that is held is no step back: who asks before a newer one was made gets it.

        Trusted are the keys of the agency that the newest names, and `publishers` of which it says
        nothing else. `files` are those that come along; the others are held.

        Raises:
            GateBundleMalformed, GateBundleUntrusted, GateClockBehind, GateBundleAhead: as
                `manifest.read`.
            GateBundleRolledBack: unless sequence and block move forward.
            GateBundleIncomplete, GateFileWrong, GateBundleMalformed: as `read_bundle`.
        """
        newest = self.newest(at) if self.sequences() else None
        trusted = trusted_by(newest, publishers)
        offered = manifests.read(encoded, trusted, at)
        if newest is not None and offered == newest.manifest:
            return newest
        if newest is not None:
            check_newer(newest.manifest, offered)
        bundle = read_bundle(offered, {**self._contents(offered), **files})
        wanted = {ref.digest for ref in offered.files.values()}
        for digest in wanted & files.keys() - self.digests():
            write_file(self._folder / _FILES / digest.hex(), files[digest])
        beside = {
            "keys": [write_key(key) for key in trusted],
            "files": sorted(digest.hex() for digest in wanted),
        }
        write_file(self._path(offered.sequence, _BESIDE), orjson.dumps(beside))
        write_file(self._path(offered.sequence, _MANIFEST), encoded)  # last: now it counts
        return bundle

    def drop(self, cited: Collection[int]) -> None:
        """Delete all but the newest and those `cited`, and the files that none of these names."""
        sequences = self.sequences()
        kept = {*cited, *sequences[-1:]}
        for sequence in set(sequences) - kept:
            self._path(sequence, _MANIFEST).unlink(missing_ok=True)
            self._path(sequence, _BESIDE).unlink(missing_ok=True)
        named = {
            name for sequence in set(sequences) & kept for name in self._beside(sequence)["files"]
        }
        for digest in self.digests():
            if digest.hex() not in named:
                (self._folder / _FILES / digest.hex()).unlink(missing_ok=True)

    def _contents(self, found: Manifest) -> dict[Digest, bytes]:
        held = self.digests()
        wanted = {ref.digest for ref in found.files.values()}
        return {each: read_file(self._folder / _FILES / each.hex()) for each in wanted & held}

    def _trusted(self, sequence: int) -> tuple[DocumentKey, ...]:
        try:
            return tuple(read_key(row) for row in self._beside(sequence)["keys"])
        except (ShapeWrong, TypeError, ValueError) as exc:
            raise GateFolderMalformed(str(self._path(sequence, _BESIDE))) from exc

    def _beside(self, sequence: int) -> dict[str, list[Any]]:
        path = self._path(sequence, _BESIDE)
        try:
            return members(parse_json(read_file(path)), ("keys", "files"), "beside")
        except (JsonMalformed, ShapeWrong) as exc:
            raise GateFolderMalformed(str(path)) from exc

    def _path(self, sequence: int, ending: str) -> Path:
        return self._folder / f"{sequence}{ending}"


def trusted_by(
    newest: GateBundle | None, publishers: Iterable[PublicKey]
) -> tuple[DocumentKey, ...]:
    """Return the keys that the next bundle may be signed by.

    A publisher that the newest bundle knows is what that bundle says of it, and no more.
    """
    known = set() if newest is None else {each.key.public_key for each in newest.keys}
    pinned = tuple(
        DocumentKey(key, KeyUsage.BUNDLES, 0, 0, OPEN_END, OPEN_END)
        for key in publishers
        if key not in known
    )
    return pinned if newest is None else (*newest.trusted(), *pinned)
