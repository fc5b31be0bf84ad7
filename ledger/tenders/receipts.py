"""Receipts for bids (§3.8): JWS ES256 of the service, at once and again when the bid is final.

It says what arrived and when; not that the bid is in time, which the chain alone decides. Files may
be there before the bid is: their receipt names no bid. That for a message of a mailbox names its
leaf, which tells nobody what bid it is of. That for a listing, which comes after the deadline,
names bid and mailbox's root, so that it is told from one for a bid that came late.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger import jws
from ledger.canonical import b64url_encode
from ledger.errors import Refused
from ledger.jws import Jws
from ledger.keys import PublicKey, Signer
from ledger.tenders.ids import TenderId
from ledger.values import Address, Root
from ledger.verification.shape import (
    ShapeWrong,
    address,
    entries,
    hexadecimal,
    members,
    number,
    text,
)

TYPE: Final = "bid-receipt+jwt"
ID_BYTES: Final = 16
_PLAIN: Final = ("iss", "jti", "iat", "files", "state")
_BID: Final = ("digest",)
_NAMED: Final = ("tender", "lot", "bidder", "version")
_LEAF: Final = ("leaf",)
_ROOT: Final = ("root",)
_MINED: Final = ("transaction", "block")
_MAX_FILES: Final = 2
_HASH_BYTES: Final = 32
_GREATEST: Final = 2**53 - 1


class ReceiptState(StrEnum):
    """How far the bid is; `submitted` until its block is final, since blocks may fall out."""

    STORED = "stored"
    SUBMITTED = "submitted"
    FINAL = "final"


@dataclass(eq=False)
class ReceiptMalformed(Refused):
    """The receipt is not one for a bid."""

    member: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One age file that the service read back whole; `stored_at` in Unix seconds.

    `copies` are the replicas that had it then, None where it is not told.
    """

    sha256: bytes
    size: int
    stored_at: int
    copies: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Which bid or withdrawal a message is; `bidder` is its one-time key."""

    tender: TenderId
    lot: int
    bidder: Address
    version: int


@dataclass(frozen=True, slots=True)
class Mined:
    """Where the bid was taken into the chain."""

    transaction: bytes
    block: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service says of the bid with this EIP-712 digest, or of files before their bid.

    `issued_at` in Unix seconds; `leaf`, the leaf data of a mailbox's message, stands without both.
    `named` stands with the digest of a bid or withdrawal, so that a receipt proves of what it is;
    `root` beside it, in a receipt for a listing: where the mailbox's root has the message.
    """

    issuer: str
    id: str
    issued_at: int
    digest: bytes | None
    files: tuple[StoredFile, ...]
    state: ReceiptState
    mined: Mined | None = None
    leaf: bytes | None = None
    named: Named | None = None
    root: Root | None = None


def new_id(randomness: Callable[[int], bytes]) -> str:
    """Return a receipt's number."""
    return b64url_encode(randomness(ID_BYTES))


def sign(receipt: Receipt, signer: Signer) -> str:
    """Return the receipt as a compact JWS."""
    files: list[dict[str, Any]] = [
        {"sha256": _hex(each.sha256), "size": each.size, "storedAt": each.stored_at}
        | ({} if each.copies is None else {"copies": each.copies})
        for each in receipt.files
    ]
    payload: dict[str, Any] = {
        "iss": receipt.issuer,
        "jti": receipt.id,
        "iat": receipt.issued_at,
        "files": files,
        "state": receipt.state.value,
    }
    if receipt.digest is not None:
        payload["digest"] = _hex(receipt.digest)
    if receipt.named is not None:
        payload["tender"] = _hex(receipt.named.tender)
        payload["lot"] = receipt.named.lot
        payload["bidder"] = receipt.named.bidder
        payload["version"] = receipt.named.version
    if receipt.root is not None:
        payload["root"] = _hex(receipt.root)
    if receipt.leaf is not None:
        payload["leaf"] = _hex(receipt.leaf)
    if receipt.mined is not None:
        payload["transaction"] = _hex(receipt.mined.transaction)
        payload["block"] = receipt.mined.block
    return jws.sign(TYPE, payload, signer)


def read(token: str, key: PublicKey) -> Receipt:
    """Return a receipt that `key` signed.

    Raises:
        JwsMalformed, AlgorithmRefused, TypeRefused, SignatureInvalid: for the token.
        ReceiptMalformed: for what it says.
    """
    parsed = jws.parse(token, TYPE)
    parsed.verify(key)
    return _told(parsed)


def told(token: str) -> Receipt:
    """Return what a receipt says, whoever signed it; raises as `read`, signature apart."""
    return _told(jws.parse(token, TYPE))


def _told(parsed: Jws) -> Receipt:
    try:
        return _read(parsed)
    except (ShapeWrong, ValueError) as exc:
        raise ReceiptMalformed(exc.member if isinstance(exc, ShapeWrong) else "state") from exc


def _read(token: Jws) -> Receipt:
    is_mined, has_bid = "transaction" in token.payload, "digest" in token.payload
    has_leaf = "leaf" in token.payload and not has_bid
    is_named = has_bid and "tender" in token.payload
    of_what = _BID if has_bid else _LEAF if has_leaf else ()
    is_listing = is_named and "root" in token.payload
    named = (*(_NAMED if is_named else ()), *(_ROOT if is_listing else ()))
    names = (*_PLAIN, *of_what, *named, *(_MINED if is_mined else ()))
    value = members(token.payload, names, "payload")
    return Receipt(
        issuer=text(value["iss"], "iss"),
        id=text(value["jti"], "jti"),
        issued_at=number(value["iat"], "iat"),
        digest=hexadecimal(value["digest"], _HASH_BYTES, "digest") if has_bid else None,
        files=tuple(_file(each) for each in entries(value["files"], "files", limit=_MAX_FILES)),
        state=ReceiptState(value["state"]),
        mined=_mined(value) if is_mined else None,
        leaf=hexadecimal(value["leaf"], _HASH_BYTES, "leaf") if has_leaf else None,
        named=_named(value) if is_named else None,
        root=Root(hexadecimal(value["root"], _HASH_BYTES, "root")) if is_listing else None,
    )


def _file(value: Any) -> StoredFile:
    has_copies = isinstance(value, dict) and "copies" in value
    own = ("copies",) if has_copies else ()
    named = members(value, ("sha256", "size", "storedAt", *own), "files")
    return StoredFile(
        hexadecimal(named["sha256"], _HASH_BYTES, "files.sha256"),
        number(named["size"], "files.size", greatest=_GREATEST),
        number(named["storedAt"], "files.storedAt"),
        number(named["copies"], "files.copies", least=1) if has_copies else None,
    )


def _named(value: dict[str, Any]) -> Named:
    return Named(
        TenderId(hexadecimal(value["tender"], _HASH_BYTES, "tender")),
        number(value["lot"], "lot"),
        address(value["bidder"], "bidder"),
        number(value["version"], "version"),
    )


def _mined(value: dict[str, Any]) -> Mined:
    transaction = hexadecimal(value["transaction"], _HASH_BYTES, "transaction")
    return Mined(transaction, number(value["block"], "block"))


def _hex(octets: bytes) -> str:
    return "0x" + octets.hex()
