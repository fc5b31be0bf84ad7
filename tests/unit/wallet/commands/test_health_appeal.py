"""What a person is told of an appeal: with a service that knows one scan."""

from typing import Any

import httpx2
import orjson
import pytest

from tests.support.terminal import Terminal
from wallet.commands import health_appeal
from wallet.service import Service

NUMBER = "MFRGGZDFMZTWQ2LK"
WORDS = ("health", "appeal", "--service", "https://host.example")
OPEN = {
    "id": "0x" + "07" * 16,
    "scan": NUMBER,
    "row": "0x" + "08" * 32,
    "lodgedAt": "2026-11-22T10:50:00Z",
    "answerBy": "2026-11-23T10:50:00Z",
    "isOverdue": False,
    "answer": None,
}
ANSWER = {
    "verdict": "UPHELD",
    "answeredAt": "2026-11-22T12:00:00Z",
    "text": "The code was red.",
    "remedy": None,
}


class Court:
    """A service that tells what it is given to tell."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = OPEN
        self.asked: list[dict[str, Any]] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/v1/health/appeals"
        self.asked.append(orjson.loads(request.content))
        if self.asked[-1] != {"scan": NUMBER}:
            problem = {"type": "/problems/ScanUnknown", "title": "No scan has this number."}
            return httpx2.Response(404, json=problem)
        return httpx2.Response(201, json=self.told)


@pytest.fixture
def court(monkeypatch: pytest.MonkeyPatch) -> Court:
    made = Court()
    transport = httpx2.MockTransport(made.answer)
    monkeypatch.setattr(
        health_appeal, "Service", lambda url, **_given: Service(url, transport=transport)
    )
    return made


class TestAppeal:
    def test_is_lodged_and_says_when_it_is_due(self, terminal: Terminal, court: Court) -> None:
        said = terminal.run(*WORDS, NUMBER.lower())
        assert "is lodged. It is to be answered by 2026-11-23T10:50:00Z." in said
        court.told = OPEN | {"isOverdue": True}
        assert "ask the authority" in terminal.run(*WORDS, NUMBER)
        assert terminal.json(*WORDS, NUMBER)["isOverdue"] is True

    def test_tells_the_answer(self, terminal: Terminal, court: Court) -> None:
        court.told = OPEN | {"answer": ANSWER}
        said = terminal.run(*WORDS, NUMBER)
        assert f"Scan {NUMBER}: UPHELD, the refusal stands." in said
        assert "The code was red." in said
        overturned = ANSWER | {"verdict": "OVERTURNED", "remedy": "0x" + "09" * 32}
        court.told = OPEN | {"answer": overturned}
        said = terminal.run(*WORDS, NUMBER)
        assert "the refusal was wrong" in said
        assert "0x" + "09" * 32 in said

    def test_of_no_scan_is_refused(self, terminal: Terminal, court: Court) -> None:
        assert "No scan has this number." in terminal.run(*WORDS, "AAAAAAAAAAAAAAAA", code=1)
        court.told = {}
        terminal.run(*WORDS, NUMBER, code=2)
