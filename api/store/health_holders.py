"""Whom passes are about, as stored, and whose turn it is to change that."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, update

from api.store.health_tables import health_holders
from ledger.errors import Refused
from ledger.values import AgencyId


@dataclass(eq=False)
class HolderChanged(Refused):
    """Another request about the same holder came first. Look again, then ask anew."""


@dataclass(frozen=True, slots=True)
class HolderRow:
    """Whom passes are about, sealed, until `erase_at`; `id` 16 random bytes."""

    id: bytes
    agency: AgencyId
    sealed: bytes = field(repr=False)
    erase_at: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A holder's row as it was read, and its content sealed anew.

    Sealed twice nothing is the same, so of requests that read the same row one alone goes on: what
    the others saw, key, grade or passes, may not be so any more.
    """

    before: HolderRow
    sealed: bytes = field(repr=False)


def take_turn(connection: Connection, turn: Turn | None) -> None:
    """Take a turn as part of a transaction; raise `HolderChanged` where another one was quicker."""
    if turn is None:
        return
    columns = health_holders.c
    same = (columns.id == turn.before.id) & (columns.sealed == turn.before.sealed)
    taken = update(health_holders).where(same).values(sealed=turn.sealed)
    if connection.execute(taken).rowcount != 1:
        raise HolderChanged
