"""What the chain says now, read from the projection: a fold of its events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select

from api.store.database import Database
from api.store.event_tables import EVENT_TABLES, event_of
from api.store.tables import projected_blocks, projection_seen, status_words
from ledger import events
from ledger.authority import Agency, DocumentKey
from ledger.errors import AgencyUnknown, Unavailable
from ledger.events import Event
from ledger.keys import PublicKey
from ledger.values import (
    Address,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    KeyUsage,
    LedgerRef,
    RecordType,
    Role,
    Root,
    Window,
    role_id,
)
from ledger.verification.evidence import Batch, Query, Reading, Source

E = TypeVar("E", bound=Event)


@dataclass(eq=False)
class ProjectionEmpty(Unavailable):
    """The service has not read the chain yet."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last block in the projection; times in Unix seconds.

    `seen_at` is when the node last had nothing newer, by the service's clock.
    """

    block: int
    hash: bytes
    block_time: int
    seen_at: int


class Registry:
    """The projection as verifiers and services ask it."""

    def __init__(self, database: Database, ledger: LedgerRef) -> None:
        self._database = database
        self._ledger = ledger

    def head(self) -> Head:
        """Return the projection's head; raise `ProjectionEmpty`."""
        with self._database.read() as connection:
            return _head(connection)

    def jurisdictions(self) -> Mapping[JurisdictionId, str]:
        """Return the codes of all jurisdictions by id, in order of admission."""
        with self._database.read() as connection:
            admitted = _all(connection, events.JurisdictionAdmitted)
        return {e.jurisdiction: e.code for e in admitted}

    def agencies(self) -> tuple[Agency, ...]:
        """Return all agencies in order of admission."""
        with self._database.read() as connection:
            return _agencies(connection)

    def agency(self, agency: AgencyId) -> Agency:
        """Return an agency; raise `AgencyUnknown`."""
        with self._database.read() as connection:
            found = _agency(connection, agency)
        if found is None:
            raise AgencyUnknown(agency)
        return found

    def agency_statuses(self, agency: AgencyId) -> tuple[events.AgencyStatusChanged, ...]:
        """Return an agency's status events in chain order."""
        with self._database.read() as connection:
            return _of_agency(connection, events.AgencyStatusChanged, agency)

    def keys(self, agency: AgencyId) -> tuple[DocumentKey, ...]:
        """Return an agency's document keys in order of announcement."""
        with self._database.read() as connection:
            return tuple(_keys(connection, agency).values())

    def key(self, agency: AgencyId, key_id: KeyId) -> DocumentKey | None:
        """Return one of an agency's document keys; None when it never announced it."""
        with self._database.read() as connection:
            return _keys(connection, agency).get(key_id)

    def accreditations(self, agency: AgencyId) -> Mapping[RecordType, tuple[Window, ...]]:
        """Return an agency's accreditation windows by record type."""
        with self._database.read() as connection:
            return _accreditations(connection, agency)

    def roles(self, account: Address) -> frozenset[tuple[bytes, Role]]:
        """Return the (agency or jurisdiction id, role) pairs that an account holds."""
        with self._database.read() as connection:
            held = _held_roles(connection, account)
            agencies = _all(connection, events.AgencyAdmitted)
            jurisdictions = _all(connection, events.JurisdictionAdmitted)
        pairs: list[tuple[bytes, Role]] = [
            (e.agency, role) for e in agencies for role in Role if role != Role.SUPERVISOR
        ]
        pairs += [(e.jurisdiction, Role.SUPERVISOR) for e in jurisdictions]
        return frozenset(pair for pair in pairs if role_id(*pair) in held)

    def reading(self, query: Query) -> Reading:
        """Return what one verification asks of the ledger, as of one state of the projection.

        Raises:
            ProjectionEmpty: before the first block is in.
        """
        with self._database.read() as connection:
            head = _head(connection)
            batch = None if query.root is None else _batch(connection, query.agency, query.root)
            then = head.block_time if batch is None else batch.anchored_at
            statuses = _of_agency(connection, events.AgencyStatusChanged, query.agency)
            windows = _accreditations(connection, query.agency).get(query.record_type, ())
            return Reading(
                source=Source.PROJECTION,
                ledger=self._ledger,
                block=head.block,
                block_time=head.block_time,
                read_at=head.seen_at,
                batch=batch,
                agency=_agency(connection, query.agency),
                agency_status_then=status_then(statuses, then),
                key=_keys(connection, query.agency).get(query.key_id),
                accredited_then=any(window.holds(then) for window in windows),
                status_word=_word(connection, query),
            )

    def words(self, agency: AgencyId, list_: int) -> Mapping[int, int]:
        """Return a list's words that were ever touched, by number."""
        with self._database.read() as connection:
            return _words(connection, agency, list_)

    def words_at_head(self, agency: AgencyId, list_: int) -> tuple[Head, Mapping[int, int]]:
        """Return a list's words together with the head they are of."""
        with self._database.read() as connection:
            return _head(connection), _words(connection, agency, list_)

    def lists(self) -> tuple[tuple[AgencyId, int], ...]:
        """Return every list that an event touched, by agency and number."""
        query = select(status_words.c.agency, status_words.c.list).distinct()
        with self._database.read() as connection:
            return tuple(sorted((row.agency, row.list) for row in connection.execute(query)))

    def history(self, agency: AgencyId, list_: int, word: int) -> tuple[events.StatusChanged, ...]:
        """Return a status word's events in chain order."""
        table = EVENT_TABLES[events.StatusChanged].c
        with self._database.read() as connection:
            return _where(
                connection,
                events.StatusChanged,
                table.agency == agency,
                table.list == list_,
                table.word == word,
            )

    def list_history(
        self, agency: AgencyId, list_: int, after_block: int = -1
    ) -> tuple[events.StatusChanged, ...]:
        """Return a whole list's events above a block in chain order."""
        table = EVENT_TABLES[events.StatusChanged].c
        with self._database.read() as connection:
            return _where(
                connection,
                events.StatusChanged,
                table.agency == agency,
                table.list == list_,
                table.block > after_block,
            )

    def ended_suspensions(self, now: int) -> tuple[events.StatusChanged, ...]:
        """Return the suspensions whose end lies at or before `now`, in chain order."""
        table = EVENT_TABLES[events.StatusChanged].c
        with self._database.read() as connection:
            return _where(connection, events.StatusChanged, table.until > 0, table.until <= now)

    def batches(self, after_block: int = -1) -> tuple[events.BatchAnchored, ...]:
        """Return the batches anchored above a block in chain order."""
        table = EVENT_TABLES[events.BatchAnchored].c
        with self._database.read() as connection:
            return _where(connection, events.BatchAnchored, table.block > after_block)


