"""A server that ends for real and is started again: a repeat is answered as before it."""

import json
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from api.store.tables import idempotency_keys, licences
from ledger.chain import calls
from ledger.values import Role
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import digest_of, sign_in
from tests.support.kills import Nursery, alive, serve
from tests.support.licences import AGENCY
from tests.support.office import TYPE, Office
from tests.support.ports import free_port
from tests.support.service import order
from tests.support.standing import account

pytestmark = pytest.mark.timeout(600)
KEY = "restarts-0123456789"
PATH = "/v1/licences"
POLL_SECONDS, POLLS = 0.02, 6000


class Caller:
    """Somebody who is signed in, and repeats an order under one key."""

    def __init__(self, place: Office, port: int, number: int) -> None:
        who = account(place.standing.anvil, number)
        token = sign_in(place.parts.services(), who)
        self.origin = f"http://127.0.0.1:{port}"
        self.headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}

    def order(self, **fields: Any) -> Any:
        headers = self.headers | {"Content-Type": "application/json"}
        body = body_of(**fields)
        return httpx2.post(self.origin + PATH, content=body, headers=headers, timeout=60)

    def bytes_of_order(self) -> bytes:
        """Return the order as it travels, for whoever does not stay for its answer."""
        body = body_of()
        headers = self.headers | {
            "Host": self.origin.removeprefix("http://"),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def port() -> int:
    return free_port()


def body_of(**fields: Any) -> bytes:
    """Return an order's body, the same bytes each time."""
    return json.dumps(order(TYPE, **fields)).encode()


def rows(place: Office, table: Any) -> int:
    with place.parts.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def until(holds: Callable[[], bool]) -> bool:
    """Ask again and again, two minutes at most."""
    pause = threading.Event()
    return any(holds() or pause.wait(POLL_SECONDS) for _ in range(POLLS))


def check(place: Office, *answers: bytes) -> None:
    """Check that these are all licences there are, and what must hold in the end."""
    assert rows(place, licences) == len(answers)
    place.work()
    check_anchored_once(place, [digest_of(each) for each in answers])
    check_nonces(place)
    check_audit(place)


class TestRepeat:
    def test_after_a_restart_is_judged_as_before_it(
        self, issuing: Office, nursery: Nursery, port: int
    ) -> None:
        place, deployment = issuing, issuing.standing.deployment
        other = account(place.standing.anvil, 2).address
        place.standing.send(calls.grant_role(deployment, AGENCY.id, Role.ISSUER, other))
        place.work()
        with alive(nursery, partial(serve, port=port)):
            clerk = Caller(place, port, 1)
            first = clerk.order()
            assert first.status_code == 201, first.text
        with alive(nursery, partial(serve, port=port)):
            again = clerk.order()
            assert (again.status_code, again.content) == (201, first.content)
            assert clerk.order(externalId="another-body").status_code == 422
            theirs = Caller(place, port, 2).order()
            assert theirs.status_code == 201, theirs.text
        check(place, first.content, theirs.content)


class TestLostAnswer:
    def test_before_a_kill_is_given_by_the_next_process(
        self, issuing: Office, nursery: Nursery, port: int
    ) -> None:
        """The order comes, nobody reads its answer, the server ends."""
        place = issuing
        with alive(nursery, partial(serve, port=port)):
            clerk = Caller(place, port, 1)
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(clerk.bytes_of_order())
                assert until(lambda: rows(place, idempotency_keys) == 1)
        with alive(nursery, partial(serve, port=port)):
            answers = [clerk.order() for _ in range(2)]
        assert {each.status_code for each in answers} == {201}
        assert answers[0].content == answers[1].content
        check(place, answers[0].content)

    def test_of_half_an_order_leaves_nothing(
        self, issuing: Office, nursery: Nursery, port: int
    ) -> None:
        place = issuing
        with alive(nursery, partial(serve, port=port)):
            clerk = Caller(place, port, 1)
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(clerk.bytes_of_order()[:-1])
                assert httpx2.get(f"{clerk.origin}/healthz", timeout=60).status_code == 200
        assert rows(place, idempotency_keys) == rows(place, licences) == 0
        with alive(nursery, partial(serve, port=port)):
            answer = clerk.order()
        assert answer.status_code == 201
        check(place, answer.content)
