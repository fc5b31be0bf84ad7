"""What the gate fetches from a service and hands to it: with a service that keeps its promises."""

import hashlib
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from ledger import age
from ledger.canonical import b64url_decode, b64url_encode
from ledger.health import appeals, passes
from ledger.health.day_keys import read_key
from ledger.health.gate_bundle.archive import pack
from ledger.health.reasons import Reason
from ledger.health.scans import digest_of, read_row, scan_number
from ledger.keys import PrivateKey
from ledger.values import KeyUsage
from ledger.verification.check import rfc3339
from tests.support.gate_bundles import (
    DAY,
    SIGNERS,
    STRANGER,
    Made,
    document_key,
    issuer_key,
    made,
)
from tests.support.lanes import AT, GateTerminal, bundle, live, sealed
from tests.support.terminal import Terminal
from wallet.commands import gate_log, gate_update, serving
from wallet.service import Service

URL = "https://health.example"
NOTHING = {"pushed": 0, "countedHours": 0, "dayKeys": []}
IDENTITY = b"\x21" * 32
AT_PATH = f"{URL}/v1/health/gate-bundles/XB/SAMPLE-HEALTH"


@dataclass
class GateService:
    """Serves one bundle, and takes rows until it is told to fail."""

    offered: Made | None = None
    rows: list[bytes] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    fails_after: int | None = None
    spoils: bool = False
    takes_no_keys: bool = False
    takes_no_counts: bool = False
    counted: list[dict[str, Any]] = field(default_factory=list)
    sealed: list[bytes] = field(default_factory=list)
    lodged: dict[str, Any] = field(default_factory=dict)
    date: int | None = None
    signer: PrivateKey = SIGNERS[KeyUsage.DOCUMENTS]
    named: PrivateKey = SIGNERS[KeyUsage.DOCUMENTS]

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if "/appeals/" in request.url.path:
            return self._appeal(request)
        if request.method == "POST":
            return self._taken(orjson.loads(request.content))
        assert self.offered is not None
        name = request.url.path.rpartition("/")[2]
        self.fetched.append(name)
        files = {hashlib.sha256(each).hexdigest(): each for each in self.offered.files.values()}
        content = files.get(name, pack(self.offered.encoded, []))
        if self.spoils and name in files:
            content = content[:-1] + b"\x00"
        headers = {} if self.date is None else {"Date": formatdate(self.date, usegmt=True)}
        return httpx2.Response(200, content=content, headers=headers)

    def _taken(self, body: dict[str, Any]) -> httpx2.Response:
        if self.fails_after is not None and len(self.rows) >= self.fails_after:
            return httpx2.Response(503, json={"type": "/problems/X", "title": "Not now."})
        assert body["agency"] == {"jurisdiction": "XB", "code": "SAMPLE-HEALTH"}
        if body.keys() == {"agency"}:
            given = {"nonce": "0x" + "07" * 16, "recipient": age.recipient_of(IDENTITY)}
            return httpx2.Response(201, json=given | {"jurisdiction": "XB"})
        if "sealed" in body:
            if self.takes_no_keys:
                return httpx2.Response(503, json={"type": "/problems/X", "title": "Not now."})
            self.sealed.append(b64url_decode(body["sealed"]))
            return httpx2.Response(201, json={"destroyAt": rfc3339(AT)})
        if "hours" in body:
            return self._counted(body)
        self.rows += [row.encode() for row in body["rows"]]
        return httpx2.Response(201, json={"scans": []})

    def _counted(self, body: dict[str, Any]) -> httpx2.Response:
        if self.takes_no_counts:
            return httpx2.Response(503, json={"type": "/problems/X", "title": "Not now."})
        self.counted.append(body)
        return httpx2.Response(201, json={"hours": len(body["hours"])})

    def _appeal(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json=self.lodged)
        document = orjson.loads(request.content)["answer"]
        signature = {
            "algorithm": "ES256",
            "keyId": "0x" + self.named.public_key.key_id.hex(),
            "signature": b64url_encode(self.signer.sign(document.encode())),
        }
        answer = {"document": document, "signature": signature}
        return httpx2.Response(201, json=self.lodged | {"answer": answer})


