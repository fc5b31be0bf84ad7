import re
from typing import Any

import orjson
import pytest

from api.http import strict
from api.services.permits import PERMIT_SECONDS
from ledger.licences.identifiers import parse_licence_id
from ledger.licences.issuance import read_licence
from ledger.licences.sd_jwt import parse
from ledger.values import AgencyStatus, Digest, Status
from ledger.verification.proof_file import ProofFile
from tests.support.licences import AGENCY, FIELDS, HOLDER_KEY
from tests.support.service import (
    FOREIGN,
    World,
    nothing_changes,
    order,
    private_key,
    refusal,
)

ABSENT = "0x" + "ab" * 32
LONGER = {"valid_until": "2036-11-20"}


class TestPermit:
    """Who may issue is asked once in a moment, not once a request."""

    def test_is_forgotten_within_a_moment(self, service: World) -> None:
        service.pace = 0
        service.issue()
        service.suspend_agency()
        service.issue()
        service.steady += PERMIT_SECONDS
        self.is_refused(service, "AgencyNotActive")

    def test_that_was_refused_is_asked_anew(self, service: World) -> None:
        service.pace = 0
        held, service.keys.held = service.keys.held, []
        self.is_refused(service, "SigningKeyMissing", 503)
        service.keys.held = held
        service.issue()

    def test_is_nobody_elses(self, service: World) -> None:
        service.pace = 0
        service.issue()
        headers = service.by(service.registrar)
        answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (403, "RoleMissing")

    def is_refused(self, service: World, name: str, status: int = 409) -> None:
        headers = service.by(service.issuer)
        answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (status, name)


JSON = "application/json"


class TestBothWays:
    """A direct answer is FastAPI's: another spelling of the content type goes the long way."""

    @pytest.mark.parametrize(
        ("changes", "headers", "expected"),
        [
            ({}, {}, 201),
            ({"externalId": "twice"}, {}, 201),
            ({"fields": {"holder_code": "1"}}, {}, (422, "FieldsInvalid")),
            ({"type": "no.such"}, {}, (404, "TypeUnknown")),
            ({"holderKey": {"kty": "EC", "crv": "P-256", "x": "", "y": ""}}, {}, None),
            ({"unknown": 1}, {}, (422, "RequestInvalid")),
            ({}, {"Idempotency-Key": "short"}, (422, "RequestInvalid")),
            ({}, {"Authorization": "Bearer nobody"}, (401, "SessionUnknown")),
            ({}, {"Authorization": ""}, (401, "SignInMissing")),
        ],
    )
    def test_say_the_same(
        self, service: World, changes: Any, headers: dict[str, str], expected: Any
    ) -> None:
        body = orjson.dumps(order(**changes))
        short, long = (
            service.client.post(
                "/v1/licences",
                content=body,
                headers={
                    "Content-Type": kind,
                    "Idempotency-Key": f"this-way-has-{len(kind)}-letters",
                    **service.by(service.issuer),
                    **headers,
                },
            )
            for kind in (JSON, f"{JSON}; charset=utf-8")
        )
        if expected == 201:
            assert short.status_code == 201
            assert short.json().keys() == long.json().keys()
            assert short.headers.keys() == long.headers.keys()
        else:
            assert refusal(short) == refusal(long)
            assert expected in (None, refusal(short))


