"""What gates counted, as stored: of each hour of a gate the last word, and no sum.

Sums are made when they are asked for, so that an hour which is told anew is counted once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import select

from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.gate_tables import health_scan_counts
from api.store.upserts import upsert_newer
from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scan_counts import CountedHour, ScanCount
from ledger.values import AgencyId, KeyId

_LIST: Final = "scan-counts"


@dataclass(frozen=True, slots=True)
class PortHour:
    """What all gates of an agency at one port counted in one hour, by outcome and reason."""

    hour: int
    port: str
    counts: tuple[ScanCount, ...]


class ScanCountStore:
    """The counts that gates handed over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, agency: AgencyId, gate: KeyId, port: str, hours: Sequence[CountedHour]
    ) -> Mapping[int, int]:
        """Keep hours of a gate whose revision is newer than what is there.

        Return the revision that stands for each hour given.
        """
        values = [
            {
                "agency": agency,
                "hour": each.hour,
                "gate": gate,
                "port": port,
                "revision": each.revision,
                "counts": _spell(each.counts),
            }
            for each in sorted(hours)  # two who come at once wait for each other in one order
        ]
        table = health_scan_counts.c
        query = select(table.hour, table.revision).where(
            table.agency == agency,
            table.gate == gate,
            table.hour.in_([each.hour for each in hours]),
        )
        with self._database.write() as connection:
            upsert_newer(connection, health_scan_counts, values, "revision")
            return {row.hour: row.revision for row in connection.execute(query)}

    def page(
        self, agency: AgencyId, span: tuple[int, int], cursor: str | None, limit: int
    ) -> tuple[Sequence[PortHour], str | None]:
        """Return the counts of the first `limit` hours that have any, and the next cursor.

        `span`: from its first second to before its second one. Oldest first, then by port. Raises
        `CursorMalformed`.
        """
        table, (since, until) = health_scan_counts.c, span
        if cursor is not None:
            since = max(since, number_of(_LIST, agency, cursor) + 1)
        within = (table.agency == agency, table.hour >= since, table.hour < until)
        hours = select(table.hour).distinct().where(*within).order_by(table.hour).limit(limit + 1)
        with self._database.read() as connection:
            found = connection.execute(hours).scalars().all()
            shown = found[:limit]
            rows = select(table.hour, table.port, table.counts).where(*within)
            last = rows.where(table.hour <= shown[-1]) if shown else rows
            told = [(hour, port, _read(counts)) for hour, port, counts in connection.execute(last)]
        more = cursor_of(_LIST, agency, shown[-1]) if len(found) > limit else None
        return _summed(told), more


def _summed(told: Iterable[tuple[int, str, Sequence[ScanCount]]]) -> list[PortHour]:
    sums: dict[tuple[int, str], Counter[tuple[Outcome, Reason | None]]] = {}
    for hour, port, counts in told:
        here = sums.setdefault((hour, port), Counter())
        for outcome, reason, people in counts:
            here[outcome, reason] += people
    return [
        PortHour(
            hour, port, _ordered(ScanCount(*answer, people) for answer, people in sum_.items())
        )
        for (hour, port), sum_ in sorted(sums.items(), key=lambda each: each[0])
    ]


def _ordered(counts: Iterable[ScanCount]) -> tuple[ScanCount, ...]:
    return tuple(sorted(counts, key=lambda each: (each.outcome.value, each.reason or "")))


def _spell(counts: Iterable[ScanCount]) -> bytes:
    return orjson.dumps([[each.outcome, each.reason, each.people] for each in counts])


def _read(counts: bytes) -> list[ScanCount]:
    return [
        ScanCount(Outcome(outcome), None if reason is None else Reason(reason), people)
        for outcome, reason, people in orjson.loads(counts)
    ]
