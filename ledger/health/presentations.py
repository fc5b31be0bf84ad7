"""How a pass is shown: re-signed every half minute (A), in answer to a gate (B), on paper (C).

`"SZ2:"` is a COSE_Sign1 by the holder key over [[pass …], time, 8 bytes]: random ones in mode A,
the first of SHA-256(challenge) in mode B. `"SZ4:"` is the same for a group of up to eight passes
bound to one guardian's key, deflated. `"SZ3:"` is the gate's challenge: a COSE_Sign1 by its reader
key over [reader certificate, time, 16 random bytes, purpose], which proves the gate to the holder
before anything is shown.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.errors import Refused
from ledger.health import cbor, cose, qr_text
from ledger.health.inflation import DeflateMalformed, inflate
from ledger.keys import PublicKey, Signer

SINGLE: Final = "SZ2:"
CHALLENGE: Final = "SZ3:"
GROUP: Final = "SZ4:"
MAX_PASSES: Final = 8
NONCE_BYTES: Final = 8
RANDOM_BYTES: Final = 16
MAX_INFLATED_BYTES: Final = 8_192
_MAX_TIME: Final = 2**40
_HEADERS: Final = MappingProxyType({cose.ALG: cose.ES256})
_PROTECTED: Final = cbor.encode(dict(_HEADERS))
_MAX_PURPOSE: Final = 32


@dataclass(eq=False)
class PresentationMalformed(Refused):
    """The bytes are no presentation."""

    reason: str


class Presentation(NamedTuple):
    """Passes as shown at a time, before any signature was checked. `nonce` is of 8 bytes."""

    passes: tuple[bytes, ...]
    time: int
    nonce: bytes
    message: cose.Sign1

    def verify(self, holder: PublicKey) -> None:
        """Raise `SignatureInvalid` unless the holder of that key signed it."""
        holder.verify(self.message.signed, self.message.signature)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a gate asks with; `certificate` is its reader certificate as it came."""

    certificate: bytes
    time: int
    random: bytes
    purpose: int
    encoded: bytes
    message: cose.Sign1

    def verify(self, reader: PublicKey) -> None:
        """Raise `SignatureInvalid` unless the gate of that reader key signed it."""
        reader.verify(self.message.signed, self.message.signature)

    @property
    def answer(self) -> bytes:
        """The 8 bytes by which a presentation answers it."""
        return answer_to(self.encoded)


def answer_to(challenge: bytes) -> bytes:
    """Return the first 8 bytes of SHA-256 of an encoded challenge."""
    return hashlib.sha256(challenge).digest()[:NONCE_BYTES]


def present(passes: Sequence[bytes], time: int, nonce: bytes, holder: Signer) -> str:
    """Return what the holder's screen shows: one pass as `SZ2:`, more as `SZ4:`.

    `nonce`: 8 fresh random bytes, or `answer_to` a challenge. Raises `PresentationMalformed` for no
    pass or more than eight.
    """
    if not 0 < len(passes) <= MAX_PASSES or len(nonce) != NONCE_BYTES:
        raise PresentationMalformed("passes")
    payload = cbor.encode([list(passes), time, nonce])
    encoded = cose.sign(payload, holder, {})
    if len(passes) == 1:
        return qr_text.encode(SINGLE, encoded)
    return qr_text.encode(GROUP, zlib.compress(encoded, 9))


def read(text: str) -> Presentation:
    """Read `SZ2:` or `SZ4:`; raise as `qr_text.decode` does, or `PresentationMalformed`."""
    if text.startswith(GROUP):
        encoded = _inflated(qr_text.decode(GROUP, text))
    else:
        encoded = qr_text.decode(SINGLE, text)
    message = _envelope(encoded)
    try:
        passes, time, nonce = _contents(message.payload)
    except cbor.CborMalformed as exc:
        raise PresentationMalformed(exc.reason) from exc
    if len(passes) > 1 and (text.startswith(SINGLE) or len(set(passes)) != len(passes)):
        raise PresentationMalformed("passes")
    return Presentation(passes, _time(time), nonce, message)


def challenge(certificate: bytes, time: int, random: bytes, purpose: int, reader: Signer) -> str:
    """Return what the gate shows; `random`: 16 fresh bytes, `purpose`: a bit number below 32."""
    payload = cbor.encode([certificate, time, random, purpose])
    return qr_text.encode(CHALLENGE, cose.sign(payload, reader, {}))


def read_challenge(text: str) -> Challenge:
    """Read `SZ3:`; raise as `qr_text.decode` does, or `PresentationMalformed`."""
    encoded = qr_text.decode(CHALLENGE, text)
    message = _envelope(encoded)
    content = _parts(message.payload, 4)
    certificate, time, random, purpose = content
    if type(certificate) is not bytes or not certificate:
        raise PresentationMalformed("certificate")
    if type(purpose) is not int or not 0 <= purpose < _MAX_PURPOSE:
        raise PresentationMalformed("purpose")
    found = Challenge(
        certificate, _time(time), _octets("random", random, RANDOM_BYTES), purpose, encoded, message
    )
    if cbor.encode_in_order(content) != message.payload:
        raise PresentationMalformed("not deterministic")
    return found


def _envelope(encoded: bytes) -> cose.Sign1:
    """The envelope in its only spelling."""
    found = cose.framed(encoded, len(_PROTECTED))
    if found is None or found[0] != _PROTECTED:
        raise PresentationMalformed("envelope")
    protected, payload, signature = found
    return cose.Sign1(protected, {}, payload, signature, _HEADERS)


def _contents(payload: bytes) -> tuple[tuple[bytes, ...], int, bytes]:
    """Passes, time and nonce of [[pass …], time, nonce], read head by head in its only spelling."""
    parts, at = cbor.head(payload, 0, cbor.LIST)
    count, at = cbor.head(payload, at, cbor.LIST)
    if parts != len(("passes", "time", "nonce")) or not 0 < count <= MAX_PASSES:
        raise PresentationMalformed("passes")
    passes = []
    for _ in range(count):
        size, start = cbor.head(payload, at, cbor.BYTES)
        at = start + size
        passes.append(payload[start:at])
    time, at = cbor.head(payload, at, cbor.NUMBER)
    size, start = cbor.head(payload, at, cbor.BYTES)
    if size != NONCE_BYTES or len(payload) != start + size:
        raise PresentationMalformed("nonce")
    return tuple(passes), time, payload[start:]


def _parts(payload: bytes, count: int) -> list[object]:
    """The parts of a payload that is a list of so many."""
    try:
        content = cbor.decode(payload)
    except cbor.CborMalformed as exc:
        raise PresentationMalformed(exc.reason) from exc
    if type(content) is not list or len(content) != count:
        raise PresentationMalformed("parts")
    return content


def _inflated(data: bytes) -> bytes:
    try:
        return inflate(data, MAX_INFLATED_BYTES)
    except DeflateMalformed as exc:
        raise PresentationMalformed("zlib") from exc


def _time(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MAX_TIME:
        raise PresentationMalformed("time")
    return value


def _octets(part: str, value: object, size: int) -> bytes:
    if type(value) is not bytes or len(value) != size:
        raise PresentationMalformed(part)
    return value
