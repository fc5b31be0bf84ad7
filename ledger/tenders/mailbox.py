"""Mailboxes of exactly 64 leaves: how many messages came in a minute, nobody can tell.

The operator anchors one root a minute for all its tenders, also when nothing came. A message is
under it as SHA-256(digest ‖ blind), at a random place among random leaves. After the deadline
whoever has the message lists it with its path: it was there before.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.merkle import HASH_BYTES, Proof, Tree, verify_inclusion
from ledger.values import Digest, Root

LEAVES: Final = 64
PATH: Final = 6
"""Hashes that lead from a leaf to the root, leaf first."""
_ORDER_BYTES: Final = 16


@dataclass(eq=False)
class MailboxFull(Refused):
    """More messages than one root carries; the rest wait for the next."""

    count: int
    limit: int


@dataclass(eq=False)
class MailboxLeafMalformed(Refused):
    """The digest or the blind is not 32 bytes."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One filled mailbox: its 64 leaves, and where each message lies, as they were given."""

    tree: Tree
    leaves: tuple[Digest, ...]
    places: tuple[int, ...]

    @property
    def root(self) -> Root:
        """What is anchored, as a batch of 64."""
        return self.tree.root

    def path(self, message: int) -> tuple[bytes, ...]:
        """Return the six hashes, leaf first, that lead the message of that number to the root."""
        return self.tree.proof(self.places[message]).path


@dataclass(frozen=True, slots=True)
class MailboxPlace:
    """Where a leaf is said to lie, whatever message it hides; `path` leaf first."""

    data: Digest
    root: Root
    index: int
    path: tuple[bytes, ...]

    def check(self) -> None:
        """Raise unless the leaf lies there; as `check_path`."""
        check_path(self.data, self.index, self.path, self.root)


@dataclass(frozen=True, slots=True)
class MailboxProof:
    """ITenderLedger.MailboxProof: where a message lies; `path` leaf first, `blind` its bidder's."""

    root: Root
    index: int
    path: tuple[bytes, ...]
    blind: bytes

    def check(self, digest: bytes) -> None:
        """Raise unless the message of that EIP-712 digest lies there; as `leaf`, `check_path`."""
        check_path(leaf(digest, self.blind), self.index, self.path, self.root)


def leaf(digest: bytes, blind: bytes) -> Digest:
    """Return SHA-256(digest ‖ blind), the leaf data of a message.

    `digest` is the EIP-712 digest of the message and `blind` 32 random bytes of the bidder's own.
    Raises `MailboxLeafMalformed` for other lengths.
    """
    if len(digest) != HASH_BYTES or len(blind) != HASH_BYTES:
        raise MailboxLeafMalformed
    return Digest(hashlib.sha256(digest + blind).digest())


def fill(leaves: Sequence[Digest], randomness: Callable[[int], bytes]) -> Mailbox:
    """Return a mailbox with `leaves` at random places; raise `MailboxFull` for more than 64.

    A place tells its bidder nothing of the others; in order of arrival it would tell how many.
    """
    if len(leaves) > LEAVES:
        raise MailboxFull(len(leaves), LEAVES)
    shuffled = sorted(range(LEAVES), key=lambda _: randomness(_ORDER_BYTES))
    places = tuple(shuffled[: len(leaves)])
    at = dict(zip(places, leaves, strict=True))
    filled = tuple(at.get(place) or Digest(randomness(HASH_BYTES)) for place in range(LEAVES))
    return Mailbox(Tree.of(filled), filled, places)


def check_path(data: Digest, index: int, path: Sequence[bytes], root: Root) -> None:
    """Raise unless the leaf with that data lies at `index` of a mailbox (RFC 9162 §2.1.3.2).

    Raises:
        RootMismatch: when the path leads elsewhere.
        ProofMalformed: unless the path has six hashes of 32 bytes and the index is below 64.
    """
    verify_inclusion(data, Proof(LEAVES, index, tuple(path)), root)
