"""Status lists: 2 bits an entry, packed as the contract keeps them and as the IETF list shows them.

Entry i is in word i >> 7 at bit 2 * (i & 127); a list's bytes are its 8,192 words in order, each
little-endian (draft-ietf-oauth-status-list-21 §4.1). Lists of 1, 4 and 8 bits are read as well.
The signed form, `statuslist+jwt`, is an offline copy: where it cannot be used it says nothing, so
its errors are `Unavailable`.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ledger import jws
from ledger.authority import DocumentKey
from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import Refused, Unavailable, WordOutOfRange
from ledger.keys import SignatureInvalid, Signer
from ledger.values import (
    Address,
    AgencyId,
    KeyState,
    KeyUsage,
    LedgerRef,
    Status,
    WordChange,
)

ENTRIES: Final = 2**20
ENTRIES_PER_WORD: Final = 128
WORDS: Final = ENTRIES // ENTRIES_PER_WORD
BITS: Final = 2
TOKEN_TYPE: Final = "statuslist+jwt"  # noqa: S105  # a media type, no password
LIFETIME_SECONDS: Final = 24 * 3600
"""A list token's `exp` minus its `iat`; proposed, no law names it."""
TTL_SECONDS: Final = 900
"""How long a list token may be kept before asking again; proposed, no law names it."""

_T = TypeVar("_T")
_WORD_BYTES: Final = 32
_LOW_BITS: Final = int.from_bytes(b"\x55" * _WORD_BYTES)
_WIDTHS: Final = (1, 2, 4, 8)


@dataclass(eq=False)
class IndexInvalid(Refused):
    """The status index lies outside the list."""

    index: int


@dataclass(eq=False)
class ListUnusable(Unavailable):
    """The status list says nothing."""


@dataclass(eq=False)
class ListMalformed(ListUnusable):
    """The status list cannot be read."""

    reason: str


@dataclass(eq=False)
class ListUntrusted(ListUnusable):
    """The status list is not signed by this agency for this use."""

    reason: str


@dataclass(eq=False)
class ListStale(ListUnusable):
    """The status list is out of date."""

    as_of: int


@dataclass(eq=False)
class ListTooShort(ListUnusable):
    """The status list ends before the entry."""

    index: int
    entries: int


@dataclass(eq=False)
class StatusUnknown(ListUnusable):
    """The status list gives a value that has no meaning here."""

    value: int


def place(index: int) -> tuple[int, int]:
    """Return an entry's word and its lowest bit there; raise `IndexInvalid` for one outside."""
    if not 0 <= index < ENTRIES:
        raise IndexInvalid(index)
    return index >> 7, 2 * (index & 127)


def mask(index: int) -> int:
    """Return the mask of both bits of an entry in its word; raise `IndexInvalid` as `place`."""
    return 3 << place(index)[1]


