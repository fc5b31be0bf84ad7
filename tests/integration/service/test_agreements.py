"""Agreements from a real chain through the projection: the same there, and audited."""

import pytest
from sqlalchemy import update

from api.services.audit import AuditReport
from api.store.event_tables import EVENT_TABLES
from api.store.recognitions import RecognitionStore
from ledger.agreements.agreement import scope_of
from ledger.chain import agreement_calls as calls
from ledger.events import AgreementSuspended, TerminationAnnounced
from ledger.values import AgreementState, Scope
from tests.support.office import Office
from tests.support.parties import DAY, FROM, Parties, stand_opposite


@pytest.fixture
def parties(place: Office) -> Parties:
    """An agreement in force that was suspended for a grade and is to end, all projected."""
    parties = stand_opposite(place.standing)
    parties.enforce()
    parties.suspend(1, parties.now + DAY, Scope.GRADE, scope_of("2"))
    end = calls.terminate(place.standing.deployment, parties.id, 1, FROM, parties.now + 8 * DAY)
    parties.send(end, parties.there)
    place.work()
    return parties


def differing(office: Office) -> list[str]:
    report = AuditReport(tuple(office.parts.audit().run()))
    return [each.name for each in report.comparisons if not each.ok]


def test_agreements_are_the_chains(place: Office, parties: Parties) -> None:
    store = RecognitionStore(place.parts.database)
    (projected,) = store.agreements()
    (read,) = parties.client.agreements()
    assert projected == read
    now = parties.now
    assert projected.state_at(1, now) is AgreementState.TERMINATING
    held = parties.client.in_force_at(FROM, projected.target, projected.record_type, now)
    assert projected.in_force_at(now) == held.in_force

    parties.standing.node.call("anvil_reorg", 1, [])  # takes the termination back
    place.work()
    (projected,) = store.agreements()
    assert projected.versions[0].terminates_at == 0


def test_the_audit_finds_what_was_tampered_with(place: Office, parties: Parties) -> None:
    assert differing(place) == []
    suspended, ended = EVENT_TABLES[AgreementSuspended], EVENT_TABLES[TerminationAnnounced]
    with place.parts.database.write() as connection:
        connection.execute(update(suspended).values(until=parties.now + 2 * DAY))
        connection.execute(update(ended).values(terminates_at=1))
    assert differing(place) == ["event_agreement_suspended", "event_termination_announced"]
