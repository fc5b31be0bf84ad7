"""The bids of one wallet: secrets on disk, encrypted and synced, before anything is signed.

A folder for each place (tender, lot) holds the bidder's identity and a folder for each version:
its secrets, its age files and, last, the signed message. What is secret is sealed to a key that
follows from the one-time key, which lies under a password in the keyring.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger import age
from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.tenders import messages
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import WithdrawBid
from ledger.tenders.relayed import SignedWithdrawal
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid, withdrawal_of
from ledger.tenders.trustees import octets
from wallet.home import private_folder, read_file, sync_folder, write_file, writing

FOLDER: Final = "bids"
_IDENTITY: Final = "identity.age"
_SECRETS: Final = "secrets.age"
_SIGNED: Final = "bid.json"
_WITHDRAWAL: Final = "withdrawal.json"
SAID: Final = ".jwt"
"""How files end that hold what a service signed."""
_VERSION: Final = re.compile(r"v([1-9][0-9]{0,9})")
_PLACE: Final = re.compile(r"([0-9a-f]{64})-([0-9]{1,2})")
_INFO: Final = b"suizheng bid store v1"
_KEY_BYTES: Final = 32

Randomness = Callable[[int], bytes]


@dataclass(eq=False)
class BidUnknown(Refused):
    """There is no such bid here. `suizheng bid status` lists those that there are."""

    tender: str


@dataclass(eq=False)
class BidFileMalformed(Refused):
    """A kept bid cannot be read. Put a backup of the wallet back."""

    path: str


@dataclass(frozen=True, slots=True)
class StoreKey:
    """What the secrets of one place are sealed with, from its one-time key."""

    identity: bytes

    @classmethod
    def of(cls, one_time_key: bytes) -> "StoreKey":
        """Return it by HKDF-SHA-256 (RFC 5869) of the key's 32 bytes."""
        return cls(HKDF(SHA256(), _KEY_BYTES, None, _INFO).derive(one_time_key))

    def seal(self, value: Any, randomness: Randomness) -> bytes:
        """Return a JSON value sealed."""
        return age.seal(orjson.dumps(value), age.recipient_of(self.identity), randomness)

    def unseal(self, path: Path) -> Any:
        """Return the value in a file; raise `BidFileMalformed` for what does not open."""
        try:
            return orjson.loads(age.unseal(read_file(path), self.identity))
        except (age.SealedForAnother, age.SealedMalformed, ValueError) as exc:
            raise BidFileMalformed(str(path)) from exc