def status_then(statuses: Sequence[events.AgencyStatusChanged], at: int) -> AgencyStatus:
    """Return the status that events in chain order give at a time (IAuthority.agencyStatusAt)."""
    known = [e.status for e in statuses if e.place.block_time <= at]
    return known[-1] if known else AgencyStatus.UNKNOWN


def _where(connection: Connection, cls: type[E], *conditions: ColumnElement[bool]) -> tuple[E, ...]:
    table = EVENT_TABLES[cls]
    query = select(table).where(*conditions).order_by(table.c.block, table.c.log_index)
    return tuple(event_of(cls, row) for row in connection.execute(query))


def _all(connection: Connection, cls: type[E]) -> tuple[E, ...]:
    return _where(connection, cls)


def _of_agency(connection: Connection, cls: type[E], agency: AgencyId) -> tuple[E, ...]:
    return _where(connection, cls, EVENT_TABLES[cls].c.agency == agency)


def _in_order(*groups: Sequence[Event]) -> list[Event]:
    happened = [event for group in groups for event in group]
    return sorted(happened, key=lambda event: (event.place.block, event.place.log_index))


def _head(connection: Connection) -> Head:
    newest = select(projected_blocks).order_by(projected_blocks.c.block.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    if row is None:
        raise ProjectionEmpty
    seen = connection.execute(select(projection_seen.c.seen_at)).scalar_one_or_none()
    return Head(row.block, row.hash, row.time, row.time if seen is None else seen)


def _agencies(connection: Connection) -> tuple[Agency, ...]:
    codes = {e.jurisdiction: e.code for e in _all(connection, events.JurisdictionAdmitted)}
    names = {e.agency: e.name for e in _all(connection, events.AgencyRenamed)}
    statuses = {e.agency: e.status for e in _all(connection, events.AgencyStatusChanged)}
    return tuple(
        Agency(
            e.agency,
            codes[e.jurisdiction],
            e.code,
            names.get(e.agency, e.name),
            statuses[e.agency],
        )
        for e in _all(connection, events.AgencyAdmitted)
    )


def _agency(connection: Connection, agency: AgencyId) -> Agency | None:
    admitted = _of_agency(connection, events.AgencyAdmitted, agency)
    if not admitted:
        return None
    table = EVENT_TABLES[events.JurisdictionAdmitted].c
    (jurisdiction,) = _where(
        connection,
        events.JurisdictionAdmitted,
        table.jurisdiction == admitted[0].jurisdiction,
    )
    names = [e.name for e in _of_agency(connection, events.AgencyRenamed, agency)]
    statuses = _of_agency(connection, events.AgencyStatusChanged, agency)
    return Agency(
        agency,
        jurisdiction.code,
        admitted[0].code,
        names[-1] if names else admitted[0].name,
        statuses[-1].status,
    )


def _keys(connection: Connection, agency: AgencyId) -> dict[KeyId, DocumentKey]:
    keys: dict[KeyId, DocumentKey] = {}
    for event in _in_order(
        _of_agency(connection, events.KeyAnnounced, agency),
        _of_agency(connection, events.KeyRetired, agency),
        _of_agency(connection, events.KeyFrozen, agency),
        _of_agency(connection, events.KeyUnfrozen, agency),
        _of_agency(connection, events.KeyCompromised, agency),
    ):
        match event:
            case events.KeyAnnounced():
                keys[event.key_id] = _announced(event)
            case events.KeyRetired():
                keys[event.key_id] = replace(keys[event.key_id], sign_until=event.sign_until)
            case events.KeyFrozen() | events.KeyUnfrozen():
                frozen = isinstance(event, events.KeyFrozen)
                keys[event.key_id] = replace(keys[event.key_id], frozen=frozen)
            case events.KeyCompromised():
                keys[event.key_id] = replace(keys[event.key_id], distrust_from=event.distrust_from)
    return keys


def _announced(event: events.KeyAnnounced) -> DocumentKey:
    return DocumentKey(
        PublicKey(event.x, event.y),
        KeyUsage(event.usage),
        event.place.block_time,
        event.sign_from,
        event.sign_until,
        event.verify_until,
    )


def _accreditations(
    connection: Connection, agency: AgencyId
) -> dict[RecordType, tuple[Window, ...]]:
    windows: defaultdict[RecordType, list[Window]] = defaultdict(list)
    for event in _in_order(
        _of_agency(connection, events.Accredited, agency),
        _of_agency(connection, events.AccreditationWithdrawn, agency),
    ):
        match event:
            case events.Accredited():
                windows[event.record_type].append(Window(event.start, event.end))
            case events.AccreditationWithdrawn():
                _withdraw(windows[event.record_type], event.end)
    return {record_type: tuple(held) for record_type, held in windows.items()}


def _withdraw(windows: list[Window], end: int) -> None:
    """End the current window and strike those to come, as IAuthority.withdrawAccreditation does."""
    while windows and windows[-1].start >= end:
        windows.pop()
    if windows and windows[-1].holds(end):
        windows[-1] = Window(windows[-1].start, end)


def _held_roles(connection: Connection, account: Address) -> set[bytes]:
    held: dict[bytes, bool] = {}
    for event in _in_order(
        _where(
            connection,
            events.RoleGranted,
            EVENT_TABLES[events.RoleGranted].c.account == account,
        ),
        _where(
            connection,
            events.RoleRevoked,
            EVENT_TABLES[events.RoleRevoked].c.account == account,
        ),
    ):
        match event:
            case events.RoleGranted() | events.RoleRevoked():
                held[event.role] = isinstance(event, events.RoleGranted)
    return {role for role, holds in held.items() if holds}


def _batch(connection: Connection, agency: AgencyId, root: Root) -> Batch | None:
    table = EVENT_TABLES[events.BatchAnchored].c
    found = _where(connection, events.BatchAnchored, table.agency == agency, table.root == root)
    if not found:
        return None
    event = found[0]
    return Batch(event.place.block_time, event.place.block, event.size, event.kind)


def _word(connection: Connection, query: Query) -> int:
    row = select(status_words.c.value).where(
        status_words.c.agency == query.agency,
        status_words.c.list == query.list,
        status_words.c.word == query.word,
    )
    value: Any = connection.execute(row).scalar_one_or_none()
    return 0 if value is None else int.from_bytes(value)


def _words(connection: Connection, agency: AgencyId, list_: int) -> dict[int, int]:
    query = (
        select(status_words.c.word, status_words.c.value)
        .where(status_words.c.agency == agency, status_words.c.list == list_)
        .order_by(status_words.c.word)
    )
    return {word: int.from_bytes(value) for word, value in connection.execute(query)}
