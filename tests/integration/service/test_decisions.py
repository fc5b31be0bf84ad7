"""Decisions of changes that came without one, written by the worker."""

from api.services.decisions import LateDecisions
from api.services.issuers import SigningKeyMissing
from api.store.changes import ChangeRow
from api.store.records import RecordRow, RecordStore
from ledger.licences.decisions import Wording, parse_decision
from ledger.licences.issuance import Predecessor
from ledger.values import RecordKind, Status
from tests.support.licences import AGENCY_KEY
from tests.support.office import Office


class Keyless:
    """A writer whose key is out of reach."""

    def write(self, change: ChangeRow, wording: Wording) -> RecordRow:
        assert wording.text
        raise SigningKeyMissing(change.agency)


class TestLateDecisions:
    def test_are_written_once_and_anchored(self, place: Office) -> None:
        (row,) = place.issue()
        place.work()
        change = place.change(row, Status.SUSPENDED, 101)
        place.work()
        found = place.changes.get(change.id)
        assert found.decision is not None
        assert place.batches.place_of(found.decision).anchored is not None
        assert place.batches.place_of(found.decision).kind is RecordKind.DECISION
        read = parse_decision(RecordStore(place.parts.database).get(found.decision).document)
        read.jws.verify(AGENCY_KEY.public_key)
        decision = read.decision
        assert (decision.target, decision.reason, decision.text) == (row.digest, 101, "暂扣")
        place.work()
        assert place.changes.get(change.id).decision == found.decision

    def test_name_the_successor(self, small: Office) -> None:
        (old,) = small.issue()
        small.work()
        (new,) = small.issue(predecessor=Predecessor(old.digest, 401))
        small.work()
        (change,) = small.changes.of(old.digest)
        assert change.decision is not None
        token = RecordStore(small.parts.database).get(change.decision).document
        assert parse_decision(token).decision.successor == new.digest

    def test_wait_for_the_block(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        small.change(row, Status.SUSPENDED, 101)
        small.only("dispatch", "decisions")
        assert [change.decision for change in small.changes.of(row.digest)] == [None]

    def test_hold_nothing_up_without_a_key(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        small.change(row, Status.SUSPENDED, 101)
        small.only("dispatch", "sending", "projection again", "sending")
        assert small.status(row) is Status.SUSPENDED
        assert LateDecisions(small.changes, Keyless()).step() == 0
        small.work()
        (change,) = small.changes.of(row.digest)
        assert change.decision is not None
