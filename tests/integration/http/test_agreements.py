"""Agreements and policies over HTTP, as the projection has them."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from ledger import events
from ledger.agreements.agreement import agreement_id, scope_of
from ledger.canonical import canonical_json
from ledger.events import JurisdictionAdmitted, RoleGranted
from ledger.health.rule_bundles import write_rule_bundle
from ledger.values import Role, Scope, health_record_type, jurisdiction_id, role_id
from tests.support.licences import AGENCY
from tests.support.policies import licence_policy_document, policy_document, sample_domestic_policy
from tests.support.service import World, nothing_changes, refusal

FROM, TO = jurisdiction_id("MO"), jurisdiction_id("CN-GD")
PASS = health_record_type("pass")
ID = agreement_id(FROM, TO, PASS)
PATH = f"/v1/agreements/0x{ID.hex()}"
POLICY = canonical_json(policy_document())
DIGEST = hashlib.sha256(POLICY).digest()
POLICY_PATH = f"/v1/policies/0x{DIGEST.hex()}"
DAY = 86_400


def rule_file(**changes: Any) -> bytes:
    """Return a rule of the sample policy's receiver."""
    document = {
        "Identifier": "GR-XB-0001",
        "Type": "Acceptance",
        "Country": "XB",
        "Version": "1.0.0",
        "SchemaVersion": "1.3.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "Sample."}],
        "ValidFrom": "2026-11-01T00:00:00Z",
        "ValidTo": "2027-11-01T00:00:00Z",
        "AffectedFields": ["dob"],
        "Logic": {"===": [{"var": "payload.dob"}, "1990-01-01"]},
    }
    return canonical_json(document | changes)


def deep(levels: int) -> Any:
    """Return an expression that nests so deep."""
    return {"var": "payload.dob"} if levels == 0 else {"!": [deep(levels - 1)]}


def agree(service: World, bundle_hash: bytes = b"\x0b" * 32, version: int = 1) -> int:
    """Let the chain say that a version was agreed on now; return when it begins."""
    begins = service.clock.now + 3 * DAY
    terms = (DIGEST, bundle_hash, begins, begins + 30 * DAY, 7 * DAY)
    service.say(
        lambda place: JurisdictionAdmitted(place, FROM, "MO"),
        lambda place: events.AgreementProposed(place, FROM, TO, PASS, version, TO, *terms),
        lambda place: events.AgreementSigned(place, ID, version),
    )
    return begins


def suspend(service: World) -> None:
    until = service.clock.now + DAY
    grade = scope_of("2")
    service.say(
        lambda place: events.AgreementSuspended(place, ID, 1, 0, until, 7, Scope.GRADE, grade),
        lambda place: events.AgreementSuspended(place, ID, 1, 1, until, 8, Scope.ALL, bytes(32)),
    )


def appoint(service: World, role: Role = Role.SUPERVISOR) -> dict[str, str]:
    """Let the chain give the stranger a role; return the headers of their requests."""
    subject = role_id(TO if role is Role.SUPERVISOR else AGENCY.id, role)
    account = service.stranger.address
    service.say(lambda place: RoleGranted(place, subject, account))
    return service.by(service.stranger)


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def domestic(version: int, **changes: Any) -> bytes:
    """Return the policy of CN-GD for its own passes."""
    own = sample_domestic_policy(version=version, **changes).document
    return canonical_json({**own, "from": "CN-GD", "to": "CN-GD"})


def put(
    service: World, headers: Mapping[str, str], body: bytes = POLICY, digest: bytes | None = None
) -> Any:
    sent = {"Content-Type": "application/json", **headers}
    path = f"/v1/policies/0x{(digest or sha256(body)).hex()}"
    return service.client.put(path, content=body, headers=sent)


