"""Requests that come twice: one effect, and the first answer again (Idempotency-Key).

After draft-ietf-httpapi-idempotency-key-header: a key counts for one caller, method and address;
its fingerprint is the SHA-256 of content type and body. The answer is written with the work's own
transaction, so that no crash leaves one without the other. An answer that holds a secret is sealed
under the session's token, which is not kept here, and its key counts within that session alone.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from api.store.idempotency import (
    IdempotencyKeyReused,
    IdempotencyStore,
    KeptAnswer,
    RequestInFlight,
    Settlement,
    Turn,
)
from ledger.errors import Refused
from ledger.sealing import open_sealed, seal

__all__ = [
    "IdempotencyKeyMissing",
    "IdempotencyKeyReused",
    "Keep",
    "KeptAnswer",
    "KeyedRequest",
    "Repeats",
    "RequestInFlight",
    "Settlement",
    "Ticket",
    "fingerprint_of",
]

ABANDONED_SECONDS: Final = 60
"""How long a request may work before a repeat takes its turn over (proposed)."""

_T = TypeVar("_T")
Keep = Callable[[_T], Settlement]
"""Turns a result into what is kept for a repeat, in the transaction that stores the result."""


@dataclass(eq=False)
class IdempotencyKeyMissing(Refused):
    """Send an Idempotency-Key or an external id: a repeat would issue a second licence."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request under a key: who asks for what; `secret` where the answer is to be sealed."""

    caller: str
    method: str
    address: bytes
    key: str
    fingerprint: bytes
    secret: str | None = field(default=None, repr=False)

    @property
    def id(self) -> bytes:
        """The name under which its answer is kept; neither key nor address can be read in it."""
        scope = self.secret or self.caller
        parts = (scope.encode(), self.method.encode(), self.address, self.key.encode())
        lengths = (len(part).to_bytes(4) + part for part in parts)
        return hashlib.sha256(b"".join(lengths)).digest()


class Ticket:
    """One request's turn at its work; `is_settled` once its answer was made for the work."""

    def __init__(self, turn: Turn, seal_body: Callable[[bytes], bytes]) -> None:
        self.turn = turn
        self.is_settled = False
        self._seal = seal_body

    def settlement(self, answer: KeptAnswer) -> Settlement:
        """Return what the work's transaction is to keep."""
        self.is_settled = True
        return Settlement(self.turn, replace(answer, body=self._seal(answer.body)))


class Repeats:
    """Tells the first of equal requests from those that repeat it."""

    def __init__(
        self,
        store: IdempotencyStore,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness

    def begin(self, request: KeyedRequest) -> Ticket | KeptAnswer:
        """Return the first answer, or the ticket of the one who is to do the work.

        Raises:
            IdempotencyKeyReused: when the key came with another body.
            RequestInFlight: while the first of them is at work.
        """
        now = self._clock()
        oldest = now - ABANDONED_SECONDS
        id_ = request.id
        found = self._store.take(id_, request.fingerprint, now, abandoned_before=oldest)
        key = None if request.secret is None else _sealing_key(request.secret)
        if isinstance(found, Turn):
            return Ticket(found, self._sealer(key, id_))
        return found if key is None else replace(found, body=open_sealed(found.body, key, id_))

    def keep(self, ticket: Ticket, answer: KeptAnswer) -> None:
        """Keep the answer of work that changed nothing."""
        self._store.keep(ticket.settlement(answer))

    def release(self, ticket: Ticket) -> None:
        """Let the key be used again: its request was refused, or failed without effect."""
        self._store.release(ticket.turn)

    def _sealer(self, key: bytes | None, id_: bytes) -> Callable[[bytes], bytes]:
        if key is None:
            return lambda body: body
        return lambda body: seal(body, key, id_, self._randomness)


def fingerprint_of(content_type: str, body: bytes) -> bytes:
    """Return the SHA-256 by which a body is told from another."""
    kind = content_type.encode()
    return hashlib.sha256(len(kind).to_bytes(4) + kind + body).digest()


def _sealing_key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"suizheng kept answer", "sha256")
