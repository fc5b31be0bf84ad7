import json
from typing import Any

import pytest

from api.services.at_head import HEAD_SECONDS
from api.store.database import Database, StoreUnavailable
from api.store.registry import Head, Registry
from ledger.licences.decisions import parse_decision
from ledger.licences.sd_jwt import bind, parse, present
from ledger.values import Digest, RecordKind, Status
from tests.support.fake_projection import fall_back
from tests.support.licences import HOLDER_KEY, STRANGER_KEY
from tests.support.service import World, nothing_changes, refusal

AUDIENCE = "https://office.example"


@pytest.fixture(autouse=True)
def _remembering(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer out of memory where that is allowed; elsewhere nothing is ever remembered."""
    say = service.say

    def say_a_moment_ago(*said: Any) -> None:
        say(*said)
        service.steady += 2 * HEAD_SECONDS

    service.pace = 0.0
    monkeypatch.setattr(service, "say", say_a_moment_ago)


@pytest.fixture
def issued(service: World) -> dict[str, Any]:
    """A licence that stands on the chain and is bound to its holder's key."""
    body: dict[str, Any] = service.issue(holderKey=HOLDER_KEY.public_key.jwk())
    service.clock.now += 1
    service.anchor()
    return body


def verify(service: World, document: str, **more: Any) -> dict[str, Any]:
    with nothing_changes(service):
        answer = service.client.post("/v1/verifications", json={"document": document, **more})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["code"] for check in report["checks"]}


def decided(service: World, issued: dict[str, Any]) -> str:
    """Suspend the licence on a worded decision, anchored and carried out; return the decision."""
    order = {"status": "suspended", "reason": 101, "decision": {"text": "暂扣。"}}
    headers = service.by(service.registrar)
    path = f"/v1/licences/{issued['digest']}/status"
    asked = service.client.post(path, json=order, headers=headers)
    assert asked.status_code == 202, asked.text
    found = service.client.get(f"/v1/decisions/{asked.json()['decision']}", headers=headers)
    service.clock.now += 1
    service.anchor(RecordKind.DECISION)
    made = parse_decision(found.text).decision
    service.change(made.target, made.status, made.reason, made.effective_at, made.until)
    return found.text


class TestDecision:
    def test_is_verified_with_its_licence(self, service: World, issued: dict[str, Any]) -> None:
        token, licence = decided(service, issued), issued["document"]
        alone = verify(service, token)
        assert alone["verdict"] == "valid", codes(alone)
        assert codes(alone)["change"] == "change.not-asked"
        whole = verify(service, token, licence=licence)
        assert whole["verdict"] == "valid", codes(whole)
        assert codes(whole)["change"] == "change.ok"
        assert verify(service, token, licence=licence, fresh=True)["verdict"] == "valid"
        assert service.live.asked[-1] == (service.clock.now, True)
        tampered = verify(service, token[:-4] + "AAAA", licence=licence)
        assert tampered["verdict"] == "invalid"


