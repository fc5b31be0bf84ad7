"""The exemption list as stored: who is on it sealed, what was done with each in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from api.store.cursors import cursor_of, number_of
from api.store.custody_places import key_at, point_of
from api.store.custody_tables import custody_exemption_acts, custody_exemptions, custody_trips
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.upserts import insert_once
from ledger.errors import Refused
from ledger.health.exemptions import Exemption
from ledger.keys import PublicKey
from ledger.values import Address, AgencyId

_LIST: Final = "exemptions"


@dataclass(eq=False)
class ExemptionUnknown(Refused):
    """There is no exemption of this name, or not any more."""

    exemption: bytes


@dataclass(eq=False)
class ExemptionTaken(Refused):
    """Another application has this name. Draw a new one."""

    exemption: bytes


@dataclass(eq=False)
class ExemptionMoved(Refused):
    """Somebody else acted on the exemption meanwhile. Look at it again."""

    exemption: bytes


@dataclass(frozen=True, slots=True)
class ExemptionRow:
    """An exemption as stored, until `erase_at`; `person` tells the same person again."""

    id: bytes
    agency: AgencyId
    person: bytes = field(repr=False)
    key: PublicKey
    sealed: bytes = field(repr=False)
    exemption: Exemption
    erase_at: int


@dataclass(frozen=True, slots=True)
class ExemptionAction:
    """One act: what, when, by whom; `until` 0 and `cause` empty where it has none."""

    act: str
    at: int
    by: Address
    until: int
    cause: str


@dataclass(frozen=True, slots=True)
class ExemptionPage:
    """Exemptions, newest first; `next_cursor` None at the end."""

    rows: tuple[ExemptionRow, ...]
    next_cursor: str | None


class ExemptionStore:
    """The exemptions that were asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: ExemptionRow) -> bool:
        """Store an application unless it is there; return whether it is new.

        Raises `ExemptionTaken` for the name of another one.
        """
        values = {
            "id": row.id,
            "agency": row.agency,
            "person": row.person,
            "point": point_of(row.key),
            "sealed": row.sealed,
            "erase_at": row.erase_at,
            **_state(row.exemption),
        }
        with self._database.write() as connection:
            if insert_once(connection, custody_exemptions, values):
                return True
            known = connection.execute(_one(row.id)).one()
        if (known.agency, known.person, known.point) != (row.agency, row.person, values["point"]):
            raise ExemptionTaken(row.id)
        return False

    def get(self, exemption: bytes) -> ExemptionRow:
        """Return an exemption; raise `ExemptionUnknown`."""
        with self._database.read() as connection:
            row = connection.execute(_one(exemption)).one_or_none()
        if row is None:
            raise ExemptionUnknown(exemption)
        return _row(row)

    def of_person(self, agency: AgencyId, person: bytes) -> tuple[ExemptionRow, ...]:
        """Return all that one person ever asked an agency for, oldest first."""
        with self._database.read() as connection:
            return tuple(map(_row, connection.execute(_of_person(agency, person))))

    def page(self, agency: AgencyId, cursor: str | None, limit: int) -> ExemptionPage:
        """Return up to `limit` of an agency's, newest first; raise `CursorMalformed`."""
        columns = custody_exemptions.c
        query = select(custody_exemptions).where(columns.agency == agency)
        if cursor is not None:
            query = query.where(columns.seq < number_of(_LIST, agency, cursor))
        with self._database.read() as connection:
            found = connection.execute(query.order_by(columns.seq.desc()).limit(limit + 1)).all()
        shown = found[:limit]
        more = cursor_of(_LIST, agency, shown[-1].seq) if len(found) > limit else None
        return ExemptionPage(tuple(map(_row, shown)), more)

    def acts(self, exemption: bytes) -> Sequence[ExemptionAction]:
        """Return what was done with an exemption, in order."""
        acts = custody_exemption_acts.c
        query = select(custody_exemption_acts).where(acts.exemption == exemption)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(acts.seq)).all()
        return [ExemptionAction(row.act, row.at, row.by, row.until, row.cause) for row in found]

    def act(
        self,
        before: ExemptionRow,
        after: ExemptionRow,
        action: ExemptionAction,
        settlement: Settlement | None,
        check: Callable[[Sequence[ExemptionRow]], None] | None = None,
    ) -> None:
        """Store what an exemption is after an act.

        `check` is shown all that the person ever asked the agency for, of which nothing changes
        before the act is stored; what it raises stops the act. Raises `ExemptionMoved` unless the
        exemption still is what it was `before`, and `RequestInFlight` when the request was answered
        meanwhile.
        """
        columns = custody_exemptions.c
        same = [columns[name] == value for name, value in _state(before.exemption).items()]
        values = {**_state(after.exemption), "erase_at": after.erase_at}
        done = {
            "exemption": before.id,
            "act": action.act,
            "at": action.at,
            "by": action.by,
            "until": action.until,
            "cause": action.cause,
        }
        with self._database.write() as connection:
            settle(connection, settlement)
            if check is not None:
                check(_held_fast(connection, before))
            changed = update(custody_exemptions).where(columns.id == before.id, *same)
            if connection.execute(changed.values(values)).rowcount != 1:
                raise ExemptionMoved(before.id)
            connection.execute(insert(custody_exemption_acts).values(done))

    def erase_due(self, now: int, most: int) -> int:
        """Delete at most so many that are due, those on a trip apart; return how many went."""
        columns = custody_exemptions.c
        on_trip = select(custody_trips.c.id).where(custody_trips.c.exemption == columns.id)
        query = (
            select(columns.id)
            .where(columns.erase_at <= now, ~on_trip.exists())
            .order_by(columns.erase_at)
            .limit(most)
        )
        with self._database.write() as connection:
            due = list(connection.execute(query.with_for_update(skip_locked=True)).scalars())
            acts = custody_exemption_acts.c.exemption.in_(due)
            connection.execute(delete(custody_exemption_acts).where(acts))
            connection.execute(delete(custody_exemptions).where(columns.id.in_(due)))
        return len(due)


def _held_fast(connection: Connection, row: ExemptionRow) -> tuple[ExemptionRow, ...]:
    """Lock all rows of a person in one order, and return them as they are then.

    Read again once they are locked: one that came while this waited is in the second answer alone.
    """
    query = _of_person(row.agency, row.person)
    connection.execute(query.with_for_update()).all()
    return tuple(map(_row, connection.execute(query)))


def _of_person(agency: AgencyId, person: bytes) -> Select[Any]:
    columns = custody_exemptions.c
    theirs = (columns.agency == agency) & (columns.person == person)
    return select(custody_exemptions).where(theirs).order_by(columns.seq)


def _one(exemption: bytes) -> Any:
    return select(custody_exemptions).where(custody_exemptions.c.id == exemption)


def _state(exemption: Exemption) -> dict[str, Any]:
    return {
        "applied_at": exemption.applied_at,
        "acted_at": exemption.acted_at,
        "listed_until": exemption.listed_until,
        "suspended_at": exemption.suspended_at,
        "until": exemption.until,
        "removed_at": exemption.removed_at,
        "cause": exemption.cause,
    }


def _row(row: Row[Any]) -> ExemptionRow:
    exemption = Exemption(
        applied_at=row.applied_at,
        acted_at=row.acted_at,
        listed_until=row.listed_until,
        suspended_at=row.suspended_at,
        until=row.until,
        removed_at=row.removed_at,
        cause=row.cause,
    )
    key = key_at(row.point)
    return ExemptionRow(row.id, row.agency, row.person, key, row.sealed, exemption, row.erase_at)
