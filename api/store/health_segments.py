"""The allow list: segments as signed, and which anchored passes are in none yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, select, update

from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.health_tables import health_passes, health_segments
from api.store.indices import FIRST_PASS_LIST, FIRST_TRANSFER_LIST
from api.store.lookups import chunks
from api.store.records import NOT_KEPT, RecordRow, insert_records
from api.store.tables import batches, lists, records
from api.store.upserts import insert_once
from ledger.errors import LedgerError, Refused
from ledger.events import BatchAnchored
from ledger.values import AgencyId, Digest, RecordKind

_EVENT: Final = EVENT_TABLES[BatchAnchored]


@dataclass(eq=False)
class SegmentUnknown(Refused):
    """The agency's allow list has no such segment."""

    seq: int


class SegmentTaken(LedgerError):
    """Another worker made this segment meanwhile; the late one steps back."""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A signed segment: passes anchored at `start` <= block time < `end`.

    `live_until` is when the last of its passes ends; times in Unix seconds.
    """

    agency: AgencyId
    seq: int
    digest: Digest
    start: int
    end: int
    made_at: int
    live_until: int
    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnchoredPass:
    """A pass that no segment lists yet, the block time of its anchor, and its end."""

    digest: Digest
    block_time: int
    exp: int


class SegmentStore:
    """The segments made here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def agencies(self) -> tuple[AgencyId, ...]:
        """Return the agencies that ever issued a pass here."""
        # By their lists, which are few: passes are looked through at each pass of the worker.
        holds = lists.c.list.between(FIRST_PASS_LIST, FIRST_TRANSFER_LIST - 1)
        query = select(lists.c.agency).where(holds).distinct().order_by(lists.c.agency)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def unlisted(self, agency: AgencyId, settled: int) -> tuple[AnchoredPass, ...]:
        """Return the passes anchored in block `settled` or below that no segment lists."""
        query = (
            select(health_passes.c.digest, _EVENT.c.block_time, health_passes.c.exp)
            .join(records, records.c.digest == health_passes.c.digest)
            .join(batches, batches.c.seq == records.c.batch)
            .join(_EVENT, _anchored())
            .where(*_unlisted(agency), _EVENT.c.block <= settled)
            .order_by(health_passes.c.seq)
        )
        with self._database.read() as connection:
            return tuple(AnchoredPass(*row) for row in connection.execute(query))

    def waiting_since(self, agency: AgencyId, settled: int, now: int) -> int | None:
        """Return when the oldest good pass was issued that is not anchored in `settled` or below.

        None where all are that have not ended.
        """
        query = (
            select(func.min(records.c.issued_at))
            .select_from(health_passes)
            .join(records, records.c.digest == health_passes.c.digest)
            .outerjoin(batches, batches.c.seq == records.c.batch)
            .outerjoin(_EVENT, _anchored() & (_EVENT.c.block <= settled))
            .where(*_unlisted(agency), health_passes.c.exp > now, _EVENT.c.block.is_(None))
        )
        with self._database.read() as connection:
            found: int | None = connection.execute(query).scalar_one()
        return found

    def last(self, agency: AgencyId) -> SegmentRow | None:
        """Return an agency's newest segment."""
        newest = _of(agency).order_by(health_segments.c.seq.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else _segment_of(row)

    def add(self, segment: SegmentRow, listed: Sequence[Digest]) -> None:
        """Store a segment that lists some passes; raise `SegmentTaken`."""
        values = dict(zip(health_segments.c.keys(), _values_of(segment), strict=True))
        kind = RecordKind.HEALTH_ALLOW
        record = RecordRow(segment.digest, segment.agency, kind, NOT_KEPT, segment.made_at)
        with self._database.write() as connection:
            # Before the segment, which refers to it; its digest is random, so it is never there.
            insert_records(connection, [record])
            if not insert_once(connection, health_segments, values):
                raise SegmentTaken
            for some in chunks(listed):
                theirs = update(health_passes).where(health_passes.c.digest.in_(some))
                connection.execute(theirs.values(segment=segment.seq))

    def live(self, agency: AgencyId, now: int) -> tuple[SegmentRow, ...]:
        """Return the segments from the first with a live pass on, the newest at least, in order."""
        oldest = select(func.min(health_segments.c.seq)).where(
            health_segments.c.agency == agency, health_segments.c.live_until > now
        )
        newest = select(func.max(health_segments.c.seq)).filter_by(agency=agency)
        with self._database.read() as connection:
            first = connection.execute(oldest).scalar_one()
            if first is None:
                first = connection.execute(newest).scalar_one() or 0
            query = _of(agency).where(health_segments.c.seq >= first)
            rows = connection.execute(query.order_by(health_segments.c.seq))
            return tuple(_segment_of(row) for row in rows)

    def get(self, agency: AgencyId, seq: int) -> SegmentRow:
        """Return a segment; raise `SegmentUnknown`."""
        with self._database.read() as connection:
            row = connection.execute(_of(agency).filter_by(seq=seq)).one_or_none()
        if row is None:
            raise SegmentUnknown(seq)
        return _segment_of(row)


def _anchored() -> ColumnElement[bool]:
    return (_EVENT.c.agency == batches.c.agency) & (_EVENT.c.root == batches.c.root)


def _unlisted(agency: AgencyId) -> tuple[ColumnElement[bool], ...]:
    return health_passes.c.agency == agency, health_passes.c.segment.is_(None)


def _of(agency: AgencyId) -> Select[Any]:
    return select(health_segments).where(health_segments.c.agency == agency)


def _values_of(row: SegmentRow) -> tuple[Any, ...]:
    times = (row.start, row.end, row.made_at, row.live_until)
    return (row.agency, row.seq, row.digest, *times, row.document)


def _segment_of(row: Row[Any]) -> SegmentRow:
    times = (row.start, row.end, row.made_at, row.live_until)
    return SegmentRow(row.agency, row.seq, row.digest, *times, row.document)