class BidPlace:
    """The versions of one bid."""

    def __init__(self, folder: Path, tender: TenderId, lot: int) -> None:
        self._folder = folder
        self.tender = tender
        self.lot = lot

    @property
    def key_name(self) -> str:
        """The name of the one-time key in the keyring."""
        return f"bid-{self.tender.hex()[:16]}-{self.lot}"

    def identity(self, key: StoreKey) -> dict[str, Any] | None:
        """Return who bids, salt included, None before the first version."""
        path = self._folder / _IDENTITY
        return key.unseal(path) if path.exists() else None

    def keep_identity(self, key: StoreKey, identity: dict[str, Any], drawn: Randomness) -> None:
        """Keep who bids: the same identity is committed to in every version."""
        self._made(self._folder)
        write_file(self._folder / _IDENTITY, key.seal(identity, drawn))

    def versions(self) -> list[int]:
        """Return the numbers of all versions that were begun, lowest first."""
        found = (_VERSION.fullmatch(path.name) for path in self._folder.glob("v*"))
        return sorted(int(match[1]) for match in found if match)

    def next_version(self) -> int:
        """Return a number that no version has, not even one that was never finished."""
        return max(self.versions(), default=0) + 1

    def keep_secrets(
        self, version: int, key: StoreKey, secrets: list[PartSecrets], drawn: Randomness
    ) -> None:
        """Put the secrets of a version on disk, sealed; they are synced when this returns."""
        self._made(self.folder(version))
        value = [{"s_b": each.s_b.hex(), "s_c": each.s_c.hex()} for each in secrets]
        write_file(self.folder(version) / _SECRETS, key.seal(value, drawn))

    def secrets(self, version: int, key: StoreKey) -> list[PartSecrets]:
        """Return the secrets of a version; raise `BidFileMalformed`, or `FileMissing`."""
        path = self.folder(version) / _SECRETS
        try:
            return [
                PartSecrets(bytes.fromhex(each["s_b"]), bytes.fromhex(each["s_c"]))
                for each in key.unseal(path)
            ]
        except (KeyError, TypeError, ValueError) as exc:
            raise BidFileMalformed(str(path)) from exc

    def keep_signed(self, version: int, bid: SignedBid) -> None:
        """Keep the signed message, the last file of a version."""
        write_file(self.folder(version) / _SIGNED, bid.to_bytes())

    def signed(self, version: int) -> SignedBid | None:
        """Return the signed message of a version, None for one that was never finished."""
        path = self.folder(version) / _SIGNED
        if not path.exists():
            return None
        try:
            return SignedBid.read(read_file(path))
        except LedgerError as exc:
            raise BidFileMalformed(str(path)) from exc

    def keep_withdrawal(self, version: int, withdrawal: WithdrawBid, signature: bytes) -> None:
        """Keep what takes the bid back: no later version may have its number."""
        self._made(self.folder(version))
        content = messages.to_json(withdrawal) | {"signature": "0x" + signature.hex()}
        write_file(self.folder(version) / _WITHDRAWAL, canonical_json(content))

    def keep_said(self, version: int, name: str, token: str) -> None:
        """Keep what a service signed about a version: `receipt`, `final` or `refusal`."""
        self._made(self.folder(version))
        write_file(self.folder(version) / f"{name}{SAID}", token.encode())

    def said(self, version: int, name: str) -> str | None:
        """Return what a service signed about a version, None where it never did."""
        path = self.folder(version) / f"{name}{SAID}"
        return read_file(path).decode() if path.exists() else None

    def forget_secrets(self, before: int) -> list[int]:
        """Destroy the secrets of all versions below `before`; return which had some.

        Nothing asks for them any more: a file whose keys are gone stays closed for good.
        """
        found = [each for each in self.versions() if each < before]
        paths = {each: self.folder(each) / _SECRETS for each in found}
        held = [each for each in found if paths[each].exists()]
        for each in held:
            with writing(paths[each]):
                paths[each].unlink()
                sync_folder(self.folder(each))
        return held

    def withdrawal(self, version: int) -> SignedWithdrawal | None:
        """Return the withdrawal of a version, None unless it is one."""
        path = self.folder(version) / _WITHDRAWAL
        if not path.exists():
            return None
        try:
            value = parse_object(read_file(path))
            signature = octets(value["signature"])
            return SignedWithdrawal(self.newest().ledger, withdrawal_of(value), signature)
        except (LedgerError, KeyError, TypeError, ValueError) as exc:
            raise BidFileMalformed(str(path)) from exc

    def newest(self) -> SignedBid:
        """Return the newest version that is signed; raise `BidUnknown`."""
        for version in reversed(self.versions()):
            if (bid := self.signed(version)) is not None:
                return bid
        raise BidUnknown("0x" + self.tender.hex())

    def folder(self, version: int) -> Path:
        """Return where a version's files lie."""
        return self._folder / f"v{version}"

    def part_file(self, version: int, part: int) -> Path:
        """Return where the age file of a part lies."""
        return self.folder(version) / f"part-{part}.age"

    def _made(self, folder: Path) -> None:
        """Make a folder that a power cut does not take away: its own entry is synced too."""
        with writing(folder):
            private_folder(folder)
            for each in (folder.parent, *list(folder.parents)[1:3]):
                sync_folder(each)


class BidStore:
    """All bids of one wallet."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def place(self, tender: TenderId, lot: int) -> BidPlace:
        """Return the place of a lot, whether or not there is a bid."""
        return BidPlace(self._folder / f"{tender.hex()}-{lot}", tender, lot)

    def places(self) -> Iterator[BidPlace]:
        """Yield every place where there is a bid."""
        for path in sorted(self._folder.glob("*")):
            if match := _PLACE.fullmatch(path.name):
                yield self.place(TenderId(bytes.fromhex(match[1])), int(match[2]))

    def find(self, tender: str, lot: int) -> BidPlace:
        """Return the place of the tender whose id begins so; raise `BidUnknown` unless one does."""
        start = tender.lower().removeprefix("0x")
        found = [
            each
            for each in self.places()
            if each.lot == lot and start and each.tender.hex().startswith(start)
        ]
        if len(found) != 1:
            raise BidUnknown(tender)
        return found[0]
