import asyncio
from typing import Any

import orjson

from api.http.middleware import BodyLimit

Messages = list[dict[str, Any]]


async def served(app: Any, *arriving: dict[str, Any]) -> Messages:
    """Let `app` answer a request whose messages arrive and then no more."""
    waiting = list(arriving)
    sent: Messages = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/verifications", "headers": []}
    await app(scope, receive, send)
    return sent


def part(body: bytes, *, is_last: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": not is_last}


class Echo:
    """Answers with the body it was given whole."""

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await send(await receive())


class TestBodyLimit:
    def test_gives_up_a_body_that_trickles(self) -> None:
        sent = asyncio.run(served(BodyLimit(Echo(), seconds=0.01), part(b"{"), part(b" ")))
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]
        problem = orjson.loads(sent[1]["body"])
        assert (problem["type"], problem["seconds"]) == ("/problems/RequestStalled", 0.01)

    def test_lets_a_body_in_parts_through(self) -> None:
        arriving = (part(b"{"), part(b"}", is_last=True))
        (echoed,) = asyncio.run(served(BodyLimit(Echo(), seconds=30), *arriving))
        assert echoed == part(b"{}", is_last=True)

    def test_does_not_bound_the_time_of_the_work(self) -> None:
        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0.02)
            await Echo()(scope, receive, send)

        arriving = part(b"{}", is_last=True)
        (echoed,) = asyncio.run(served(BodyLimit(slow, seconds=0.01), arriving))
        assert echoed["body"] == b"{}"
