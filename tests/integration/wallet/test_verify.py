"""`suizheng verify` against a real chain, and against one that does not answer."""

import pytest

from ledger.chain import calls
from ledger.licences.issuance import Licence, issue
from ledger.typed_data import StatusOrder, WordChange
from ledger.values import Status
from tests.integration.wallet.conftest import Town
from tests.support.licences import AGENCY, HOLDER_KEY, counted_bytes, draft, issuer
from tests.support.ports import free_port
from tests.support.terminal import Terminal


class Issued:
    """One licence, anchored, as two files; the clock stands at 2026-11-21 or later."""

    def __init__(self, town: Town) -> None:
        self.town = town
        terminal = town.terminal
        terminal.run("key", "new", "document", "seal")
        town.admit("seal")
        signer = terminal.outside.keyring.signer("seal", "correct horse")
        made = draft(fields=issued_fields(), issued_at=terminal.now)
        self.licence: Licence = issue(made, issuer(signer), counted_bytes())
        self.path = terminal.folder / "licence.sd-jwt"
        self.path.write_text(self.licence.document)
        proof = town.anchor(self.licence)
        (terminal.folder / "licence.proof.json").write_bytes(proof.to_json())
        terminal.now += 60

    def change(self, status: Status, reason: int, account: str = "office") -> None:
        word, shift = divmod(self.licence.index, 128)
        changes = (WordChange(word, 3 << (2 * shift)),)
        at = self.town.terminal.now - 120
        order = StatusOrder(AGENCY.id, self.licence.list, changes, status, reason, at, 0)
        self.town.send(calls.change_status(self.town.deployment, order), account)


@pytest.fixture
def issued(town: Town) -> Issued:
    return Issued(town)


@pytest.fixture
def terminal(issued: Issued) -> Terminal:
    return issued.town.terminal


class TestVerify:
    def test_valid_from_the_chain_alone(self, terminal: Terminal, issued: Issued) -> None:
        report = terminal.json("verify", issued.path)
        assert report["verdict"] == "valid"
        assert report["evidence"]["source"] == "node"

    def test_suspended_then_reinstated(self, terminal: Terminal, issued: Issued) -> None:
        issued.change(Status.SUSPENDED, 101)
        report = terminal.json("verify", issued.path, code=1)
        assert report["checks"][4]["code"] == "status.suspended"
        issued.change(Status.VALID, 201)
        terminal.run("verify", issued.path)

    def test_revoked_says_how(self, terminal: Terminal, issued: Issued) -> None:
        issued.change(Status.REVOKED, 320)
        report = terminal.json("verify", issued.path, code=1)
        assert report["checks"][4]["code"] == "status.revoked-punitive"

    def test_dead_node_is_unconfirmed_never_invalid(
        self, terminal: Terminal, issued: Issued
    ) -> None:
        dead = f"http://127.0.0.1:{free_port()}"
        report = terminal.json("verify", issued.path, "--node", dead, code=2)
        assert report["verdict"] == "unconfirmed"
        assert "INVALID" not in {check["result"] for check in report["checks"]}

    def test_next_node_is_asked(self, terminal: Terminal, issued: Issued) -> None:
        dead = f"http://127.0.0.1:{free_port()}"
        words = ("verify", issued.path, "--node", dead, "--node", issued.town.anvil.url)
        terminal.run(*words)

    def test_untrusted_ledger_is_unconfirmed(self, terminal: Terminal, issued: Issued) -> None:
        (terminal.folder / "wallet" / "trust.json").unlink()
        terminal.run("verify", issued.path, code=2)
        deployment = terminal.folder / "deployment.json"
        deployment.write_text(issued.town.deployment.to_json())
        words = ("--deployment", deployment, "--node", issued.town.anvil.url)
        terminal.run("verify", issued.path, *words)

    def test_signed_by_a_key_the_agency_never_announced(
        self, terminal: Terminal, issued: Issued
    ) -> None:
        stranger = issue(draft(fields=issued_fields()), issuer(), counted_bytes())
        issued.path.write_text(stranger.document)
        (terminal.folder / "licence.proof.json").write_bytes(issued.town.anchor(stranger).to_json())
        report = terminal.json("verify", issued.path, code=2)
        assert report["checks"][1]["code"] == "integrity.key-unavailable"


class TestPresent:
    def test_two_fields_and_the_holders_proof(self, terminal: Terminal, issued: Issued) -> None:
        terminal.run("key", "new", "holder", "me")
        me = terminal.outside.keyring.entry("me").public_key
        signer = terminal.outside.keyring.signer("seal", "correct horse")
        made = draft(fields=issued_fields(), holder_key=me, index=5, issued_at=terminal.now)
        licence = issue(made, issuer(signer), counted_bytes(b"two"))
        issued.path.write_text(licence.document)
        (terminal.folder / "licence.proof.json").write_bytes(issued.town.anchor(licence).to_json())
        terminal.now += 60
        terminal.run("licence", "add", issued.path)
        out = terminal.folder / "shown.json"
        asked = ("--audience", "https://department.example", "--nonce", "n0nce")
        digest = licence.digest.hex()[:12]
        words = ("present", digest, "holder_name", "licence_number", *asked, "--out", out)
        terminal.run("licence", *words)
        assert terminal.json("verify", out, *asked)["checks"][6]["code"] == "holder.ok"
        shown = out.read_text()
        assert shown.count("~") == 3
        wrong = ("--audience", "https://other.example", "--nonce", "n0nce")
        report = terminal.json("verify", out, *wrong, code=1)
        assert report["checks"][6]["code"] == "holder.wrong-request"

    def test_without_the_holders_key_is_refused(self, terminal: Terminal, issued: Issued) -> None:
        terminal.run("licence", "add", issued.path)
        words = ("present", issued.licence.digest.hex(), "--audience", "a", "--nonce", "n")
        said = terminal.run("licence", *words, code=1)
        assert HOLDER_KEY.public_key.kid in said

    def test_claim_that_is_not_there_is_refused(self, terminal: Terminal, issued: Issued) -> None:
        terminal.run("licence", "add", issued.path)
        terminal.run("licence", "present", issued.licence.digest.hex(), "salary", code=1)


def issued_fields() -> dict[str, object]:
    fields = dict(draft().fields) | {"valid_from": "2020-01-01", "valid_until": "2099-12-31"}
    return fields | {"issue_date": "2020-01-01"}
