"""The agencies' document keys in a folder, each locked under the operator's password."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from ledger.errors import Refused
from ledger.keys import PointInvalid, PrivateKey, Signer
from ledger.keystore import KeystoreMalformed, PasswordWrong

_DECIDED: Final = (KeystoreMalformed, PasswordWrong, PointInvalid)
"""Refusals that key file and password file decide alone; any other one may pass by itself."""
_Stamp = tuple[int, int]


class KeyFolder:
    """Unlocks `<kid>.json` files, each once: an unlock takes half a second and 256 MB.

    Files that appear later are found at the next question. One that does not open is told in the
    log, left out, and tried again once it or the password was changed. A process without the
    password, or without the folder, holds no keys.
    """

    def __init__(
        self,
        folder: Path,
        unlock: Callable[[str], bytes] | None,
        password_file: Path | None = None,
    ) -> None:
        """`unlock` turns a keystore's text into the secret scalar, 32 bytes.

        It takes the password from `password_file`, which is looked at here for changes alone.
        """
        self._folder = folder
        self._unlock = unlock
        self._keys: dict[Path, PrivateKey] = {}
        self._password_file = password_file
        self._shut: dict[Path, tuple[tuple[_Stamp, _Stamp | None], Refused]] = {}
        self._log = structlog.get_logger("keys")

    def signers(self) -> Sequence[Signer]:
        """Return the keys at hand, by file name.

        Raises what `unlock` raises for a file, when no other one opens: a wrong password should be
        heard of, and one agency's broken file must not stop the others.
        """
        if self._unlock is None:
            return ()
        refusals: list[Refused] = []
        for path in self._files():
            if path not in self._keys:
                refusals += self._open(path, self._unlock)
        if refusals and not self._keys:
            # One that is kept is raised again and again: its traceback would grow each time.
            raise refusals[0].with_traceback(None)
        return tuple(self._keys.values())

    def _files(self) -> Sequence[Path]:
        """Return the files there are; none while this process may open no more."""
        try:
            return sorted(self._folder.glob("*.json"))
        except OSError:
            return ()

    def _open(self, path: Path, unlock: Callable[[str], bytes]) -> Sequence[Refused]:
        """Open a new file; return the refusal if it does not open, kept while it must be so."""
        kept = self._shut.get(path)
        try:
            stamps = (_stamp_of(path), self._password_stamp())
            if kept is not None and kept[0] == stamps and isinstance(kept[1], _DECIDED):
                return [kept[1]]
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it was taken away meanwhile, or no more files may be opened
            return ()
        try:
            self._keys[path] = PrivateKey.from_secret(unlock(text))
        except Refused as refusal:
            self._shut[path] = (stamps, refusal)
            if kept is None or kept[0] != stamps or type(kept[1]) is not type(refusal):
                self._log.error("key shut", file=path.name, error=type(refusal).__name__)
            return [refusal]
        self._shut.pop(path, None)
        return ()

    def _password_stamp(self) -> _Stamp | None:
        try:
            return None if self._password_file is None else _stamp_of(self._password_file)
        except OSError:
            return None


def _stamp_of(path: Path) -> _Stamp:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
