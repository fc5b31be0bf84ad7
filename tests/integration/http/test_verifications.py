from typing import Any

import pytest

from ledger.licences.sd_jwt import bind, parse, present
from ledger.values import Digest, Status
from tests.support.licences import HOLDER_KEY, STRANGER_KEY
from tests.support.service import World, nothing_changes, refusal

AUDIENCE = "https://office.example"


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
