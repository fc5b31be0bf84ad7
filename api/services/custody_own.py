"""What an agency keeps about a traveller's own trips, for whoever proves to have the key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.custody_alerts import CustodyAlerts
from api.services.custody_exemptions import Exemptions, ExemptionView
from api.services.custody_reading import TripReader, TripView
from api.store.custody_alerts import AlertRow
from api.store.custody_exemptions import ExemptionAction, ExemptionUnknown
from api.store.custody_trips import TripUnknown
from ledger.errors import Refused
from ledger.health import custody_views, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody_views import CustodyView
from ledger.health.signed import Signed, SignedMalformed
from ledger.keys import PublicKey, SignatureInvalid
from ledger.values import AgencyId

ASKED_SECONDS: Final = 300
"""How far the time in a request may lie from the clock here (proposed)."""


@dataclass(eq=False)
class CustodyViewRefused(Refused):
    """The request proves nothing: which part of it."""

    part: str


@dataclass(frozen=True, slots=True)
class OwnView:
    """All there is: of a driver the exemption too, of everybody the trips and what was asked."""

    exemption: ExemptionView | None
    acts: Sequence[ExemptionAction]
    trips: Sequence[TripView]
    alerts: Sequence[AlertRow]


class OwnViews:
    """Shows travellers what is kept about them; of whom somebody else asks it says nothing."""

    def __init__(
        self,
        exemptions: Exemptions,
        trips: TripReader,
        alerts: CustodyAlerts,
        clock: Callable[[], int],
    ) -> None:
        self._exemptions = exemptions
        self._trips = trips
        self._alerts = alerts
        self._clock = clock

    def view(self, request: bytes) -> OwnView:
        """Return what is kept under the exemption, or the trip, that the request names.

        Raises `CustodyViewRefused` for a request that proves nothing; one about what is not there
        is refused as one with another's signature is.
        """
        try:
            envelope = signed.read(request)
            asked = custody_views.read(envelope)
        except (SignedMalformed, ClaimsInvalid) as exc:
            raise CustodyViewRefused("form") from exc
        if abs(asked.asked_at - self._clock()) > ASKED_SECONDS:
            raise CustodyViewRefused("time")
        exemption, trips = self._found(asked)
        key = exemption.row.key if exemption is not None else trips[0].row.key
        _verify(envelope, key)
        return OwnView(
            exemption,
            () if exemption is None else self._exemptions.acts(exemption.row.id),
            trips,
            [alert for each in trips for alert in self._alerts.of_trip(each.row.id)],
        )

    def _found(self, asked: CustodyView) -> tuple[ExemptionView | None, Sequence[TripView]]:
        try:
            row = self._exemptions.get(asked.subject)
        except ExemptionUnknown:
            return None, [self._trip(asked.subject, asked.agency)]
        _require_agency(row.agency, asked.agency)
        return self._exemptions.view(row), self._trips.of_exemption(row.id)

    def _trip(self, trip: bytes, agency: AgencyId) -> TripView:
        try:
            found = self._trips.trip(trip)
        except TripUnknown as exc:
            raise CustodyViewRefused("signature") from exc
        _require_agency(found.row.agency, agency)
        return found


def _require_agency(kept_by: AgencyId, asked: AgencyId) -> None:
    if kept_by != asked:
        raise CustodyViewRefused("agency")


def _verify(envelope: Signed, key: PublicKey) -> None:
    try:
        custody_views.verify(envelope, key)
    except SignatureInvalid as exc:
        raise CustodyViewRefused("signature") from exc