class TestUnread:
    def test_is_the_body_of_whoever_has_no_session(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[bytes] = []
        monkeypatch.setattr(strict, "parse_json", read.append)
        headers = {"Authorization": "Bearer nobody", "Idempotency-Key": "0123456789abcdef"}
        answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (401, "SessionUnknown")
        assert read == []


class TestIssue:
    def test_answers_with_the_signed_document(self, service: World) -> None:
        issued = service.client.post(
            "/v1/licences", json=order(), headers=service.by(service.issuer)
        )
        assert issued.status_code == 201
        body = issued.json()
        assert issued.headers["Location"] == f"/v1/licences/{body['digest']}"
        document = parse(body["document"])
        assert "0x" + document.digest.hex() == body["digest"]
        assert document.claims["holder_name"] == FIELDS["cn.food-business"]["holder_name"]
        assert document.claims["issuing_authority_code"] == AGENCY.code
        assert body["stage"] == "issued"

    def test_binds_the_holders_key(self, service: World) -> None:
        body = service.issue(holderKey={**HOLDER_KEY.public_key.jwk(), "kid": "mine"})
        assert read_licence(parse(body["document"])).holder_key == HOLDER_KEY.public_key

    def test_numbers_serials_upwards(self, service: World) -> None:
        first, second = service.issue(), service.issue()
        serials = [parse_licence_id(body["licenceId"]).serial for body in (first, second)]
        assert serials == ["20261121000001", "20261121000002"]

    def test_repeat_of_an_external_id_returns_the_first(self, service: World) -> None:
        first = service.issue(externalId="case-1")
        with nothing_changes(service):
            again = service.client.post(
                "/v1/licences",
                json=order(externalId="case-1"),
                headers=service.by(service.issuer),
            )
        assert again.status_code == 200
        assert again.json() == first

    def test_refuses_an_external_id_with_less_or_another_key(self, service: World) -> None:
        service.issue(externalId="case-1", fields={"valid_until": "2030-11-20"})
        less = order(externalId="case-1")
        holder = private_key("holder").public_key.jwk()
        keyed = order(externalId="case-1", fields={"valid_until": "2030-11-20"}, holderKey=holder)
        for other in (less, keyed):
            answer = service.client.post(
                "/v1/licences", json=other, headers=service.by(service.issuer)
            )
            assert refusal(answer) == (409, "ExternalIdTaken")

    def test_refuses_an_external_id_with_another_content(self, service: World) -> None:
        service.issue(externalId="case-1")
        other = order(externalId="case-1", fields={"holder_name": "示例市红鲤小吃店"})
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json=other, headers=service.by(service.issuer)
            )
        assert refusal(answer) == (409, "ExternalIdTaken")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"type": "cn.unheard-of"}, (404, "TypeUnknown")),
            ({"type": "cn.road-transport"}, (409, "AccreditationMissing")),
            ({"fields": {"holder_code": "91110000600037341X"}}, (422, "FieldsInvalid")),
            ({"fields": {"valid_until": "2026-11-20"}}, (422, "FieldsInvalid")),
            ({"fields": {"favourite_colour": "blue"}}, (422, "FieldsInvalid")),
            ({"fields": {"licence_id": "1.2.156"}}, (422, "FieldsInvalid")),
            ({"fields": {"area_m2": "large"}}, (422, "FieldsInvalid")),
            (
                {"holderKey": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
                (422, "PointInvalid"),
            ),
            ({"predecessor": {"digest": ABSENT, "reason": 401}}, (404, "RecordUnknown")),
            ({"predecessor": {"digest": ABSENT, "reason": 101}}, (422, "RequestInvalid")),
            ({"colour": "blue"}, (422, "RequestInvalid")),
            ({"externalId": "case\x00"}, (422, "RequestInvalid")),
            ({"externalId": "case\r\n1"}, (422, "RequestInvalid")),
            ({"fields": {"valid_from": "0001-01-01"}}, (422, "FieldsInvalid")),
        ],
    )
    def test_refuses_and_changes_nothing(
        self, service: World, changes: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        headers = service.by(service.issuer)
        form = order()
        fields = form["fields"] | changes.get("fields", {})
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json=form | changes | {"fields": fields}, headers=headers
            )
        assert refusal(answer) == expected

    def test_names_every_field_and_no_value(self, service: World) -> None:
        fields = {**FIELDS["cn.food-business"], "holder_code": "91110000600037341X"}
        del fields["premises"]
        answer = service.client.post(
            "/v1/licences",
            json={**order(), "fields": fields},
            headers=service.by(service.issuer),
        )
        found = {(error["field"], error["rule"]) for error in answer.json()["errors"]}
        assert found == {("premises", "missing"), ("holder_code", "check-character")}
        assert "91110000600037341X" not in answer.text

    def test_refuses_a_private_key(self, service: World) -> None:
        key = {**HOLDER_KEY.public_key.jwk(), "d": "c2VjcmV0"}
        answer = service.client.post(
            "/v1/licences", json=order(holderKey=key), headers=service.by(service.issuer)
        )
        assert refusal(answer) == (422, "RequestInvalid")
        assert answer.json()["errors"][0]["pointer"] == "/holderKey/d"
        assert "c2VjcmV0" not in answer.text

    def test_refuses_whoever_is_no_issuer(self, service: World) -> None:
        headers = service.by(service.registrar)
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (403, "RoleMissing")
        assert answer.json()["account"] == service.registrar.address

    def test_refuses_an_issuer_of_another_agency(self, service: World) -> None:
        headers = service.by(service.foreigner)
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_an_agency_whose_key_is_not_at_hand(self, service: World) -> None:
        form = order() | {"agency": {"jurisdiction": "CN-GD", "code": FOREIGN}}
        headers = service.by(service.foreigner)
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=form, headers=headers)
        assert refusal(answer) == (503, "SigningKeyMissing")
        assert int(answer.headers["Retry-After"]) > 0

    def test_refuses_a_key_that_the_ledger_does_not_know(self, service: World) -> None:
        headers = service.by(service.issuer)
        service.keys.held = [private_key("unannounced")]
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (503, "SigningKeyMissing")

    def test_refuses_a_suspended_agency(self, service: World) -> None:
        headers = service.by(service.issuer)
        service.suspend_agency()
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (409, "AgencyNotActive")
        assert answer.json()["statusValue"] == int(AgencyStatus.SUSPENDED)