class TestVerify:
    def test_finds_our_own_proof(self, service: World, issued: dict[str, Any]) -> None:
        report = verify(service, issued["document"])
        assert report["verdict"] == "valid", codes(report)
        assert report["digest"] == issued["digest"]
        assert report["head"] == {"block": 3, "time": "2026-11-21T02:00:01Z", "ageSeconds": 0}
        assert report["evidence"]["source"] == "projection"
        assert set(report["checks"][0]["sentence"]) == {"zh-Hans", "zh-Hant", "en", "pt"}
        assert service.live.asked == []

    def test_takes_the_proof_that_is_sent(self, service: World, issued: dict[str, Any]) -> None:
        proof = service.client.get(f"/v1/proofs/{issued['digest']}").json()
        assert verify(service, issued["document"], proof=proof)["verdict"] == "valid"
        proof["proof"]["path"] = ["0x" + "00" * 32]
        proof["proof"]["treeSize"] = 2
        report = verify(service, issued["document"], proof=proof)
        assert report["verdict"] == "invalid"
        assert codes(report)["anchor"] == "anchor.proof-mismatch"

    def test_asks_a_node_when_fresh(self, service: World, issued: dict[str, Any]) -> None:
        report = verify(service, issued["document"], fresh=True)
        assert report["verdict"] == "valid"
        assert service.live.asked == [(service.clock.now, False)]

    def test_dead_node_leaves_it_unconfirmed(self, service: World, issued: dict[str, Any]) -> None:
        service.live.is_up = False
        report = verify(service, issued["document"], fresh=True)
        assert report["verdict"] == "unconfirmed"
        assert codes(report)["anchor"] == "anchor.unreachable"

    def test_stale_projection_denies_nothing(self, service: World, issued: dict[str, Any]) -> None:
        service.clock.now += 61
        report = verify(service, issued["document"])
        assert report["verdict"] == "unconfirmed"
        assert codes(report)["status"] == "status.unreachable"
        assert report["head"]["ageSeconds"] == 61

    def test_not_anchored_yet_is_unconfirmed(self, service: World) -> None:
        report = verify(service, service.issue()["document"])
        assert report["verdict"] == "unconfirmed"
        assert codes(report)["anchor"] == "anchor.proof-missing"

    @pytest.mark.parametrize(
        ("status", "reason", "code"),
        [
            (Status.REVOKED, 331, "status.cancelled"),
            (Status.REVOKED, 311, "status.annulled"),
            (Status.SUSPENDED, 101, "status.suspended"),
            (Status.SUPERSEDED, 401, "status.superseded"),
        ],
    )
    def test_tells_what_happened_since(
        self, service: World, issued: dict[str, Any], status: Status, reason: int, code: str
    ) -> None:
        digest = Digest(bytes.fromhex(issued["digest"][2:]))
        service.clock.now += 10
        effective_at = 0 if reason == 311 else service.clock.now
        service.change(digest, status, reason, effective_at)
        report = verify(service, issued["document"])
        assert (report["verdict"], codes(report)["status"]) == ("invalid", code)

    def test_answers_about_an_earlier_moment(self, service: World, issued: dict[str, Any]) -> None:
        digest = Digest(bytes.fromhex(issued["digest"][2:]))
        service.clock.now += 3600
        service.change(digest, Status.REVOKED, 331, service.clock.now)
        earlier = "2026-11-21T10:30:00+08:00"
        report = verify(service, issued["document"], at=earlier)
        assert (report["verdict"], report["at"]) == ("valid", "2026-11-21T02:30:00Z")
        assert verify(service, issued["document"])["verdict"] == "invalid"

    def test_asks_for_the_holder(self, service: World, issued: dict[str, Any]) -> None:
        shown = present(parse(issued["document"]), ["holder_name"])
        request = {"audience": AUDIENCE, "nonce": "n-1"}
        bound = {
            name: bind(shown, key, **request, issued_at=service.clock.now).compact
            for name, key in (("holder", HOLDER_KEY), ("stranger", STRANGER_KEY))
        }
        assert codes(verify(service, bound["holder"], **request))["holder"] == "holder.ok"
        for document, asked, code in (
            (bound["stranger"], request, "holder.proof-invalid"),
            (bound["holder"], request | {"nonce": "n-2"}, "holder.wrong-request"),
            (shown.compact, request, "holder.proof-missing"),
        ):
            report = verify(service, document, **asked)
            assert (report["verdict"], codes(report)["holder"]) == ("invalid", code)

    @pytest.mark.parametrize("document", ["", "~", "a.b.c~", "证照", "x" * 10_000, "\x00~"])
    def test_anything_else_is_invalid_and_no_error(self, service: World, document: str) -> None:
        report = verify(service, document)
        assert report["verdict"] == "invalid"
        assert codes(report)["format"] == "format.unreadable"

    def test_tampering_shows(self, service: World, issued: dict[str, Any]) -> None:
        header, payload, signature = issued["document"].split("~")[0].split(".")
        swapped = ("A" if signature[0] != "A" else "B") + signature[1:]
        document = issued["document"].replace(signature, swapped)
        proof = service.client.get(f"/v1/proofs/{issued['digest']}").json()
        report = verify(service, document, proof=proof)
        assert report["verdict"] == "invalid"
        assert codes(report)["integrity"] == "integrity.signature-invalid"
        assert header
        assert payload


