from api.store.licences import LicenceRow
from ledger.chain import calls
from ledger.outbox import IntentState
from ledger.status_list import word_changes
from ledger.typed_data import StatusOrder
from ledger.values import Role, Status
from tests.support.office import Office


def directly(place: Office, row: LicenceRow, status: Status, reason: int) -> None:
    """Let the office change a licence past the service."""
    order = StatusOrder(row.agency, row.list, word_changes([row.index]), status, reason, 1, 0)
    standing = place.standing
    standing.send(calls.change_status(standing.deployment, order), standing.office)


class TestPack:
    def test_is_one_transaction_for_many_licences(self, place: Office) -> None:
        rows = place.issue(20)
        place.work()
        moment = place.parts.clock()
        asked = [place.change(row, Status.SUSPENDED, 101, effective_at=moment) for row in rows[:-1]]
        place.work()
        found = [place.changes.get(change.id) for change in asked]
        assert {change.state for change in found} == {IntentState.FINAL}
        assert len({change.transaction for change in found}) == 1
        assert {place.status(row) for row in rows[:-1]} == {Status.SUSPENDED}
        assert place.status(rows[-1]) is Status.VALID
        assert all(each.ok for each in place.parts.audit().run())

    def test_loses_its_culprits_alone_where_the_list_shows_them(self, place: Office) -> None:
        rows = place.issue(9)
        place.work()
        moment = place.parts.clock()
        for row in rows[:2]:
            directly(place, row, Status.REVOKED, 331)
        asked = [place.change(row, Status.SUSPENDED, 101, effective_at=moment) for row in rows]
        place.work()
        found = [place.changes.get(change.id) for change in asked]
        assert [change.error for change in found] == ["StatusFinal"] * 2 + [None] * 7
        assert {change.state for change in found[2:]} == {IntentState.FINAL}
        assert {place.status(row) for row in rows[2:]} == {Status.SUSPENDED}
        assert len({change.transaction for change in found[2:]}) == 1

    def test_is_halved_where_the_list_shows_no_culprit(self, small: Office) -> None:
        rows = small.issue(8)
        small.work()
        moment = small.parts.clock()
        asked = [small.change(row, Status.SUSPENDED, 101, effective_at=moment) for row in rows]
        directly(small, rows[3], Status.REVOKED, 331)
        for _ in range(8):  # the projection stands still
            small.only("dispatch", "sending")
        small.work()
        found = [small.changes.get(change.id) for change in asked]
        states = [change.state for change in found]
        assert states.count(IntentState.FINAL) == 7
        assert found[3].error == "StatusFinal"

    def test_that_needs_a_second_person_goes_as_far_as_one_may(self, small: Office) -> None:
        rows = small.issue(102)
        small.work()
        for row in rows[:3]:
            directly(small, row, Status.REVOKED, 331)
        moment = small.parts.clock()
        asked = [small.change(row, Status.REVOKED, 331, effective_at=moment) for row in rows[3:]]
        for _ in range(8):  # each refusal is met at the next pass
            small.work()
        errors = [small.changes.get(change.id).error for change in asked]
        assert (errors.count(None), errors.count("CoSignatureRequired")) == (97, 2)

    def test_falls_out_and_comes_back(self, small: Office) -> None:
        rows = small.issue(5)
        small.work()
        moment = small.parts.clock()
        asked = [small.change(row, Status.SUSPENDED, 101, effective_at=moment) for row in rows]
        small.only("dispatch", "sending", "projection")
        assert {small.status(row) for row in rows} == {Status.SUSPENDED}
        small.standing.node.call("anvil_rollback", 1)
        assert {small.status(row) for row in rows} == {Status.VALID}
        small.work()
        found = [small.changes.get(change.id) for change in asked]
        assert {change.state for change in found} == {IntentState.FINAL}
        assert {small.status(row) for row in rows} == {Status.SUSPENDED}


class TestPassingCause:
    def test_is_waited_for(self, place: Office) -> None:
        rows = place.issue(2)
        place.work()
        standing, agency = place.standing, rows[0].agency
        terms = (standing.deployment, agency, Role.REGISTRAR, standing.office.address)
        standing.send(calls.revoke_role(*terms))
        moment = place.parts.clock()
        asked = [place.change(row, Status.SUSPENDED, 101, effective_at=moment) for row in rows]
        place.work()
        found = [place.changes.get(change.id) for change in asked]
        assert {(each.error, each.is_tried_again) for each in found} == {("RoleMissing", True)}
        standing.send(calls.grant_role(*terms))
        place.parts.ahead += 60
        place.work()
        place.work()
        assert {place.status(row) for row in rows} == {Status.SUSPENDED}
