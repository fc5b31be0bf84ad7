"""Packs: the status changes that share one intent, from the day they are due to their outcome.

A pack is no row of its own: it is the changes that point to one intent. When the contract refuses
it, its changes go over to other intents or are parked, and the refused intent keeps none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select, update

from api.store.changes import PASSING, ChangeRow, changes_of, with_progress
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.lookups import chunks
from api.store.outbox import add_intents, release_intent
from api.store.tables import batches, changes, intents, records
from ledger.errors import LedgerError, Refused
from ledger.events import BatchAnchored
from ledger.outbox import Intent, IntentState
from ledger.values import Status

_ANCHORED: Final = EVENT_TABLES[BatchAnchored]


@dataclass(eq=False)
class ChangeOvertaken(Refused):
    """A later change of the same licence was ordered before this one could be sent again."""


class PackMoved(LedgerError):
    """Another worker took these changes up meanwhile; the late one steps back."""


@dataclass(frozen=True, slots=True)
class RefusedPack:
    """Changes whose one intent was refused, in the order of their entries."""

    intent: bytes
    error: str
    changes: tuple[ChangeRow, ...]


class PackStore:
    """Changes on their way into intents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: int, settled: int, limit: int) -> tuple[ChangeRow, ...]:
        """Return changes not sent yet whose day has come, oldest first; co-signed sets apart.

        Of those that wait for a record only such whose record is anchored in block `settled` or
        below. A superseding takes effect at that block's time, or on its day if that is later.
        """
        place = _ANCHORED.c
        anchored = (place.agency == batches.c.agency) & (place.root == batches.c.root)
        query = (
            with_progress()
            .add_columns(place.block_time.label("anchored_at"))
            .outerjoin(records, records.c.digest == changes.c.waits_for)
            .outerjoin(batches, batches.c.seq == records.c.batch)
            .outerjoin(_ANCHORED, anchored & (place.block <= settled))
            .where(
                changes.c.intent.is_(None),
                changes.c.error.is_(None),
                changes.c.not_before <= now,
                changes.c.change_set.is_(None) | changes.c.approver.is_(None),
                changes.c.waits_for.is_(None) | place.block.is_not(None),
            )
            .limit(limit)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        return tuple(
            _superseding(change, row.anchored_at)
            for change, row in zip(changes_of(found), found, strict=True)
        )

    def due_calls(self, now: int, limit: int) -> tuple[tuple[ChangeRow, ...], ...]:
        """Return the calls of co-signed sets not sent yet whose day has come, each whole."""
        unsent = (
            changes.c.intent.is_(None)
            & changes.c.error.is_(None)
            & (changes.c.not_before <= now)
            & changes.c.change_set.is_not(None)
            & changes.c.approver.is_not(None)
        )
        calls = (
            select(changes.c.change_set, changes.c.part)
            .where(unsent)
            .group_by(changes.c.change_set, changes.c.part)
            .order_by(changes.c.change_set, changes.c.part)
            .limit(limit)
        )
        with self._database.read() as connection:
            found = connection.execute(calls).all()
            return tuple(
                changes_of(
                    connection.execute(
                        with_progress().where(
                            unsent, changes.c.change_set == s, changes.c.part == p
                        )
                    )
                )
                for s, p in found
            )

    def send(self, pack: Sequence[ChangeRow], intent: Intent) -> None:
        """Give due changes their one intent, and `effective_at` as it goes on chain, together.

        Raises:
            PackMoved: when one of them has an intent by now, or is parked.
        """
        with self._database.write() as connection:
            add_intents(connection, [intent])
            values = {"intent": intent.id, "effective_at": pack[0].effective_at}
            unsent = changes.c.intent.is_(None) & changes.c.error.is_(None)
            _move(connection, [change.id for change in pack], unsent, values)

    def refused(self, errors: Collection[str]) -> tuple[RefusedPack, ...]:
        """Return the packs of several changes that were refused for one of `errors`.

        Not those that are co-signed: the signature is for all of them together.
        """
        query = (
            select(intents.c.id, intents.c.error)
            .join(changes, changes.c.intent == intents.c.id)
            .where(intents.c.state == IntentState.FAILED.value, intents.c.error.in_(errors))
            .where(changes.c.approver.is_(None))
            .group_by(intents.c.id, intents.c.error, intents.c.seq)
            .having(func.count() > 1)
            .order_by(intents.c.seq)
        )
        with self._database.read() as connection:
            return tuple(
                RefusedPack(row.id, row.error, _members(connection, row.id))
                for row in connection.execute(query).all()
            )

    def divide(
        self,
        refused: bytes,
        parts: Sequence[tuple[Sequence[ChangeRow], Intent]],
        parked: Mapping[bytes, str],
    ) -> None:
        """Give the changes of a refused intent new ones, and park some under an error's name.

        Raises:
            PackMoved: when one of them has left the refused intent by now.
        """
        with self._database.write() as connection:
            _divide(connection, refused, parts, parked)

    def try_again(self) -> int:
        """Let what was refused for a cause that may pass wait for the sender anew; return how many.

        A change is parked as `ChangeOvertaken` when a later one of its licence was sent meanwhile,
        and the others of its pack go with it where they share a signature. A superseding never is:
        nobody can order it anew.
        """
        with self._database.read() as connection:
            refused = _passing(connection)
        if not refused:
            return 0
        with self._database.write() as connection:
            for intent in refused:
                _again(connection, intent)
        return len(refused)


def _is_in(change_set: int, part: int) -> ColumnElement[bool]:
    return (changes.c.change_set == change_set) & (changes.c.part == part)


def _passing(connection: Connection) -> Sequence[bytes]:
    held = select(changes.c.seq).where(changes.c.intent == intents.c.id)
    query = select(intents.c.id).where(
        intents.c.state == IntentState.FAILED.value, intents.c.error.in_(PASSING), held.exists()
    )
    return connection.execute(query).scalars().all()


def _again(connection: Connection, intent: bytes) -> None:
    members = _members(connection, intent)
    overtaken = _overtaken(connection, intent)
    if not overtaken:
        release_intent(connection, intent)
        return
    if members[0].co_signature is not None:
        overtaken = {member.id for member in members}
    rest = [member.id for member in members if member.id not in overtaken]
    of_it = changes.c.intent == intent
    parked = {"intent": None, "error": ChangeOvertaken.__name__}
    _move(connection, sorted(overtaken), of_it, parked)
    _move(connection, rest, of_it, {"intent": None})


def _overtaken(connection: Connection, intent: bytes) -> set[bytes]:
    later = changes.alias()
    newer = select(later.c.seq).where(
        later.c.digest == changes.c.digest,
        later.c.seq > changes.c.seq,
        later.c.intent.is_not(None),
        later.c.waits_for.is_(None),
    )
    query = select(changes.c.id).where(
        changes.c.intent == intent, changes.c.waits_for.is_(None), newer.exists()
    )
    return set(connection.execute(query).scalars())


def _divide(
    connection: Connection,
    refused: bytes,
    parts: Sequence[tuple[Sequence[ChangeRow], Intent]],
    parked: Mapping[bytes, str],
) -> None:
    of_it = changes.c.intent == refused
    add_intents(connection, [intent for _, intent in parts])
    for part, intent in parts:
        _move(connection, [change.id for change in part], of_it, {"intent": intent.id})
    for error in sorted(set(parked.values())):
        named = [change for change, name in parked.items() if name == error]
        _move(connection, named, of_it, {"intent": None, "error": error})


def _move(
    connection: Connection,
    wanted: Sequence[bytes],
    held: ColumnElement[bool],
    values: Mapping[str, Any],
) -> None:
    """Set values of changes by id; raise `PackMoved` unless all of them are `held`."""
    for some in chunks(wanted):
        moved = connection.execute(
            update(changes).where(changes.c.id.in_(some), held).values(**values)
        )
        if moved.rowcount != len(some):
            raise PackMoved


def _members(connection: Connection, intent: bytes) -> tuple[ChangeRow, ...]:
    query = with_progress().where(changes.c.intent == intent)
    return changes_of(connection.execute(query))


def _superseding(change: ChangeRow, anchored_at: int | None) -> ChangeRow:
    if anchored_at is None or change.status is not Status.SUPERSEDED:
        return change
    return replace(change, effective_at=max(anchored_at, change.not_before))