@pytest.fixture
def gate(terminal: Terminal) -> GateTerminal:
    return GateTerminal(terminal)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> GateService:
    made = GateService()
    transport = httpx2.MockTransport(made.answer)

    def client(url: str, *_given: Any) -> Service:
        return Service(url, "token", transport, lambda _: None)

    monkeypatch.setattr(gate_update, "Service", client)
    monkeypatch.setattr(serving, "open_service", client)
    monkeypatch.setattr(gate_log, "MOST_ROWS", 2)
    return made


class TestClock:
    """A gate whose clock is minutes off turns nobody away for it."""

    @pytest.mark.parametrize("off", [180, -180])
    def test_wrong_by_minutes_sends_stamps_to_an_officer(
        self, gate: GateTerminal, service: GateService, off: int
    ) -> None:
        shown, before = sealed(), gate.terminal.now
        service.offered, service.date = bundle(shown), before
        gate.terminal.now = before + off
        done = gate.terminal.try_("gate", "update", "--from", AT_PATH)
        assert f"180 s {'ahead of' if off > 0 else 'behind'} the service's" in done.stderr
        assert gate.terminal.json("gate", "status")["clockError"] == 181
        for stamp in (before, before - 30):
            assert "PRESENTATION" in gate.scan(live(shown, time=stamp), code=3).stdout
        gate.scan(live(shown, time=before - 1_000), code=1)

    def test_right_one_takes_them(self, gate: GateTerminal, service: GateService) -> None:
        shown = sealed()
        service.offered, service.date = bundle(shown), gate.terminal.now
        done = gate.terminal.try_("gate", "update", "--from", AT_PATH)
        assert "clock" not in done.stderr
        assert "Clock: wrong by 1 s at most" in gate.terminal.run("gate", "status")
        gate.scan(live(shown))
        gate.scan(live(shown, time=AT - 91), code=1)

    def test_unmeasured_one_refuses_only_what_minutes_do_not_explain(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        shown = sealed()
        service.offered = bundle(shown)
        gate.terminal.run("gate", "update", "--from", AT_PATH)
        assert gate.terminal.json("gate", "status")["clockError"] is None
        gate.scan(live(shown))
        gate.scan(live(shown, time=AT - 200), code=3)
        gate.scan(live(shown, time=AT - 500), code=1)

    def test_is_told_by_whoever_knows_better(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        late = live(shown, time=AT - 200)
        gate.scan(late, words=("--clock-error", 0), code=1)
        gate.scan(late, words=("--clock-error", 200), code=3)
        gate.scan(late, words=("--clock-error", -1), code=64)

    def test_is_learnt_though_the_bundle_is_refused(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        service.offered, service.date = bundle(signer=STRANGER), gate.terminal.now + 60
        assert "not signed by" in gate.terminal.run("gate", "update", "--from", AT_PATH, code=2)
        assert gate.terminal.json("gate", "status")["clockError"] == 61


class TestUpdate:
    def test_fetches_the_files_that_are_lacking(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        service.offered = bundle(sequence=12)
        gate.terminal.run("gate", "update", "--from", AT_PATH)
        everything = len(service.fetched)
        service.offered = bundle(sealed(), sequence=13)
        service.fetched.clear()
        told = gate.terminal.json("gate", "update", "--from", AT_PATH)
        assert told["sequence"] == 13
        assert len(service.fetched) == 2 < everything

    def test_refuses_a_file_that_is_another(self, gate: GateTerminal, service: GateService) -> None:
        service.offered, service.spoils = bundle(), True
        gate.terminal.run("gate", "update", "--from", AT_PATH, code=2)
        assert gate.terminal.json("gate", "status")["bundle"] is None


class TestPush:
    WORDS = ("gate", "log", "push", "--account", "gate", "--service", URL)

    def scanned(self, gate: GateTerminal) -> None:
        gate.terminal.run("key", "new", "account", "gate")
        shown = sealed()
        gate.take(bundle(shown))
        gate.scan(live(shown), "HC1:A", "HC1:B", code=1)

    def test_hands_every_row_over_once(self, gate: GateTerminal, service: GateService) -> None:
        self.scanned(gate)
        assert gate.terminal.json(*self.WORDS)["pushed"] == 3
        assert [read_row(row).outcome for row in service.rows] == ["ACCEPT", "DENY", "DENY"]
        assert gate.terminal.json(*self.WORDS) == NOTHING
        assert gate.terminal.json("gate", "status")["notPushed"] == 0

    def test_hands_over_the_counts_of_each_hour_that_changed(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        self.scanned(gate)
        service.takes_no_counts = True
        gate.terminal.run(*self.WORDS, code=2)
        service.takes_no_counts = False
        assert gate.terminal.json(*self.WORDS)["countedHours"] == 1
        (told,) = service.counted
        (entry,) = gate.terminal.json("key", "list")[1:]
        key_id = b64url_decode(entry["kid"])
        assert (told["gate"], told["port"]) == ("0x" + key_id.hex(), "port-1")
        (hour,) = told["hours"]
        assert (hour["hour"], hour["revision"]) == (rfc3339(AT - AT % 3_600), 3)
        accepted = {"outcome": "ACCEPT", "reason": None, "people": 1}
        assert hour["counts"] == [accepted, {"outcome": "DENY", "reason": "FORMAT", "people": 2}]
        assert gate.terminal.json(*self.WORDS) == NOTHING
        gate.terminal.now += 3_600
        gate.scan("HC1:C", code=1)
        assert gate.terminal.json(*self.WORDS)["countedHours"] == 1
        assert service.counted[1]["hours"][0]["hour"] == rfc3339(AT - AT % 3_600 + 3_600)

    def test_hands_an_overridden_hour_over_again(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        self.scanned(gate)
        gate.terminal.run(*self.WORDS)
        number = scan_number(digest_of(service.rows[1]))
        gate.terminal.run("gate", "override", number, "ACCEPT", "--by", "Officer", "--why", "seen")
        assert gate.terminal.json(*self.WORDS) == {"pushed": 1, "countedHours": 1, "dayKeys": []}
        before, after = (each["hours"][0] for each in service.counted)
        assert after["revision"] > before["revision"]
        assert {"outcome": "ACCEPT", "reason": "FORMAT", "people": 1} in after["counts"]
        assert sum(each["people"] for each in after["counts"]) == 3

    def test_goes_on_where_it_was_cut_off(self, gate: GateTerminal, service: GateService) -> None:
        self.scanned(gate)
        service.fails_after = 2
        gate.terminal.run(*self.WORDS, code=2)
        assert gate.terminal.json("gate", "status")["notPushed"] == 1
        service.fails_after = None
        assert gate.terminal.json(*self.WORDS)["pushed"] == 1
        assert len(set(service.rows)) == 3

    def test_hands_each_day_key_over_once_sealed_to_the_agency(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        self.scanned(gate)
        service.takes_no_keys = True
        gate.terminal.run(*self.WORDS, code=2)  # the rows arrived nevertheless
        assert gate.terminal.json("gate", "status")["notPushed"] == 0
        service.takes_no_keys = False
        days = gate.terminal.json("gate", "status")["dayKeys"]
        assert gate.terminal.json(*self.WORDS) == NOTHING | {"dayKeys": days}
        assert gate.terminal.json(*self.WORDS) == NOTHING
        (sealed_key,) = service.sealed
        key = read_key(age.unseal(sealed_key, IDENTITY))
        assert (key.checkpoint, [key.day]) == ("Sample Checkpoint", days)
        assert key.secret not in sealed_key
        assert key.pseudonym(bytes(16)) == read_row(service.rows[0]).key

    def test_hands_over_no_key_that_is_due(self, gate: GateTerminal, service: GateService) -> None:
        self.scanned(gate)
        gate.terminal.now += 16 * DAY
        assert gate.terminal.json(*self.WORDS) == NOTHING | {"countedHours": 1}
        assert service.sealed == []


class TestAppealAnswer:
    def words(self, gate: GateTerminal, number: str, *more: object) -> tuple[object, ...]:
        words = ("gate", "appeal", "answer", number, "--code", self.code(gate), *more)
        said = ("--by", "officer-7", "--text", "The list of that hour does not have the pass.")
        out = ("--out", gate.terminal.folder / "answer.json")
        return (*words, *said, *out, "--account", "officer", "--service", URL)

    def code(self, gate: GateTerminal) -> Path:
        path = gate.terminal.folder / "appeal.txt"
        path.write_text(passes.to_text(sealed()))
        return path

    def lodged(self, gate: GateTerminal, service: GateService, row: str | None = None) -> str:
        """Refuse a pass that is not on the list yet, and have the person appeal."""
        gate.terminal.run("key", "new", "account", "officer")
        gate.take(bundle())
        said = orjson.loads(gate.scan(live(sealed()), words=("--json",), code=1).stdout)
        (number,) = said["scans"]
        kept = gate.terminal.run("gate", "log", "export").strip().encode()
        service.lodged = {
            "id": "0x" + "07" * 16,
            "scan": number,
            "row": row or "0x" + hashlib.sha256(kept).hexdigest(),
            "lodgedAt": rfc3339(gate.terminal.now),
            "answerBy": rfc3339(gate.terminal.now + 86_400),
        }
        return str(number)

    def test_is_recomputed_signed_and_written(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        number = self.lodged(gate, service)
        told = gate.terminal.json(*self.words(gate, number))
        assert (told["verdict"], told["isLate"]) == ("UPHELD", False)
        written = orjson.loads((gate.terminal.folder / "answer.json").read_bytes())
        answer = appeals.verify_answer(
            written["document"].encode(),
            b64url_decode(written["signature"]["signature"]),
            SIGNERS[KeyUsage.DOCUMENTS].public_key,
        )
        assert answer.recomputed.reasons == (Reason.ANCHOR,)
        assert answer.appeal.scan_number == number

    def test_has_no_remedy_for_what_is_upheld(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        number = self.lodged(gate, service)
        gate.terminal.run(*self.words(gate, number, "--remedy", "0x" + "09" * 32), code=1)
        gate.terminal.run(*self.words(gate, number, "--remedy", "0x09"), code=64)
        assert not (gate.terminal.folder / "answer.json").exists()

    def test_of_another_row_is_not_given(self, gate: GateTerminal, service: GateService) -> None:
        number = self.lodged(gate, service, "0x" + "00" * 32)
        assert "another row" in gate.terminal.run(*self.words(gate, number), code=1)

    def test_may_be_signed_by_a_key_announced_since(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        """The key of that hour may be retired or stolen; the answer is of today."""
        number = self.lodged(gate, service)
        service.signer = service.named = STRANGER
        new = document_key(KeyUsage.DOCUMENTS, public_key=STRANGER.public_key)
        keys = [*(document_key(usage) for usage in KeyUsage), new]
        gate.take(made({"keys": [issuer_key(key) for key in keys]}, sequence=13))
        assert gate.terminal.json(*self.words(gate, number))["verdict"] == "UPHELD"

    def test_that_nobody_signed_is_not_given(
        self, gate: GateTerminal, service: GateService
    ) -> None:
        number = self.lodged(gate, service)
        service.signer = STRANGER
        assert "not signed" in gate.terminal.run(*self.words(gate, number), code=1)
        assert not (gate.terminal.folder / "answer.json").exists()