class TestRenew:
    def test_keeps_the_serial_and_raises_the_version(self, service: World) -> None:
        first = service.issue()
        second = service.issue(
            fields=LONGER, predecessor={"digest": first["digest"], "reason": 401}
        )
        ids = [parse_licence_id(body["licenceId"]) for body in (first, second)]
        assert ids[0].serial == ids[1].serial
        assert [id_.version for id_ in ids] == [1, 2]
        claims = read_licence(parse(second["document"]))
        assert claims.predecessor is not None
        assert "0x" + claims.predecessor.digest.hex() == first["digest"]
        shown = service.client.get(
            f"/v1/licences/{first['digest']}", headers=service.by(service.issuer)
        ).json()
        assert shown["successor"] == second["digest"]

    def test_refuses_a_second_successor(self, service: World) -> None:
        first = service.issue()
        service.issue(fields=LONGER, predecessor={"digest": first["digest"], "reason": 401})
        form = order(predecessor={"digest": first["digest"], "reason": 403})
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json=form, headers=service.by(service.issuer)
            )
        assert refusal(answer) == (409, "PredecessorReplaced")

    @pytest.mark.parametrize(
        ("type_id", "fields", "differs"),
        [
            ("cn.food-business", {"holder_code": "11100000MB0143028R"}, "holder"),
            ("cn.drug-business", {}, "type"),
        ],
    )
    def test_refuses_another_holder_or_type(
        self, service: World, type_id: str, fields: dict[str, Any], differs: str
    ) -> None:
        first = service.issue()
        form = order(type_id, fields=fields, predecessor={"digest": first["digest"], "reason": 401})
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json=form, headers=service.by(service.issuer)
            )
        assert refusal(answer) == (422, "PredecessorMismatch")
        assert answer.json()["differs"] == differs

    @pytest.mark.parametrize(
        ("reason", "fields", "expected"),
        [
            (401, {}, (422, "TermNotExtended")),
            (401, LONGER | {"valid_from": "2031-11-22"}, (422, "TermInterrupted")),
            (401, LONGER | {"holder_name": "示例市白鲸小吃店"}, (422, "ParticularsChanged")),
            (402, {}, (422, "NothingChanged")),
            (402, LONGER | {"holder_name": "示例市白鲸小吃店"}, (422, "TermChanged")),
            (403, {"area_m2": 10}, (422, "ParticularsChanged")),
            (403, LONGER, (422, "TermChanged")),
            (405, {}, (422, "NothingChanged")),
            (499, LONGER, (422, "ReasonNotForType")),
        ],
    )
    def test_refuses_what_the_reason_does_not_let_change(
        self, service: World, reason: int, fields: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        first = service.issue()
        form = order(fields=fields, predecessor={"digest": first["digest"], "reason": reason})
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json=form, headers=service.by(service.issuer)
            )
        assert refusal(answer) == expected

    @pytest.mark.parametrize(
        ("reason", "fields"),
        [
            (401, LONGER),
            (402, {"holder_name": "示例市白鲸小吃店"}),
            (403, {}),
            (405, {"area_m2": 10}),
            (406, {}),
        ],
    )
    def test_shows_the_chain_both_ways(
        self, service: World, reason: int, fields: dict[str, Any]
    ) -> None:
        first = service.issue()["digest"]
        second = service.issue(fields=fields, predecessor={"digest": first, "reason": reason})
        headers = service.by(service.registrar)
        query = {"agency": f"CN-GD/{AGENCY.code}"}
        listed = service.client.get("/v1/licences", params=query, headers=headers).json()
        links = [(row["predecessor"], row["successor"]) for row in listed["licences"]]
        assert links == [(first, None), (None, second["digest"])]
        shown = service.client.get(f"/v1/licences/{second['digest']}", headers=headers).json()
        assert (shown["predecessor"], shown["predecessorReason"]) == (first, reason)

    @pytest.mark.parametrize("reason", [101, 102, 104])
    def test_refuses_to_let_a_suspension_be_escaped(self, service: World, reason: int) -> None:
        first = service.issue()
        digest = Digest(bytes.fromhex(first["digest"][2:]))
        service.change(digest, Status.SUSPENDED, reason, until=service.clock.now + 100)
        form = order(fields=LONGER, predecessor={"digest": first["digest"], "reason": 401})

        def ask() -> Any:
            headers = service.by(service.issuer)
            return service.client.post("/v1/licences", json=form, headers=headers)

        if reason == 104:  # a transfer asks for a successor
            assert ask().status_code == 201
            return
        service.by(service.issuer)
        with nothing_changes(service):
            answer = ask()
        assert refusal(answer) == (409, "PredecessorSuspended")
        assert answer.json()["reason"] == reason
        service.clock.now += 100
        assert ask().status_code == 201

    def test_may_follow_a_successor_that_was_annulled(self, service: World) -> None:
        first = service.issue()["digest"]
        form = {"digest": first, "reason": 401}
        second = service.issue(fields=LONGER, predecessor=form)
        service.change(Digest(bytes.fromhex(first[2:])), Status.SUPERSEDED, 401)
        service.change(Digest(bytes.fromhex(second["digest"][2:])), Status.REVOKED, 311, 0)
        headers = service.by(service.issuer)
        again = order(fields=LONGER, predecessor=form)
        answer = service.client.post("/v1/licences", json=again, headers=headers)
        assert refusal(answer) == (409, "StatusTransitionIllegal")
        service.change(Digest(bytes.fromhex(first[2:])), Status.VALID, 205)
        third = service.issue(fields=LONGER, predecessor=form)
        assert parse_licence_id(third["licenceId"]).version == 3

    def test_refuses_a_revoked_predecessor(self, service: World) -> None:
        first = service.issue()
        service.revoke(first["digest"])
        form = order(predecessor={"digest": first["digest"], "reason": 401})
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json=form, headers=service.by(service.issuer)
            )
        assert refusal(answer) == (409, "StatusFinal")
        assert answer.json()["digest"] == first["digest"]


