"""Where a password comes from: a file, or a person at a terminal; never the command line."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from ledger.errors import Refused
from wallet.home import read_file


@dataclass(eq=False)
class PasswordNeeded(Refused):
    """A key is locked and nobody is here to ask. Give --password-file FILE."""

    key: str


@dataclass(eq=False)
class PasswordEmpty(Refused):
    """The password is empty. Put one line into the file."""

    path: str


@dataclass(frozen=True, slots=True)
class Passwords:
    """The password file that was named, or else the terminal."""

    file: Path | None

    def of(self, key: str) -> str:
        """Return the password that unlocks `key`; or raise `PasswordNeeded`."""
        return self._from_file() if self.file else _prompt(key, confirm=False)

    def new(self, key: str) -> str:
        """Return the password that a new key gets, asked for twice at a terminal."""
        return self._from_file() if self.file else _prompt(key, confirm=True)

    def _from_file(self) -> str:
        path = self.file or Path()
        password = read_file(path).decode("utf-8", "replace").rstrip("\r\n")
        if not password:
            raise PasswordEmpty(str(path))
        return password


def _prompt(key: str, *, confirm: bool) -> str:
    if not sys.stdin.isatty():
        raise PasswordNeeded(key)
    asked: str = click.prompt(
        f"Password of {key}", hide_input=True, confirmation_prompt=confirm, err=True
    )
    return asked
