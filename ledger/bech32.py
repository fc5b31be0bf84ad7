"""Bech32 (BIP 173) without its limit of 90 characters, as age spells keys."""

from collections.abc import Iterable
from typing import Final

from ledger.errors import Refused

_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK: Final = 6
_BITS: Final = 5


class Bech32Malformed(Refused):
    """The text is not Bech32 with that prefix, or was mistyped."""


def encode(prefix: str, raw: bytes) -> str:
    """Return `raw` behind its prefix, in lower case."""
    bits = "".join(f"{byte:08b}" for byte in raw)
    bits += "0" * (-len(bits) % _BITS)
    symbols = [int(bits[at : at + _BITS], 2) for at in range(0, len(bits), _BITS)]
    check = _checksum(prefix, [*symbols, *[0] * _CHECK]) ^ 1
    symbols += [check >> _BITS * (_CHECK - 1 - at) & 31 for at in range(_CHECK)]
    return f"{prefix}1" + "".join(_LETTERS[symbol] for symbol in symbols)


def decode(prefix: str, text: str) -> bytes:
    """Return the bytes in a text of lower case; raise `Bech32Malformed`."""
    symbols = [_LETTERS.find(letter) for letter in text.removeprefix(f"{prefix}1")]
    is_formed = text.startswith(f"{prefix}1") and len(symbols) >= _CHECK and min(symbols) >= 0
    if not is_formed or _checksum(prefix, symbols) != 1:
        raise Bech32Malformed
    bits = "".join(f"{symbol:05b}" for symbol in symbols[:-_CHECK])
    size, spare = divmod(len(bits), 8)
    if spare >= _BITS or int(bits[size * 8 :] or "0", 2):
        raise Bech32Malformed
    return int(bits[: size * 8] or "0", 2).to_bytes(size)


def _checksum(prefix: str, symbols: Iterable[int]) -> int:
    """BIP 173's polynomial over prefix and symbols."""
    high, low = [ord(letter) >> 5 for letter in prefix], [ord(letter) & 31 for letter in prefix]
    check = 1
    for symbol in (*high, 0, *low, *symbols):
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ symbol
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check