class TestRead:
    def test_shows_a_licence_and_its_document(self, service: World) -> None:
        issued = service.issue(externalId="case-1")
        headers = service.by(service.registrar)
        path = f"/v1/licences/{issued['digest']}"
        shown = service.client.get(path, headers=headers).json()
        assert shown["licenceId"] == issued["licenceId"]
        assert shown["externalId"] == "case-1"
        assert (shown["validFrom"], shown["validUntil"]) == (
            "2026-11-20T16:00:00Z",
            "2031-11-20T16:00:00Z",
        )
        document = service.client.get(f"{path}/document", headers=headers)
        assert document.text == issued["document"]
        assert document.headers["content-type"] == "application/dc+sd-jwt"

    @pytest.mark.parametrize("kind", ["list", "licence", "change asked", "change"])
    def test_names_the_head_and_its_age(self, service: World, kind: str) -> None:
        path = f"/v1/licences/{service.issue()['digest']}"
        service.anchor()
        headers = service.by(service.registrar)
        paths = {"list": f"/v1/licences?agency=CN-GD/{AGENCY.code}", "licence": path}
        asked = {"status": "suspended", "reason": 101}
        if kind.startswith("change"):
            answer = service.client.post(f"{path}/status", json=asked, headers=headers)
            paths["change"] = answer.headers["Location"]
        service.clock.now += 7
        if kind != "change asked":
            answer = service.client.get(paths[kind], headers=headers)
        head = answer.json()["head"]
        assert (head["block"], head["ageSeconds"]) == (3, 0 if kind == "change asked" else 7)
        assert head["time"].endswith("Z")

    @pytest.mark.parametrize("part", ["", "/document"])
    def test_refuses_a_foreign_agencys_record(self, service: World, part: str) -> None:
        issued = service.issue()
        answer = service.client.get(
            f"/v1/licences/{issued['digest']}{part}", headers=service.by(service.foreigner)
        )
        assert refusal(answer) == (403, "RoleMissing")

    def test_refuses_an_unknown_record(self, service: World) -> None:
        answer = service.client.get(f"/v1/licences/{ABSENT}", headers=service.by(service.issuer))
        assert refusal(answer) == (404, "RecordUnknown")

    @pytest.mark.parametrize("digest", ["0x12", "zz", "0x" + "g" * 64, "ab" * 32])
    def test_refuses_what_is_no_digest(self, service: World, digest: str) -> None:
        answer = service.client.get(f"/v1/licences/{digest}", headers=service.by(service.issuer))
        assert refusal(answer) == (422, "RequestInvalid")


