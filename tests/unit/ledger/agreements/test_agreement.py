"""Agreements by the trees of tests/contracts/RecognitionLedger and the invariants 15 to 19."""

from dataclasses import replace

from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.agreement import (
    FINAL_STATES,
    LIVE_STATES,
    Agreement,
    Suspension,
    Version,
    agreement_id,
    scope_of,
)
from ledger.values import AgreementState, RecordType, Scope, jurisdiction_id

FROM, TO = jurisdiction_id("CN-GD"), jurisdiction_id("MO")
TYPE = RecordType(keccak(b"health:pass"))
DAY = 86_400
START = 1_800_000_000
END = START + 30 * DAY


def version(number: int = 1, begins: int = START, **changes: int) -> Version:
    times = {"signed_at": begins - 3 * DAY, "proposed_at": begins - 4 * DAY} | changes
    return Version(
        number, b"\x01" * 32, b"\x02" * 32, FROM, begins, begins + 30 * DAY, 7 * DAY, **times
    )


def agreement(*versions: Version, **suspensions: tuple[Suspension, ...]) -> Agreement:
    by_number = {int(name.removeprefix("v")): each for name, each in suspensions.items()}
    return Agreement(FROM, TO, TYPE, versions, by_number)


def whole(start: int, end: int) -> Suspension:
    return Suspension(start, end, 7, Scope.ALL, bytes(32))


class TestStateAt:
    def test_given_nothing_was_proposed(self) -> None:
        assert agreement().state_at(1, START) is AgreementState.UNKNOWN

    def test_before_and_from_the_proposal_on(self) -> None:
        book = agreement(version(signed_at=0))
        assert book.state_at(1, START - 4 * DAY - 1) is AgreementState.UNKNOWN
        assert book.state_at(1, START - 4 * DAY) is AgreementState.PROPOSED
        assert book.state_at(1, END + 1) is AgreementState.PROPOSED

    def test_withdrawn_before_the_other_signed(self) -> None:
        book = agreement(version(signed_at=0, ended_at=START - DAY))
        assert book.state_at(1, START - DAY - 1) is AgreementState.PROPOSED
        assert book.state_at(1, START - DAY) is AgreementState.WITHDRAWN
        assert book.state_at(1, END) is AgreementState.WITHDRAWN

    def test_cancelled_after_both_signed(self) -> None:
        book = agreement(version(ended_at=START - 1))
        assert book.state_at(1, START - 2) is AgreementState.SCHEDULED
        assert book.state_at(1, START - 1) is AgreementState.CANCELLED
        assert book.in_force_at(START) is None

    def test_its_start_is_inside_and_its_end_outside(self) -> None:
        book = agreement(version())
        states = [book.state_at(1, at) for at in (START - 1, START, END - 1, END)]
        assert states == [
            AgreementState.SCHEDULED,
            AgreementState.IN_FORCE,
            AgreementState.IN_FORCE,
            AgreementState.EXPIRED,
        ]

    def test_superseded_when_the_next_begins(self) -> None:
        turn = START + 3 * DAY
        book = agreement(version(), version(2, turn))
        assert book.state_at(1, turn - 1) is AgreementState.IN_FORCE
        assert book.state_at(1, turn) is AgreementState.SUPERSEDED
        assert book.state_at(2, turn) is AgreementState.IN_FORCE

    def test_a_cancelled_successor_supersedes_nothing(self) -> None:
        turn = START + 3 * DAY
        book = agreement(version(), version(2, turn, ended_at=turn - 1))
        assert book.state_at(1, turn) is AgreementState.IN_FORCE

    def test_terminating_from_the_notice_on(self) -> None:
        book = agreement(version(notice_at=START + DAY, terminates_at=START + 8 * DAY))
        assert book.state_at(1, START + DAY - 1) is AgreementState.IN_FORCE
        assert book.state_at(1, START + DAY) is AgreementState.TERMINATING
        assert book.state_at(1, START + 8 * DAY - 1) is AgreementState.TERMINATING
        assert book.state_at(1, START + 8 * DAY) is AgreementState.TERMINATED

    def test_the_first_of_several_ends_stays(self) -> None:
        book = agreement(version(notice_at=START, terminates_at=END + DAY))
        assert book.state_at(1, END + 2 * DAY) is AgreementState.EXPIRED
        turn = START + 3 * DAY
        book = agreement(version(notice_at=START, terminates_at=turn + 1), version(2, turn))
        assert book.state_at(1, END) is AgreementState.SUPERSEDED

    def test_ends_at_one_second_are_told_in_their_order(self) -> None:
        ending = {"notice_at": START, "terminates_at": END}
        assert agreement(version(**ending)).state_at(1, END) is AgreementState.TERMINATED
        book = agreement(version(**ending), version(2, END))
        assert book.state_at(1, END) is AgreementState.TERMINATED
        book = agreement(version(), version(2, END))
        assert book.state_at(1, END) is AgreementState.EXPIRED

    def test_suspended_as_a_whole_and_back(self) -> None:
        book = agreement(version(), v1=(whole(START + 10, START + 20),))
        states = [book.state_at(1, START + at) for at in (9, 10, 19, 20)]
        assert states == [
            AgreementState.IN_FORCE,
            AgreementState.SUSPENDED,
            AgreementState.SUSPENDED,
            AgreementState.IN_FORCE,
        ]

    def test_suspension_hides_termination_and_no_end(self) -> None:
        ending = version(notice_at=START, terminates_at=START + 15)
        book = agreement(ending, v1=(whole(START + 10, START + 20),))
        assert book.state_at(1, START + 9) is AgreementState.TERMINATING
        assert book.state_at(1, START + 14) is AgreementState.SUSPENDED
        assert book.state_at(1, START + 15) is AgreementState.TERMINATED


