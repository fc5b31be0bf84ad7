"""Trips from declaration to exit: who answers for the traveller, and what may come next."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.custody import (
    CustodyRefused,
    Event,
    Fault,
    Party,
    Step,
    Trip,
    begin,
    follow,
)
from ledger.values import Digest

EVERYBODY = frozenset(Party)
DAWN = 1_795_219_200
MINUTE = 60
TRIP = b"\x07" * 16
RANDOM = b"\x01" * 16
WAY: Sequence[tuple[Step, str]] = (
    (Step.ADMITTED, "port-1"),
    (Step.IN_TRANSIT, "site-1"),
    (Step.AT_SITE, "site-1"),
    (Step.IN_TRANSIT, "inn-1"),
    (Step.LODGED, "inn-1"),
    (Step.IN_TRANSIT, "port-2"),
    (Step.AT_EXIT, "port-2"),
    (Step.EXITED, "port-2"),
)


def digest(event: Event) -> Digest:
    return Digest(hashlib.sha256(repr(event).encode()).digest())


DECLARATION = Event(TRIP, 0, Step.DECLARED, DAWN, "port-1", DAWN + 60 * MINUTE, b"", RANDOM)


def declared() -> Trip:
    return begin(DECLARATION, digest(DECLARATION), EVERYBODY)


def next_event(trip: Trip, step: Step, place: str, **changes: object) -> Event:
    due = trip.at + 40 * MINUTE if step is Step.IN_TRANSIT else 0
    event = Event(trip.id, trip.seq + 1, step, trip.at + 10 * MINUTE, place, due, trip.last, RANDOM)
    return replace(event, **changes)  # type: ignore[arg-type]  # of the event's own kinds


def walk(steps: int) -> Trip:
    trip = declared()
    for step, place in WAY[:steps]:
        event = next_event(trip, step, place)
        trip = follow(trip, event, digest(event), EVERYBODY)
    return trip


def fault(trip: Trip, event: Event, signers: frozenset[Party] = EVERYBODY) -> Fault:
    with pytest.raises(CustodyRefused) as refused:
        follow(trip, event, digest(event), signers)
    return refused.value.fault


class TestWay:
    def test_goes_from_declaration_to_exit(self) -> None:
        trip = walk(len(WAY))
        assert (trip.state, trip.seq, trip.is_live) == (Step.EXITED, len(WAY), False)

    def test_has_one_custodian_who_keeps_it_until_the_next_place_signs(self) -> None:
        assert [walk(count).custodian for count in range(len(WAY) + 1)] == [
            *("", "port-1", "port-1", "site-1", "site-1", "inn-1", "inn-1", "port-2", "port-2")
        ]

    def test_is_late_only_while_something_is_due(self) -> None:
        trip = walk(2)
        assert not trip.is_late(trip.due)
        assert trip.is_late(trip.due + 1)
        assert not walk(3).is_late(trip.due + 1)

    def test_late_arrival_is_an_arrival(self) -> None:
        trip = walk(2)
        event = next_event(trip, Step.AT_SITE, "site-1", at=trip.due + 500)
        assert follow(trip, event, digest(event), EVERYBODY).state is Step.AT_SITE

    @pytest.mark.parametrize("steps", range(len(WAY)))
    def test_may_end_in_hospital_from_any_live_state(self, steps: int) -> None:
        trip = walk(steps)
        event = next_event(trip, Step.TRANSFERRED, "hospital-1")
        after = follow(trip, event, digest(event), EVERYBODY)
        assert (after.custodian, after.is_live) == ("hospital-1", False)

    def test_is_cancelled_before_entry_alone(self) -> None:
        event = next_event(declared(), Step.CANCELLED, "port-1")
        cancelled = follow(declared(), event, digest(event), EVERYBODY)
        assert (cancelled.custodian, cancelled.is_live) == ("", False)
        assert fault(walk(1), next_event(walk(1), Step.CANCELLED, "port-1")) is Fault.STEP


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"step": Step.ADMITTED}, Fault.STEP),
            ({"seq": 1}, Fault.SEQUENCE),
            ({"previous": b"\0" * 32}, Fault.PREVIOUS),
            ({"random": b""}, Fault.RANDOM),
            ({"due": DAWN}, Fault.DUE),
            ({"due": DAWN + 24 * 3600 + 1}, Fault.AHEAD),
            ({"place": ""}, Fault.PLACE),
        ],
    )
    def test_declaration(self, changes: dict[str, object], wanted: Fault) -> None:
        event = replace(DECLARATION, **changes)  # type: ignore[arg-type]  # of its own kinds
        with pytest.raises(CustodyRefused) as refused:
            begin(event, digest(event), EVERYBODY)
        assert refused.value.fault is wanted

    def test_declaration_that_the_consignee_did_not_sign(self) -> None:
        with pytest.raises(CustodyRefused) as refused:
            begin(DECLARATION, digest(DECLARATION), {Party.TRAVELLER})
        assert refused.value.fault is Fault.SIGNERS

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"seq": 2}, Fault.SEQUENCE),
            ({"seq": 4}, Fault.SEQUENCE),
            ({"trip": b"\x08" * 16}, Fault.SEQUENCE),
            ({"previous": b"\0" * 32}, Fault.PREVIOUS),
            ({"at": 0}, Fault.TIME),
            ({"place": "site-2"}, Fault.PLACE),
            ({"due": 1}, Fault.DUE),
            ({"step": Step.EXITED}, Fault.STEP),
        ],
    )
    def test_arrival(self, changes: dict[str, object], wanted: Fault) -> None:
        trip = walk(2)
        event = next_event(trip, Step.AT_SITE, "site-1")
        assert fault(trip, replace(event, **changes)) is wanted  # type: ignore[arg-type]  # its own kinds

    @pytest.mark.parametrize("missing", [Party.PLACE, Party.TRAVELLER])
    def test_arrival_that_one_end_did_not_sign(self, missing: Party) -> None:
        trip = walk(2)
        event = next_event(trip, Step.AT_SITE, "site-1")
        assert fault(trip, event, EVERYBODY - {missing}) is Fault.SIGNERS

    def test_departure_to_where_one_is_or_without_a_time(self) -> None:
        trip = walk(1)
        assert fault(trip, next_event(trip, Step.IN_TRANSIT, "port-1")) is Fault.PLACE
        assert fault(trip, next_event(trip, Step.IN_TRANSIT, "site-1", due=0)) is Fault.DUE

    @given(st.sampled_from(Step), st.sampled_from(["port-1", "site-1", "hospital-1"]))
    def test_anything_after_the_end(self, step: Step, place: str) -> None:
        trip = walk(len(WAY))
        assert fault(trip, next_event(trip, step, place)) is Fault.STEP


class TestChain:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(Step),
                st.sampled_from(["port-1", "site-1", "inn-1", "port-2"]),
                st.sets(st.sampled_from(Party)),
                st.booleans(),
            ),
            max_size=30,
        )
    )
    def test_never_breaks_and_never_has_two_custodians(
        self, tries: list[tuple[Step, str, set[Party], bool]]
    ) -> None:
        trip, seen = declared(), [declared().last]
        for step, place, signers, is_sound in tries:
            previous = trip.last if is_sound else b"\x09" * 32
            event = next_event(trip, step, place, previous=previous)
            try:
                after = follow(trip, event, digest(event), signers)
            except CustodyRefused:
                continue
            assert is_sound
            assert (after.seq, event.previous) == (trip.seq + 1, seen[-1])
            assert trip.is_live
            if after.custodian != trip.custodian:
                assert after.custodian == place
                assert signers & {Party.PLACE, Party.CHECKPOINT, Party.HEALTH_AUTHORITY}
            trip = after
            seen.append(trip.last)