def index_of(word: int, shift: int) -> int:
    """Return the entry whose lowest bit is bit `shift` of `word`; the inverse of `place`."""
    if not 0 <= word < WORDS:
        raise WordOutOfRange(word)
    if not 0 <= shift < 2 * ENTRIES_PER_WORD or shift % 2:
        raise IndexInvalid(word * ENTRIES_PER_WORD + shift // 2)
    return word << 7 | shift >> 1


def indices_of(change: WordChange) -> tuple[int, ...]:
    """Return the entries that a mask of whole entries touches, ascending."""
    first = index_of(change.word, 0)
    return tuple(first + i for i in range(ENTRIES_PER_WORD) if change.mask >> 2 * i & 3)


def entry(word_value: int, index: int) -> Status:
    """Return the status of an entry, given the value of its word; raise `IndexInvalid`."""
    return Status(word_value >> place(index)[1] & 3)


def changed(word_value: int, mask: int, status: Status) -> int:
    """Return a word with the entries in `mask`, both bits of each, set to `status`."""
    return word_value & ~mask | (mask & _LOW_BITS) * status


def word_changes(indices: Iterable[int]) -> tuple[WordChange, ...]:
    """Return one change per touched word, ascending; raise `IndexInvalid` for an entry outside."""
    masks: dict[int, int] = {}
    for index in indices:
        word = place(index)[0]
        masks[word] = masks.get(word, 0) | mask(index)
    return tuple(WordChange(word, masks[word]) for word in sorted(masks))


@dataclass(frozen=True, slots=True)
class StatusList:
    """The packed entries of one list, lowest bits first in every byte; at most 2^20 entries."""

    packed: bytes
    bits: int = BITS

    @classmethod
    def empty(cls) -> "StatusList":
        """Return a list of 2^20 entries, all valid."""
        return cls(bytes(WORDS * _WORD_BYTES))

    @classmethod
    def from_words(cls, words: Mapping[int, int] | Sequence[int]) -> "StatusList":
        """Return the list of 2^20 entries that the contract's words make; absent words are 0.

        Raises:
            WordOutOfRange: for a word of the 8,193rd place or later, or before the first.
        """
        packed = bytearray(WORDS * _WORD_BYTES)
        for word, value in words.items() if isinstance(words, Mapping) else enumerate(words):
            if not 0 <= word < WORDS:
                raise WordOutOfRange(word)
            start = word * _WORD_BYTES
            packed[start : start + _WORD_BYTES] = value.to_bytes(_WORD_BYTES, "little")
        return cls(bytes(packed))

    @classmethod
    def inflate(cls, lst: str, bits: int = BITS) -> "StatusList":
        """Return the list in `lst`, base64url of one zlib stream.

        Raises:
            ListMalformed: for anything else, anything after the stream, another width than 1, 2,
                4 or 8 bits, and more than 2^20 entries, at which inflating stops.
        """
        if bits not in _WIDTHS:
            raise ListMalformed("bits is not 1, 2, 4 or 8")
        most = ENTRIES * bits // 8
        stream = zlib.decompressobj()
        try:
            packed = stream.decompress(b64url_decode(lst), most + 1)
        except (zlib.error, Refused) as exc:
            raise ListMalformed("lst is not base64url of a zlib stream") from exc
        if len(packed) > most:
            raise ListMalformed("lst inflates to more than 2^20 entries")
        if not stream.eof or stream.unused_data:
            raise ListMalformed("lst is cut off or goes on after its stream")
        return cls(packed, bits)

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self.packed) * 8 // self.bits

    def value(self, index: int) -> int:
        """Return an entry as a number.

        Raises:
            IndexInvalid: for an entry that no list has.
            ListTooShort: for one that this list does not have.
        """
        if not 0 <= index < ENTRIES:
            raise IndexInvalid(index)
        if index >= self.size:
            raise ListTooShort(index, self.size)
        bit = index * self.bits
        return self.packed[bit >> 3] >> (bit & 7) & ((1 << self.bits) - 1)

    def status(self, index: int) -> Status:
        """Return an entry; raise as `value` does, and `StatusUnknown` for 4 and above."""
        value = self.value(index)
        if value > Status.SUPERSEDED:
            raise StatusUnknown(value)
        return Status(value)

    def word(self, word: int) -> int:
        """Return a word as the contract keeps it; raise `WordOutOfRange` for one outside."""
        if not 0 <= word < WORDS:
            raise WordOutOfRange(word)
        return int.from_bytes(self.packed[word * _WORD_BYTES : (word + 1) * _WORD_BYTES], "little")

    def words(self) -> Iterator[int]:
        """Yield all 8,192 words in order."""
        return map(self.word, range(WORDS))

    def with_status(self, indices: Iterable[int], status: Status) -> "StatusList":
        """Return this list with `status` at the entries; raise `IndexInvalid` for one outside."""
        words = {
            change.word: changed(self.word(change.word), change.mask, status)
            for change in word_changes(indices)
        }
        packed = bytearray(self.packed)
        for word, value in words.items():
            start = word * _WORD_BYTES
            packed[start : start + _WORD_BYTES] = value.to_bytes(_WORD_BYTES, "little")
        return StatusList(bytes(packed))

    def to_bytes(self) -> bytes:
        """Return the packed entries; 262,144 bytes for a list of ours."""
        return self.packed

    def compressed(self) -> str:
        """Return `lst`: base64url of the zlib stream at level 9."""
        return b64url_encode(zlib.compress(self.packed, level=9))


@dataclass(frozen=True, slots=True)
class ListChain:
    """Where on chain a list can be recomputed from: its words as of the end of `block`."""

    ledger: LedgerRef
    agency: AgencyId
    list: int
    block: int
    block_hash: bytes


