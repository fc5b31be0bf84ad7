"""The use cases of trips in custody."""

from dataclasses import dataclass

from api.services.composing.ports import Ports
from api.services.custody_admissions import Admissions
from api.services.custody_alerts import CustodyAlerts
from api.services.custody_exemptions import Exemptions
from api.services.custody_own import OwnViews
from api.services.custody_people import CustodyPeople
from api.services.custody_places import CustodyPlaces
from api.services.custody_reading import TripReader
from api.services.custody_trips import TripPorts, Trips
from api.services.policies import CitedPolicies
from api.services.sign_ins import Roles
from api.store.batches import BatchStore
from api.store.custody_alerts import AlertStore
from api.store.custody_exemptions import ExemptionStore
from api.store.custody_places import PlaceStore
from api.store.custody_trips import TripStore
from api.store.health_scans import ScanStore


@dataclass(frozen=True, slots=True)
class Custody:
    """The chain of custody: who is exempted, where they are, and what is asked about that."""

    places: CustodyPlaces
    exemptions: Exemptions
    trips: Trips
    reader: TripReader
    alerts: CustodyAlerts
    own: OwnViews


def custody(ports: Ports, roles: Roles) -> Custody:
    """Return `Custody` over `ports`."""
    store, clock = TripStore(ports.database), ports.clock
    people = CustodyPeople(ports.health_keys, clock)
    policies = CitedPolicies(ports.recognitions, ports.registry)
    places = CustodyPlaces(PlaceStore(ports.database), ports.issuers, roles, clock)
    exemptions = Exemptions(
        store=ExemptionStore(ports.database),
        people=people,
        policies=policies,
        issuers=ports.issuers,
        roles=roles,
        clock=clock,
    )
    reader = TripReader(store, BatchStore(ports.database), roles, clock)
    asked = AlertStore(ports.database)
    alerts = CustodyAlerts(asked, store, roles, clock, ports.randomness)
    admissions = Admissions(ScanStore(ports.database))
    kept = TripPorts(
        store=store,
        alerts=asked,
        reader=reader,
        places=places,
        exemptions=exemptions,
        admissions=admissions,
        people=people,
        policies=policies,
        issuers=ports.issuers,
        roles=roles,
    )
    trips = Trips(kept, clock, ports.randomness)
    own = OwnViews(exemptions, reader, alerts, clock)
    return Custody(places, exemptions, trips, reader, alerts, own)
