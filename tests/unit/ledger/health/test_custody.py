"""Trips from declaration to exit, and from landing to release: who answers, and what may follow."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.custody import CustodyRefused, Event, Fault, Trip, begin, follow
from ledger.health.custody_steps import DUE_WITHIN, KEEPS, SIGNED_BY, Party, Step
from tests.support.trips import (
    ARRIVAL_WAY,
    DAWN,
    DRIVER_WAY,
    EVERYBODY,
    digest,
    first_event,
    next_event,
    walk,
)

DECLARATION = first_event(Step.DECLARED, "port-1")
PLACES = st.sampled_from(["port-1", "site-1", "inn-1", "port-2", "hotel-1"])
ways = pytest.mark.parametrize("way", [DRIVER_WAY, ARRIVAL_WAY], ids=["driver", "arrival"])


def fault(trip: Trip, event: Event, signers: frozenset[Party] = EVERYBODY) -> Fault:
    with pytest.raises(CustodyRefused) as refused:
        follow(trip, event, digest(event), signers)
    return refused.value.fault


def fault_of_first(event: Event, signers: frozenset[Party] = EVERYBODY) -> Fault:
    with pytest.raises(CustodyRefused) as refused:
        begin(event, digest(event), signers)
    return refused.value.fault


class TestWay:
    @ways
    def test_goes_to_its_end(self, way: Any) -> None:
        trip = walk(way, len(way))
        assert (trip.state, trip.last.seq, trip.is_live) == (way[-1][0], len(way) - 1, False)

    def test_of_a_driver_has_one_custodian_until_the_next_place_signs(self) -> None:
        assert [walk(DRIVER_WAY, count).custodian for count in range(1, len(DRIVER_WAY) + 1)] == [
            *("", "port-1", "port-1", "site-1", "site-1", "inn-1", "inn-1", "port-2", "port-2")
        ]

    def test_of_an_arrival_has_a_custodian_from_the_landing_on(self) -> None:
        assert [walk(ARRIVAL_WAY, count).custodian for count in range(1, len(ARRIVAL_WAY) + 1)] == [
            *("port-1", "port-1", "port-1", "hotel-1", "hotel-1")
        ]

    def test_is_late_only_while_something_is_due(self) -> None:
        for way in (DRIVER_WAY, ARRIVAL_WAY):
            for count in range(1, len(way)):
                trip = walk(way, count)
                assert not trip.is_late(trip.last.due)
                assert trip.is_late(trip.last.due + 1)
            assert not walk(way, len(way)).is_late(trip.last.due + 1)

    def test_late_arrival_is_an_arrival(self) -> None:
        trip = walk(DRIVER_WAY, 3)
        event = next_event(trip, Step.AT_SITE, "site-1", at=trip.last.due + 500)
        assert follow(trip, event, digest(event), EVERYBODY).state is Step.AT_SITE

    @ways
    def test_may_end_in_hospital_from_any_live_state(self, way: Any) -> None:
        for count in range(1, len(way)):
            trip = walk(way, count)
            event = next_event(trip, Step.TRANSFERRED, "hospital-1")
            after = follow(trip, event, digest(event), EVERYBODY)
            assert (after.custodian, after.is_live) == ("hospital-1", False)

    @ways
    def test_lapses_from_any_live_state_once_it_is_overdue(self, way: Any) -> None:
        for count in range(1, len(way)):
            trip = walk(way, count)
            early = next_event(trip, Step.LAPSED, trip.expected_at, at=trip.last.due)
            assert fault(trip, early) is Fault.DUE
            event = replace(early, at=trip.last.due + 1)
            after = follow(trip, event, digest(event), {Party.HEALTH_AUTHORITY})
            assert (after.custodian, after.is_live) == (trip.custodian, False)
            assert not after.is_late(event.at + 1_000_000)

    def test_lapses_by_the_health_authority_alone(self) -> None:
        trip = walk(DRIVER_WAY, 3)
        event = next_event(trip, Step.LAPSED, "site-1", at=trip.last.due + 1)
        assert fault(trip, event, EVERYBODY - {Party.HEALTH_AUTHORITY}) is Fault.SIGNERS
        taken = replace(event, custodian="site-1")  # nobody took the traveller over
        assert fault(trip, taken) is Fault.CUSTODIAN

    def test_enters_until_the_declared_time_and_no_later(self) -> None:
        trip = walk(DRIVER_WAY, 1)
        entered = next_event(trip, Step.ADMITTED, "port-1", at=trip.last.due)
        assert follow(trip, entered, digest(entered), EVERYBODY).state is Step.ADMITTED
        late = next_event(trip, Step.ADMITTED, "port-1", at=trip.last.due + 1)
        assert fault(trip, late) is Fault.DUE

    def test_is_cancelled_before_entry_alone(self) -> None:
        declared, admitted = walk(DRIVER_WAY, 1), walk(DRIVER_WAY, 2)
        event = next_event(declared, Step.CANCELLED, "port-1")
        cancelled = follow(declared, event, digest(event), EVERYBODY)
        assert (cancelled.custodian, cancelled.is_live) == ("", False)
        assert fault(admitted, next_event(admitted, Step.CANCELLED, "port-1")) is Fault.STEP

    def test_counts_the_days_at_a_facility(self) -> None:
        arrived, day = walk(ARRIVAL_WAY, 4), 86_400
        since = arrived.last.at
        asked = [since - 1, since, since + day - 1, since + day, since + 6 * day]
        assert [arrived.day_of_stay(now) for now in asked] == [0, 1, 1, 2, 7]
        assert walk(ARRIVAL_WAY, 3).day_of_stay(since + day) == 0

    def test_moves_between_facilities(self) -> None:
        trip = walk(ARRIVAL_WAY, 4)
        for step in (Step.IN_TRANSIT, Step.AT_FACILITY):
            event = next_event(trip, step, "hotel-2")
            trip = follow(trip, event, digest(event), EVERYBODY)
        assert trip.custodian == "hotel-2"

    @pytest.mark.parametrize("step", [Step.AT_SITE, Step.LODGED, Step.AT_EXIT])
    def test_of_an_arrival_leads_to_no_site(self, step: Step) -> None:
        trip = walk(ARRIVAL_WAY, 3)
        assert fault(trip, next_event(trip, step, "hotel-1")) is Fault.STEP

    def test_of_a_driver_leads_to_no_facility(self) -> None:
        trip = walk(DRIVER_WAY, 3)
        assert fault(trip, next_event(trip, Step.AT_FACILITY, "site-1")) is Fault.STEP


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"step": Step.ADMITTED}, Fault.STEP),
            ({"seq": 1}, Fault.SEQUENCE),
            ({"previous": b"\0" * 32}, Fault.PREVIOUS),
            ({"trip": b""}, Fault.RANDOM),
            ({"random": b""}, Fault.RANDOM),
            ({"due": DAWN}, Fault.DUE),
            ({"due": DAWN + 24 * 3600 + 1}, Fault.AHEAD),
            ({"place": ""}, Fault.PLACE),
            ({"custodian": "port-1"}, Fault.CUSTODIAN),
            ({"next_custodian": "site-1"}, Fault.CUSTODIAN),
        ],
    )
    def test_declaration(self, changes: dict[str, Any], wanted: Fault) -> None:
        assert fault_of_first(replace(DECLARATION, **changes)) is wanted

    def test_landing_without_anybody_who_answers(self) -> None:
        landing = first_event(Step.LANDED, "port-1")
        assert fault_of_first(replace(landing, custodian="")) is Fault.CUSTODIAN

    @pytest.mark.parametrize("step", sorted(SIGNED_BY))
    def test_event_that_one_of_its_parties_did_not_sign(self, step: Step) -> None:
        way = ARRIVAL_WAY if step in dict(ARRIVAL_WAY) else DRIVER_WAY
        ends = {
            Step.CANCELLED: ("port-1", 1),
            Step.TRANSFERRED: ("hospital-1", 2),
            Step.LAPSED: ("port-1", 2),
        }
        place, before = ends.get(step) or (dict(way)[step], [each for each, _ in way].index(step))
        for missing in SIGNED_BY[step]:
            if before == 0:
                event = first_event(step, place)
                assert fault_of_first(event, EVERYBODY - {missing}) is Fault.SIGNERS
            else:
                trip = walk(way, before)
                place = way[before][1] if step not in ends else place
                late = {"at": trip.last.due + 1} if step is Step.LAPSED else {}
                event = next_event(trip, step, place, **late)
                assert fault(trip, event, EVERYBODY - {missing}) is Fault.SIGNERS
                follow(trip, event, digest(event), SIGNED_BY[step])

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"seq": 2}, Fault.SEQUENCE),
            ({"seq": 4}, Fault.SEQUENCE),
            ({"trip": b"\x08" * 16}, Fault.SEQUENCE),
            ({"previous": b"\0" * 32}, Fault.PREVIOUS),
            ({"at": 0}, Fault.TIME),
            ({"place": "site-2", "custodian": "site-2"}, Fault.PLACE),
            ({"custodian": "port-1"}, Fault.CUSTODIAN),
            ({"custodian": ""}, Fault.CUSTODIAN),
            ({"next_custodian": "inn-1"}, Fault.CUSTODIAN),
            ({"due": 1}, Fault.DUE),
            ({"step": Step.EXITED}, Fault.STEP),
        ],
    )
    def test_arrival(self, changes: dict[str, Any], wanted: Fault) -> None:
        trip = walk(DRIVER_WAY, 3)
        event = replace(next_event(trip, Step.AT_SITE, "site-1"), **changes)
        assert fault(trip, event) is wanted

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"next_custodian": "port-1"}, Fault.CUSTODIAN),
            ({"next_custodian": ""}, Fault.CUSTODIAN),
            ({"custodian": "site-1"}, Fault.CUSTODIAN),
            ({"place": "site-1"}, Fault.CUSTODIAN),
            ({"place": "site-2"}, Fault.PLACE),
            ({"due": 0}, Fault.DUE),
        ],
    )
    def test_departure(self, changes: dict[str, Any], wanted: Fault) -> None:
        trip = walk(DRIVER_WAY, 2)
        event = replace(next_event(trip, Step.IN_TRANSIT, "site-1"), **changes)
        assert fault(trip, event) is wanted

    @pytest.mark.parametrize("way", [DRIVER_WAY, ARRIVAL_WAY])
    def test_live_step_after_which_nothing_is_due_in_time(self, way: Any) -> None:
        for count in range(1, len(way) - 1):
            trip = walk(way, count)
            event = next_event(trip, *way[count])
            for due, wanted in (
                (0, Fault.DUE),
                (event.at, Fault.DUE),
                (event.at + DUE_WITHIN[event.step] + 1, Fault.AHEAD),
            ):
                assert fault(trip, replace(event, due=due)) is wanted, (event.step, due)
            longest = replace(event, due=event.at + DUE_WITHIN[event.step])
            assert follow(trip, longest, digest(longest), EVERYBODY).is_live

    @ways
    def test_end_after_which_something_is_due(self, way: Any) -> None:
        trip = walk(way, len(way) - 1)
        end = next_event(trip, *way[-1])
        assert fault(trip, replace(end, due=end.at + 1)) is Fault.DUE

    @ways
    def test_anything_after_the_end(self, way: Any) -> None:
        trip = walk(way, len(way))
        for step in Step:
            assert fault(trip, next_event(trip, step, "port-1")) is Fault.STEP


class TestChain:
    @given(
        st.sampled_from([DRIVER_WAY[0], ARRIVAL_WAY[0]]),
        st.lists(
            st.tuples(
                st.sampled_from(Step),
                PLACES,
                st.sets(st.sampled_from(Party)) | st.just(set(EVERYBODY)),
                st.booleans(),
            ),
            max_size=30,
        ),
    )
    def test_never_breaks_and_never_has_two_custodians(
        self, first: tuple[Step, str], tries: list[tuple[Step, str, set[Party], bool]]
    ) -> None:
        opening = first_event(*first)
        trip = begin(opening, digest(opening), EVERYBODY)
        for step, place, signers, is_sound in tries:
            previous = trip.digest if is_sound else b"\x09" * 32
            event = next_event(trip, step, place, previous=previous)
            try:
                after = follow(trip, event, digest(event), signers)
            except CustodyRefused:
                continue
            assert is_sound
            assert trip.is_live
            assert (after.last.seq, after.last.previous) == (trip.last.seq + 1, trip.digest)
            assert after.last.step not in {Step.DECLARED, Step.LANDED}
            if after.custodian != trip.custodian:
                assert after.custodian == event.place
                assert step not in KEEPS
                assert signers & {Party.PLACE, Party.CHECKPOINT, Party.HEALTH_AUTHORITY}
            trip = after
