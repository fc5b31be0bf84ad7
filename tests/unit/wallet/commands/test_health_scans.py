"""What holders ask of gates' logs: with a service that looks at who signed."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import pytest

from ledger.canonical import b64url_decode
from ledger.health import passes, scan_views, signed
from tests.support.gates import AGENCY, NOW, sealed
from tests.support.terminal import Terminal
from tests.support.travellers import Traveller, cti_of, pass_texts
from wallet.commands import health_scans
from wallet.service import Service

WORDS = ("health", "scans", f"XB/{AGENCY.code}", "--service", "https://host.example")
ROW = {"minute": NOW, "checkpoint": "Gate", "lane": "7", "outcome": "DENY", "reasons": ["STATUS"]}


@dataclass
class Log:
    """A service that has one scan of each pass but those of another authority."""

    others: set[bytes] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        requests = orjson.loads(request.content)["requests"]
        self.asked.append(len(requests))
        found = []
        for index, each in enumerate(requests):
            envelope = signed.read(b64url_decode(each))
            view = scan_views.read(envelope)
            content = scan_views.content_of(signed.read(view.health_pass))
            assert (view.agency, view.asked_at) == (AGENCY.id, NOW)
            assert content.holder is not None
            scan_views.verify(envelope, content.holder)
            if content.cti in self.others:
                problem = {"index": index, "part": "pass"}
                kind = {"type": "/problems/ScanViewRefused", "title": "No."}
                return httpx2.Response(422, json=kind | problem)
            found.append({"number": content.cti.hex()[:16], "row": ROW})
        return httpx2.Response(200, json={"scans": found})


@pytest.fixture
def traveller(terminal: Terminal) -> Traveller:
    found = Traveller(terminal)
    found.keep(pass_texts(found.asked("--count", 3)))
    return found


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = Log()
    transport = httpx2.MockTransport(made.answer)

    def client(url: str, **_given: Any) -> Service:
        return Service(url, None, transport, lambda _: None)

    monkeypatch.setattr(health_scans, "Service", client)
    return made


class TestScans:
    def test_asks_with_the_key_of_each_pass(self, traveller: Traveller, log: Log) -> None:
        found = traveller.terminal.json(*WORDS)
        assert len(found) == log.asked[0] == 3
        said = traveller.terminal.run(*WORDS)
        for part in ("Gate", "DENY", "STATUS", found[0]["number"]):
            assert part in said

    def test_asks_for_many_in_parts(
        self, traveller: Traveller, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health_scans, "MOST_PASSES", 2)
        assert len(traveller.terminal.json(*WORDS)) == 3
        assert log.asked == [2, 1]

    def test_leaves_out_what_another_authority_issued(self, traveller: Traveller, log: Log) -> None:
        log.others = {cti_of(0), cti_of(2)}
        (only,) = traveller.terminal.json(*WORDS)
        assert only["number"] == cti_of(1).hex()[:16]
        log.others |= {cti_of(1)}
        assert traveller.terminal.json(*WORDS) == []

    def test_tells_nobody_of_passes_without_a_key(self, traveller: Traveller, log: Log) -> None:
        paper = passes.to_text(sealed(holder=None, modes=passes.Mode.PAPER, cti=b"\x09" * 16))
        traveller.keep([paper])
        assert len(traveller.terminal.json(*WORDS)) == 3
        assert traveller.terminal.json(*WORDS, "--key", "nobody") == []
        assert log.asked == [3]
