"""Status lists: 2 bits an entry, packed as the contract keeps them and as the IETF list shows them.

Entry i is in word i >> 7 at bit 2 * (i & 127); a list's bytes are its 8,192 words in order, each
little-endian (draft-ietf-oauth-status-list-21 §4.1). Lists of 1, 4 and 8 bits are read as well.
A copy that cannot be read says nothing about anybody, so such errors are `Unavailable`. The signed
forms stand in `list_tokens` and, for gates, in `health.status_cwt`.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import Refused, Unavailable, WordOutOfRange
from ledger.values import Status, WordChange

ENTRIES: Final = 2**20
ENTRIES_PER_WORD: Final = 128
WORDS: Final = ENTRIES // ENTRIES_PER_WORD
BITS: Final = 2

_WORD_BYTES: Final = 32
_LOW_BITS: Final = int.from_bytes(b"\x55" * _WORD_BYTES)
_WIDTHS: Final = (1, 2, 4, 8)
_STATUSES: Final = tuple(Status)
"""By their numbers: asking the enumeration takes three times as long."""


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
        try:
            stream = b64url_decode(lst)
        except Refused as exc:
            raise ListMalformed("lst is not base64url") from exc
        return cls.unpack(stream, bits)

    @classmethod
    def unpack(cls, stream: bytes, bits: int = BITS) -> "StatusList":
        """Return the list in one zlib stream; raise as `inflate` does."""
        if bits not in _WIDTHS:
            raise ListMalformed("bits is not 1, 2, 4 or 8")
        most = ENTRIES * bits // 8
        inflater = zlib.decompressobj()
        try:
            packed = inflater.decompress(stream, most + 1)
        except zlib.error as exc:
            raise ListMalformed("lst is not a zlib stream") from exc
        if len(packed) > most:
            raise ListMalformed("lst inflates to more than 2^20 entries")
        if not inflater.eof or inflater.unused_data:
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
        if value >= len(_STATUSES):
            raise StatusUnknown(value)
        return _STATUSES[value]

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
        return b64url_encode(self.deflated())

    def deflated(self) -> bytes:
        """Return the zlib stream at level 9."""
        return zlib.compress(self.packed, level=9)