class TestHead:
    """Answers come out of memory while the head stands, and say which head that is."""

    def test_a_moved_head_is_noticed(self, service: World, issued: dict[str, Any]) -> None:
        assert verify(service, issued["document"])["verdict"] == "valid"
        service.revoke(issued["digest"])
        report = verify(service, issued["document"])
        assert (report["verdict"], report["head"]["block"]) == ("invalid", 4)

    def test_no_stale_proof_outlives_a_reorganisation(
        self, service: World, issued: dict[str, Any]
    ) -> None:
        for _ in range(2):  # the second time its batch and anchor are in memory
            assert verify(service, issued["document"])["head"]["block"] == 3
        fall_back(service.projection, 2)
        told = verify(service, issued["document"])
        assert (told["verdict"], told["head"]["block"]) == ("valid", 3)  # as of what it names
        service.steady += 2 * HEAD_SECONDS
        report = verify(service, issued["document"])
        assert (report["verdict"], report["head"]["block"]) == ("unconfirmed", 2)
        assert codes(report)["anchor"] == "anchor.proof-missing"
        proof = service.client.get(f"/v1/proofs/{issued['digest']}")
        assert refusal(proof) == (404, "ProofPending")

    def test_a_database_that_is_gone_leaves_it_unconfirmed(
        self, service: World, issued: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proof = service.client.get(f"/v1/proofs/{issued['digest']}").json()
        assert verify(service, issued["document"], proof=proof)["verdict"] == "valid"

        def gone(_: Registry) -> Head:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(Registry, "head", gone)
        service.steady += 2 * HEAD_SECONDS
        report = verify(service, issued["document"], proof=proof)
        assert (report["verdict"], report["head"]) == ("unconfirmed", None)
        assert codes(report)["anchor"] == "anchor.unreachable"

    def test_asks_the_database_nothing_while_the_head_stands(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        documents = [service.issue()["document"] for _ in range(5)]
        service.clock.now += 1
        service.anchor()
        for document in documents:
            assert verify(service, document)["verdict"] == "valid"
        with monkeypatch.context() as patched:
            patched.setattr(Database, "read", None)
            answers = [
                service.client.post("/v1/verifications", json={"document": document}).json()
                for document in (*documents, "nonsense")
            ]
        verdicts = [answer["verdict"] for answer in answers]
        assert verdicts == ["valid"] * 5 + ["invalid"]
        assert {answer["head"]["block"] for answer in answers} == {3}


class TestWellFormed:
    """The direct way and FastAPI's give the same answers to the same questions."""

    @pytest.mark.parametrize(
        "form",
        [
            {"document": "nonsense"},
            {"document": "x", "at": "2026-11-21T10:30:00+08:00"},
            {"document": "x", "audience": AUDIENCE, "nonce": "n"},
            {"document": "x", "audience": AUDIENCE},
            {"document": "x", "fresh": "yes"},
            {"document": "x", "fresh": 2},
            {"document": None},
            {"document": "x", "proof": []},
            {"document": "x", "proof": {"digest": 1}},
            {"document": "x", "unknown": 1},
            {"document": "x" * (2**18 + 1)},
            [],
            None,
            "text",
        ],
    )
    def test_either_way(self, service: World, form: Any) -> None:
        body = json.dumps(form).encode()
        direct, through = (
            service.client.post(
                "/v1/verifications", content=body, headers={"Content-Type": media_type}
            )
            for media_type in ("application/json", "application/json; charset=utf-8")
        )
        told, wanted = direct.json(), through.json()
        told.pop("instance", None)
        wanted.pop("instance", None)
        assert (direct.status_code, told) == (through.status_code, wanted)
        assert set(direct.headers) == set(through.headers)

    def test_valid_either_way(self, service: World, issued: dict[str, Any]) -> None:
        body = json.dumps({"document": issued["document"]}).encode()
        through = service.client.post(
            "/v1/verifications", content=body, headers={"Content-Type": "application/vc+json"}
        )
        assert through.json() == verify(service, issued["document"])

    @pytest.mark.parametrize("body", [b"", b" ", b"{", b'{"document":"a","document":"b"}'])
    def test_no_form_at_all(self, service: World, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = service.client.post("/v1/verifications", content=body, headers=headers)
        expected = (422, "RequestInvalid") if not body else (400, "JsonMalformed")
        assert refusal(answer) == expected


class TestRefuse:
    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ({}, (422, "RequestInvalid")),
            ({"document": 7}, (422, "RequestInvalid")),
            ({"document": "x", "audience": "a"}, (422, "RequestInvalid")),
            ({"document": "x", "at": "2026-11-21"}, (422, "RequestInvalid")),
            ({"document": "x", "at": "2026-13-21T00:00:00Z"}, (422, "RequestInvalid")),
            ({"document": "x", "proof": {}}, (422, "ProofFileMalformed")),
            ({"document": "x", "proof": {"digest": "0x00"}}, (422, "ProofFileMalformed")),
            ({"document": "x", "proof": {"digest": 2**64}}, (422, "ProofFileMalformed")),
            ({"document": "x", "proof": {"digest": -(10**300)}}, (422, "ProofFileMalformed")),
        ],
    )
    def test_refuses_questions_of_another_shape(
        self, service: World, form: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        answer = service.client.post("/v1/verifications", json=form)
        assert refusal(answer) == expected

    def test_names_the_place_of_what_is_wrong(self, service: World) -> None:
        answer = service.client.post("/v1/verifications", json={"document": 7, "x/y": 1})
        assert answer.json()["errors"] == [
            {"place": "body", "pointer": "/document", "rule": "string_type"},
            {"place": "body", "pointer": "/x~1y", "rule": "extra_forbidden"},
        ]
