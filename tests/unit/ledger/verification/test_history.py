from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events import Place, StatusChanged
from ledger.licences.reasons import ANNULMENTS, reasons_for
from ledger.values import AgencyId, Status
from ledger.verification.history import BeforeAnchor, Effective, events_of, status_at

AGENCY = AgencyId(b"\x01" * 32)
ANCHOR, LATER = 1_000, 10**6
INDEX = 300
WORD, BOTH_BITS = INDEX >> 7, 3 << (2 * (INDEX & 127))


def event(status: Status, reason: int, at: int, **changes: int) -> StatusChanged:
    """A change of the entry in a block of time `at`, effective then unless said otherwise."""
    return StatusChanged(
        Place(1, b"\x02" * 32, at, b"\x03" * 32, 0),
        AGENCY,
        changes.get("list", 0),
        changes.get("word", WORD),
        changes.get("mask", BOTH_BITS),
        status,
        reason,
        changes.get("effective_at", at),
        changes.get("until", 0),
    )


def status(*events: StatusChanged, at: int, known_at: int = LATER) -> Status:
    return status_at(events, anchored_at=ANCHOR, at=at, known_at=known_at).status


class TestStatusAt:
    def test_in_force_from_the_anchor_on(self) -> None:
        assert status(at=ANCHOR) is Status.VALID

    def test_no_statement_before_the_anchor(self) -> None:
        with pytest.raises(BeforeAnchor):
            status(at=ANCHOR - 1)

    def test_no_statement_before_the_anchor_even_when_annulled(self) -> None:
        with pytest.raises(BeforeAnchor):
            status(event(Status.REVOKED, 310, 2_000, effective_at=0), at=ANCHOR - 1)

    def test_a_change_counts_from_its_effective_second(self) -> None:
        revoked = event(Status.REVOKED, 320, 3_000, effective_at=2_000)
        assert status(revoked, at=1_999) is Status.VALID
        assert status(revoked, at=2_000) is Status.REVOKED

    @pytest.mark.parametrize("reason", [310, 311])
    def test_an_annulment_counts_for_every_time(self, reason: int) -> None:
        annulled = event(Status.REVOKED, reason, 5_000, effective_at=0)
        found = status_at([annulled], anchored_at=ANCHOR, at=ANCHOR, known_at=LATER)
        assert found == Effective(Status.REVOKED, reason, annulled=True)

    def test_a_clerk_who_accepted_before_the_annulment_did_right(self) -> None:
        annulled = event(Status.REVOKED, 311, 5_000, effective_at=0)
        assert status(annulled, at=4_999, known_at=4_999) is Status.VALID
        assert status(annulled, at=5_000, known_at=5_000) is Status.REVOKED

    def test_what_is_backdated_was_not_known_then(self) -> None:
        revoked = event(Status.REVOKED, 320, 3_000, effective_at=2_000)
        assert status(revoked, at=2_500, known_at=2_500) is Status.VALID

    def test_a_suspension_ends_by_itself(self) -> None:
        suspended = event(Status.SUSPENDED, 101, 2_000, until=4_000)
        assert status(suspended, at=3_999) is Status.SUSPENDED
        found = status_at([suspended], anchored_at=ANCHOR, at=4_000, known_at=LATER)
        assert (found.status, found.lapsed, found.until) == (Status.VALID, True, 4_000)

    def test_a_suspension_without_end_lasts(self) -> None:
        assert status(event(Status.SUSPENDED, 101, 2_000), at=LATER) is Status.SUSPENDED

    def test_a_longer_suspension_replaces_the_first(self) -> None:
        first = event(Status.SUSPENDED, 101, 2_000, until=3_000)
        second = event(Status.SUSPENDED, 102, 2_500, until=6_000)
        assert status(first, second, at=3_500) is Status.SUSPENDED

    def test_reinstated(self) -> None:
        events = (event(Status.SUSPENDED, 101, 2_000), event(Status.VALID, 201, 3_000))
        assert status(*events, at=2_999) is Status.SUSPENDED
        assert status(*events, at=3_000) is Status.VALID

    def test_an_overturned_suspension_never_was(self) -> None:
        suspended = event(Status.SUSPENDED, 101, 2_000)
        overturned = event(Status.VALID, 203, 3_000, effective_at=2_000)
        assert status(suspended, overturned, at=2_500) is Status.VALID
        assert status(suspended, overturned, at=2_500, known_at=2_500) is Status.SUSPENDED

    def test_superseded_and_restored(self) -> None:
        events = (event(Status.SUPERSEDED, 401, 2_000), event(Status.VALID, 205, 3_000))
        assert status(*events, at=2_500) is Status.SUPERSEDED
        assert status(*events, at=3_000) is Status.VALID

    @given(st.lists(st.tuples(st.sampled_from(Status), st.integers(ANCHOR, 5_000)), max_size=6))
    def test_what_is_known_later_never_changes_what_was_known_then(
        self, changes: list[tuple[Status, int]]
    ) -> None:
        changes = sorted(changes, key=lambda change: change[1])
        events = [event(kind, 0, at) for kind, at in changes]
        for _, at in changes:
            seen = [e for e in events if e.place.block_time <= at]
            assert status(*events, at=at, known_at=at) is status(*seen, at=at)