class TestInForceAt:
    def test_none_before_the_first_and_after_the_last(self) -> None:
        book = agreement(version())
        assert book.in_force_at(START - 1) is None
        assert book.in_force_at(END) is None

    def test_a_superseded_version_does_not_come_back(self) -> None:
        turn = START + 3 * DAY
        book = agreement(version(), version(2, turn, notice_at=turn, terminates_at=turn + 7 * DAY))
        assert book.in_force_at(turn + 7 * DAY) is None

    def test_a_narrow_suspension_is_told_beside_the_state(self) -> None:
        narrow = Suspension(START + 10, START + 20, 3, Scope.GRADE, scope_of("1"))
        book = agreement(version(), v1=(narrow,))
        found = book.in_force_at(START + 10)
        assert found is not None
        assert (found.state, found.suspensions) == (AgreementState.IN_FORCE, (narrow,))
        later = book.in_force_at(START + 20)
        assert later is not None
        assert later.suspensions == ()

    def test_order_of_telling_does_not_matter(self) -> None:
        turn = START + 3 * DAY
        versions = (version(2, turn), version())
        found = agreement(*versions).in_force_at(turn)
        assert found is not None
        assert found.version == versions[0]


class TestNames:
    def test_id_is_the_hash_of_the_encoded_words(self) -> None:
        encoded = encode(["bytes32"] * 3, [FROM, TO, TYPE])
        assert agreement_id(FROM, TO, TYPE) == agreement().id == keccak(encoded)
        assert agreement_id(TO, FROM, TYPE) != agreement().id

    def test_no_scope_is_that_of_everything(self) -> None:
        assert bytes(32) not in {scope_of(str(grade)) for grade in range(8)}


@st.composite
def books(draw: st.DrawFn) -> Agreement:
    """Agreements as the contract lets them become."""
    versions, suspensions, begins = [], {}, START
    for number in range(1, draw(st.integers(1, 4)) + 1):
        begins += draw(st.integers(0, 20 * DAY))
        each = version(number, begins)
        end = draw(st.sampled_from(["none", "cancelled", "withdrawn", "terminated"]))
        if end == "cancelled":
            each = replace(each, ended_at=draw(st.integers(each.signed_at, begins - 1)))
        elif end == "withdrawn":
            each = replace(each, signed_at=0, ended_at=each.proposed_at + 5)
        elif end == "terminated":
            notice = begins + draw(st.integers(0, 20 * DAY))
            each = replace(each, notice_at=notice, terminates_at=notice + 7 * DAY)
        starts = sorted(draw(st.lists(st.integers(begins, begins + 30 * DAY), max_size=3)))
        scopes = [(Scope.ALL, bytes(32)), (Scope.KEY, b"\x09" * 32)]
        suspensions[number] = tuple(
            Suspension(
                start, start + draw(st.integers(0, 30 * DAY)), 1, *draw(st.sampled_from(scopes))
            )
            for start in starts
        )
        versions.append(each)
    return Agreement(FROM, TO, TYPE, versions, suspensions)


moments = st.integers(START - 5 * DAY, START + 120 * DAY)


class TestInvariants:
    @given(books(), moments)
    def test_15_at_most_one_version_is_in_force_and_it_is_named(
        self, book: Agreement, at: int
    ) -> None:
        live = [each for each in book.versions if book.state_at(each.number, at) in LIVE_STATES]
        found = book.in_force_at(at)
        assert live == ([found.version] if found else [])

    @given(books(), moments, st.integers(0, 60 * DAY))
    def test_17_an_end_stays_by_the_same_end(self, book: Agreement, at: int, later: int) -> None:
        for each in book.versions:
            state = book.state_at(each.number, at)
            if state in FINAL_STATES:
                assert book.state_at(each.number, at + later) is state

    @given(books(), moments)
    def test_19_every_suspension_ends(self, book: Agreement, at: int) -> None:
        for each in book.versions:
            if book.state_at(each.number, at) is AgreementState.SUSPENDED:
                after = {book.state_at(each.number, at + day * DAY) for day in range(1, 121)}
                assert after - {AgreementState.SUSPENDED}

    @given(books(), moments)
    def test_in_force_needs_both_signatures_and_its_window(self, book: Agreement, at: int) -> None:
        found = book.in_force_at(at)
        if found is not None:
            assert 0 < found.version.signed_at < found.version.valid_from <= at
            assert at < found.version.valid_to
