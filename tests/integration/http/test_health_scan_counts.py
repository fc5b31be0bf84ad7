"""What gates counted, over HTTP: each hour once however it comes, and for its agency alone."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from api.services.health_scans import AHEAD_SECONDS
from api.store.gate_tables import health_scan_counts
from ledger.values import Role
from ledger.verification.check import rfc3339
from tests.support.health_desks import (
    HOME,
    HOME_CODE,
    HOST,
    HOST_AGENCY,
    HOST_CODE,
    HOST_ID,
    Desks,
    desks,
)
from tests.support.service import account, nothing_changes, refusal

GATE, OTHER = "0x" + "0a" * 32, "0x" + "0b" * 32
HOUR = 3_600


@pytest.fixture
def gates(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        made.grant(HOST_ID, Role.GATE, made.host_officer.address)
        yield made


def count(people: int, outcome: str = "ACCEPT", reason: str | None = None) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "people": people}


def this_hour(gates: Desks) -> int:
    now = gates.service.clock.now
    return now - now % HOUR


def hour(at: int, revision: int, *counts: dict[str, Any]) -> dict[str, Any]:
    return {"hour": rfc3339(at), "revision": revision, "counts": list(counts)}


def push(
    gates: Desks, *hours: dict[str, Any], gate: str = GATE, port: str = "port-1", by: Any = None
) -> Any:
    form = {"agency": HOST_AGENCY, "gate": gate, "port": port, "hours": list(hours)}
    return gates.post("scan-counts", form, by or gates.host_officer)


def told(gates: Desks, by: Any = None, agency: str = f"{HOST}/{HOST_CODE}", **given: Any) -> Any:
    headers = gates.service.by(by or gates.host_officer)
    asked = {"agency": agency} | given
    return gates.service.client.get("/v1/health/scan-counts", params=asked, headers=headers)


class TestHandOver:
    def test_counts_an_hour_once_however_it_comes(self, gates: Desks) -> None:
        at = this_hour(gates)
        tellings = (
            (1, [count(1)]),
            (5, [count(3), count(1, "DENY", "STATUS")]),
            (9, [count(4), count(1, "ACCEPT", "QUOTA"), count(2, "DENY", "STATUS")]),
        )
        for number, order in enumerate(permutations(tellings)):
            gate = f"0x{number + 1:064x}"
            for revision, counts in (*order, order[0]):
                answer = push(gates, hour(at, revision, *counts), gate=gate, port=f"port-{number}")
                assert answer.status_code == 201, answer.text
            assert answer.json() == {"hours": [{"hour": rfc3339(at), "revision": 9}]}
        found = told(gates).json()["hours"]
        assert [each["port"] for each in found] == [f"port-{number}" for number in range(6)]
        for each in found:
            assert each["counts"] == tellings[2][1]

    def test_sums_the_gates_of_a_port(self, gates: Desks) -> None:
        at = this_hour(gates)
        push(gates, hour(at, 2, count(2), count(1, "DENY", "TIME")))
        push(gates, hour(at, 1, count(5), count(1, "DENY", "STATUS")), gate=OTHER)
        push(gates, hour(at, 1, count(7)), gate="0x" + "0c" * 32, port="port-2")
        answer = told(gates)
        assert answer.json() == {
            "hours": [
                {
                    "hour": rfc3339(at),
                    "port": "port-1",
                    "counts": [count(7), count(1, "DENY", "STATUS"), count(1, "DENY", "TIME")],
                },
                {"hour": rfc3339(at), "port": "port-2", "counts": [count(7)]},
            ],
            "nextCursor": None,
        }

    def test_refuses_what_no_gate_counted(self, gates: Desks) -> None:
        at = this_hour(gates)
        good = hour(at - HOUR, 1, count(1))
        gates.service.by(gates.host_officer)
        for bad, member in (
            (hour(at + 60, 1, count(1)), "hour"),
            (hour(at + 2 * HOUR, 1, count(1)), "hour"),
            (good, "hour"),
            (hour(at, 2, count(1), count(2)), "counts"),
        ):
            with nothing_changes(gates.service):
                answer = push(gates, good, bad)
            assert refusal(answer) == (422, "ScanCountsInvalid")
            assert (answer.json()["index"], answer.json()["member"]) == (1, member)
        for broken in (count(0), count(-1), count(1, "GREEN"), count(1, "DENY", "MOOD")):
            assert push(gates, hour(at, 1, broken)).status_code == 422
        assert push(gates, hour(at, 0, count(1))).status_code == 422
        gates.service.clock.now = at + HOUR - AHEAD_SECONDS
        gates.service.forget_sign_ins()
        assert push(gates, hour(at + HOUR, 1, count(1))).status_code == 201

    def test_is_for_gates(self, gates: Desks) -> None:
        good = hour(this_hour(gates), 1, count(1))
        for by in (gates.officer, account("stranger")):
            gates.service.by(by)
            with nothing_changes(gates.service):
                assert refusal(push(gates, good, by=by)) == (403, "RoleMissing")


class TestTold:
    def test_gives_pages_of_hours_oldest_first(self, gates: Desks) -> None:
        at = this_hour(gates)
        push(gates, *(hour(at - n * HOUR, 1, count(n + 1)) for n in range(5)))
        push(gates, hour(at - 3 * HOUR, 1, count(9)), gate=OTHER, port="port-2")
        seen, cursor = [], None
        while True:
            given: dict[str, str] = {} if cursor is None else {"cursor": cursor}
            page = told(gates, limit=2, **given).json()
            seen += [(each["hour"], each["port"]) for each in page["hours"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert seen == sorted(seen)
        assert len(seen) == 6
        span = {"from": rfc3339(at - 3 * HOUR), "to": rfc3339(at - HOUR)}
        found = told(gates, **span).json()["hours"]
        assert [each["hour"] for each in found] == [rfc3339(at - n * HOUR) for n in (3, 3, 2)]
        assert refusal(told(gates, cursor="A" * 22)) == (422, "CursorMalformed")

    def test_is_for_accounts_of_the_agency(self, gates: Desks) -> None:
        push(gates, hour(this_hour(gates), 1, count(1)))
        assert refusal(told(gates, by=gates.officer)) == (403, "RoleMissing")
        assert told(gates, by=gates.officer, agency=f"{HOME}/{HOME_CODE}").json()["hours"] == []
        assert (
            gates.service.client.get(
                "/v1/health/scan-counts", params={"agency": f"{HOST}/{HOST_CODE}"}
            ).status_code
            == 401
        )

    def test_keeps_and_tells_nothing_of_a_person(self, gates: Desks) -> None:
        """A telling has no place for one: what is not asked for is refused, not kept."""
        good = hour(this_hour(gates), 1, count(1))
        for extra in ({"key": "0x00"}, {"name": "Marisol Quetzal"}):
            assert push(gates, good | extra).status_code == 422
            assert push(gates, hour(this_hour(gates), 1, count(1) | extra)).status_code == 422
        push(gates, good)
        with gates.service.database.read() as connection:
            (row,) = connection.execute(select(health_scan_counts)).all()
        assert row.counts == b'[["ACCEPT",null,1]]'
