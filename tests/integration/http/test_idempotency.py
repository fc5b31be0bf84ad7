import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.http.idempotency import KEYED
from api.services.licences import Licences
from api.store.idempotency import IdempotencyStore
from api.store.licences import LicenceStore
from api.store.tables import idempotency_keys
from ledger.errors import Unavailable
from tests.support.apps import app_over
from tests.support.licences import AGENCY, FIELDS
from tests.support.service import (
    BASE_URL,
    World,
    name_order,
    nothing_changes,
    order,
    refusal,
)

KEY = "0123456789abcdef"
JOBS = f"/v1/agencies/CN-GD/{AGENCY.code}/jobs?type=cn.food-business"
REVOKE = {"status": "revoked", "reason": 331}


@pytest.fixture(autouse=True)
def everybody_signs_in(service: World) -> None:
    for who in (service.issuer, service.registrar):
        service.by(who)


def post(service: World, path: str, who: Any, key: str | None = KEY, **sent: Any) -> Any:
    headers = service.by(who) | ({} if key is None else {"Idempotency-Key": key})
    return service.client.post(path, headers=headers | sent.pop("headers", {}), **sent)


def issue(service: World, key: str = KEY, **changes: Any) -> Any:
    return post(service, "/v1/licences", service.issuer, key, json=order(**changes))


def same(first: Any, again: Any) -> bool:
    """Whether two answers are equal, all that is theirs: not the id that each request has."""
    kept = [
        {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        for answer in (first, again)
    ]
    return (first.status_code, first.content, kept[0]) == (
        again.status_code,
        again.content,
        kept[1],
    )


class TestRepeat:
    @pytest.mark.parametrize("quotes", ["", '"'])
    def test_gets_the_first_answer_byte_for_byte(self, service: World, quotes: str) -> None:
        first = issue(service, f"{quotes}{KEY}{quotes}")
        assert first.status_code == 201
        assert first.headers["Location"] == f"/v1/licences/{first.json()['digest']}"
        service.clock.now += 3600
        with nothing_changes(service):
            again = issue(service)
        assert same(first, again)

    def test_of_an_upload(self, service: World) -> None:
        body = orjson.dumps(FIELDS["cn.food-business"]) + b"\n"
        kind = {"Content-Type": "application/x-ndjson"}
        first = post(service, JOBS, service.issuer, content=body, headers=kind)
        assert first.status_code == 202
        with nothing_changes(service):
            assert same(first, post(service, JOBS, service.issuer, content=body, headers=kind))
            other = post(service, JOBS, service.issuer, content=body * 2, headers=kind)
        assert refusal(other) == (422, "IdempotencyKeyReused")

    def test_of_a_cancellation(self, service: World) -> None:
        kind = {"Content-Type": "text/csv"}
        job = post(service, JOBS, service.issuer, content=b"x", headers=kind).json()["job"]
        path = f"/v1/jobs/{job}/cancellation"
        first = post(service, path, service.issuer)
        assert (first.status_code, first.json()["state"]) == (202, "cancelled")
        with nothing_changes(service):
            assert same(first, post(service, path, service.issuer))
            other = post(service, path, service.issuer, KEY[::-1])
        assert refusal(other) == (409, "JobFinished")

    def test_of_a_status_change(self, service: World) -> None:
        path = f"/v1/licences/{service.issue()['digest']}/status"
        first = post(service, path, service.registrar, json=REVOKE)
        assert first.status_code == 202
        with nothing_changes(service):
            assert same(first, post(service, path, service.registrar, json=REVOKE))
            # Without the key it is a second request, and refused.
            other = post(service, path, service.registrar, None, json=REVOKE)
        assert refusal(other) == (409, "ChangePending")

    def test_of_a_link_whose_key_the_disk_does_not_show(self, service: World) -> None:
        path = f"/v1/licences/{service.issue()['digest']}/links"
        first = post(service, path, service.registrar, json={})
        with nothing_changes(service):
            assert same(first, post(service, path, service.registrar, json={}))
        secret = first.json()["url"].partition("#")[2].encode()
        with service.database.read() as connection:
            kept = [row for row in connection.execute(select(idempotency_keys)) if row.body]
        assert len(kept) == 2
        assert not any(secret in row.body or b"url" in row.body for row in kept)

    def test_of_a_link_in_another_session_is_a_new_request(self, service: World) -> None:
        path = f"/v1/licences/{service.issue()['digest']}/links"
        first = post(service, path, service.registrar, json={})
        token = service.sign_in(service.registrar)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}
        again = service.client.post(path, json={}, headers=headers)
        assert again.status_code == 201
        assert again.json()["url"] != first.json()["url"]

    def test_of_a_withdrawal_leaves_links_made_since(self, service: World) -> None:
        path = f"/v1/licences/{service.issue()['digest']}/links"
        headers = service.by(service.registrar)
        first = service.client.delete(path, headers=headers | {"Idempotency-Key": KEY})
        url = service.client.post(path, json={}, headers=headers).json()["url"]
        again = service.client.delete(path, headers=headers | {"Idempotency-Key": KEY})
        assert (first.status_code, again.status_code) == (204, 204)
        assert service.client.get(url).status_code == 200

    def test_of_an_order_with_an_external_id_keeps_its_200(self, service: World) -> None:
        service.issue(externalId="case-1")
        first = issue(service, externalId="case-1")
        assert first.status_code == 200
        with nothing_changes(service):
            assert same(first, issue(service, externalId="case-1"))


