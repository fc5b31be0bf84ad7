"""Where everything of one state folder lies, and where it listens."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen on 127.0.0.1."""

    service: int = 8080
    chain: int = 8545


@dataclass(frozen=True, slots=True)
class Urls:
    """Where everything is found."""

    service: str
    node: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The files below one state folder."""

    root: Path

    @property
    def chain(self) -> Path:
        """The embedded chain's copies."""
        return self.root / "chain"

    @property
    def wallet(self) -> Path:
        """The wallet's folder with the accounts of operator, council and supervisor."""
        return self.root / "wallet"

    @property
    def service_keys(self) -> Path:
        """Where the service finds its account and the agencies' document keys."""
        return self.root / "keys"

    @property
    def password(self) -> Path:
        """The generated password of all these keys."""
        return self.root / "password"

    @property
    def deployment(self) -> Path:
        """Where the contracts stand."""
        return self.root / "deployment.json"

    @property
    def database(self) -> Path:
        """The service's SQLite file."""
        return self.root / "suizheng.db"

    @property
    def blobs(self) -> tuple[Path, Path]:
        """Where the service keeps each sealed file: two folders, which in service are two disks."""
        return self.root / "blobs", self.root / "blobs-2"

    def log(self, name: str) -> Path:
        """Return a program's log."""
        return self.root / "log" / f"{name}.log"