class TestSearch:
    def test_pages_newest_first(self, service: World) -> None:
        issued = [service.issue(externalId=f"case-{n}")["digest"] for n in range(3)]
        headers = service.by(service.registrar)
        query = {"agency": f"CN-GD/{AGENCY.code}", "limit": "2"}
        first = service.client.get("/v1/licences", params=query, headers=headers).json()
        cursor = {"cursor": first["nextCursor"]}
        second = service.client.get("/v1/licences", params=query | cursor, headers=headers).json()
        found = [row["digest"] for page in (first, second) for row in page["licences"]]
        assert found == issued[::-1]
        assert second["nextCursor"] is None

    def test_by_status_and_end(self, service: World) -> None:
        gone, kept = (str(service.issue()["digest"]) for _ in range(2))
        service.revoke(gone)

        def found(**query: str) -> list[str]:
            params = {"agency": f"CN-GD/{AGENCY.code}"} | query
            headers = service.by(service.registrar)
            answer = service.client.get("/v1/licences", params=params, headers=headers)
            return [str(row["digest"]) for row in answer.json()["licences"]]

        assert found(status="revoked") == [gone]
        assert found(status="valid") == [kept]
        assert found(status="suspended") == []
        end, after = "2031-11-20T16:00:00Z", "2031-11-20T16:00:01Z"
        assert found(expiresBefore=end) == []
        assert found(expiresAfter=end, expiresBefore=after, status="valid") == [kept]
        assert found(expiresAfter=after) == []

    @pytest.mark.parametrize(
        "query", [{"status": "gone"}, {"expiresBefore": "2031"}, {"expiresAfter": "1952956800"}]
    )
    def test_refuses_what_is_no_status_or_time(self, service: World, query: dict[str, str]) -> None:
        params = {"agency": f"CN-GD/{AGENCY.code}"} | query
        headers = service.by(service.registrar)
        answer = service.client.get("/v1/licences", params=params, headers=headers)
        assert refusal(answer) == (422, "RequestInvalid")

    def test_shows_each_status_at_the_head(self, service: World) -> None:
        gone, kept = (str(service.issue()["digest"]) for _ in range(2))
        service.revoke(gone)
        answer = service.client.get(
            "/v1/licences",
            params={"agency": f"CN-GD/{AGENCY.code}"},
            headers=service.by(service.registrar),
        ).json()
        found = {row["digest"]: row["status"] for row in answer["licences"]}
        assert found == {gone: "revoked", kept: "valid"}

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"q": "蓝鲸"}, 2),
            ({"q": "红鲤"}, 0),
            ({"externalId": "case-1"}, 1),
            ({"type": "cn.drug-business"}, 1),
            ({"type": "cn.food-business", "externalId": "case-1"}, 1),
        ],
    )
    def test_filters(self, service: World, query: dict[str, str], count: int) -> None:
        service.issue(externalId="case-1")
        headers = service.by(service.issuer)
        service.client.post("/v1/licences", json=order("cn.drug-business"), headers=headers)
        wanted = {"agency": f"CN-GD/{AGENCY.code}", **query}
        found = service.client.get("/v1/licences", params=wanted, headers=headers).json()
        assert len(found["licences"]) == count

    def test_refuses_a_foreign_agencys_list(self, service: World) -> None:
        query = {"agency": f"CN-GD/{AGENCY.code}"}
        answer = service.client.get(
            "/v1/licences", params=query, headers=service.by(service.foreigner)
        )
        assert refusal(answer) == (403, "RoleMissing")

    def test_shows_days_of_every_year(self, service: World) -> None:
        service.issue(fields={"valid_from": "0645-01-02", "valid_until": "0650-01-01"})
        query = {"agency": f"CN-GD/{AGENCY.code}"}
        headers = service.by(service.issuer)
        (row,) = service.client.get("/v1/licences", params=query, headers=headers).json()[
            "licences"
        ]
        assert row["validFrom"] == "0645-01-01T16:00:00Z"

    @pytest.mark.parametrize("name", ["q", "type", "externalId"])
    def test_refuses_what_no_database_keeps(self, service: World, name: str) -> None:
        query = {"agency": f"CN-GD/{AGENCY.code}", name: "case\x00"}
        answer = service.client.get(
            "/v1/licences", params=query, headers=service.by(service.issuer)
        )
        assert refusal(answer) == (422, "RequestInvalid")

    @pytest.mark.parametrize("cursor", ["from the start", "9" * 19, "9" * 64])
    def test_refuses_a_made_up_cursor(self, service: World, cursor: str) -> None:
        query = {"agency": f"CN-GD/{AGENCY.code}", "cursor": cursor}
        answer = service.client.get(
            "/v1/licences", params=query, headers=service.by(service.issuer)
        )
        assert refusal(answer) == (422, "CursorMalformed")


class TestProof:
    def test_is_pending_until_anchored(self, service: World) -> None:
        issued = service.issue()
        answer = service.client.get(f"/v1/proofs/{issued['digest']}")
        assert refusal(answer) == (404, "ProofPending")
        assert answer.json()["stage"] == "issued"

    def test_leads_to_the_root_once_anchored(self, service: World) -> None:
        issued = [service.issue() for _ in range(3)]
        service.anchor()
        for body in issued:
            answer = service.client.get(f"/v1/proofs/{body['digest']}")
            proof = ProofFile.from_json(answer.content)
            assert proof.agency == AGENCY.id
            assert "0x" + proof.digest.hex() == body["digest"]
            assert re.fullmatch(r"block=3, time=\S+Z, age=0", answer.headers["Suizheng-Head"])
        headers = service.by(service.issuer)
        shown = service.client.get(f"/v1/licences/{issued[0]['digest']}", headers=headers).json()
        assert shown["stage"] == "anchored"

    def test_is_not_known_of_a_stranger(self, service: World) -> None:
        assert refusal(service.client.get(f"/v1/proofs/{ABSENT}")) == (404, "RecordUnknown")
