"""The traveller's folder of passes: each under its digest, with the key that shows it.

A pass is taken in as it comes: whether its issuer may issue it is the gate's to judge. What is kept
beside it is the name of a holder key, the salt of its one-time key, and when it was first shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, b64url_decode, b64url_encode, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health import cbor, passes, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.passes import HealthPass
from ledger.keys import PublicKey
from ledger.values import Digest
from wallet.home import read_file, write_file
from wallet.keyring import KeyEntry

_SUFFIX: Final = ".pass.json"
_ASKED: Final = "asked.json"


@dataclass(eq=False)
class PassUnknown(Refused):
    """No pass here begins like that. `suizheng health pass list` names them."""

    name: str


@dataclass(eq=False)
class PassAmbiguous(Refused):
    """More than one pass begins like that. Give more characters."""

    name: str


@dataclass(eq=False)
class PassOfAnother(Refused):
    """The pass is bound to a key that is not in this wallet. Use the wallet that asked for it."""

    kid: str


@dataclass(eq=False)
class PassFileMalformed(Refused):
    """A kept pass cannot be read. Delete the file and add the pass anew."""

    path: str


@dataclass(frozen=True, slots=True)
class HeldPass:
    """A pass in the folder; `key` names the holder key, None on paper.

    `salt` is that of its one-time key, None where it is bound to the holder key itself; `shown_at`
    in Unix seconds, None before it was first shown.
    """

    encoded: bytes
    content: HealthPass
    key: str | None = None
    salt: bytes | None = None
    shown_at: int | None = None

    @property
    def digest(self) -> Digest:
        """SHA-256 of its bytes."""
        return signed.read(self.encoded).digest

    def to_json(self, at: int) -> dict[str, Any]:
        """Return what its holder may know of it, as JSON; times in Unix seconds."""
        content, agreed = self.content, self.content.recognition
        return {
            "digest": "0x" + self.digest.hex(),
            "issuer": content.jurisdiction,
            "from": None if agreed is None else agreed.jurisdiction,
            "version": None if agreed is None else agreed.version,
            "grade": content.grade,
            "hint": content.hint,
            "notBefore": content.not_before,
            "expiresAt": content.expires_at,
            "isCurrent": content.not_before <= at < content.expires_at,
            "key": self.key,
            "shownAt": self.shown_at,
        }


def read_pass(encoded: bytes) -> HealthPass:
    """Return what a pass says, before anybody's signature was checked.

    Raises `SignedMalformed` or `ClaimsInvalid` for what is no pass.
    """
    try:
        return passes.read_claims(cbor.decode(signed.read(encoded).message.payload))
    except cbor.CborMalformed as exc:
        raise ClaimsInvalid("encoding") from exc


class PassFolder:
    """The passes that one wallet holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(self, key: str, wanted: Iterable[tuple[PublicKey, bytes]]) -> None:
        """Remember one-time keys, with their salts, for the passes that will come back."""
        entries = self._asked()
        for public, salt in wanted:
            entries[public.kid] = {"key": key, "salt": b64url_encode(salt)}
        write_file(self._folder / _ASKED, orjson.dumps(entries))

    def add(self, encoded: bytes, keys: Sequence[KeyEntry]) -> HeldPass:
        """Keep a pass; one that is here already stays as it is.

        Raises:
            SignedMalformed, ClaimsInvalid: for what is no pass.
            PassOfAnother: when neither `keys` nor the keys asked with have its holder key.
        """
        content = read_pass(encoded)
        held = self._bound(HeldPass(encoded, content), keys)
        path = self._path(held.digest)
        if path.exists():
            return _read(path)
        self._write(held)
        return held

    def all(self) -> list[HeldPass]:
        """Return every pass, those that end first in front; raise `PassFileMalformed`."""
        found = [_read(path) for path in self._folder.glob(f"*{_SUFFIX}")]
        return sorted(found, key=lambda held: (held.content.expires_at, held.encoded))

    def find(self, name: str) -> HeldPass:
        """Return the pass whose digest begins with `name`, 0x allowed.

        Raises `PassUnknown` or `PassAmbiguous` unless exactly one does.
        """
        start = name.lower().removeprefix("0x")
        if not start or not start.isalnum():
            raise PassUnknown(name)
        found = sorted(self._folder.glob(f"{start}*{_SUFFIX}"))
        if not found:
            raise PassUnknown(name)
        if len(found) > 1:
            raise PassAmbiguous(name)
        return _read(found[0])

    def show(self, held: HeldPass, at: int) -> None:
        """Remember that a pass is shown for the first time; it is not new any more."""
        if held.shown_at is None:
            self._write(replace(held, shown_at=at))

    def drop(self, ended_before: int) -> int:
        """Delete the passes that ended before a time; return how many."""
        ended = [held for held in self.all() if held.content.expires_at < ended_before]
        for held in ended:
            self._path(held.digest).unlink(missing_ok=True)
        return len(ended)

    def _bound(self, held: HeldPass, keys: Sequence[KeyEntry]) -> HeldPass:
        holder = held.content.holder
        if holder is None:
            return held
        for entry in keys:
            if entry.public_key == holder:
                return replace(held, key=entry.name)
        asked = self._asked().get(holder.kid)
        if asked is None:
            raise PassOfAnother(holder.kid)
        return replace(held, key=str(asked["key"]), salt=b64url_decode(asked["salt"]))

    def _asked(self) -> dict[str, Any]:
        path = self._folder / _ASKED
        if not path.exists():
            return {}
        try:
            return parse_object(read_file(path))
        except JsonMalformed as exc:
            raise PassFileMalformed(str(path)) from exc

    def _write(self, held: HeldPass) -> None:
        content = {
            "pass": b64url_encode(held.encoded),
            "key": held.key,
            "salt": None if held.salt is None else b64url_encode(held.salt),
            "shownAt": held.shown_at,
        }
        write_file(self._path(held.digest), orjson.dumps(content))

    def _path(self, digest: Digest) -> Path:
        return self._folder / f"{digest.hex()}{_SUFFIX}"


def _read(path: Path) -> HeldPass:
    try:
        content = parse_object(read_file(path))
        encoded = b64url_decode(content["pass"])
        salt = content["salt"]
        return HeldPass(
            encoded=encoded,
            content=read_pass(encoded),
            key=content["key"],
            salt=None if salt is None else b64url_decode(salt),
            shown_at=content["shownAt"],
        )
    except (KeyError, TypeError, LedgerError) as exc:
        raise PassFileMalformed(str(path)) from exc