class TestAgreements:
    def test_none_before_the_first(self, service: World) -> None:
        assert service.client.get("/v1/agreements").json()["agreements"] == []
        assert refusal(service.client.get(PATH)) == (404, "AgreementUnknown")

    def test_shows_the_version_and_its_state(self, service: World) -> None:
        begins = agree(service)
        body = service.client.get(PATH).json()
        assert (body["from"], body["to"], body["inForce"]) == ("MO", "CN-GD", None)
        assert (body["id"], body["recordType"]) == ("0x" + ID.hex(), "0x" + PASS.hex())
        (version,) = body["versions"]
        assert (version["state"], version["proposer"]) == ("scheduled", "CN-GD")
        assert version["policyHash"] == "0x" + DIGEST.hex()
        assert version["endedAt"] is None
        service.clock.now = begins
        assert service.client.get(PATH).json()["inForce"] == 1
        (listed,) = service.client.get("/v1/agreements").json()["agreements"]
        assert listed["versions"][0]["state"] == "in_force"

    def test_answers_for_any_time(self, service: World) -> None:
        agree(service)
        service.clock.now += 4 * DAY
        suspend(service)
        service.clock.now += 2 * DAY

        def at(moment: str) -> tuple[Any, str, list[bool]]:
            body = service.client.get(PATH, params={"at": moment}).json()
            (version,) = body["versions"]
            acts = [act["inEffect"] for act in version["suspensions"]]
            return body["inForce"], version["state"], acts

        shown = service.client.get(PATH).json()["versions"][0]
        assert shown["state"] == "in_force"
        acts = shown["suspensions"]
        assert [act["scopeKind"] for act in acts] == ["grade", "all"]
        assert (acts[0]["scope"], acts[1]["scope"]) == ("0x" + scope_of("2").hex(), None)
        assert at(acts[0]["start"]) == (1, "suspended", [True, True])
        assert at(acts[0]["end"]) == (1, "in_force", [False, False])
        assert at(shown["validTo"]) == (None, "expired", [False, False])
        assert at("1970-01-01T00:00:00Z") == (None, "unknown", [False, False])

    @pytest.mark.parametrize("at", ["yesterday", "2026-11-21", "1795478400"])
    def test_a_malformed_time_is_refused(self, service: World, at: str) -> None:
        answer = service.client.get("/v1/agreements", params={"at": at})
        assert refusal(answer) == (422, "RequestInvalid")

    def test_is_kept_by_caches_until_it_changes(self, service: World) -> None:
        begins = agree(service)
        first = service.client.get(PATH)
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        given = {"If-None-Match": first.headers["ETag"]}
        service.clock.now += 5
        service.say()
        assert service.client.get(PATH, headers=given).status_code == 304
        service.clock.now = begins  # time alone changes a state
        assert service.client.get(PATH, headers=given).status_code == 200


