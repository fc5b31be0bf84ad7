"""Conversion, refill and withdrawal, with a host that opens what it is sent and checks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import orjson
import pytest

from ledger import age
from ledger.agreements.agreement import InForce
from ledger.agreements.health_policy import Policy
from ledger.canonical import b64url_decode, b64url_encode, canonical_json
from ledger.chain.recognition import Recognition
from ledger.health import applications, consents, moves, passes, refills, signed, transfers, visits
from ledger.health.applications import Application
from ledger.health.transfers import HealthTest, Person, Transfer
from ledger.health.visits import Visit
from ledger.keys import PublicKey
from ledger.merkle import Proof
from ledger.values import AgreementState, Digest, Root
from ledger.verification.proof_file import ProofFile
from tests.support import gates
from tests.support.gates import AGENCY, HOUR, NOW, sealed
from tests.support.policies import licence_policy_document, sample_policy
from tests.support.terminal import DEPLOYMENT, Terminal, seeded
from tests.support.travellers import Traveller
from wallet.commands import health_convert, health_holder, health_move, serving
from wallet.health.conversions import Carried
from wallet.service import Service

URL = "https://host.example"
IDENTITY = b"\x21" * 32
HOLDER = "0x" + "5a" * 16
PROOF = Proof(1, 0, ())
OURS = "XB/SAMPLE-HEALTH"


@dataclass
class Host:
    """The health authority of XB: what it received, and what it shall answer."""

    policy: Policy
    holder: PublicKey
    applied: list[Application] = field(default_factory=list)
    visited: list[Visit] = field(default_factory=list)
    withdrawn: list[bytes] = field(default_factory=list)
    receipts: dict[bytes, bytes] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    problem: tuple[int, str] | None = None
    issued: int = 0
    moved_to: list[PublicKey] = field(default_factory=list)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        form = orjson.loads(request.content)
        if request.url.path == "/v1/health/conversions/nonces":
            assert form == {"agency": {"jurisdiction": "XB", "code": AGENCY.code}}
            nonce, recipient = "0x" + "07" * 16, age.recipient_of(IDENTITY)
            given = {"nonce": nonce, "recipient": recipient, "jurisdiction": "XB"}
            return httpx2.Response(201, json=given)
        self.keys.append(request.headers["Idempotency-Key"])
        if self.problem is not None:
            status, name = self.problem
            return httpx2.Response(status, json={"type": f"/problems/{name}", "title": name})
        act = {
            "/v1/health/conversions": self._convert,
            "/v1/health/passes/refills": self._refill,
            "/v1/health/passes/moves": self._move,
            "/v1/health/consents/withdrawals": self._withdraw,
        }[request.url.path]
        return httpx2.Response(201, json=act(form))

    def _convert(self, form: dict[str, Any]) -> dict[str, Any]:
        envelope = signed.read(age.unseal(b64url_decode(form["sealed"]), IDENTITY))
        if self.policy.document["recordType"] == "health:hcert":
            return self._visited(envelope)
        application = applications.read(envelope)
        carried = transfers.verify(signed.read(application.transfer), gates.THIEF.public_key)
        applications.verify(envelope, carried.holder)
        assert application.nonce == b"\x07" * 16
        for each in application.receipts:
            agreed = consents.read_receipt(
                each.document, each.signature, carried.holder, self.policy
            )
            self.receipts[agreed.id] = each.document
        self.applied.append(application)
        return {"holder": HOLDER, "endsAt": "2021-06-30T00:00:00Z"} | self._passes(application.keys)

    def _refill(self, form: dict[str, Any]) -> dict[str, Any]:
        envelope = signed.read(b64url_decode(form["request"]))
        refills.verify(envelope, self.holder)
        asked = refills.read(envelope)
        assert asked.holder.hex() == HOLDER[2:]
        return {"holder": HOLDER} | self._passes(asked.keys)

    def _visited(self, envelope: signed.Signed) -> dict[str, Any]:
        visit = visits.read(envelope)
        visits.verify(envelope, visit.holder)
        for each in visit.receipts:
            consents.read_receipt(each.document, each.signature, visit.holder, self.policy)
        self.visited.append(visit)
        told = {"holder": HOLDER, "endsAt": "2026-11-22T10:00:00Z", "hcert": "HC1:ANEW"}
        return told | self._passes(visit.keys)

    def _move(self, form: dict[str, Any]) -> dict[str, Any]:
        envelope = signed.read(b64url_decode(form["order"]))
        moves.verify_order(envelope, self.holder)
        ordered = moves.read_order(envelope)
        assert ordered.name.hex() == HOLDER[2:]
        asked = moves.verify_request(ordered.request)
        self.moved_to.append(asked.holder)
        return {"holder": HOLDER} | self._passes(asked.keys)

    def _withdraw(self, form: dict[str, Any]) -> dict[str, Any]:
        document, signature = b64url_decode(form["document"]), b64url_decode(form["signature"])
        self.withdrawn.append(consents.check_withdrawal(document, signature, self.holder).withdraws)
        return {"changes": []}

    def _passes(self, keys: tuple[PublicKey, ...]) -> dict[str, Any]:
        found = []
        for key in keys:
            self.issued += 1
            encoded = sealed(holder=key, cti=self.issued.to_bytes(16))
            found.append({"code": passes.to_text(encoded)})
        return {"passes": found}


class Home:
    """A traveller with a transfer in a file, a policy in another, and a host to go to."""

    def __init__(self, traveller: Traveller) -> None:
        self.terminal = traveller.terminal
        self.holder = PublicKey.from_jwk(self.terminal.json("key", "show", "me")["jwk"])
        self.policy = sample_policy()
        self.host = Host(self.policy, self.holder)
        self.transfer = self.terminal.folder / "transfer.json"
        self.transfer.write_bytes(self.carried().to_json())
        self.policy_file = self.terminal.folder / "policy.json"
        self.policy_file.write_bytes(
            orjson.dumps(self.policy.document, option=orjson.OPT_SORT_KEYS)
        )

    def carried(self, **changes: Any) -> Carried:
        content = Transfer(
            source="XA",
            target="XB",
            issued_at=NOW - 60,
            expires_at=NOW + 500,
            cti=b"\x31" * 16,
            holder=self.holder,
            grade=0,
            version=1,
            person=Person("Sample Person", "1990-07-23", "P", "XA", "E0000000"),
            test=HealthTest("LP6464-4", "negative", NOW - HOUR, "Sample Laboratory"),
            list=1 << 17,
            index=7,
        )
        document = transfers.sign(replace(content, **changes), gates.THIEF)
        digest = Digest(signed.read(document).digest)
        anchor = (DEPLOYMENT.ledger, AGENCY.id, b"\x01" * 32, 7)
        return Carried(document, ProofFile(digest, PROOF, Root(bytes(32)), *anchor))

    def words(self, *more: object) -> tuple[object, ...]:
        given = ("--agency", OURS, "--policy", self.policy_file, "--service", URL)
        return ("health", "convert", self.transfer, *given, *more)


@pytest.fixture
def home(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Home:
    found = Home(Traveller(terminal))
    transport = httpx2.MockTransport(found.host.answer)

    def client(url: str, *_token: Any, **_named: Any) -> Service:
        return Service(url, "token", transport, lambda _: None)

    @contextmanager
    def ledger(_chosen: Any) -> Iterator[Any]:
        yield SimpleNamespace(node=None, deployment=None)

    version = gates.version(1, found.policy)
    in_force = InForce(version, AgreementState.IN_FORCE, ())
    recognised = SimpleNamespace(in_force_at=lambda *_: Recognition(1, NOW, in_force))
    monkeypatch.setattr(health_convert, "Service", client)
    monkeypatch.setattr(health_holder, "Service", client)
    monkeypatch.setattr(health_move, "Service", client)
    monkeypatch.setattr(health_convert, "open_ledger", ledger)
    monkeypatch.setattr(health_convert, "RecognitionClient", lambda *_: recognised)
    return found


HCERT = sample_policy(recordType="health:hcert")
PASSPORT = {
    "name": "MUSTER<<ANA",
    "birthDate": "1990-07-23",
    "documentType": "P",
    "documentIssuer": "UTO",
    "documentNumber": "C01X00T47",
}


class TestVisit:
    @pytest.fixture
    def visitor(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
        home.policy_file.write_bytes(orjson.dumps(HCERT.document, option=orjson.OPT_SORT_KEYS))
        home.host.policy = HCERT
        in_force = InForce(gates.version(1, HCERT), AgreementState.IN_FORCE, ())
        recognised = SimpleNamespace(in_force_at=lambda *_: Recognition(1, NOW, in_force))
        monkeypatch.setattr(health_convert, "RecognitionClient", lambda *_: recognised)
        (home.terminal.folder / "person.json").write_bytes(orjson.dumps(PASSPORT))
        (home.terminal.folder / "code.txt").write_text("HC1:SAMPLE  CODE\n")
        return home

    def words(self, home: Home, *more: object) -> tuple[object, ...]:
        folder = home.terminal.folder
        code = ("--code", folder / "code.txt", "--person", folder / "person.json")
        given = ("--agency", OURS, "--policy", home.policy_file, "--service", URL)
        return ("health", "convert", *code, *given, *more)

    def test_hands_over_code_and_passport_and_keeps_what_comes(self, visitor: Home) -> None:
        told = visitor.terminal.json(*self.words(visitor, "--yes", "--count", 2))
        (visit,) = visitor.host.visited
        assert visit.code == "HC1:SAMPLE  CODE"  # a space is a digit of Base45
        assert (visit.person.name, visit.person.document_number) == ("MUSTER<<ANA", "C01X00T47")
        assert (visit.holder, len(visit.keys), told["passes"]) == (visitor.holder, 2, 2)
        assert Path(told["hcert"]).read_text() == "HC1:ANEW\n"

    def test_wants_one_code_a_passport_and_the_right_agreement(self, visitor: Home) -> None:
        folder, terminal = visitor.terminal.folder, visitor.terminal
        (folder / "code.txt").write_text("SZ1:NONE\n")
        assert "exactly one code" in terminal.run(*self.words(visitor, "--yes"), code=1)
        (folder / "code.txt").write_text("HC1:A\n")
        (folder / "person.json").write_text('{"name": "MUSTER"}')
        assert "no JSON of name" in terminal.run(*self.words(visitor, "--yes"), code=1)
        given = ("--agency", OURS, "--policy", visitor.policy_file, "--service", URL, "--yes")
        terminal.run("health", "convert", "--code", folder / "code.txt", *given, code=64)
        said = terminal.run("health", "convert", visitor.transfer, *given, code=1)
        assert "another agreement" in said
        assert visitor.host.visited == []


class TestConvert:
    def test_hands_over_what_was_consented_to_and_keeps_the_passes(self, home: Home) -> None:
        purposes = ("--purpose", "entry", "--purpose", "work site")
        told = home.terminal.json(*home.words("--yes", "--count", 3, "--port", "port-1", *purposes))
        assert told["passes"] == 3
        (application,) = home.host.applied
        assert (application.port, len(application.keys)) == ("port-1", 3)
        assert len(home.host.receipts) == 2
        assert len(home.terminal.json("health", "pass", "list")) == 3
        assert home.terminal.json("health", "pass", "show", "--key", "me")["text"]
        (kept,) = home.terminal.json("health", "conversions")
        assert (kept["name"], kept["agency"], len(kept["consents"])) == (HOLDER[2:], OURS, 2)

    def test_shows_the_terms_before_it_asks(self, home: Home) -> None:
        done = home.terminal.try_(*home.words(), input="n\n")
        assert done.exit_code == 1
        for part in ("birth date", "Sample Health Bureau of XB", "P90D", "entry", "Sample"):
            assert part in done.output
        assert home.host.applied == []

    def test_takes_no_policy_but_the_one_in_force(self, home: Home) -> None:
        other = sample_policy(maxUses=3)
        home.policy_file.write_bytes(orjson.dumps(other.document, option=orjson.OPT_SORT_KEYS))
        said = home.terminal.run(*home.words("--yes"), code=1)
        assert "does not name this policy" in said

    def test_takes_no_policy_about_licences(self, home: Home) -> None:
        home.policy_file.write_bytes(canonical_json(licence_policy_document()))
        assert "documents of another kind" in home.terminal.run(*home.words("--yes"), code=1)
        assert home.host.applied == []

    def test_takes_no_transfer_to_another(self, home: Home) -> None:
        home.transfer.write_bytes(home.carried(target="XC").to_json())
        assert "another agreement" in home.terminal.run(*home.words("--yes"), code=1)

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"transfer": "AA", "proof": {}}'])
    def test_takes_no_file_that_is_none(self, home: Home, content: bytes) -> None:
        home.transfer.write_bytes(content)
        assert "no transfer" in home.terminal.run(*home.words("--yes"), code=1)

    def test_asks_for_a_lost_answer_with_the_same_bytes(self, home: Home) -> None:
        home.host.problem = (503, "ServiceUnavailable")
        home.terminal.run(*home.words("--yes", "--count", 2), code=2)
        assert "--resume" in home.terminal.run(*home.words("--yes"), code=1)
        home.host.problem = None
        told = home.terminal.json("health", "convert", "--resume")
        assert told["passes"] == 2
        assert len(set(home.host.keys)) == 1
        assert "waits for its answer" in home.terminal.run("health", "convert", "--resume", code=1)

    @pytest.mark.parametrize(
        ("name", "is_kept"), [("ConversionRefused", False), ("TransferNotAnchored", True)]
    )
    def test_forgets_what_was_refused_for_good(
        self, home: Home, name: str, *, is_kept: bool
    ) -> None:
        home.host.problem = (409, name)
        assert name in home.terminal.run(*home.words("--yes"), code=1)
        home.host.problem = None
        home.terminal.run("health", "convert", "--resume", code=0 if is_kept else 1)

    def test_needs_its_parts(self, home: Home) -> None:
        home.terminal.run("health", "convert", code=64)


class TestLater:
    def test_refills_on_the_same_terms(self, home: Home) -> None:
        name = home.terminal.json(*home.words("--yes", "--count", 2))["name"]
        assert home.terminal.json("health", "refill", name[:6], "--count", 4) == {"passes": 4}
        held = home.terminal.json("health", "pass", "list")
        assert len(held) == 6
        assert {row["key"] for row in held} == {"me"}

    def test_takes_every_consent_back(self, home: Home) -> None:
        words = home.words("--yes", "--purpose", "entry", "--purpose", "work site")
        name = home.terminal.json(*words)["name"]
        assert home.terminal.try_("health", "withdraw", name, input="n\n").exit_code == 1
        assert home.host.withdrawn == []
        assert home.terminal.json("health", "withdraw", name, "--yes") == {"withdrawn": 2}
        assert set(home.host.withdrawn) == home.host.receipts.keys()
        assert home.terminal.json("health", "conversions") == []

    def test_names_no_conversion_that_is_not_there(self, home: Home) -> None:
        assert "No conversion here" in home.terminal.run("health", "refill", "ff", code=1)


class TestMove:
    @pytest.fixture
    def phone(self, home: Home, tmp_path: Path) -> Terminal:
        """The new device, with a holder key of its own."""
        new = replace(home.terminal, folder=tmp_path / "phone", randomness=seeded(b"phone"))
        new.folder.mkdir()
        new.run("key", "new", "holder", "mine")
        return new

    def asked(self, phone: Terminal, agency: str = OURS) -> Path:
        out = phone.folder / "request.json"
        words = ("request", agency, "--key", "mine", "--count", 3, "--service", URL, "--out", out)
        phone.run("health", "move", *words)
        return out

    def ordered(self, home: Home, asked: Path) -> Path:
        name = home.terminal.json(*home.words("--yes", "--count", 2))["name"]
        out = home.terminal.folder / "order.json"
        home.terminal.run("health", "move", "order", name[:6], asked, "--yes", "--out", out)
        return out

    def test_takes_passes_and_terms_to_the_new_device(self, home: Home, phone: Terminal) -> None:
        ordered = self.ordered(home, self.asked(phone))
        for _ in range(2):  # the second time because the first answer may be lost
            told = phone.json("health", "move", "finish", ordered)
            assert told == {"name": HOLDER[2:], "passes": 3}
        assert len(set(home.host.keys[-2:])) == 1
        mine = PublicKey.from_jwk(phone.json("key", "show", "mine")["jwk"])
        assert home.host.moved_to == [mine, mine]
        assert {row["key"] for row in phone.json("health", "pass", "list")} == {"mine"}
        (terms,) = phone.json("health", "conversions")
        assert (terms["holder"], len(terms["consents"])) == ("mine", 1)

    def test_shows_the_key_before_it_is_ordered(self, home: Home, phone: Terminal) -> None:
        asked = self.asked(phone)
        name = home.terminal.json(*home.words("--yes"))["name"]
        done = home.terminal.try_("health", "move", "order", name, asked, input="n\n")
        assert done.exit_code == 1
        kid = PublicKey.from_jwk(phone.json("key", "show", "mine")["jwk"]).kid
        assert kid[:12] in done.output
        assert not (home.terminal.folder / "move-order.json").exists()

    def test_is_to_the_authority_that_issued(self, home: Home, phone: Terminal) -> None:
        asked = self.asked(phone)
        file = orjson.loads(asked.read_bytes())
        asked.write_bytes(orjson.dumps(file | {"agency": "XB/OTHER"}))
        name = home.terminal.json(*home.words("--yes"))["name"]
        said = home.terminal.run("health", "move", "order", name, asked, "--yes", code=1)
        assert "another authority" in said

    def test_ends_at_the_device_that_asked(self, home: Home, phone: Terminal) -> None:
        ordered = self.ordered(home, self.asked(phone))
        assert "not in this wallet" in home.terminal.run(
            "health", "move", "finish", ordered, code=1
        )

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"agency": "XB/1", "request": "AA"}'])
    def test_takes_no_file_that_is_none(self, home: Home, content: bytes) -> None:
        name = home.terminal.json(*home.words("--yes"))["name"]
        path = home.terminal.folder / "none.json"
        path.write_bytes(content)
        for words in (("order", name, path, "--yes"), ("finish", path)):
            assert "none of a move" in home.terminal.run("health", "move", *words, code=1)


class TestOffice:
    @pytest.fixture
    def office(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> "Office":
        office = Office(terminal)
        transport = httpx2.MockTransport(office.answer)

        def client(url: str, *_given: Any) -> Service:
            return Service(url, "token", transport, lambda _: None)

        monkeypatch.setattr(serving, "open_service", client)
        return office

    def test_writes_a_transfer_with_its_proof(self, office: "Office", home: Home) -> None:
        office.carried = home.carried()
        out = office.run("transfer")
        carried = Carried.read(out)
        assert carried == office.carried
        assert office.asked["agency"] == {"jurisdiction": "XA", "code": "SAMPLE-HOME"}
        assert office.proofs == 3

    def test_writes_the_passes_that_were_issued(self, office: "Office") -> None:
        out = office.run("issue")
        assert out.read_text().splitlines() == office.codes


class Office:
    """An officer at the home authority, whose service anchors at the third question."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.terminal.run("key", "new", "account", "officer")
        self.codes = [passes.to_text(sealed(cti=bytes([n]) * 16)) for n in range(2)]
        self.carried: Carried | None = None
        self.asked: dict[str, Any] = {}
        self.proofs = 0

    def run(self, word: str) -> Path:
        form, out = self.terminal.folder / "form.json", self.terminal.folder / "out"
        form.write_text('{"target": "XB"}')
        words = ("health", word, "XA/SAMPLE-HOME", form, "--account", "officer")
        self.terminal.run(*words, "--service", URL, "--out", out)
        return out

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return self._proof()
        self.asked = orjson.loads(request.content)
        if request.url.path == "/v1/health/passes":
            given = [{"passes": [{"code": code}]} for code in self.codes]
            return httpx2.Response(201, json={"holders": given})
        assert self.carried is not None
        digest = "0x" + self.carried.proof.digest.hex()
        document = b64url_encode(self.carried.document)
        return httpx2.Response(201, json={"transfer": document, "digest": digest})

    def _proof(self) -> httpx2.Response:
        self.proofs += 1
        if self.proofs < 3 or self.carried is None:
            return httpx2.Response(404, json={"type": "/problems/ProofUnknown"})
        return httpx2.Response(200, content=self.carried.proof.to_json())
