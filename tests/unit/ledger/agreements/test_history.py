"""Histories within one second, which a node's clock seldom gives; all others run on a real one."""

from ledger import events
from ledger.agreements.agreement import Agreement, agreement_id, scope_of
from ledger.agreements.history import agreements_of
from ledger.events import Event, Place
from ledger.values import AgencyId, AgreementState, Scope, health_record_type, jurisdiction_id

FROM, TO = jurisdiction_id("XA"), jurisdiction_id("XB")
PASS = health_record_type("pass")
ID = agreement_id(FROM, TO, PASS)
DAY = 86_400
START = 1_800_000_000
BEGUN = START + 3 * DAY
HASHES = (b"\x05" * 32, b"\x06" * 32)


def at(time: int) -> Place:
    return Place(1, bytes(32), time, bytes(32), 0)


def proposed(time: int = START, version: int = 1, begins: int = BEGUN) -> Event:
    window = (begins, begins + 30 * DAY, 7 * DAY)
    return events.AgreementProposed(at(time), FROM, TO, PASS, version, FROM, *HASHES, *window)


def signed(time: int = START, version: int = 1) -> Event:
    return events.AgreementSigned(at(time), ID, version)


def suspended(time: int, index: int, until: int, kind: Scope = Scope.ALL) -> Event:
    scope = bytes(32) if kind is Scope.ALL else scope_of("0")
    return events.AgreementSuspended(at(time), ID, 1, index, until, 7, kind, scope)


def lifted(time: int, index: int) -> Event:
    return events.SuspensionLifted(at(time), ID, 1, index)


def told(*happened: Event) -> Agreement:
    return agreements_of(happened)[ID]


IN_FORCE = (proposed(), signed())


class TestAgreementsOf:
    def test_nothing_tells_of_nothing(self) -> None:
        admitted = events.AgencyRenamed(at(START), AgencyId(bytes(32)), "Sample")
        assert agreements_of([]) == agreements_of([admitted]) == {}

    def test_directions_and_types_are_apart(self) -> None:
        back = events.AgreementProposed(at(START), TO, FROM, PASS, 1, TO, *HASHES, 1, 2, 3)
        found = agreements_of([proposed(), back, signed()])
        assert [(each.source, each.target) for each in found.values()] == [(FROM, TO), (TO, FROM)]
        assert [each.versions[0].signed_at for each in found.values()] == [START, 0]

    def test_one_that_takes_the_place_of_another_in_the_same_second(self) -> None:
        found = told(
            *IN_FORCE,
            suspended(BEGUN, 0, BEGUN + 2 * DAY),
            suspended(BEGUN, 1, BEGUN + DAY),
        )
        assert [each.end for each in found.suspensions[1]] == [BEGUN, BEGUN + DAY]
        assert found.state_at(1, BEGUN) is AgreementState.SUSPENDED
        assert found.state_at(1, BEGUN + DAY) is AgreementState.IN_FORCE

    def test_one_that_is_lifted_in_the_same_second_never_was(self) -> None:
        found = told(*IN_FORCE, suspended(BEGUN, 0, BEGUN + DAY), lifted(BEGUN, 0))
        assert found.state_at(1, BEGUN) is AgreementState.IN_FORCE
        assert found.suspensions_at(1, BEGUN) == ()

    def test_a_narrower_one_stands_beside_the_whole(self) -> None:
        found = told(
            *IN_FORCE,
            suspended(BEGUN, 0, BEGUN + 2 * DAY, Scope.GRADE),
            suspended(BEGUN, 1, BEGUN + DAY),
        )
        assert len(found.suspensions_at(1, BEGUN)) == 2
        held = found.in_force_at(BEGUN + DAY)
        assert held is not None
        assert [each.scope_kind for each in held.suspensions] == [Scope.GRADE]

    def test_the_first_notice_stays_and_the_last_end_counts(self) -> None:
        found = told(
            *IN_FORCE,
            events.TerminationAnnounced(at(BEGUN + 1), ID, 1, FROM, BEGUN + 9 * DAY),
            suspended(BEGUN + 2, 0, BEGUN + DAY),
            events.TerminationAnnounced(at(BEGUN + 3), ID, 1, TO, BEGUN + 3),
        )
        (version,) = found.versions
        assert (version.notice_at, version.terminates_at) == (BEGUN + 1, BEGUN + 3)
        assert found.state_at(1, BEGUN + 1) is AgreementState.TERMINATING
        assert found.state_at(1, BEGUN + 3) is AgreementState.TERMINATED

    def test_withdrawn_and_cancelled(self) -> None:
        gone = told(proposed(), events.AgreementWithdrawn(at(START + 1), ID, 1))
        assert gone.state_at(1, START + 1) is AgreementState.WITHDRAWN
        gone = told(*IN_FORCE, events.AgreementCancelled(at(START + 1), ID, 1, TO))
        assert gone.state_at(1, START + 1) is AgreementState.CANCELLED