MOMENTS = st.integers(ANCHOR - 50, ANCHOR + 100)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from([(s, r.code) for s in Status for r in reasons_for(s)]),
        st.integers(ANCHOR, ANCHOR + 100),
        MOMENTS,
        st.one_of(st.just(0), MOMENTS),
    ),
    max_size=6,
)


def slowly(events: Sequence[StatusChanged]) -> dict[int, Status]:
    """Write the whole calendar anew with each event, second by second."""
    seconds = range(ANCHOR, ANCHOR + 120)
    calendar = dict.fromkeys(seconds, Status.VALID)
    for each in events:
        for second in seconds:
            if each.reason in ANNULMENTS or each.effective_at <= second:
                ended = each.status is Status.SUSPENDED and 0 < each.until <= second
                calendar[second] = Status.VALID if ended else each.status
    if any(each.reason in ANNULMENTS for each in events):
        return dict.fromkeys(seconds, Status.REVOKED)
    return calendar


class TestEventByEvent:
    @given(CHANGES, st.integers(ANCHOR, ANCHOR + 119))
    def test_equals_the_calendar(
        self, changes: list[tuple[tuple[Status, int], int, int, int]], known_at: int
    ) -> None:
        changes = sorted(changes, key=lambda change: change[1])
        events = [
            event(kind, reason, at, effective_at=effective, until=until)
            for (kind, reason), at, effective, until in changes
        ]
        for known in (known_at, LATER):
            calendar = slowly([e for e in events if e.place.block_time <= known])
            for at, expected in calendar.items():
                assert status(*events, at=at, known_at=known) is expected


class TestEventsOf:
    def test_keeps_the_entrys_own_in_order(self) -> None:
        mine = [event(Status.SUSPENDED, 101, 2_000), event(Status.VALID, 201, 3_000)]
        assert events_of(mine, agency=AGENCY, list_number=0, index=INDEX) == tuple(mine)

    @pytest.mark.parametrize(
        "changes",
        [
            {"list": 1},
            {"word": WORD + 1},
            {"mask": BOTH_BITS << 2},
            {"mask": BOTH_BITS & (BOTH_BITS << 1)},
        ],
        ids=["list", "word", "mask", "half"],
    )
    def test_leaves_out_others(self, changes: dict[str, int]) -> None:
        foreign = event(Status.REVOKED, 320, 2_000, **changes)
        assert events_of([foreign], agency=AGENCY, list_number=0, index=INDEX) == ()

    def test_leaves_out_other_agencies(self) -> None:
        mine = event(Status.REVOKED, 320, 2_000)
        assert events_of([mine], agency=b"\x09" * 32, list_number=0, index=INDEX) == ()

    def test_takes_a_mask_of_many(self) -> None:
        wide = event(Status.REVOKED, 320, 2_000, mask=2**256 - 1)
        assert events_of([wide], agency=AGENCY, list_number=0, index=INDEX) == (wide,)
