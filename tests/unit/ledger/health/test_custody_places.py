"""Where steps may happen, and whose keys sign there."""

from dataclasses import replace
from typing import Any, Final

import pytest

from ledger.health.custody import CustodyRefused, Event, Fault
from ledger.health.custody_places import (
    LEADS,
    PLACED,
    Place,
    PlaceKey,
    PlaceKind,
    check_places,
    keys_of,
)
from ledger.health.custody_steps import Kind, Party, Step
from ledger.keys import PrivateKey
from ledger.values import OPEN_END
from tests.support.trips import DAWN, DRIVER_WAY, MINUTE, first_event, next_event, walk

OLD, NEW, TRAVELLER = (PrivateKey.from_secret(bytes([n]) * 32).public_key for n in (3, 4, 5))
TURN: Final = DAWN + 30 * MINUTE


def place(code: str, kind: PlaceKind, until: int = OPEN_END) -> Place:
    keys = (PlaceKey(OLD, 0, TURN), PlaceKey(NEW, TURN, OPEN_END))
    return Place(code, kind, 40 * MINUTE, 0, until, keys)


KNOWN = {
    "port-1": place("port-1", PlaceKind.CHECKPOINT),
    "port-2": place("port-2", PlaceKind.CHECKPOINT),
    "site-1": place("site-1", PlaceKind.SITE),
    "inn-1": place("inn-1", PlaceKind.LODGING),
    "hotel-1": place("hotel-1", PlaceKind.FACILITY),
    "ward-1": place("ward-1", PlaceKind.HOSPITAL),
}


def fault(event: Event, kind: Kind = Kind.DRIVER, changed: Place | None = None) -> Fault:
    known = KNOWN if changed is None else {**KNOWN, changed.code: changed}
    with pytest.raises(CustodyRefused) as caught:
        check_places(event, kind, known.get)
    return caught.value.fault


def departure(**changes: Any) -> Event:
    return replace(next_event(walk(DRIVER_WAY, 2), Step.IN_TRANSIT, "site-1"), **changes)


class TestPlaces:
    def test_every_step_has_one(self) -> None:
        assert PLACED.keys() == set(Step)
        assert LEADS.keys() == set(Kind)

    def test_a_drivers_way_goes_through_its_three_points(self) -> None:
        for count in range(1, len(DRIVER_WAY) + 1):
            check_places(walk(DRIVER_WAY, count).last, Kind.DRIVER, KNOWN.get)

    @pytest.mark.parametrize("code", ["site-1", "inn-1", "hotel-1", "ward-1", "nowhere"])
    def test_of_another_kind_or_unknown_are_refused(self, code: str) -> None:
        assert fault(first_event(Step.DECLARED, code)) is Fault.PLACE

    def test_lead_drivers_and_arrivals_elsewhere(self) -> None:
        check_places(departure(), Kind.DRIVER, KNOWN.get)
        assert fault(departure(), Kind.ARRIVAL) is Fault.PLACE
        led = departure(next_custodian="hotel-1")
        check_places(led, Kind.ARRIVAL, KNOWN.get)
        assert fault(led) is Fault.PLACE
        assert fault(departure(next_custodian="ward-1"), Kind.ARRIVAL) is Fault.PLACE

    def test_give_no_more_time_than_the_leg_is_allowed(self) -> None:
        at = departure().at
        check_places(departure(due=at + 40 * MINUTE), Kind.DRIVER, KNOWN.get)
        assert fault(departure(due=at + 40 * MINUTE + 1)) is Fault.DUE

    def test_that_are_closed_let_go_and_take_nobody(self) -> None:
        leaving = departure()
        closed = place("port-1", PlaceKind.CHECKPOINT, leaving.at)
        check_places(leaving, Kind.DRIVER, {**KNOWN, "port-1": closed}.get)
        declared = first_event(Step.DECLARED, "port-1", at=leaving.at)
        assert fault(declared, changed=closed) is Fault.PLACE
        there = place("site-1", PlaceKind.SITE, leaving.at)
        assert fault(leaving, changed=there) is Fault.PLACE


class TestKeys:
    def test_sign_for_their_place_in_their_time(self) -> None:
        event = first_event(Step.DECLARED, "port-1", at=TURN - 1)
        for at, key in ((TURN - 1, OLD), (TURN, NEW)):
            found = keys_of(replace(event, at=at), "site-1", TRAVELLER, (), KNOWN.get)
            assert found[Party.PLACE] == found[Party.CHECKPOINT] == (key,)
            assert found[Party.CUSTODIAN] == (key,)
            assert found[Party.TRAVELLER] == (TRAVELLER,)
        assert Party.HEALTH_AUTHORITY not in found

    def test_of_a_site_are_no_checkpoints(self) -> None:
        event = first_event(Step.DECLARED, "site-1")
        found = keys_of(event, "", TRAVELLER, (NEW,), KNOWN.get)
        assert found[Party.PLACE]
        assert not found[Party.CHECKPOINT]
        assert not found[Party.CUSTODIAN]
        assert found[Party.CONSIGNEE] == (NEW,)

    def test_of_a_closed_place_let_go_and_do_not_take_over(self) -> None:
        closed = {"inn-1": place("inn-1", PlaceKind.LODGING, DAWN)}
        event = first_event(Step.DECLARED, "inn-1")
        found = keys_of(event, "inn-1", TRAVELLER, (), {**KNOWN, **closed}.get)
        assert not found[Party.PLACE]
        assert found[Party.CUSTODIAN] == (OLD,)