class TestScope:
    def test_another_body_is_refused(self, service: World) -> None:
        issue(service)
        with nothing_changes(service):
            other = issue(service, fields={"holder_name": "示例市红鲤小吃店"})
        assert refusal(other) == (422, "IdempotencyKeyReused")

    def test_another_media_type_is_refused(self, service: World) -> None:
        body = order(externalId="case-1")
        post(service, "/v1/licences", service.issuer, json=body)
        kind = {"Content-Type": "application/json; charset=utf-8"}
        other = post(service, "/v1/licences", service.issuer, json=body, headers=kind)
        assert refusal(other) == (422, "IdempotencyKeyReused")

    def test_another_caller_has_its_own(self, service: World) -> None:
        paths = [f"/v1/licences/{service.issue()['digest']}/links" for _ in range(2)]
        answers = [
            post(service, path, who, json={})
            for path in paths
            for who in (service.registrar, service.issuer)
        ]
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len({answer.json()["url"] for answer in answers}) == 4

    def test_nobody_gets_an_answer_without_the_callers_token(self, service: World) -> None:
        issue(service)
        headers = {"Idempotency-Key": KEY}
        answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (401, "SignInMissing")
        headers["Authorization"] = "Bearer stranger"
        answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (401, "SessionUnknown")


class TestMissing:
    @pytest.fixture
    def client(self, service: World) -> TestClient:
        return TestClient(service.app, base_url=BASE_URL)

    def test_is_refused_where_a_repeat_would_issue_twice(
        self, service: World, client: TestClient
    ) -> None:
        headers = service.by(service.issuer)
        with nothing_changes(service):
            answer = client.post("/v1/licences", json=order(), headers=headers)
        service.problems.check(answer)
        assert refusal(answer) == (400, "IdempotencyKeyMissing")
        named = client.post("/v1/licences", json=order(externalId="case-1"), headers=headers)
        assert named.status_code == 201

    def test_is_refused_for_an_upload_that_is_to_issue(self, service: World) -> None:
        kind = {"Content-Type": "application/x-ndjson"}
        with nothing_changes(service):
            answer = post(service, JOBS, service.issuer, None, content=b"{}", headers=kind)
        assert refusal(answer) == (400, "IdempotencyKeyMissing")
        path = JOBS + "&dryRun=true"
        dry = post(service, path, service.issuer, None, content=b"{}", headers=kind)
        assert dry.status_code == 202

    @pytest.mark.parametrize("key", ["short", f'"{KEY}', "0123456789 abcdef", "x" * 129, ""])
    def test_is_another_thing_than_a_key_of_another_shape(self, service: World, key: str) -> None:
        with nothing_changes(service):
            assert refusal(issue(service, key)) == (422, "RequestInvalid")


class TestNotKept:
    def test_a_refused_request_may_be_mended(self, service: World) -> None:
        with nothing_changes(service):
            wrong = issue(service, fields={"holder_code": "91110000600037341X"})
            assert refusal(wrong) == (422, "FieldsInvalid")
            assert refusal(issue(service, type=5)) == (422, "RequestInvalid")
        assert issue(service).status_code == 201

    def test_an_outage_is_tried_again(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: Any) -> None:
            raise Unavailable

        with monkeypatch.context() as patch:
            patch.setattr(LicenceStore, "add_each", away)
            assert issue(service).status_code == 503
        assert service.rows()["idempotency_keys"] == 0
        assert issue(service).status_code == 201


