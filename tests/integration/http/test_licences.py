import re
from typing import Any

import pytest

from ledger.licences.identifiers import parse_licence_id
from ledger.licences.issuance import read_licence
from ledger.licences.sd_jwt import parse
from ledger.values import AgencyStatus
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

    @pytest.mark.parametrize("quotes", ["", '"'])
    def test_repeat_of_an_idempotency_key_returns_the_first(
        self, service: World, quotes: str
    ) -> None:
        key = {"Idempotency-Key": f"{quotes}0123456789abcdef{quotes}"}
        headers = service.by(service.issuer) | key
        first = service.client.post("/v1/licences", json=order(), headers=headers)
        with nothing_changes(service):
            again = service.client.post("/v1/licences", json=order(), headers=headers)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()

    @pytest.mark.parametrize("key", ["short", '"0123456789abcdef', "0123456789 abcdef", "x" * 129])
    def test_refuses_an_idempotency_key_of_another_shape(self, service: World, key: str) -> None:
        headers = service.by(service.issuer) | {"Idempotency-Key": key}
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (422, "RequestInvalid")

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
        fields = {**form["fields"], **changes.pop("fields", {})}
        with nothing_changes(service):
            answer = service.client.post(
                "/v1/licences", json={**form, "fields": fields, **changes}, headers=headers
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
        second = service.issue(predecessor={"digest": first["digest"], "reason": 401})
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
        service.issue(predecessor={"digest": first["digest"], "reason": 401})
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
