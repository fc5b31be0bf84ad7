"""The places where travellers in custody may be: registered by the agency that answers for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.sign_ins import Roles
from api.store.custody_places import PlacePage, PlaceStore
from ledger.health.custody_places import Find, Place, PlaceKey, PlaceKind
from ledger.keys import PublicKey
from ledger.values import OPEN_END, Address, AgencyId, Role


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """A place to register: which keys sign for it, and how long one may take to get there."""

    code: str
    kind: PlaceKind
    leg_seconds: int
    keys: Sequence[PublicKey]


class CustodyPlaces:
    """Keeps places for accounts that are REGISTRAR of their agency, and shows them to anybody."""

    def __init__(
        self, store: PlaceStore, issuers: Issuers, roles: Roles, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._issuers = issuers
        self._roles = roles
        self._clock = clock

    def register(
        self, agency: AgencyId, order: PlaceOrder, by: Address, keep: Keep[Place] | None
    ) -> Place:
        """Register a place, open a closed one again, or replace the keys of one.

        Raises:
            RoleMissing: unless `by` is REGISTRAR of the agency.
            AgencyUnknown, AgencyNotActive: for the agency.
            PlaceOfAnotherKind: where the place is known as something else.
            PointInvalid: for a key that is no point of the curve.
        """
        self._roles.require(by, agency, Role.REGISTRAR)
        self._issuers.active(agency)
        now = self._clock()
        keys = tuple(PlaceKey(key, now, OPEN_END) for key in dict.fromkeys(order.keys))
        place = Place(order.code, order.kind, order.leg_seconds, now, OPEN_END, keys)
        self._store.register(agency, place, now, None if keep is None else keep(place))
        return place

    def close(self, agency: AgencyId, code: str, by: Address, keep: Keep[int] | None) -> int:
        """End a place's role now, and return when; who is still there is let go by its keys.

        Raises `RoleMissing` unless `by` is REGISTRAR of the agency, and `PlaceUnknown`.
        """
        self._roles.require(by, agency, Role.REGISTRAR)
        now = self._clock()
        self._store.close(agency, code, now, None if keep is None else keep(now))
        return now

    def page(self, agency: AgencyId, cursor: str | None, limit: int) -> PlacePage:
        """Return an agency's places, newest first; raise `CursorMalformed`."""
        return self._store.page(agency, cursor, limit)

    def sites(self, agency: AgencyId, kids: Sequence[bytes]) -> Sequence[Place]:
        """Return the sites for which keys sign that are named by their first 8 bytes."""
        return self._store.sites(agency, kids)

    def finder(self, agency: AgencyId) -> Find:
        """Return what finds an agency's places, each looked up once."""
        found: dict[str, Place | None] = {}

        def find(code: str) -> Place | None:
            if code not in found:
                found[code] = self._store.find(agency, code)
            return found[code]

        return find
