"""Alerts: what there is to ask about a trip, who asked, and what stays of it."""

import pytest

from ledger.health import alerts
from ledger.health.alerts import Alert, AlertAct, AlertRefused, Cause, Finding, Level
from tests.support.trips import DRIVER_WAY, walk

ON_THE_WAY = walk(DRIVER_WAY, 3)
NOW = ON_THE_WAY.last.at
RAISED = alerts.raise_alert(ON_THE_WAY, Cause.OVERDUE, NOW, "officer-7")


class TestCauses:
    def test_of_a_trip_in_order_are_none(self) -> None:
        assert alerts.causes(ON_THE_WAY, NOW) == []
        for place in ("port-1", "site-1"):
            assert alerts.causes(ON_THE_WAY, NOW, seen_at=place) == []

    def test_are_what_is_due_and_has_not_come(self) -> None:
        late = ON_THE_WAY.last.due + 1
        assert alerts.causes(ON_THE_WAY, late - 1) == []
        assert alerts.causes(ON_THE_WAY, late) == [Cause.OVERDUE]

    def test_are_another_place(self) -> None:
        assert alerts.causes(ON_THE_WAY, NOW, seen_at="inn-9") == [Cause.OTHER_PLACE]

    def test_are_more_than_a_quarter_of_an_hour_off_the_leg(self) -> None:
        assert alerts.causes(ON_THE_WAY, NOW, off_leg_since=NOW - 900) == []
        assert alerts.causes(ON_THE_WAY, NOW, off_leg_since=NOW - 901) == [Cause.OFF_LEG]
        assert alerts.causes(walk(DRIVER_WAY, 4), NOW, off_leg_since=NOW - 901) == []

    def test_end_with_the_trip(self) -> None:
        ended = walk(DRIVER_WAY, len(DRIVER_WAY))
        assert alerts.causes(ended, NOW + 10**6, seen_at="inn-9", off_leg_since=1) == []
        with pytest.raises(AlertRefused):
            alerts.raise_alert(ended, Cause.OVERDUE, NOW, "officer-7")


class TestLife:
    def test_is_asked_by_message_then_call_then_visit(self) -> None:
        call = alerts.escalate(RAISED, NOW + 60, "officer-7")
        visit = alerts.escalate(call, NOW + 120, "officer-8")
        assert [each.level for each in (RAISED, call, visit)] == [
            Level.MESSAGE,
            Level.CALL,
            Level.VISIT,
        ]
        with pytest.raises(AlertRefused):
            alerts.escalate(visit, NOW + 180, "officer-8")

    def test_tells_who_did_what(self) -> None:
        taken = alerts.acknowledge(RAISED, NOW + 60, "officer-8")
        closed = alerts.close(taken, NOW + 90, "officer-9", Finding.IN_ORDER)
        assert (RAISED.is_acknowledged, taken.is_acknowledged) == (False, True)
        assert [(event.act, event.at - NOW, event.by) for event in closed.events] == [
            (AlertAct.RAISE, 0, "officer-7"),
            (AlertAct.ACKNOWLEDGE, 60, "officer-8"),
            (AlertAct.CLOSE, 90, "officer-9"),
        ]
        assert not closed.is_open

    def test_is_to_be_acknowledged_again_at_the_next_level(self) -> None:
        taken = alerts.acknowledge(RAISED, NOW, "officer-8")
        with pytest.raises(AlertRefused):
            alerts.acknowledge(taken, NOW, "officer-9")
        alerts.acknowledge(alerts.escalate(taken, NOW, "officer-8"), NOW, "officer-9")

    def test_ends_when_it_is_closed(self) -> None:
        closed = alerts.close(RAISED, NOW, "officer-8", Finding.BREACH)
        for act in (alerts.acknowledge, alerts.escalate):
            with pytest.raises(AlertRefused):
                act(closed, NOW, "officer-8")
        with pytest.raises(AlertRefused):
            alerts.close(closed, NOW, "officer-8", Finding.IN_ORDER)

    @pytest.mark.parametrize("by", ["", "x" * 65])
    def test_wants_a_name(self, by: str) -> None:
        with pytest.raises(AlertRefused):
            alerts.close(RAISED, NOW, by, Finding.IN_ORDER)

    def test_does_not_go_back_in_time(self) -> None:
        with pytest.raises(AlertRefused):
            alerts.acknowledge(RAISED, NOW - 1, "officer-8")


class TestMarks:
    def test_only_a_breach_leaves_one(self) -> None:
        found = {finding: alerts.close(RAISED, NOW, "officer-8", finding) for finding in Finding}
        assert alerts.marks([RAISED, *found.values()]) == (found[Finding.BREACH],)

    def test_no_signal_is_no_offence(self) -> None:
        alert: Alert = alerts.close(RAISED, NOW, "officer-8", Finding.NO_SIGNAL)
        assert not alert.leaves_mark
