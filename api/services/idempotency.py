"""Requests that come twice: one effect, and the first answer again (Idempotency-Key).

After draft-ietf-httpapi-idempotency-key-header: a key counts for one caller, method and address;
its fingerprint is the SHA-256 of content type and body. The answer is written with the work's own
transaction, so that no crash leaves one without the other. An answer that holds a secret is sealed
under the session's token, which is not kept here, and its key counts within that session alone.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from api.store.groups import Grouped
from api.store.idempotency import (
    IdempotencyKeyReused,
    IdempotencyStore,
    KeptAnswer,
    RequestInFlight,
    Settlement,
)
from ledger.errors import LedgerError, Refused
from ledger.sealing import open_sealed, seal
from ledger.values import Address

__all__ = [
    "Fingerprint",
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

_T = TypeVar("_T")
Keep = Callable[[_T], Settlement]
"""Turns a result into what is kept for a repeat, in the transaction that stores the result."""


@dataclass(eq=False)
class IdempotencyKeyMissing(Refused):
    """Send an Idempotency-Key or an external id: a repeat would issue a second licence."""


@dataclass(frozen=True)
class KeyedRequest:
    """A request under a key: who asks for what; `secret` where the answer is to be sealed."""

    caller: Address
    method: str
    address: bytes
    key: str
    fingerprint: bytes
    secret: str | None = field(default=None, repr=False)

    @cached_property
    def id(self) -> bytes:
        """The name under which its answer is kept; neither key nor address can be read in it."""
        scope = self.secret or self.caller
        parts = (scope.encode(), self.method.encode(), self.address, self.key.encode())
        lengths = (len(part).to_bytes(4) + part for part in parts)
        return hashlib.sha256(b"".join(lengths)).digest()


class Ticket:
    """The right to work on a request; `is_settled` while an answer goes with the work."""

    def __init__(self, request: KeyedRequest, at: int, seal_body: Callable[[bytes], bytes]) -> None:
        self.id = request.id
        self.is_settled = False
        self._fingerprint = request.fingerprint
        self._at = at
        self._seal = seal_body

    def settlement(self, answer: KeptAnswer) -> Settlement:
        """Return what the work's transaction is to keep."""
        self.is_settled = True
        kept = replace(answer, body=self._seal(answer.body))
        return Settlement(self.id, self._fingerprint, self._at, kept)

    def reopen(self) -> None:
        """Say that the work was rolled back and its answer with it: another is yet to be kept."""
        self.is_settled = False


class Repeats:
    """Tells the first of equal requests from those that repeat it; for one event loop.

    Whoever repeats a request that this process works on is told to come back. Two processes may
    work on one at a time; the store lets one of them commit.
    """

    def __init__(
        self,
        store: IdempotencyStore,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._at_work: dict[bytes, bytes] = {}
        self._kept: Grouped[bytes, Settlement | None] = Grouped(self._find)

    async def begin(self, request: KeyedRequest) -> Ticket | KeptAnswer:
        """Return the first answer, or the ticket of the one who is to do the work.

        Every ticket must come to its `end`.

        Raises:
            IdempotencyKeyReused: when the key came with another body.
            RequestInFlight: while the first of them is at work here.
        """
        self._refuse_at_work(request)
        found = await self.answer(request)
        if found is not None:
            return found
        self._refuse_at_work(request)  # somebody may have begun while we looked
        ticket = Ticket(request, self._clock(), self._sealer(request))
        self._at_work[ticket.id] = request.fingerprint
        return ticket

    async def is_answered(self, request: KeyedRequest) -> bool:
        """Whether an answer is kept under its key, to whatever body."""
        return await self._kept.ask(request.id) is not None

    async def answer(self, request: KeyedRequest) -> KeptAnswer | None:
        """Return the answer that is kept, if any; raise `IdempotencyKeyReused`."""
        id_ = request.id
        found = await self._kept.ask(id_)
        if found is None:
            return None
        if found.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused
        if request.secret is None:
            return found.answer
        body = open_sealed(found.answer.body, _sealing_key(request.secret), id_)
        return replace(found.answer, body=body)

    def keep(self, ticket: Ticket, answer: KeptAnswer) -> None:
        """Keep the answer of work that changed nothing; raise `RequestInFlight`."""
        self._store.keep(ticket.settlement(answer))

    def end(self, ticket: Ticket) -> None:
        """Say that the work is over, whatever came of it."""
        self._at_work.pop(ticket.id, None)

    def _refuse_at_work(self, request: KeyedRequest) -> None:
        fingerprint = self._at_work.get(request.id)
        if fingerprint is None:
            return
        raise RequestInFlight if fingerprint == request.fingerprint else IdempotencyKeyReused

    def _find(self, ids: Sequence[bytes]) -> list[Settlement | LedgerError | None]:
        found = self._store.kept(ids)
        return [found.get(id_) for id_ in ids]

    def _sealer(self, request: KeyedRequest) -> Callable[[bytes], bytes]:
        if request.secret is None:
            return lambda body: body
        key, id_ = _sealing_key(request.secret), request.id
        return lambda body: seal(body, key, id_, self._randomness)


class Fingerprint:
    """The SHA-256 by which a body of some content type is told from another, piece by piece."""

    def __init__(self, content_type: str) -> None:
        kind = content_type.encode()
        self._hash = hashlib.sha256(len(kind).to_bytes(4) + kind)

    def update(self, piece: bytes) -> None:
        """Take in the next piece of the body."""
        self._hash.update(piece)

    def digest(self) -> bytes:
        """Return the fingerprint of what was taken in so far."""
        return self._hash.digest()


def fingerprint_of(content_type: str, body: bytes) -> bytes:
    """Return the fingerprint of a whole body."""
    whole = Fingerprint(content_type)
    whole.update(body)
    return whole.digest()


def _sealing_key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"suizheng kept answer", "sha256")