def sign_list(
    entries: StatusList, *, uri: str, issued_at: int, chain: ListChain, signer: Signer
) -> str:
    """Return the list as a signed `statuslist+jwt`, good from `issued_at` for 24 hours."""
    payload = {
        "sub": uri,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
        "ttl": TTL_SECONDS,
        "status_list": {"bits": entries.bits, "lst": entries.compressed()},
        "chain": {
            "chainId": chain.ledger.chain_id,
            "ledger": chain.ledger.address,
            "agency": _hex(chain.agency),
            "list": chain.list,
            "block": chain.block,
            "blockHash": _hex(chain.block_hash),
        },
    }
    return jws.sign(TOKEN_TYPE, payload, signer)


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list token as read, not to be trusted before `check`; times in Unix seconds."""

    kid: str
    uri: str
    issued_at: int
    expires_at: int
    ttl: int | None
    list: StatusList
    chain: ListChain | None
    jws: jws.Jws

    def check(self, uri: str, key: DocumentKey | None, now: int) -> None:
        """Raise unless this list speaks for `uri` at `now`; `key` is the document's agency's.

        A key that is frozen or reported compromised vouches for no list, whatever `iat` says: its
        thief chooses `iat`, and an honest agency signs a new list within minutes.

        Raises:
            ListUntrusted: for another `uri`, another signer or usage, a key that is not good at
                `iat` and now, a signature that does not match, and `iat` in the future.
            ListStale: from `exp` on.
        """
        if self.uri != uri:
            raise ListUntrusted("it is the list of another address")
        _check_signer(self, key, now)
        if now < self.issued_at:
            raise ListUntrusted("it was issued in the future")
        if now >= self.expires_at:
            raise ListStale(self.issued_at)

    def status(self, index: int) -> Status:
        """Return an entry; raise as `StatusList.status` does."""
        return self.list.status(index)


def parse_list(token: str) -> SignedList:
    """Return the list in a `statuslist+jwt` of 2 bits; raise `ListMalformed` for anything else."""
    try:
        parsed = jws.parse(token, TOKEN_TYPE)
    except Refused as exc:
        raise ListMalformed(exc.title()) from exc
    claims = parsed.payload
    status_list = _member(claims, "status_list", dict)
    if _member(status_list, "bits", int) != BITS:
        raise ListMalformed("bits is not 2")
    return SignedList(
        kid=parsed.kid,
        uri=_member(claims, "sub", str),
        issued_at=_member(claims, "iat", int),
        expires_at=_member(claims, "exp", int),
        ttl=_member(claims, "ttl", int) if "ttl" in claims else None,
        list=StatusList.inflate(_member(status_list, "lst", str)),
        chain=_chain(_member(claims, "chain", dict)) if "chain" in claims else None,
        jws=parsed,
    )


def _check_signer(token: SignedList, key: DocumentKey | None, now: int) -> None:
    if key is None or key.public_key.kid != token.kid:
        raise ListUntrusted("the key is not the agency's")
    if KeyUsage.STATUS_LISTS not in key.usage:
        raise ListUntrusted("the key is not for status lists")
    if key.frozen or key.distrust_from:
        raise ListUntrusted("the key is frozen or compromised")
    if key.state_at(token.issued_at) is not KeyState.ACTIVE or now >= key.verify_until:
        raise ListUntrusted("the key is not good at that time")
    try:
        token.jws.verify(key.public_key)
    except SignatureInvalid as exc:
        raise ListUntrusted("the signature does not match") from exc


def _chain(found: dict[str, Any]) -> ListChain:
    return ListChain(
        ledger=LedgerRef(_member(found, "chainId", int), Address(_member(found, "ledger", str))),
        agency=AgencyId(_hash(found, "agency")),
        list=_member(found, "list", int),
        block=_member(found, "block", int),
        block_hash=_hash(found, "blockHash"),
    )


def _member(found: dict[str, Any], name: str, kind: type[_T]) -> _T:
    value = found.get(name)
    if type(value) is not kind:  # isinstance would take true for a number
        raise ListMalformed(f"{name} is missing or of another type")
    return value


def _hash(found: dict[str, Any], name: str) -> bytes:
    text = _member(found, name, str)
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as exc:
        raise ListMalformed(f"{name} is not 0x-hex") from exc
    if _hex(raw) != text or len(raw) != _WORD_BYTES:
        raise ListMalformed(f"{name} is not 32 bytes of 0x-hex")
    return raw


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
