"""One zlib stream, bounded, with nothing after it and nothing hidden in it (RFC 1950, RFC 1951)."""

import zlib
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused

_CHECKSUM_BYTES: Final = 4


@dataclass(eq=False)
class DeflateMalformed(Refused):
    """The bytes are not one zlib stream of the size that is taken here."""

    reason: str


def inflate(data: bytes, most: int) -> bytes:
    """Return what `data` deflates, at most `most` bytes; raise `DeflateMalformed` for all else.

    The bits between the end of the last block and the checksum say nothing, so a reader passes over
    them; here they are zero, as every writer makes them: a code has one text, and another is none.
    """
    found = _inflated(data, most)
    if found is None:
        raise DeflateMalformed("zlib")
    if len(found) > most:  # asked for one more: else "exactly" looks like "more"
        raise DeflateMalformed("too many bytes")
    end = len(data) - _CHECKSUM_BYTES - 1
    last = data[end]
    if last:
        # The highest bit that is set belongs to the last block, unless all is the same without it.
        without = last ^ 1 << last.bit_length() - 1
        if _inflated(data[:end] + bytes([without]) + data[end + 1 :], most) == found:
            raise DeflateMalformed("spare bits")
    return found


def _inflated(data: bytes, most: int) -> bytes | None:
    """The content, cut off after one byte too many; None where there is no whole stream."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, most + 1)
    except zlib.error:
        return None
    is_whole = inflater.eof and not inflater.unused_data
    return found if is_whole or len(found) > most else None
