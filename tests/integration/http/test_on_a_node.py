"""The whole way of a licence: HTTP, database, worker, a real node, and back."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from api.main import main
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.deployments import ContractsDiffer
from ledger.errors import WrongCode, WrongHistory, WrongNetwork
from ledger.licences.decisions import Decision, parse_decision
from ledger.merkle import verify_inclusion
from ledger.typed_data import StatusOrder, cosign
from ledger.values import Digest, RecordKind, Role, Status, WordChange
from ledger.verification.proof_file import ProofFile
from tests.support.anvil import anvil
from tests.support.apps import app_over
from tests.support.licences import AGENCY, AGENCY_KEY, CATALOGUE
from tests.support.office import BASE_URL, TYPE, Office, office
from tests.support.service import message_of, name_order, order
from tests.support.signer import lines
from tests.support.signing import signing, socket_of, trail_of
from tests.support.standing import account

ANNUL = {"status": "revoked", "reason": 311}
DECISION = {
    "number": "示市监许撤〔2026〕7号",
    "legalBasis": "《中华人民共和国行政许可法》第六十九条",
    "text": "经查，该许可以欺骗手段取得，决定予以撤销。",
    "appeal": "六十日内可向示例市人民政府申请行政复议。",
}


class Silent:
    """A log that nobody reads."""

    def info(self, event: str, **values: Any) -> None: ...

    def error(self, event: str, **values: Any) -> None: ...


class Counter:
    """An agency's counter: a clerk who issues and changes, an approver who co-signs."""

    def __init__(self, place: Office) -> None:
        self.place = place
        self.clerk = account(place.standing.anvil, 2)
        self.approver = account(place.standing.anvil, 3)
        deployment = place.standing.deployment
        for call in (
            calls.accredit(deployment, AGENCY.id, CATALOGUE.get(TYPE).record_type),
            calls.grant_role(deployment, AGENCY.id, Role.ISSUER, self.clerk.address),
            calls.grant_role(deployment, AGENCY.id, Role.REGISTRAR, self.clerk.address),
            calls.grant_role(deployment, AGENCY.id, Role.APPROVER, self.approver.address),
        ):
            place.standing.send(call)
        place.work()
        app = app_over(place.parts.services(), Silent())
        self.client = TestClient(app, base_url=BASE_URL)
        self.client.event_hooks["request"] = [name_order]
        self.client.headers["Authorization"] = f"Bearer {self._sign_in(self.clerk)}"

    def _sign_in(self, who: Account) -> str:
        asked = {"address": who.address}
        message = message_of(self.client.post("/v1/sign-in/challenge", json=asked).json())
        form = {"message": message, "signature": "0x" + who.sign_message(message).hex()}
        return str(self.client.post("/v1/sign-in", json=form).json()["token"])

    def issue(self, **changes: Any) -> dict[str, Any]:
        answer = self.client.post("/v1/licences", json=order(TYPE, **changes))
        assert answer.status_code == 201, answer.text
        self.place.work()
        body: dict[str, Any] = answer.json()
        return body

    def change(self, digest: str, form: dict[str, Any]) -> dict[str, Any]:
        """Ask for a change, let it be sent, and return what became of it."""
        answer = self.client.post(f"/v1/licences/{digest}/status", json=form)
        assert answer.status_code == 202, answer.text
        self.place.work()
        body: dict[str, Any] = self.client.get(answer.headers["Location"]).json()
        return body

    def decision(self, digest: str) -> Decision:
        """Return a decision whose signature and place on chain are good."""
        token = self.client.get(f"/v1/decisions/{digest}").text
        read = parse_decision(token)
        read.jws.verify(AGENCY_KEY.public_key)
        proof = ProofFile.from_json(self.client.get(f"/v1/proofs/{digest}").text)
        assert proof.digest == read.digest
        verify_inclusion(read.digest, proof.proof, proof.root)
        anchored = {e.root: e.kind for e in self.place.parts.registry.batches()}
        assert anchored[proof.root] == RecordKind.DECISION
        return read.decision

    def verdict(self, document: str, **more: Any) -> tuple[str, set[str]]:
        """Return the verdict and the codes of all that is not fine."""
        answer = self.client.post("/v1/verifications", json={"document": document, **more})
        report = answer.json()
        bad = {c["code"] for c in report["checks"] if c["result"] in {"INVALID", "ERROR"}}
        return report["verdict"], bad


@pytest.fixture
def counter(url: str, tmp_path: Path) -> Iterator[Counter]:
    with anvil() as node, office(node, url, tmp_path) as place:
        yield Counter(place)


