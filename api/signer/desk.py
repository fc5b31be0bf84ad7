"""Where requests for signatures are judged, counted, signed and written down."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Protocol

from api.signer.limits import Bucket, LimitReached, Limits
from api.signer.purposes import Purpose, PurposeRefused, Rules
from api.signer.trail import SIGNED, Entry, Trail
from ledger.canonical import b64url_encode
from ledger.errors import AllowanceTooSmall, LedgerError, Refused
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

    def sign(self, key_id: KeyId, messages: Sequence[bytes], uid: int) -> Sequence[bytes]:
        """Return the signature of each of `messages` for the process owner `uid`, or of none.

        Raises:
            KeyNotHeld, PurposeRefused: for what no one may ask.
            AllowanceTooSmall, LimitReached: for more than is ever, or for now, allowed.
            TrailUnavailable: when it could not be written down.
            TokenUnavailable: when the key's hardware does not answer.
        """
        asked = _Asked(self._clocks.unix(), b64url_encode(key_id), uid)
        purposes: list[Purpose] = []
        try:
            signer = self._signer(key_id)
            # Those before a message that is refused stay in the list.
            purposes.extend(self._rules.purpose_of(m, asked.kid, asked.time) for m in messages)
            self._limits.take(Counter(purposes), key_id, self._clocks.steady())
            signatures = signer.sign_all(messages)
        except LedgerError as error:
            at = _subject(error, purposes, len(messages))
            purpose = purposes[at] if at < len(purposes) else ""
            self._write_refusal(asked.entry(messages[at], purpose, _told(error)), len(messages))
            raise
        judged = zip(messages, purposes, strict=True)
        self._trail.write([asked.entry(message, purpose, SIGNED) for message, purpose in judged])
        return signatures

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

    def _write_refusal(self, entry: Entry, count: int) -> None:
        """Write one line for a batch of `count` that was refused, while there is room."""
        with self._refusing:
            self._refusals.fill(self._clocks.steady())
            if not self._refusals.has(1):
                self._unwritten += count
                return
            self._refusals.take(1)
            unwritten, self._unwritten = self._unwritten + count - 1, 0
        self._trail.write([replace(entry, unwritten=unwritten)])


@dataclass(frozen=True, slots=True)
class _Asked:
    """When, with which key and by whom signatures were asked for."""

    time: int
    kid: str
    uid: int

    def entry(self, message: bytes, purpose: str, outcome: str) -> Entry:
        digest = sha256(message).hexdigest()
        return Entry(self.time, purpose, self.kid, digest, self.uid, outcome)


def _subject(error: LedgerError, purposes: Sequence[Purpose], count: int) -> int:
    """Return which of `count` messages a refusal is about; `purposes` are of those judged lawful.

    A limit is about the first of its purpose; what comes after the judging about the last message.
    """
    if isinstance(error, AllowanceTooSmall | LimitReached):
        return purposes.index(Purpose(error.purpose))
    return min(len(purposes), count - 1)


def _told(error: LedgerError) -> str:
    """Return the error's name and the part or purpose that it is about; never a value."""
    if isinstance(error, PurposeRefused):
        return f"PurposeRefused:{error.part}"
    if isinstance(error, LimitReached):
        return f"LimitReached:{error.seconds}"
    return type(error).__name__
