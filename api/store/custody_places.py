"""The places where travellers in custody may be, and the keys that sign for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from api.store.cursors import cursor_of, number_of
from api.store.custody_tables import custody_place_keys, custody_places
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from ledger.errors import Refused
from ledger.health.custody_places import Place, PlaceKey, PlaceKind
from ledger.health.signed import kid_of
from ledger.keys import PublicKey
from ledger.values import OPEN_END, AgencyId

_LIST: Final = "custody places"


@dataclass(eq=False)
class PlaceUnknown(Refused):
    """The agency has registered no such place."""

    place: str


@dataclass(eq=False)
class PlaceOfAnotherKind(Refused):
    """The agency registered this place as another kind; what one is stays."""

    place: str
    kind: PlaceKind


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Places, newest first; `next_cursor` None at the end."""

    places: tuple[Place, ...]
    next_cursor: str | None


class PlaceStore:
    """The places of agencies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(
        self, agency: AgencyId, place: Place, at: int, settlement: Settlement | None = None
    ) -> None:
        """Store a place with its keys from `at` on; those that it had until then end there.

        Raises `PlaceOfAnotherKind`, and `RequestInFlight` when the request was answered meanwhile.
        """
        theirs = _is(agency, place.code)
        values = {
            "leg_seconds": place.leg_seconds,
            "until": place.until,
        }
        with self._database.write() as connection:
            settle(connection, settlement)
            known = connection.execute(
                select(custody_places.c.kind).where(theirs).with_for_update()
            ).scalar_one_or_none()
            if known is None:
                first = {"agency": agency, "code": place.code, "kind": str(place.kind)}
                row = {**first, **values, "since": place.since}
                connection.execute(insert(custody_places).values(row))
            elif known != place.kind:
                raise PlaceOfAnotherKind(place.code, PlaceKind(known))
            else:
                connection.execute(update(custody_places).where(theirs).values(values))
            _replace_keys(connection, agency, place, at)

    def close(
        self, agency: AgencyId, code: str, at: int, settlement: Settlement | None = None
    ) -> None:
        """End a place's role at `at`; its keys go on signing for whoever is still there.

        Raises `PlaceUnknown`, and `RequestInFlight` when the request was answered meanwhile.
        """
        ended = update(custody_places).where(_is(agency, code)).values(until=at)
        with self._database.write() as connection:
            settle(connection, settlement)
            if connection.execute(ended).rowcount != 1:
                raise PlaceUnknown(code)

    def find(self, agency: AgencyId, code: str) -> Place | None:
        """Return a place with all the keys that it ever had; None for one that is not there."""
        with self._database.read() as connection:
            row = connection.execute(select(custody_places).where(_is(agency, code))).one_or_none()
            return None if row is None else _place(row, _keys(connection, agency, [code])[code])

    def sites(self, agency: AgencyId, kids: Iterable[bytes]) -> tuple[Place, ...]:
        """Return the sites that one of the keys named by their first 8 bytes may sign for."""
        keys, places = custody_place_keys.c, custody_places.c
        query = (
            select(custody_places)
            .join(custody_place_keys, (keys.agency == places.agency) & (keys.code == places.code))
            .where(places.agency == agency, places.kind == str(PlaceKind.SITE))
            .where(keys.kid.in_(set(kids)))
            .distinct()
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
            keyed = _keys(connection, agency, [row.code for row in found])
        return tuple(_place(row, keyed[row.code]) for row in found)

    def page(self, agency: AgencyId, cursor: str | None, limit: int) -> PlacePage:
        """Return up to `limit` places of an agency, newest first; raise `CursorMalformed`."""
        columns = custody_places.c
        query = select(custody_places).where(columns.agency == agency)
        if cursor is not None:
            query = query.where(columns.seq < number_of(_LIST, agency, cursor))
        with self._database.read() as connection:
            found = connection.execute(query.order_by(columns.seq.desc()).limit(limit + 1)).all()
            shown = found[:limit]
            keyed = _keys(connection, agency, [row.code for row in shown])
        more = cursor_of(_LIST, agency, shown[-1].seq) if len(found) > limit else None
        return PlacePage(tuple(_place(row, keyed[row.code]) for row in shown), more)


def _replace_keys(connection: Connection, agency: AgencyId, place: Place, at: int) -> None:
    keys = custody_place_keys.c
    open_ = (keys.agency == agency) & (keys.code == place.code) & (keys.until > at)
    connection.execute(update(custody_place_keys).where(open_).values(until=at))
    rows = [
        {
            "agency": agency,
            "code": place.code,
            "kid": kid_of(each.key.key_id),
            "point": point_of(each.key),
            "since": at,
            "until": OPEN_END,
        }
        for each in place.keys
    ]
    if rows:
        connection.execute(insert(custody_place_keys), rows)


def _keys(
    connection: Connection, agency: AgencyId, codes: Sequence[str]
) -> dict[str, tuple[PlaceKey, ...]]:
    keys = custody_place_keys.c
    query = (
        select(custody_place_keys)
        .where(keys.agency == agency, keys.code.in_(codes))
        .order_by(keys.seq)
    )
    found: dict[str, tuple[PlaceKey, ...]] = dict.fromkeys(codes, ())
    for row in connection.execute(query):
        found[row.code] += (PlaceKey(key_at(row.point), row.since, row.until),)
    return found


def point_of(key: PublicKey) -> bytes:
    """Return a key as a column has it: x and y, 64 bytes."""
    return key.x + key.y


def key_at(point: bytes) -> PublicKey:
    """Return the key that a column has."""
    return PublicKey(point[:32], point[32:])


def _is(agency: AgencyId, code: str) -> Any:
    return (custody_places.c.agency == agency) & (custody_places.c.code == code)


def _place(row: Row[Any], keys: tuple[PlaceKey, ...]) -> Place:
    kind = PlaceKind(row.kind)
    return Place(row.code, kind, row.leg_seconds, row.since, row.until, keys)
