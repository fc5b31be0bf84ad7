"""The keys of one wallet: each an encrypted keystore, its public part beside it in clear."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.chain.accounts import Account
from ledger.errors import Refused
from ledger.keys import PrivateKey, PublicKey
from ledger.keystore import WORK_FACTOR, KeyKind, lock, unlock
from ledger.values import Address
from wallet.home import FileMissing, read_file, write_file

LOCKED: Final = ".json"
PUBLIC: Final = ".public.json"
SECRET_BYTES: Final = 32
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")

Randomness = Callable[[int], bytes]


class Purpose(StrEnum):
    """What a key is for; account keys are secp256k1, the others P-256."""

    ACCOUNT = "account"
    DOCUMENT = "document"
    HOLDER = "holder"
    READER = "reader"


@dataclass(eq=False)
class KeyNameTaken(Refused):
    """There is a key of that name. Choose another name; a key is never overwritten."""

    name: str


@dataclass(eq=False)
class KeyNameMalformed(Refused):
    """A key's name has letters of a-z, digits, - and _ only. Choose such a name."""

    name: str


@dataclass(eq=False)
class KeyNameUnknown(Refused):
    """There is no key of that name. `suizheng key list` names those that there are."""

    name: str


@dataclass(eq=False)
class KeyOfAnotherPurpose(Refused):
    """The key is of another kind than this needs. `suizheng key list` tells the kinds."""

    name: str
    is_for: str
    needed: str


@dataclass(eq=False)
class KeyFileMalformed(Refused):
    """The key's public file cannot be read. Put a backup of it back."""

    name: str


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """The public part of a key: an address for an account, a point for the others."""

    name: str
    purpose: Purpose
    address: Address | None = None
    public_key: PublicKey | None = None

    @property
    def shown(self) -> str:
        """The address or `kid`."""
        return self.address or (self.public_key.kid if self.public_key else "")

    def to_json(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        named: dict[str, Any] = {"name": self.name, "kind": self.purpose.value}
        if self.public_key is None:
            return named | {"address": self.address}
        return named | {"kid": self.public_key.kid, "jwk": self.public_key.jwk()}


class Keyring:
    """A folder of keys, all files 0600."""

    def __init__(self, folder: Path, work_factor: int = WORK_FACTOR) -> None:
        self._folder = folder
        self._work_factor = work_factor

    def new(self, name: str, purpose: Purpose, password: str, randomness: Randomness) -> KeyEntry:
        """Make a key and keep it locked; return its public part.

        Raises:
            KeyNameMalformed, KeyNameTaken: for the name.
        """
        if not name or not _LETTERS.issuperset(name):
            raise KeyNameMalformed(name)
        path = self.path(name)
        if path.exists():
            raise KeyNameTaken(name)
        secret = _secret(purpose, randomness)
        entry = _entry(name, purpose, secret)
        kind = KeyKind.ACCOUNT if purpose is Purpose.ACCOUNT else KeyKind.DOCUMENT
        locked = lock(secret, password, kind, work_factor=self._work_factor)
        write_file(path, locked.encode())
        return self._publish(entry)

    def restore(self, name: str, purpose: Purpose, password: str) -> KeyEntry:
        """Write a key's public part anew from its keystore; raises as `unlock` does."""
        text = read_file(self.path(name)).decode("utf-8", "replace")
        return self._publish(_entry(name, purpose, unlock(text, password)))

    def list(self) -> list[KeyEntry]:
        """Return the public parts of all keys, by name."""
        names = (path.name.removesuffix(PUBLIC) for path in self._folder.glob(f"*{PUBLIC}"))
        return [self.entry(name) for name in sorted(names)]

    def entry(self, name: str) -> KeyEntry:
        """Return the public part of a key; raise `KeyNameUnknown` or `KeyFileMalformed`."""
        try:
            content = parse_object(read_file(self._public(name)))
            purpose = Purpose(content["kind"])
            if purpose is Purpose.ACCOUNT:
                return KeyEntry(name, purpose, address=Address(str(content["address"])))
            return KeyEntry(name, purpose, public_key=PublicKey.from_jwk(content["jwk"]))
        except FileMissing as exc:
            raise KeyNameUnknown(name) from exc
        except (JsonMalformed, KeyError, ValueError, Refused) as exc:
            raise KeyFileMalformed(name) from exc

    def account(self, name: str, password: str) -> Account:
        """Unlock an account key; raises as `entry` and `unlock` do."""
        return Account(self._unlock(name, password, Purpose.ACCOUNT))

    def signer(self, name: str, password: str) -> PrivateKey:
        """Unlock a document, holder or reader key; raises as `entry` and `unlock` do."""
        needed = (Purpose.DOCUMENT, Purpose.HOLDER, Purpose.READER)
        return PrivateKey.from_secret(self._unlock(name, password, *needed))

    def path(self, name: str) -> Path:
        """Return where a key's keystore is."""
        return self._folder / f"{name}{LOCKED}"

    def _publish(self, entry: KeyEntry) -> KeyEntry:
        content = orjson.dumps(entry.to_json(), option=orjson.OPT_INDENT_2)
        write_file(self._public(entry.name), content)
        return entry

    def _public(self, name: str) -> Path:
        return self._folder / f"{name}{PUBLIC}"

    def _unlock(self, name: str, password: str, *needed: Purpose) -> bytes:
        entry = self.entry(name)
        if entry.purpose not in needed:
            raise KeyOfAnotherPurpose(name, entry.purpose, " or ".join(needed))
        return unlock(read_file(self.path(name)).decode("utf-8", "replace"), password)


def _secret(purpose: Purpose, randomness: Randomness) -> bytes:
    """Return a scalar in range; one draw in 2^32 (P-256) is out of it and drawn anew."""
    while True:
        secret = randomness(SECRET_BYTES)
        try:
            _entry("", purpose, secret)
        except Refused:
            continue
        return secret


def _entry(name: str, purpose: Purpose, secret: bytes) -> KeyEntry:
    if purpose is Purpose.ACCOUNT:
        return KeyEntry(name, purpose, address=Account(secret).address)
    return KeyEntry(name, purpose, public_key=PrivateKey.from_secret(secret).public_key)
