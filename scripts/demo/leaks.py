"""Looks for personal values where they have no business, in whatever spelling they may be there.

What cannot be looked for, since it is anywhere by chance or by right: texts of less than four bytes
as they are (a grade, a document's type; their hashes are looked for), a moment's bare four bytes,
and moments of now, which every line of a log has.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from eth_hash.auto import keccak

from ledger.health import base45

_START: Final = 6
"""Bytes by which a spelling is recognised; shorter ones are not looked for: they are anywhere.

In ten million random bytes one of six is met by chance once in thirty million such searches; one of
four once in four hundred, and there are hundreds of values.
"""
_SHORT: Final = 4
"""Texts of so many bytes, and of one more, are looked for between quotation marks."""
_SIXES: Final = 6
_OCTET: Final = 8
_HASHES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "SHA-256": lambda value: hashlib.sha256(value).digest(),
    "Keccak-256": keccak,
}


@dataclass(frozen=True, slots=True)
class Leak:
    """What was found, in which spelling."""

    what: str
    spelling: str


class Net:
    """Finds every value that was put into it, in one pass over a text of any length."""

    def __init__(self) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, Leak]]] = {}
        self._known: set[bytes] = set()

    @property
    def size(self) -> int:
        """How many spellings are looked for."""
        return len(self._known)

    def add(self, what: str, value: str | bytes | int) -> None:
        """Look for a value: as it is, encoded, and hashed; `what` names it, not the person.

        A number is a moment in Unix seconds.
        """
        for spelling, needle in spellings(value):
            if len(needle) >= _START and needle not in self._known:
                leak = Leak(what, spelling)
                self._by_start.setdefault(needle[:_START], []).append((needle, leak))
                self._known.add(needle)

    def leaks_in(self, text: bytes) -> set[Leak]:
        """Return what is in `text`."""
        found: set[Leak] = set()
        starts = self._by_start
        for place in range(len(text) - _START + 1):
            candidates = starts.get(text[place : place + _START])
            if candidates is not None:
                found |= {leak for needle, leak in candidates if text.startswith(needle, place)}
        return found


def spellings(value: str | bytes | int) -> Iterator[tuple[str, bytes]]:
    """Yield the spellings of a value, each with its name; of a number those of a moment.

    Encodings are those of the value at any place within something longer.
    """
    if isinstance(value, int):
        yield from _moment(value)
        return
    plain = value.encode() if isinstance(value, str) else value
    yield "plain", plain
    yield from _encoded("", plain)
    if isinstance(value, str):
        yield "UTF-16LE", value.encode("utf-16-le")
        yield "UTF-16BE", value.encode("utf-16-be")
        if _SHORT <= len(plain) < _START:
            yield "quoted", b'"' + plain + b'"'
    for name, digest in _HASHES.items():
        yield name, digest(plain)
        yield from _encoded(f"{name}, ", digest(plain))


def _moment(at: int) -> Iterator[tuple[str, bytes]]:
    """Yield how a moment is written: as a text in UTC, in figures, at the end of a word of the ABI.

    Of the word's zeros so many are enough that nothing else ends so; with all of them each run of
    zeros would look like its beginning.
    """
    text = datetime.fromtimestamp(at, UTC).isoformat()[: len("2026-11-21T09:42:48")]
    bare = at.to_bytes(4)
    yield "RFC 3339", text.encode()
    yield "RFC 3339 with a space", text.replace("T", " ").encode()
    yield "seconds", str(at).encode()
    yield "word", bytes(4) + bare
    yield "word, hexadecimal", b"00" + bare.hex().encode()


def _encoded(before: str, plain: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{before}hexadecimal", plain.hex().encode()
    yield f"{before}HEXADECIMAL", plain.hex().upper().encode()
    for shift in range(3):
        found = _base64(plain, shift)
        yield f"{before}base64url", found
        if found.translate(_TO_BASE64) != found:
            yield f"{before}base64", found.translate(_TO_BASE64)
    for shift in range(2):
        whole = plain[shift:]
        yield f"{before}base45", base45.encode(whole[: len(whole) // 2 * 2]).encode()


_TO_BASE64: Final = bytes.maketrans(b"-_", b"+/")


def _base64(plain: bytes, shift: int) -> bytes:
    """Return the digits that are the value's alone, which begins `shift` bytes after a triple."""
    digits = base64.urlsafe_b64encode(bytes(shift) + plain).rstrip(b"=")
    begins = -(-shift * _OCTET // _SIXES)
    ends = (shift + len(plain)) * _OCTET // _SIXES
    return digits[begins:ends]