class TestPolicies:
    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMIN])
    def test_is_kept_once_and_read_by_anybody(self, service: World, role: Role) -> None:
        headers = appoint(service, role)
        first = put(service, headers)
        assert first.status_code == 201, first.text
        assert first.json()["digest"] == "0x" + DIGEST.hex()
        assert (first.json()["from"], first.json()["to"]) == ("XA", "XB")
        with nothing_changes(service):
            assert put(service, headers).status_code == 200
        read = service.client.get(POLICY_PATH)
        assert read.content == POLICY
        assert "immutable" in read.headers["Cache-Control"]
        assert read.headers["Access-Control-Allow-Origin"] == "*"
        again = service.client.get(POLICY_PATH, headers={"If-None-Match": read.headers["ETag"]})
        assert again.status_code == 304

    def test_about_licences_is_kept_alike(self, service: World) -> None:
        headers, body = appoint(service), canonical_json(licence_policy_document())
        answer = put(service, headers, body)
        assert (answer.status_code, answer.json()["kind"]) == (201, "policy")
        assert answer.json()["recordType"] == "licence:cn.construction-qualification"
        assert service.client.get(f"/v1/policies/{answer.json()['digest']}").content == body
        with nothing_changes(service):
            assert put(service, headers, body).status_code == 200

    @pytest.mark.parametrize(
        ("document", "path"),
        [
            (licence_policy_document(recordType="wine:red"), "recordType"),
            (licence_policy_document(recordType="health:pass"), "id"),
            (policy_document(recordType="licence:cn.food-business"), "appeals"),
            (licence_policy_document(to="XA"), "to"),
        ],
    )
    def test_of_neither_kind_is_refused(
        self, service: World, document: dict[str, Any], path: str
    ) -> None:
        headers = appoint(service)
        with nothing_changes(service):
            answer = put(service, headers, canonical_json(document))
        assert refusal(answer) == (422, "PolicyInvalid")
        assert answer.json()["path"] == path

    def test_unknown(self, service: World) -> None:
        assert refusal(service.client.get(POLICY_PATH)) == (404, "PolicyUnknown")

    @pytest.mark.parametrize(
        ("body", "name", "digest"),
        [
            (POLICY, "PolicyDigestDiffers", DIGEST[::-1]),
            (POLICY + b"\n", "PolicyInvalid", None),
            (b"", "PolicyInvalid", None),
            (b"{}", "PolicyInvalid", None),
        ],
        ids=["another", "newline", "empty", "members"],
    )
    def test_other_bytes_are_refused(
        self, service: World, body: bytes, name: str, digest: bytes | None
    ) -> None:
        headers = appoint(service)
        with nothing_changes(service):
            assert refusal(put(service, headers, body, digest)) == (422, name)

    def test_what_an_agreement_names_is_kept_after_it(self, service: World) -> None:
        headers = appoint(service)
        rule, text = rule_file(), b"terms for people"
        manifest = write_rule_bundle({"rules/1.json": rule, "texts/en": text})
        for early in (manifest, rule):
            assert refusal(put(service, headers, early)) == (422, "PolicyInvalid")
        agree(service, sha256(manifest))
        assert refusal(put(service, headers, rule)) == (422, "PolicyInvalid")
        for document in (manifest, rule, text):
            answer = put(service, headers, document)
            assert answer.status_code == 201, answer.text
            assert (answer.json()["kind"], answer.json()["from"]) == ("named", None)
            path = f"/v1/policies/{answer.json()['digest']}"
            read = service.client.get(path)
            assert read.content == document, read.text

    @pytest.mark.parametrize(
        ("path", "content", "name"),
        [
            ("rules/1.json", b'{"a rule": 1}', "RuleBundleInvalid"),
            ("rules/1.json", b"\xff", "RuleBundleInvalid"),
            ("rules/1.json", b"[" * 5_000, "RuleBundleInvalid"),
            ("rules/1.json", rule_file(Country="FR"), "RuleBundleUnfit"),
            ("rules/1.json", rule_file(AffectedFields=["v.0.dt"]), "RuleBundleUnfit"),
            ("rules/1.json", rule_file(Logic={"like": [1, 2]}), "RuleBundleUnfit"),
            ("rules/1.json", rule_file(Logic=deep(20)), "RuleBundleInvalid"),
            ("value-sets.json", b'{"set": "A"}', "RuleBundleInvalid"),
        ],
    )
    def test_rules_that_no_gate_could_judge_by_are_refused(
        self, service: World, path: str, content: bytes, name: str
    ) -> None:
        headers = appoint(service)
        put(service, headers)  # the policy, which says whose rules they are
        manifest = write_rule_bundle({path: content})
        agree(service, sha256(manifest))
        assert put(service, headers, manifest).status_code == 201
        with nothing_changes(service):
            answer = put(service, headers, content)
        assert refusal(answer) == (422, name), answer.text
        assert answer.json()["path"] == path

    def test_a_rule_of_long_ago_is_kept(self, service: World) -> None:
        headers = appoint(service)
        old = rule_file(ValidFrom="2021-01-01T00:00:00Z", ValidTo="2021-02-01T00:00:00Z")
        manifest = write_rule_bundle({"rules/1.json": old})
        agree(service, sha256(manifest))
        for document in (manifest, old):
            assert put(service, headers, document).status_code == 201

    def test_bytes_that_one_calls_a_rule_and_another_a_text_are_kept(self, service: World) -> None:
        headers, text = appoint(service), b"terms for people"
        for number, path in enumerate(("rules/1.json", "texts/terms")):
            manifest = write_rule_bundle({path: text})
            agree(service, sha256(manifest), version=number + 1)
            assert put(service, headers, manifest).status_code == 201
        assert put(service, headers, text).status_code == 201

    def test_a_domestic_one_is_its_own_supervisors_and_goes_forward(self, service: World) -> None:
        headers = appoint(service)
        for version in (2, 3):
            own = domestic(version)
            answer = put(service, headers, own)
            assert (answer.status_code, answer.json()["kind"]) == (201, "domestic")
            assert put(service, headers, own).status_code == 200
        for version, body in ((3, domestic(3, maxUses=1)), (2, domestic(2))):
            with nothing_changes(service):
                answer = put(service, headers, body)
                assert refusal(answer) == (409, "DomesticPolicyOutdated"), version
        with nothing_changes(service):
            foreign = canonical_json(sample_domestic_policy(version=9).document)
            assert refusal(put(service, headers, foreign)) == (403, "RoleMissing")

    def test_without_the_role_nothing_is_kept(self, service: World) -> None:
        headers = service.by(service.issuer)
        with nothing_changes(service):
            answer = put(service, headers)
            assert refusal(answer) == (403, "RoleMissing")
            assert answer.json()["role"] == Role.SUPERVISOR
            assert refusal(put(service, {})) == (401, "SignInMissing")

    def test_a_repeat_under_its_key_gets_the_first_answer(self, service: World) -> None:
        headers = appoint(service) | {"Idempotency-Key": "k" * 16}
        assert [put(service, headers).status_code for _ in range(2)] == [201, 201]
