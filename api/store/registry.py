"""What the chain says now, read from the projection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, true

from api.store.authority_fold import (
    accreditations_of,
    agencies_of,
    agency_of,
    every,
    held_roles,
    keys_of,
    of_agency,
    status_then,
    where,
)
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES, event_of
from api.store.tables import projected_blocks, projection_seen, status_words
from ledger import events
from ledger.authority import Agency, DocumentKey
from ledger.errors import Unavailable
from ledger.status_list import entry, indices_of, place
from ledger.values import (
    Address,
    AgencyId,
    JurisdictionId,
    KeyId,
    LedgerRef,
    RecordType,
    Role,
    Root,
    Status,
    Window,
    WordChange,
    role_id,
)
from ledger.verification.evidence import Batch, Query, Reading, Source

_HEAD: Final = (
    select(projected_blocks, projection_seen.c.seen_at, projection_seen.c.finalized)
    .outerjoin(projection_seen, true())
    .order_by(projected_blocks.c.block.desc())
    .limit(1)
)
"""The newest block, and what was noted of it: made once, asked twenty times a second by each."""


@dataclass(eq=False)
class ProjectionEmpty(Unavailable):
    """The service has not read the chain yet."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last block in the projection; times in Unix seconds.

    `seen_at` is when the node last had nothing newer, by the service's clock; `finalized` the
    newest block that the chain then called so, None where it is not asked for or nobody says.
    """

    block: int
    hash: bytes
    block_time: int
    seen_at: int
    finalized: int | None = None


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
            admitted = every(connection, events.JurisdictionAdmitted)
        return {e.jurisdiction: e.code for e in admitted}

    def agencies(self) -> tuple[Agency, ...]:
        """Return all agencies in order of admission."""
        with self._database.read() as connection:
            return agencies_of(connection)

    def agency(self, agency: AgencyId) -> Agency | None:
        """Return an agency; None when it was never admitted."""
        with self._database.read() as connection:
            return agency_of(connection, agency)

    def agency_names(
        self, agency: AgencyId
    ) -> tuple[events.AgencyAdmitted | events.AgencyRenamed, ...]:
        """Return what told an agency's name, in chain order."""
        with self._database.read() as connection:
            admitted = of_agency(connection, events.AgencyAdmitted, agency)
            return (*admitted, *of_agency(connection, events.AgencyRenamed, agency))

    def agency_statuses(self, agency: AgencyId) -> tuple[events.AgencyStatusChanged, ...]:
        """Return an agency's status events in chain order."""
        with self._database.read() as connection:
            return of_agency(connection, events.AgencyStatusChanged, agency)

    def keys(self, agency: AgencyId) -> tuple[DocumentKey, ...]:
        """Return an agency's document keys in order of announcement."""
        with self._database.read() as connection:
            return tuple(keys_of(connection, agency).values())

    def key(self, agency: AgencyId, key_id: KeyId) -> DocumentKey | None:
        """Return one of an agency's document keys; None when it never announced it."""
        with self._database.read() as connection:
            return keys_of(connection, agency).get(key_id)

    def accreditations(self, agency: AgencyId) -> Mapping[RecordType, tuple[Window, ...]]:
        """Return an agency's accreditation windows by record type."""
        with self._database.read() as connection:
            return accreditations_of(connection, agency)

    def windows(self, agency: AgencyId, record_type: RecordType) -> tuple[Window, ...]:
        """Return when the agency is or was accredited for a record type."""
        return self.accreditations(agency).get(record_type, ())

    def roles(self, account: Address) -> frozenset[tuple[bytes, Role]]:
        """Return the (agency or jurisdiction id, role) pairs that an account holds."""
        with self._database.read() as connection:
            held = held_roles(connection, account)
            agencies = every(connection, events.AgencyAdmitted)
            jurisdictions = every(connection, events.JurisdictionAdmitted)
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
            statuses = of_agency(connection, events.AgencyStatusChanged, query.agency)
            windows = accreditations_of(connection, query.agency).get(query.record_type, ())
            return Reading(
                source=Source.PROJECTION,
                ledger=self._ledger,
                block=head.block,
                block_time=head.block_time,
                read_at=head.seen_at,
                batch=batch,
                agency=agency_of(connection, query.agency),
                agency_status_then=status_then(statuses, then),
                key=keys_of(connection, query.agency).get(query.key_id),
                accredited_then=any(window.holds(then) for window in windows),
                status_word=_word(connection, query.agency, query.list, query.word),
                finalized=head.finalized,
            )

    def status(self, agency: AgencyId, list_: int, index: int) -> Status:
        """Return an entry's status; raise `IndexInvalid` for an entry outside the list."""
        word, _ = place(index)
        with self._database.read() as connection:
            return entry(_word(connection, agency, list_, word), index)

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
            return where(
                connection,
                events.StatusChanged,
                table.agency == agency,
                table.list == list_,
                table.word == word,
            )

    def list_history(self, agency: AgencyId, list_: int) -> tuple[events.StatusChanged, ...]:
        """Return a whole list's events in chain order, as an offline bundle carries them."""
        table = EVENT_TABLES[events.StatusChanged].c
        with self._database.read() as connection:
            return where(
                connection,
                events.StatusChanged,
                table.agency == agency,
                table.list == list_,
            )

    def has_changed(self, agency: AgencyId, list_: int, after_block: int) -> bool:
        """Whether a list saw an event above a block."""
        table = EVENT_TABLES[events.StatusChanged].c
        query = (
            select(table.block)
            .where(table.agency == agency, table.list == list_, table.block > after_block)
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def ended_suspensions(self, now: int) -> tuple[events.StatusChanged, ...]:
        """Return the suspensions that ended by `now` of which an entry is still SUSPENDED."""
        table = EVENT_TABLES[events.StatusChanged]
        query = (
            select(table, status_words.c.value)
            .join(
                status_words,
                (status_words.c.agency == table.c.agency)
                & (status_words.c.list == table.c.list)
                & (status_words.c.word == table.c.word),
            )
            .where(table.c.until > 0, table.c.until <= now)
            .order_by(table.c.block, table.c.log_index)
        )
        with self._database.read() as connection:
            found = [
                (event_of(events.StatusChanged, row), int.from_bytes(row.value))
                for row in connection.execute(query)
            ]
        return tuple(
            event
            for event, value in found
            if any(
                entry(value, index) is Status.SUSPENDED
                for index in indices_of(WordChange(event.word, event.mask))
            )
        )

    def block_hash(self, block: int) -> bytes | None:
        """Return the hash of a recent block; None when the projection does not keep it."""
        query = select(projected_blocks.c.hash).where(projected_blocks.c.block == block)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def block_time(self, block: int) -> int | None:
        """Return the time of a recent block; None when the projection does not keep it."""
        query = select(projected_blocks.c.time).where(projected_blocks.c.block == block)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def batches(self, after_block: int = -1) -> tuple[events.BatchAnchored, ...]:
        """Return the batches anchored above a block in chain order."""
        table = EVENT_TABLES[events.BatchAnchored].c
        with self._database.read() as connection:
            return where(connection, events.BatchAnchored, table.block > after_block)


def _head(connection: Connection) -> Head:
    row = connection.execute(_HEAD).one_or_none()
    if row is None:
        raise ProjectionEmpty
    seen_at = row.time if row.seen_at is None else row.seen_at
    return Head(row.block, row.hash, row.time, seen_at, row.finalized)


def _batch(connection: Connection, agency: AgencyId, root: Root) -> Batch | None:
    table = EVENT_TABLES[events.BatchAnchored].c
    found = where(connection, events.BatchAnchored, table.agency == agency, table.root == root)
    if not found:
        return None
    event = found[0]
    return Batch(event.place.block_time, event.place.block, event.size, event.kind)


def _word(connection: Connection, agency: AgencyId, list_: int, word: int) -> int:
    row = select(status_words.c.value).where(
        status_words.c.agency == agency,
        status_words.c.list == list_,
        status_words.c.word == word,
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