class TestInFlight:
    def test_is_told_when_to_come_back(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inner: list[Any] = []
        add = LicenceStore.add_each

        def slow(self: LicenceStore, *given: Any) -> Any:
            if not inner:
                inner.append(issue(service))
                inner.append(issue(service, fields={"holder_name": "示例市红鲤小吃店"}))
            return add(self, *given)

        monkeypatch.setattr(LicenceStore, "add_each", slow)
        first = issue(service)
        assert refusal(inner[0]) == (409, "RequestInFlight")
        assert int(inner[0].headers["Retry-After"]) > 0
        assert refusal(inner[1]) == (422, "IdempotencyKeyReused")
        assert same(first, issue(service))

    def test_one_of_many_at_once_has_an_effect(self, service: World) -> None:
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda _: issue(service), range(32)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        made = {answer.content for answer in answers if answer.status_code == 201}
        assert len(made) == 1
        assert service.rows()["licences"] == 1

    def test_many_at_once_under_keys_of_their_own_all_have_one(self, service: World) -> None:
        keys = [f"{number:032}" for number in range(32)]
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda key: issue(service, key), keys))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["licenceId"] for answer in answers}) == 32
        assert service.rows()["licences"] == 32
        with nothing_changes(service):
            assert all(
                same(answer, issue(service, key)) for key, answer in zip(keys, answers, strict=True)
            )

    def test_a_killed_request_leaves_nothing_in_the_way(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: Any) -> None:
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(LicenceStore, "add_each", killed)
            assert issue(service).status_code == 500
        rows = service.rows()
        assert (rows["licences"], rows["idempotency_keys"]) == (0, 0)
        assert issue(service).status_code == 201
        assert service.rows()["licences"] == 1

    def test_an_answer_lost_after_the_commit_is_given_again(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add = LicenceStore.add_each

        def killed(self: LicenceStore, *given: Any) -> None:
            add(self, *given)
            raise RuntimeError

        with monkeypatch.context() as patch:
            patch.setattr(LicenceStore, "add_each", killed)
            assert issue(service).status_code == 500
        with nothing_changes(service):
            again = issue(service)
        assert again.status_code == 201
        assert service.rows()["licences"] == 1


class TestTwoProcesses:
    @pytest.fixture
    def other(self, service: World) -> Iterator[TestClient]:
        """A second process on the same database, which knows nothing of what the first does."""
        app = app_over(service.compose(), service)
        with TestClient(app, base_url=BASE_URL) as client:
            client.event_hooks["request"] = [name_order]
            yield client

    def test_the_loser_gives_the_winners_answer(
        self, service: World, other: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        headers = service.by(service.issuer) | {"Idempotency-Key": KEY}
        won: list[Any] = []
        self.overtake(monkeypatch, lambda: won.append(issue(service)))
        lost = other.post("/v1/licences", json=order(), headers=headers)
        assert same(won[0], lost)
        assert service.rows()["licences"] == 1

    def test_the_loser_of_another_body_is_refused(
        self, service: World, other: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        headers = service.by(service.issuer) | {"Idempotency-Key": KEY}
        self.overtake(monkeypatch, lambda: issue(service, externalId="case-1"))
        lost = other.post("/v1/licences", json=order(externalId="case-2"), headers=headers)
        assert refusal(lost) == (422, "IdempotencyKeyReused")
        assert service.rows()["licences"] == 1

    @pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
    def test_the_key_of_an_equal_orders_loser_is_used_up(
        self, service: World, other: TestClient, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        headers = service.by(service.issuer) | {"Idempotency-Key": KEY, "Content-Type": kind}
        self.overtake(monkeypatch, lambda: issue(service, KEY[::-1], externalId="case-1"))
        first, third, again = (
            other.post(
                "/v1/licences", content=orjson.dumps(order(externalId=name)), headers=headers
            )
            for name in ("case-1", "case-2", "case-1")
        )
        assert first.status_code == 200
        assert same(first, again)
        assert refusal(third) == (422, "IdempotencyKeyReused")
        rows = service.rows()
        assert (rows["licences"], rows["idempotency_keys"]) == (1, 2)

    def test_the_loser_of_a_withdrawal_withdraws_nothing_more(
        self, service: World, other: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = f"/v1/licences/{service.issue()['digest']}/links"
        headers = service.by(service.registrar)
        keyed = headers | {"Idempotency-Key": KEY}
        made: list[Any] = []

        def win() -> None:
            assert service.client.delete(path, headers=keyed).status_code == 204
            made.append(service.client.post(path, json={}, headers=headers).json()["url"])

        own = Licences.own

        def slow(*given: Any) -> Any:
            monkeypatch.setattr(Licences, "own", own)
            win()
            return own(*given)

        monkeypatch.setattr(Licences, "own", slow)
        assert other.delete(path, headers=keyed).status_code == 204
        assert service.client.get(made[0]).status_code == 200

    def overtake(self, monkeypatch: pytest.MonkeyPatch, win: Callable[[], object]) -> None:
        """Let somebody else win once, just before the next licences are stored."""
        add = LicenceStore.add_each

        def slow(self: LicenceStore, *given: Any) -> Any:
            monkeypatch.setattr(LicenceStore, "add_each", add)
            win()
            return add(self, *given)

        monkeypatch.setattr(LicenceStore, "add_each", slow)


class TestSameName:
    """Two equal orders at once, both named by the caller, or both after one licence."""

    def test_the_loser_of_an_external_id_gets_the_first_answer(self, service: World) -> None:
        sent = order(externalId="case-1")
        answers = self.race(service, [sent] * 16)
        assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
        assert len({answer.content for answer in answers}) == 1
        assert service.rows()["licences"] == 1

    def test_the_loser_with_another_content_is_refused(self, service: World) -> None:
        other = order(externalId="case-1", fields={"holder_name": "示例市红鲤小吃店"})
        answers = self.race(service, [order(externalId="case-1"), other])
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        (lost,) = (answer for answer in answers if answer.status_code == 409)
        assert refusal(lost) == (409, "ExternalIdTaken")

    def test_the_loser_of_two_successors_is_told_of_the_first(self, service: World) -> None:
        former = service.issue()["digest"]
        longer = {"valid_until": "2036-11-20"}
        sent = order(predecessor={"digest": former, "reason": 401}, fields=longer)
        answers = self.race(service, [sent] * 8)
        (won,) = (answer for answer in answers if answer.status_code == 201)
        lost = [answer for answer in answers if answer is not won]
        assert {refusal(answer) for answer in lost} == {(409, "PredecessorReplaced")}
        assert {answer.json()["successor"] for answer in lost} == {won.json()["digest"]}
        assert service.rows()["licences"] == 2

    def race(self, service: World, orders: list[dict[str, Any]]) -> list[Any]:
        headers = service.by(service.issuer)

        def send(each: dict[str, Any]) -> Any:
            return service.client.post("/v1/licences", json=each, headers=headers)

        with ThreadPoolExecutor(len(orders)) as pool:
            return list(pool.map(send, orders))


class TestForgotten:
    def test_after_a_day_and_not_before(self, service: World) -> None:
        first = issue(service)
        answers = IdempotencyStore(service.database)
        answers.forget(service.clock.now)
        assert same(first, issue(service))
        answers.forget(service.clock.now + 1)
        assert issue(service).json()["digest"] != first.json()["digest"]


class TestStored:
    def test_neither_key_nor_caller_can_be_read(self, service: World) -> None:
        issue(service)
        with service.database.read() as connection:
            (row,) = connection.execute(select(idempotency_keys)).all()
        plain = (KEY.encode(), service.issuer.address.encode())
        assert not any(value in row.id + row.fingerprint for value in plain)
        assert row.id != hashlib.sha256(KEY.encode()).digest()


def test_every_signed_in_write_declares_its_key(service: World) -> None:
    paths = service.client.get("/openapi.json").json()["paths"]
    found = set()
    for path, operations in paths.items():
        for method, operation in operations.items():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            if "idempotency-key" in names:
                found.add((method, path))
                problems = str(operation["responses"])
                assert all(error.__name__ in problems for error in KEYED), path
    signed_in_writes = {
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "get" and operation.get("security")
    }
    uploads = "/v1/bids/uploads"
    named_by_content = {
        ("post", "/v1/health/day-keys"),
        ("post", "/v1/health/scan-counts"),
        ("post", uploads),
        ("post", "/v1/mailbox/uploads"),
        ("put", f"{uploads}/{{upload}}/chunks/{{number}}"),
        ("post", f"{uploads}/{{upload}}/complete"),
        ("post", "/v1/tenders/{tender}/papers"),
    }
    by_holders = {
        ("post", f"/v1/health/{path}")
        for path in ("conversions", "passes/refills", "passes/moves", "consents/withdrawals")
    }
    ended = {("delete", "/v1/sign-in")}
    assert found == signed_in_writes - ended - named_by_content | by_holders
