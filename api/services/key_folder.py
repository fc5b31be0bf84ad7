"""The agencies' document keys in a folder, each locked under the operator's password."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ledger.keys import PrivateKey, Signer


class KeyFolder:
    """Unlocks `<kid>.json` files, each once: an unlock takes half a second and 256 MB.

    Files that appear later are found at the next question. A process without the password, or
    without the folder, holds no keys.
    """

    def __init__(self, folder: Path, unlock: Callable[[str], bytes] | None) -> None:
        """`unlock` turns a keystore's text into the secret scalar, 32 bytes."""
        self._folder = folder
        self._unlock = unlock
        self._keys: dict[Path, PrivateKey] = {}

    def signers(self) -> Sequence[Signer]:
        """Return the keys at hand, by file name; raise what `unlock` raises for a new file."""
        if self._unlock is None:
            return ()
        for path in sorted(self._folder.glob("*.json")):
            if path not in self._keys:
                self._keys[path] = PrivateKey.from_secret(self._unlock(path.read_text()))
        return tuple(self._keys.values())
