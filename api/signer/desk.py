"""Where requests for signatures are judged, counted, signed and written down."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Protocol

from api.signer.limits import Bucket, LimitReached, Limits
from api.signer.purposes import Purpose, PurposeRefused, Rules
from api.signer.trail import SIGNED, Entry, Trail
from ledger.canonical import b64url_encode
from ledger.errors import LedgerError, Refused
from ledger.keys import PublicKey, Signer
from ledger.values import KeyId

REFUSALS_PER_MINUTE: Final = 600
"""Lines that refusals may fill, lest whoever asks fills the disk (proposed)."""


@dataclass(eq=False)
class KeyNotHeld(Refused):
    """The signer does not hold the key."""

    key_id: bytes


class HeldKeys(Protocol):
    """The keys of a folder or of a token."""

    def signers(self) -> Sequence[Signer]:
        """Return all of them."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Unix seconds for what is signed and written, steady seconds for limits."""

    unix: Callable[[], int]
    steady: Callable[[], float]


class Desk:
    """Signs what the rules and limits allow, each with its line; safe to share between threads."""

    def __init__(
        self, held: HeldKeys, rules: Rules, limits: Limits, trail: Trail, clocks: Clocks
    ) -> None:
        self._held = held
        self._rules = rules
        self._limits = limits
        self._trail = trail
        self._clocks = clocks
        self._known: dict[KeyId, Signer] = {}
        self._looking, self._refusing = threading.Lock(), threading.Lock()
        self._refusals = Bucket(REFUSALS_PER_MINUTE, 60)
        self._unwritten = 0

    def keys(self) -> tuple[PublicKey, ...]:
        """Return the public keys of all keys at hand; raise what opening a new one raises."""
        return tuple(signer.public_key for signer in self._look())

    def sign(self, key_id: KeyId, message: bytes, uid: int) -> bytes:
        """Return the signature of `message` for the process owner `uid`.

        Raises:
            KeyNotHeld, PurposeRefused: for what no one may ask.
            LimitReached: for what comes too often.
            TrailUnavailable: when it could not be written down.
            TokenUnavailable: when the key's hardware does not answer.
        """
        purpose: Purpose | None = None
        kid, now = b64url_encode(key_id), self._clocks.unix()
        try:
            signer = self._signer(key_id)
            purpose = self._rules.purpose_of(message, kid, now)
            self._limits.take(purpose, key_id, self._clocks.steady())
            signature = signer.sign(message)
        except LedgerError as error:
            self._write_refusal(_entry(now, purpose, kid, message, uid, _told(error)))
            raise
        self._trail.write(_entry(now, purpose, kid, message, uid, SIGNED))
        return signature

    def _signer(self, key_id: KeyId) -> Signer:
        if key_id not in self._known:
            self._look()
        if key_id not in self._known:
            raise KeyNotHeld(key_id)
        return self._known[key_id]

    def _look(self) -> Sequence[Signer]:
        with self._looking:  # an unlock takes 256 MB, so one at a time
            found = self._held.signers()
            self._known.update({signer.public_key.key_id: signer for signer in found})
        return found

    def _write_refusal(self, entry: Entry) -> None:
        with self._refusing:
            self._refusals.fill(self._clocks.steady())
            if self._refusals.is_empty:
                self._unwritten += 1
                return
            self._refusals.take()
            unwritten, self._unwritten = self._unwritten, 0
        self._trail.write(replace(entry, unwritten=unwritten))


def _entry(
    now: int, purpose: Purpose | None, kid: str, message: bytes, uid: int, outcome: str
) -> Entry:
    return Entry(now, purpose or "", kid, sha256(message).hexdigest(), uid, outcome)


def _told(error: LedgerError) -> str:
    """Return the error's name and the part or purpose that it is about; never a value."""
    if isinstance(error, PurposeRefused):
        return f"PurposeRefused:{error.part}"
    if isinstance(error, LimitReached):
        return f"LimitReached:{error.seconds}"
    return type(error).__name__
