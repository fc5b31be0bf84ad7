"""Opened bids as stored: one row for a bid, written whole or not at all, and the record of all."""

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from api.store.database import Database
from api.store.opening_tables import bid_openings, opening_records
from api.store.upserts import upsert
from ledger.tenders.ids import TenderId
from ledger.tenders.opening import Found
from ledger.tenders.opening_record import Cause
from ledger.tenders.shown_licences import Result, Standing
from ledger.values import Address

Place = tuple[TenderId, int, int]
"""Tender, lot and part."""
_KEY: Final = ("tender", "lot", "part")


@dataclass(frozen=True, slots=True)
class FoundRow:
    """What one bid's file held, and when its licences were asked about last, in Unix seconds."""

    found: Found
    asked_at: int


class OpeningStore:
    """Openings by tender, lot and part."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def found(self, place: Place) -> dict[Address, FoundRow]:
        """Return what was found of each bid, by its key."""
        query = select(bid_openings).where(*_of(bid_openings, place))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by("bidder")).all()
        return {Address(row.bidder): _row(row) for row in rows}

    def keep(self, place: Place, found: Found, now: int) -> None:
        """Keep what was found of a bid, in place of what was found before."""
        values = {
            **dict(zip(_KEY, place, strict=True)),
            "bidder": found.bidder,
            "version": found.version,
            "cause": None if found.cause is None else found.cause.value,
            "manifest": found.manifest,
            "members": json.dumps(_members(found), sort_keys=True),
            "asked_at": now,
        }
        with self._database.write() as connection:
            upsert(connection, bid_openings, [values])

    def record(self, place: Place) -> bytes | None:
        """Return the record as it was made last, None before."""
        query = select(opening_records.c.record).where(*_of(opening_records, place))
        with self._database.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def keep_record(self, place: Place, record: bytes, now: int) -> None:
        """Keep the record, in place of the one before."""
        values = {**dict(zip(_KEY, place, strict=True)), "record": record, "made_at": now}
        with self._database.write() as connection:
            upsert(connection, opening_records, [values])


def _of(table: Any, place: Place) -> list[Any]:
    return [table.c[name] == value for name, value in zip(_KEY, place, strict=True)]


def _members(found: Found) -> dict[str, Any]:
    return {
        "evidence": dict(found.evidence),
        "flags": list(found.flags),
        "broken": list(found.broken),
        "licences": [
            [each.requirement, each.standing.value, list(each.reasons)] for each in found.licences
        ],
    }


def _row(row: Row[Any]) -> FoundRow:
    said: dict[str, Any] = json.loads(row.members)
    licences = (
        Result(name, Standing(standing), tuple(reasons))
        for name, standing, reasons in said["licences"]
    )
    found = Found(
        bidder=Address(row.bidder),
        version=row.version,
        cause=None if row.cause is None else Cause(row.cause),
        evidence=said["evidence"],
        manifest=bytes(row.manifest),
        flags=tuple(said["flags"]),
        broken=tuple(said["broken"]),
        licences=tuple(licences),
    )
    return FoundRow(found, row.asked_at)
