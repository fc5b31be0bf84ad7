"""What the commands are given from outside: the folder, the clocks and the randomness."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wallet.documents import DocumentFolder
from wallet.embedded import Clocks
from wallet.keyring import Keyring, Randomness
from wallet.sessions import SessionFile
from wallet.trust import TrustFile
from wallet.uploads import UploadFile

KEYS: Final = "keys"
DOCUMENTS: Final = "documents"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a command may touch beside the network; tests give their own."""

    home: Path
    clocks: Clocks
    randomness: Randomness
    language: str
    new_keyring: Callable[[Path], Keyring] = Keyring

    @property
    def keyring(self) -> Keyring:
        """The keys of this wallet."""
        return self.new_keyring(self.home / KEYS)

    @property
    def documents(self) -> DocumentFolder:
        """The documents that are held here."""
        return DocumentFolder(self.home / DOCUMENTS)

    @property
    def trust(self) -> TrustFile:
        """Whom this wallet believes."""
        return TrustFile(self.home)

    @property
    def sessions(self) -> SessionFile:
        """The tokens of services."""
        return SessionFile(self.home)

    @property
    def uploads(self) -> UploadFile:
        """The uploads whose jobs were not seen to end."""
        return UploadFile(self.home)

    def now(self) -> int:
        """Return the present in Unix seconds."""
        return self.clocks.now()
