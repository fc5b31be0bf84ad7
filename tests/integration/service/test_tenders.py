"""Sealed tenders from a real chain through the projection: the same there, and audited."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from api.services.audit import AuditReport
from api.store.tender_events import tender_events
from api.store.tenders import TenderStore
from ledger.tenders.event_json import members_of
from ledger.tenders.events import PolicyRegistered, TenderPublished
from ledger.tenders.ids import TenderId
from ledger.tenders.phases import lot_phase_at, phase_at
from ledger.tenders.state import TenderState
from ledger.values import LedgerRef, jurisdiction_id
from tests.support.anvil import anvil
from tests.support.office import Office
from tests.support.standing import JURISDICTION, stand_up
from tests.support.tender_chain import Stage
from tests.support.tender_story import Where
from tests.support.tender_walk import Walk

STEPS = 90
SEED = 26
"""A walk that goes far: amendments, suspensions, objections, an opening, a notice."""
KINDS_MET = 15
"""Kinds of events that it met, at least."""


@dataclass(frozen=True)
class Played:
    """What was played to the contracts, and where."""

    stage: Stage
    walk: Walk

    @property
    def state(self) -> TenderState:
        return self.walk.told.state


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with anvil() as running:
        standing = stand_up(running)
        with closing(standing.node):
            stage = Stage(standing)
            ledger = LedgerRef(standing.deployment.chain_id, stage.at.ledger)
            where = Where("GZ-2026-0001", stage.now + 100, ledger, standing.agency)
            walk, done = Walk(SEED, where=where), 0
            for _ in range(STEPS):
                if fresh := walk.told.events[done:]:
                    stage.play(fresh, walk.told.state)
                done = len(walk.told.events)
                walk.told.at(walk.told.now + 1)
                walk.step()
            if fresh := walk.told.events[done:]:
                stage.play(fresh, walk.told.state)
            yield Played(stage, walk)


@pytest.fixture
def office(played: Played, url: str, tmp_path: Path) -> Iterator[Office]:
    """The service over one kind of database, its projection at the head."""
    made = Office(played.stage.standing, url, tmp_path, None)
    made.work()
    with closing(made.parts):
        yield made


def differing(office: Office) -> list[str]:
    report = AuditReport(tuple(office.parts.audit().run()))
    return [each.name for each in report.comparisons if not each.ok]


def policies(office: Office) -> list[str]:
    query = select(tender_events.c.members).where(tender_events.c.kind == PolicyRegistered.__name__)
    with office.parts.database.read() as connection:
        return list(connection.execute(query).scalars())


def projected(office: Office, played: Played) -> TenderState:
    found = TenderStore(office.parts.database).tender(played.state.id)
    assert found is not None
    return found


class TestProjection:
    def test_has_every_event_as_it_was_said(self, office: Office, played: Played) -> None:
        found = TenderStore(office.parts.database).events(played.state.id)
        said = [(type(each).__name__, members_of(each)) for each in found]
        told = played.walk.told.events[1:]  # without the policy
        assert said == [(type(each).__name__, members_of(each)) for each in told]
        assert len({kind for kind, _ in said}) >= KINDS_MET
        assert [each.place.block_time for each in found] == [each.place.block_time for each in told]

    def test_folds_to_what_the_contracts_derive(self, office: Office, played: Played) -> None:
        state, now = projected(office, played), played.stage.now
        lots, parts = range(len(state.lots)), range(1, state.announcement.parts + 1)
        derived = [phase_at(state, lot, part, now) for lot in lots for part in parts]
        derived += [lot_phase_at(state, lot, now) for lot in lots]
        assert played.stage.phases(state, [now]) == derived
        assert state.terms == played.state.terms
        assert state.ends == played.state.ends

    def test_knows_no_other_tender(self, office: Office) -> None:
        store = TenderStore(office.parts.database)
        assert store.tender(TenderId(bytes(32))) is None
        assert store.events(TenderId(bytes(32))) == ()

    def test_takes_back_what_fell_out_of_the_chain(self, office: Office, played: Played) -> None:
        before = projected(office, played)
        published = played.walk.told.events[0].terms
        call = played.stage.call(
            "TenderPolicies",
            "registerPolicy",
            jurisdiction_id(JURISDICTION),
            astuple(replace(published, min_bids=published.min_bids + 1)),
        )
        office.standing.send(call)
        office.work()
        assert len(policies(office)) == 2
        office.standing.node.call("anvil_reorg", 1, [])
        office.work()
        assert len(policies(office)) == 1
        assert projected(office, played) == before


class TestAudit:
    def test_finds_what_was_tampered_with(self, office: Office) -> None:
        assert differing(office) == []
        only = tender_events.c.kind == TenderPublished.__name__
        with office.parts.database.write() as connection:
            connection.execute(update(tender_events).where(only).values(members="{}"))
        assert differing(office) == ["event_tender"]
        with office.parts.database.write() as connection:
            connection.execute(delete(tender_events))
        assert differing(office) == ["event_tender"]
