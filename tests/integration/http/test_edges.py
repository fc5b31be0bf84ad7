import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.http.auth import SMALL_BYTES
from api.http.middleware import BODY_BYTES
from api.http.problems import MEDIA_TYPE
from api.services.licences import Licences
from tests.support.licences import AGENCY, FIELDS
from tests.support.service import World, nothing_changes, order, refusal

SECRET = "秘密的名字"  # noqa: S105  # stands for a value that must not leave


class TestUnforeseen:
    def test_says_nothing_and_logs_no_value(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> None:
            raise RuntimeError(SECRET)

        headers = service.by(service.issuer)
        monkeypatch.setattr(Licences, "own", broken)
        answer = service.client.get(f"/v1/licences/0x{'00' * 32}/document", headers=headers)
        assert refusal(answer) == (500, "Internal")
        assert "detail" not in answer.json()
        assert SECRET not in answer.text
        (failed,) = [line for line in service.log if line["event"] == "request.failed"]
        assert answer.json()["instance"].endswith(failed["request"])
        assert failed["error"] == "RuntimeError"
        assert failed["places"][-1].startswith("test_edges.py:")
        assert SECRET not in repr(service.log)


class TestFramework:
    def test_unknown_addresses_are_problems(self, service: World) -> None:
        for path in ("/", "/v1", "/v1/licences/", "/docs", "/v1/agencies/CN-GD", "/v1/../etc"):
            assert refusal(service.client.get(path)) == (404, "RouteUnknown")

    def test_wrong_methods_are_problems(self, service: World) -> None:
        answer = service.client.delete("/v1/catalogue")
        assert refusal(answer) == (405, "MethodNotAllowed")
        assert "GET" in answer.headers["Allow"]


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b'{"document": "a", "document": "b"}',
            b'{"document": NaN}',
            b'{"document": 1e999}',
            b'{"document": "\\ud800"}',
            b"\xff",
            b"[" * 2000,
            b'{"document": ' + b"[" * 40 + b"]" * 40 + b"}",
        ],
    )
    def test_refuses_json_with_two_meanings(self, service: World, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = service.client.post("/v1/verifications", content=body, headers=headers)
        assert refusal(answer) == (400, "JsonMalformed")

    @pytest.mark.parametrize("media_type", ["text/plain", "application/xml", ""])
    def test_refuses_what_does_not_say_that_it_is_json(
        self, service: World, media_type: str
    ) -> None:
        headers = {"Content-Type": media_type} if media_type else {}
        body = json.dumps({"document": "x"}).encode()
        answer = service.client.post("/v1/verifications", content=body, headers=headers)
        assert refusal(answer)[0] in {400, 422}

    @pytest.mark.parametrize("form", [{}, {"document": 1}, {"document": "x", "nonce": "n"}, []])
    def test_says_what_is_wrong_with_a_question(self, service: World, form: object) -> None:
        answer = service.client.post("/v1/verifications", json=form)
        assert refusal(answer) == (422, "RequestInvalid")
        assert service.log[-1]["route"] == "/v1/verifications"

    def test_refuses_a_proof_that_is_none(self, service: World) -> None:
        form = {"document": "x", "proof": {"a": 1}}
        answer = service.client.post("/v1/verifications", json=form)
        assert refusal(answer) == (422, "ProofFileMalformed")
        assert answer.json()["instance"].endswith(answer.headers["X-Request-Id"])
        assert service.log[-1]["route"] == "/v1/verifications"

    def test_refuses_bodies_above_their_bound(self, service: World) -> None:
        headers = service.by(service.issuer) | {"Content-Type": "application/json"}
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", content=b"x" * (BODY_BYTES + 1), headers=headers
            )
        assert refusal(answer) == (413, "RequestTooLarge")
        assert answer.json()["limitBytes"] == BODY_BYTES

    def test_refuses_long_bodies_that_do_not_say_how_long(self, service: World) -> None:
        chunks = iter([b"x" * (BODY_BYTES // 2)] * 3)
        answer = service.client.post(
            "/v1/verifications", content=chunks, headers={"Content-Type": "application/json"}
        )
        assert refusal(answer) == (413, "RequestTooLarge")

    @pytest.mark.parametrize("token", [None, "nobody-gave-this"])
    @pytest.mark.parametrize("is_said", [True, False])
    def test_is_not_read_of_strangers_when_it_is_large(
        self, service: World, token: str | None, *, is_said: bool
    ) -> None:
        def pieces() -> Iterator[bytes]:
            yield large

        large = b"[" * (SMALL_BYTES + 1)
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if is_said:
            headers["Content-Length"] = str(len(large))
        answer = service.client.post("/v1/licences", content=pieces(), headers=headers)
        name = "SignInMissing" if token is None else "SessionUnknown"
        assert refusal(answer) == (401, name)
        assert answer.headers["Connection"] == "close"
        assert "X-Request-Id" in answer.headers

    def test_is_read_of_those_who_signed_in_and_of_strangers_who_verify(
        self, service: World
    ) -> None:
        large = b"[" * (SMALL_BYTES + 1)
        headers = {"Content-Type": "application/json"}
        known = service.client.post(
            "/v1/licences", content=large, headers=headers | service.by(service.issuer)
        )
        assert refusal(known) == (400, "JsonMalformed")
        stranger = service.client.post("/v1/verifications", content=large, headers=headers)
        assert refusal(stranger) == (400, "JsonMalformed")

    def test_never_echoes_a_value(self, service: World) -> None:
        form = order() | {"type": [SECRET], "fields": SECRET, "agency": {"code": SECRET * 40}}
        answer = service.client.post("/v1/licences", json=form, headers=service.by(service.issuer))
        assert refusal(answer) == (422, "RequestInvalid")
        assert SECRET not in answer.text
        assert {error["pointer"] for error in answer.json()["errors"]} == {
            "/type",
            "/fields",
            "/agency/code",
            "/agency/jurisdiction",
        }


class TestHeaders:
    @pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/metrics", "/v/x"])
    def test_are_safe_on_every_answer(self, service: World, path: str) -> None:
        headers = service.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert len(headers["X-Request-Id"]) == 16


class TestLog:
    def test_holds_templates_and_no_values(self, service: World) -> None:
        issued = service.issue(externalId="case-secret")
        query = {"agency": f"CN-GD/{AGENCY.code}", "q": "蓝鲸", "externalId": "case-secret"}
        headers = service.by(service.issuer)
        service.client.get("/v1/licences", params=query, headers=headers)
        service.client.get(f"/v1/licences/{issued['digest']}", headers=headers)
        service.client.post("/v1/verifications", json={"document": issued["document"]})
        text = json.dumps(service.log, ensure_ascii=False)
        values = (
            *map(str, FIELDS["cn.food-business"].values()),
            issued["digest"],
            issued["licenceId"],
            "case-secret",
            service.issuer.address,
            headers["Authorization"].removeprefix("Bearer "),
        )
        assert [value for value in values if value in text] == []
        last = service.log[-2]
        assert last["route"] == "/v1/licences/{digest}"
        assert (last["method"], last["status"]) == ("GET", 200)
        assert last["milliseconds"] >= 0


class TestOpenApi:
    def test_declares_problems_for_every_route(self, service: World) -> None:
        paths = service.client.get("/openapi.json").json()["paths"]
        operations = {
            (path, method): operation
            for path, operations in paths.items()
            for method, operation in operations.items()
        }
        assert len(operations) >= 25
        for place, operation in operations.items():
            for status, declared in operation["responses"].items():
                content = declared.get("content", {})
                assert (MEDIA_TYPE in content) == (status >= "400"), (place, status)
            assert {"422", "500"} <= operation["responses"].keys(), place
            if operation.get("security"):
                assert {"401", "403", "503"} <= operation["responses"].keys() | {"403"}, place

    def test_every_route_has_a_summary_and_a_tag(self, service: World) -> None:
        paths = service.client.get("/openapi.json").json()["paths"]
        for path, operations in paths.items():
            for operation in operations.values():
                assert operation["tags"], path
                assert operation["description"], path

    def test_asks_for_a_sign_in_where_one_is_needed(self, service: World) -> None:
        document = service.client.get("/openapi.json").json()
        open_paths = {
            path
            for path, operations in document["paths"].items()
            for operation in operations.values()
            if not operation.get("security")
        }
        assert open_paths == {
            "/healthz",
            "/metrics",
            "/readyz",
            "/ocds/extensions/ledger/codelists/{name}",
            "/ocds/extensions/ledger/{name}",
            "/problems/{name}",
            "/status/{jurisdiction}/{code}/{list_number}",
            "/v/{link}",
            "/v1/agencies",
            "/v1/agencies/{jurisdiction}/{code}",
            "/v1/agencies/{jurisdiction}/{code}/accreditations",
            "/v1/agencies/{jurisdiction}/{code}/keys",
            "/v1/agreements",
            "/v1/agreements/{agreement}",
            "/v1/bids",
            "/v1/bids/disclosures",
            "/v1/bids/recoveries",
            "/v1/bids/withdrawals",
            "/v1/bids/messages/{digest}",
            "/v1/bundle",
            "/v1/catalogue",
            "/v1/catalogue/{type_id}",
            "/v1/catalogue/{type_id}/template.csv",
            "/v1/deployment",
            "/v1/feed",
            "/v1/health/allow/{jurisdiction}/{code}",
            "/v1/health/allow/{jurisdiction}/{code}/{seq}",
            "/v1/health/appeals",
            "/v1/health/appeals/{number}",
            "/v1/health/consents/withdrawals",
            "/v1/health/conversions",
            "/v1/health/conversions/nonces",
            "/v1/health/custody/exemptions",
            "/v1/health/custody/places",
            "/v1/health/custody/trips",
            "/v1/health/custody/trips/{trip}",
            "/v1/health/custody/trips/{trip}/events",
            "/v1/health/custody/views",
            "/v1/health/erasures/{erasure}",
            "/v1/health/gate-bundles/{jurisdiction}/{code}",
            "/v1/health/gate-bundles/{jurisdiction}/{code}/files/{sha256}",
            "/v1/health/passes/moves",
            "/v1/health/passes/refills",
            "/v1/health/scan-views",
            "/v1/health/trust-lists/{jurisdiction}/{code}",
            "/v1/mailbox/listings",
            "/v1/mailbox/listings/withdrawals",
            "/v1/mailbox/messages",
            "/v1/mailbox/messages/{leaf}",
            "/v1/policies/{digest}",
            "/v1/proofs/{digest}",
            "/v1/sign-in",
            "/v1/sign-in/challenge",
            "/v1/bids/storage",
            "/v1/tenders",
            "/v1/tenders/{tender}",
            "/v1/tenders/{tender}/lots/{lot}/openings/{part}",
            "/v1/tenders/{tender}/lots/{lot}/openings/{part}/cosignatures",
            "/v1/tenders/{tender}/archive",
            "/v1/tenders/{tender}/archive/{sha256}",
            "/v1/tenders/{tender}/filings/answers",
            "/v1/tenders/{tender}/ocds/record",
            "/v1/tenders/{tender}/ocds/releases",
            "/v1/tenders/{tender}/papers",
            "/v1/tenders/{tender}/papers/{sha256}",
            "/v1/tenders/{tender}/releases",
            "/v1/verifications",
        }
        assert document["components"]["securitySchemes"]["signIn"]["scheme"] == "bearer"
        assert "HTTPValidationError" not in document["components"]["schemas"]


class TestForm:
    @pytest.mark.parametrize("fresh", [0, 1, "true"])
    def test_takes_nothing_else_for_a_boolean(self, service: World, fresh: object) -> None:
        form = {"document": "x", "fresh": fresh}
        answer = service.client.post("/v1/verifications", json=form)
        assert refusal(answer) == (422, "RequestInvalid")

    @pytest.mark.parametrize(("lifetime", "status"), [(60, 201), (60.0, 201), ("60", 422)])
    def test_takes_a_whole_number_in_either_spelling(
        self, service: World, lifetime: object, status: int
    ) -> None:
        issued = service.issue()
        path, headers = f"/v1/licences/{issued['digest']}/links", service.by(service.issuer)
        form = {"lifetimeSeconds": lifetime}
        assert service.client.post(path, json=form, headers=headers).status_code == status


class TestMethod:
    def test_that_is_not_taken_learns_all_that_are(self, service: World) -> None:
        answer = service.client.put("/v1/licences")
        assert refusal(answer) == (405, "MethodNotAllowed")
        assert answer.headers["Allow"] == "GET, POST"


class TestDescription:
    def test_has_no_parameter_that_could_be_null(self, service: World) -> None:
        paths = service.client.get("/openapi.json").json()["paths"]
        schemas = [
            parameter["schema"]
            for operations in paths.values()
            for operation in operations.values()
            for parameter in operation.get("parameters", ())
        ]
        assert schemas
        assert [schema for schema in schemas if "anyOf" in schema] == []
