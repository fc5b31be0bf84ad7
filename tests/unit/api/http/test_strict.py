import asyncio
from typing import Any

import pytest

from api.http import strict
from api.http.strict import StrictRequest, replayed
from ledger.canonical import JsonMalformed, parse_json


async def gone() -> Any:
    return {"type": "http.disconnect"}


class TestReplayed:
    def test_gives_the_body_once_then_what_the_server_says(self) -> None:
        async def received() -> list[Any]:
            receive = replayed(b"body", gone)
            return [await receive(), await receive(), await receive()]

        first, *rest = asyncio.run(received())
        assert first == {"type": "http.request", "body": b"body", "more_body": False}
        assert rest == [{"type": "http.disconnect"}] * 2


class TestJson:
    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
        """The bodies that were parsed."""
        bodies: list[bytes] = []

        def counted(body: bytes) -> Any:
            bodies.append(body)
            return parse_json(body)

        monkeypatch.setattr(strict, "parse_json", counted)
        return bodies

    def test_is_parsed_once_for_all_requests_of_a_scope(self, read: list[bytes]) -> None:
        scope = {"type": "http", "headers": []}
        values = [
            asyncio.run(StrictRequest(scope, replayed(b'{"a":1}', gone)).json()) for _ in range(2)
        ]
        assert values == [{"a": 1}] * 2
        assert len(read) == 1

    def test_is_refused_twice_for_one_look(self, read: list[bytes]) -> None:
        scope = {"type": "http", "headers": []}
        for _ in range(2):
            with pytest.raises(JsonMalformed):
                asyncio.run(StrictRequest(scope, replayed(b"{", gone)).json())
        assert len(read) == 1
