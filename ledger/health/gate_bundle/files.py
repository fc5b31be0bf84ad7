"""The files of a bundle by path: where each part stands, and how its faults are told."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from ledger.errors import LedgerError
from ledger.health.gate_bundle.errors import GateBundleIncomplete, GateBundleMalformed
from ledger.health.gate_bundle.manifest import Manifest, check_file
from ledger.values import Digest

KEYS: Final = "keys"
AGREEMENTS: Final = "agreements"
DOMESTIC: Final = "domestic"
FOREIGN_KEYS: Final = "foreign-keys"
FOREIGN_ANCHORS: Final = "foreign-anchors"
TEXTS: Final = "texts"
POLICIES: Final = "policies"
RULES: Final = "rules"
DOCUMENTS: Final = "documents"
REVOCATION: Final = "revocation"
STATUS: Final = "status"
ALLOW: Final = "allow"
_NEEDED: Final = (KEYS, AGREEMENTS)
_SINGLE: Final = frozenset({*_NEEDED, FOREIGN_KEYS, FOREIGN_ANCHORS, TEXTS})
_BY_DIGEST: Final = frozenset({POLICIES, DOMESTIC, RULES, DOCUMENTS})
"""Folders whose files are called by their own SHA-256."""
_FOLDERS: Final = _BY_DIGEST | {REVOCATION, STATUS, ALLOW}
_T = TypeVar("_T")


class Files:
    """The files that a manifest names, each checked against it.

    Raises:
        GateBundleIncomplete: when files are missing, all of them named.
        GateFileWrong: for a file of another content than the manifest names.
        GateBundleMalformed: when a part that every bundle has is missing, or one is none.
    """

    def __init__(self, manifest: Manifest, contents: Mapping[Digest, bytes]) -> None:
        absent = tuple(path for path, ref in manifest.files.items() if ref.digest not in contents)
        if absent:
            raise GateBundleIncomplete(absent)
        self._contents: dict[str, bytes] = {}
        for path, ref in manifest.files.items():
            check_file(path, ref, contents[ref.digest])
            folder, _, name = path.partition("/")
            if path not in _SINGLE and (folder not in _FOLDERS or not name):
                raise GateBundleMalformed(path, "no part of a bundle")
            if folder in _BY_DIGEST and name != ref.digest.hex():
                raise GateBundleMalformed(path, "not called by its digest")
            self._contents[path] = contents[ref.digest]
        for path in _NEEDED:
            if path not in self._contents:
                raise GateBundleMalformed(path, "missing")

    def __contains__(self, path: str) -> bool:
        """Whether there is a file at a path."""
        return path in self._contents

    def folder(self, name: str) -> Mapping[str, bytes]:
        """Return the files of a folder, each by what follows the folder's name."""
        start = name + "/"
        return {
            path.removeprefix(start): content
            for path, content in self._contents.items()
            if path.startswith(start)
        }

    def read(self, path: str, reader: Callable[[bytes], _T]) -> _T:
        """Return what a file says; raise `GateBundleMalformed` where `reader` refuses it."""
        return read(path, self._contents[path], reader)

    def read_each(self, folder: str, reader: Callable[[bytes], _T]) -> Mapping[str, _T]:
        """Return what each file of a folder says, by its name there; raise as `read` does."""
        return {
            name: read(f"{folder}/{name}", content, reader)
            for name, content in self.folder(folder).items()
        }


def read(path: str, content: bytes, reader: Callable[[bytes], _T]) -> _T:
    """Return what a file says; its fault is told as the file's."""
    try:
        return reader(content)
    except LedgerError as exc:
        raise GateBundleMalformed(path, str(exc)) from exc
