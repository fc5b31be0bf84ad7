"""Change sets over a real node: signed by an account, and by a contract."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.chain import calls
from ledger.typed_data import StatusOrder, cosign
from ledger.values import Address, Role, Status
from tests.integration.http.test_on_a_node import Counter
from tests.support.anvil import anvil
from tests.support.licences import AGENCY
from tests.support.office import TYPE, office
from wallet.commands.licence_status import read_request

PATH = f"/v1/agencies/{AGENCY.jurisdiction}/{AGENCY.code}/change-sets"
WORDING = {"text": "撤销", "number": "1", "legalBasis": "第六十九条", "appeal": "六十日"}
MAGIC = "1626ba7e"
AGREES = f"63{MAGIC}60e01b60005260206000f3"
"""Code of a contract that takes every signature: returns isValidSignature's selector."""
REVERTS = "60006000fd"


@pytest.fixture
def counter(url: str, tmp_path: Path) -> Iterator[Counter]:
    with anvil() as node, office(node, url, tmp_path) as place:
        yield Counter(place)


def preview(counter: Counter, order: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = counter.client.post(PATH, json={"select": {"type": TYPE}, "order": order} | more)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def orders(counter: Counter, made: dict[str, Any]) -> list[tuple[StatusOrder, int, int]]:
    answer = counter.client.get(f"/v1/change-sets/{made['changeSet']}/typed-data")
    read = [read_request(orjson.dumps(call)) for call in answer.json()["calls"]]
    return [(order, nonce, deadline) for _, order, nonce, deadline in read]


def approve(
    counter: Counter, made: dict[str, Any], approver: str, signatures: list[bytes]
) -> dict[str, Any]:
    form = {"approver": approver, "signatures": ["0x" + each.hex() for each in signatures]}
    path = f"/v1/change-sets/{made['changeSet']}"
    answer = counter.client.post(path + "/approval", json=form)
    assert answer.status_code == 202, answer.text
    counter.place.work()
    counter.place.work()
    body: dict[str, Any] = counter.client.get(path).json()
    return body


class TestApproval:
    def test_revokes_beyond_the_limit_in_several_calls(self, counter: Counter) -> None:
        rows = counter.place.issue(700)
        counter.place.work()
        made = preview(counter, {"status": "revoked", "reason": 331})
        assert (made["licences"], made["needsCoSignature"], made["calls"]) == (700, True, 2)
        ledger = counter.place.standing.deployment.ledger
        key = counter.approver.private_key
        signed = [
            cosign(ledger, order, nonce, deadline, key).signature
            for order, nonce, deadline in orders(counter, made)
        ]
        done = approve(counter, made, counter.approver.address, signed)
        assert (done["state"], done["progress"]) == ("done", {"final": 700})
        words = counter.place.standing.client.status_words(AGENCY.id, 0)
        statuses = {Status(words[row.index >> 7] >> 2 * (row.index & 127) & 3) for row in rows}
        assert statuses == {Status.REVOKED}
        client = counter.place.standing.client
        assert client.uncosigned_revocations(AGENCY.id, counter.place.parts.clock()) == 0
        assert all(each.ok for each in counter.place.parts.audit().run())

    def test_is_a_contracts_to_give(self, counter: Counter) -> None:
        standing = counter.place.standing
        contract = Address("0x00000000000000000000000000000000C0FFee00")
        standing.node.call("anvil_setCode", contract, "0x" + AGREES)
        grant = (standing.deployment, AGENCY.id, Role.APPROVER)
        standing.send(calls.grant_role(*grant, contract))
        rows = counter.place.issue(3)
        counter.place.work()
        made = preview(counter, {"status": "revoked", "reason": 311}, decision=WORDING)
        done = approve(counter, made, contract, [b"any"])
        assert (done["state"], done["failed"]) == ("done", {})
        assert {counter.place.status(row) for row in rows} == {Status.REVOKED}


class TestClient:
    @pytest.mark.parametrize(
        ("code", "accepts"),
        [
            (AGREES, True),
            (REVERTS, False),
            ("", False),  # an account without code
            (f"63{MAGIC}60005260206000f3", False),  # on the wrong side of the word
            (f"63{MAGIC}60e01b60005260046000f3", False),  # four bytes alone
        ],
    )
    def test_asks_as_the_ledger_does(self, counter: Counter, code: str, *, accepts: bool) -> None:
        standing = counter.place.standing
        contract = Address("0x00000000000000000000000000000000C0FFee00")
        standing.node.call("anvil_setCode", contract, "0x" + code)
        client = standing.client
        assert client.accepts_signature(contract, b"d" * 32, b"s" * 65) is accepts
