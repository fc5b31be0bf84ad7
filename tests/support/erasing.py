"""What erases in tests: the worker's own step, over a test's stores and clock."""

import secrets

from api.services.health_erasing import Erasable, Erasing
from api.store.custody_exemptions import ExemptionStore
from api.store.custody_trips import TripStore
from api.store.health_day_keys import DayKeyStore
from api.store.health_scans import ScanStore
from tests.support.service import World


def erasing_of(world: World) -> Erasing:
    """Return the step that erases what is due in a world."""
    stores = Erasable(
        scans=ScanStore(world.database),
        keys=DayKeyStore(world.database),
        trips=TripStore(world.database),
        exemptions=ExemptionStore(world.database),
    )
    return Erasing(stores, world.registry, world.issuers, world.clock, secrets.token_bytes)
