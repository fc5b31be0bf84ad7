"""A person at a terminal: runs commands in a wallet of their own and reads what they print."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from ledger.chain.deployments import CodeHash, Deployment
from ledger.values import Address
from wallet.cli import main
from wallet.embedded import Clocks
from wallet.keyring import Keyring
from wallet.surroundings import Surroundings

QUICK = 2
"""scrypt's n where no secret is worth anything."""


_CODE = CodeHash(b"\x01" * 32, ((2, 32),))
DEPLOYMENT = Deployment(
    chain_id=31337,
    authority=Address("0x" + "11" * 20),
    record_ledger=Address("0x" + "22" * 20),
    lens=Address("0x" + "33" * 20),
    block=3,
    block_hash=b"\x05" * 32,
    code_hashes=dict.fromkeys(("Authority", "RecordLedger", "VerificationLens"), _CODE),
)


@contextmanager
def cheap_keys() -> Iterator[None]:
    """Let whatever in this process makes keys make them cheap to open, in others, too.

    Opening one takes most of a second, which each command and each service does; how much work it
    is, its file says.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keyring.__init__, "__defaults__", (QUICK,))
        yield


def seeded(seed: bytes) -> Callable[[int], bytes]:
    """Return randomness that repeats from run to run."""
    calls = iter(range(2**32))
    return lambda size: hashlib.shake_256(seed + next(calls).to_bytes(8)).digest(size)


@dataclass
class Terminal:
    """One wallet below `folder`; `now` is the time that its commands see."""

    folder: Path
    now: int
    language: str = "en"
    randomness: Callable[[int], bytes] = field(default_factory=lambda: seeded(b"terminal"))

    @property
    def outside(self) -> Surroundings:
        return Surroundings(
            home=self.folder / "wallet",
            clocks=Clocks(lambda: self.now, lambda: 0.0, lambda _: None),
            randomness=self.randomness,
            language=self.language,
            new_keyring=lambda path: Keyring(path, QUICK),
        )

    @property
    def password_file(self) -> Path:
        path = self.folder / "password"
        if not path.exists():
            path.write_text("correct horse\n")
        return path

    def try_(self, *words: object, **options: Any) -> Result:
        """Run a command, whatever becomes of it."""
        environment = {"SUIZHENG_PASSWORD_FILE": str(self.password_file)}
        environment |= options.pop("env", {})
        return CliRunner().invoke(
            main, [str(word) for word in words], obj=self.outside, env=environment, **options
        )

    def run(self, *words: object, code: int = 0) -> str:
        """Run a command; return what it printed once its exit code is found to be `code`."""
        result = self.try_(*words)
        assert result.exit_code == code, result.output
        return result.output

    def json(self, *words: object, code: int = 0) -> Any:
        """Run a command with --json; return the value that it printed."""
        result = self.try_(*words, "--json")
        assert result.exit_code == code, result.output
        return orjson.loads(result.stdout)