class TestLicence:
    def test_goes_from_request_to_chain_to_verdict(self, counter: Counter) -> None:
        issued = counter.issue()
        shown = counter.client.get(f"/v1/licences/{issued['digest']}").json()
        assert shown["stage"] in {"anchored", "final"}
        for more in ({}, {"fresh": True}):
            assert counter.verdict(issued["document"], **more) == ("valid", set())

    def test_is_suspended_and_reinstated(self, counter: Counter) -> None:
        issued = counter.issue()
        change = counter.change(issued["digest"], {"status": "suspended", "reason": 101})
        assert change["stage"] in {"anchored", "final"}, change
        expected = ("invalid", {"status.suspended"})
        assert counter.verdict(issued["document"]) == expected
        assert counter.verdict(issued["document"], fresh=True) == expected
        counter.change(issued["digest"], {"status": "valid", "reason": 201})
        assert counter.verdict(issued["document"], fresh=True) == ("valid", set())

    def test_is_annulled_by_two(self, counter: Counter) -> None:
        issued = counter.issue()
        form = ANNUL | {"decision": DECISION}
        terms = {"nonce": "1", "deadline": counter.place.parts.clock() + 600}
        message = counter.client.post(
            f"/v1/licences/{issued['digest']}/status/typed-data", json=ANNUL | terms
        ).json()["message"]
        wanted = StatusOrder(
            AGENCY.id,
            message["list"],
            tuple(WordChange(c["word"], int(c["mask"])) for c in message["changes"]),
            Status(message["status"]),
            message["reason"],
            message["effectiveAt"],
            message["until"],
        )
        ledger = counter.place.standing.deployment.ledger
        deadline = int(message["deadline"])
        signed = cosign(ledger, wanted, 1, deadline, counter.approver.private_key)
        signature = {
            "approver": counter.approver.address,
            "signature": "0x" + signed.signature.hex(),
        }
        change = counter.change(issued["digest"], form | {"coSignature": signature | terms})
        assert (change["stage"], change["error"]) == ("final", None)
        assert counter.verdict(issued["document"]) == ("invalid", {"status.annulled"})
        decision = counter.decision(change["decision"])
        assert decision.target == bytes.fromhex(issued["digest"][2:])
        assert (decision.reason, decision.effective_at) == (311, 0)
        assert decision.number == DECISION["number"]

    def test_is_superseded_once_its_successor_is_anchored(self, counter: Counter) -> None:
        first = counter.issue()
        former = {"digest": first["digest"], "reason": 401}
        second = counter.issue(predecessor=former, fields={"valid_until": "2036-11-20"})
        assert counter.verdict(second["document"]) == ("valid", set())
        assert counter.verdict(first["document"]) == ("invalid", {"status.superseded"})
        (change,) = counter.place.changes.of(Digest(bytes.fromhex(first["digest"][2:])))
        assert change.decision is not None
        decision = counter.decision("0x" + change.decision.hex())
        assert decision.successor == bytes.fromhex(second["digest"][2:])
        assert (decision.status, decision.reason) == (Status.SUPERSEDED, 401)
        assert decision.effective_at == change.effective_at > 0


class TestDecision:
    def test_comes_after_a_change_without_one(self, counter: Counter) -> None:
        issued = counter.issue()
        asked = counter.change(issued["digest"], {"status": "suspended", "reason": 101})
        decision = counter.decision(asked["decision"])
        assert (decision.text, decision.number) == ("暂扣", "")
        assert decision.status is Status.SUSPENDED


class TestSigner:
    def test_is_missed_by_issuing_alone(self, url: str, tmp_path: Path) -> None:
        name = f"unix:{socket_of(tmp_path)}"
        with anvil() as node, signing(tmp_path) as process, office(node, url, tmp_path, name) as at:
            counter = Counter(at)
            issued = counter.issue()
            process.kill()
            process.wait()
            answer = counter.client.post("/v1/licences", json=order(TYPE))
            assert (answer.status_code, answer.json()["type"]) == (
                503,
                "/problems/SigningUnavailable",
            )
            assert "Retry-After" in answer.headers
            assert counter.verdict(issued["document"], fresh=True) == ("valid", set())
            with signing(tmp_path):
                second = counter.issue()
            assert counter.verdict(second["document"]) == ("valid", set())
        signed = [line for line in lines(trail_of(tmp_path)) if line["outcome"] == "signed"]
        assert [line["purpose"] for line in signed].count("licence") == 2
        assert {line["purpose"] for line in signed} == {"licence", "status-list"}


class TestNode:
    def test_dead_one_leaves_it_unconfirmed(self, counter: Counter) -> None:
        issued = counter.issue()
        with stopped(counter.place):
            verdict, codes = counter.verdict(issued["document"], fresh=True)
            assert verdict == "unconfirmed"
            assert "anchor.unreachable" in codes
            assert counter.verdict(issued["document"]) == ("valid", set())

    def test_another_chain_leaves_it_unconfirmed(self, counter: Counter) -> None:
        issued = counter.issue()
        deployment = counter.place.standing.deployment
        counter.place.parts.__dict__["deployment"] = replace(deployment, chain_id=7)
        counter.client = TestClient(
            app_over(counter.place.parts.services(), Silent()), base_url=BASE_URL
        )
        assert counter.verdict(issued["document"], fresh=True)[0] == "unconfirmed"


class TestServe:
    @pytest.mark.parametrize("wrong", [WrongNetwork, WrongHistory, WrongCode, ContractsDiffer])
    def test_does_not_start_beside_another_ledger(
        self, counter: Counter, tmp_path: Path, wrong: type[Exception]
    ) -> None:
        deployment = counter.place.standing.deployment
        hashes = dict(deployment.code_hashes)
        hashes["RecordLedger"] = replace(hashes["RecordLedger"], hash=bytes(32))
        changed = {
            WrongNetwork: replace(deployment, chain_id=7),
            WrongHistory: replace(deployment, block_hash=bytes(32)),
            WrongCode: replace(deployment, record_ledger=deployment.authority),
            ContractsDiffer: replace(deployment, code_hashes=hashes),
        }[wrong]
        path = tmp_path / "other.json"
        path.write_text(changed.to_json())
        settings = counter.place.settings
        environment = {
            "SUIZHENG_DATABASE_URL": settings.database_url,
            "SUIZHENG_NODE_URLS": settings.node_urls[0],
            "SUIZHENG_DEPLOYMENT": str(path),
            "SUIZHENG_KEYS": str(settings.keys),
        }
        result = CliRunner().invoke(main, ["serve", "--port", "1"], env=environment)
        assert isinstance(result.exception, wrong)


@contextmanager
def stopped(place: Office) -> Iterator[None]:
    """Let the node hang until the block ends."""
    os.kill(place.standing.anvil.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(place.standing.anvil.pid, signal.SIGCONT)
