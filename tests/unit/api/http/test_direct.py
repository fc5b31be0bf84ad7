import asyncio
from typing import Any

import orjson
import pytest
from fastapi import Response
from pydantic import BaseModel

from api.http.direct import Direct, DirectRoute, form_in
from api.http.strict import StrictRequest, replayed
from ledger.errors import Refused

BODY = b'{"number":7}'


class Form(BaseModel):
    number: int


class Crossed(Refused):
    """The road is closed."""


async def framework(scope: Any, receive: Any, send: Any) -> None:
    """Answer, in the framework's place, with the body that it was given."""
    await send({"type": "framework", "body": (await receive())["body"], "route": "route" in scope})


async def gone() -> Any:
    """Say, as a server does after the body, that the client is gone."""
    return {"type": "http.disconnect"}


async def answer(request: StrictRequest) -> Response | None:
    form = await form_in(request, Form)
    if form is None:
        return None
    if not form.number:
        raise Crossed
    return Response(str(form.number))


def sent(body: bytes = BODY, **scope: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return what is sent in answer to a request, and its scope as it was left."""
    messages: list[dict[str, Any]] = []
    kind = (b"content-type", b"application/json")
    request = {"type": "http", "method": "POST", "path": "/busy", "headers": [kind]} | scope

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    direct = Direct(framework, routes=[DirectRoute("POST", "/busy", answer)])
    asyncio.run(direct(request, receive, send))
    return messages, request


class TestDirect:
    def test_answers_at_once_and_names_the_route(self) -> None:
        messages, scope = sent()
        assert messages[1]["body"] == b"7"
        assert scope["route"].path == "/busy"

    def test_words_a_refusal(self) -> None:
        messages, scope = sent(b'{"number":0}')
        assert orjson.loads(messages[1]["body"])["type"] == "/problems/Crossed"
        assert scope["route"].path == "/busy"

    @pytest.mark.parametrize("body", [b"", b"{", b'{"number":7,"number":7}', b'{"number":"x"}'])
    def test_leaves_what_is_no_form_to_the_framework_with_its_body(self, body: bytes) -> None:
        assert sent(body)[0] == [{"type": "framework", "body": body, "route": False}]

    @pytest.mark.parametrize(
        "other",
        [
            {"path": "/busy/"},
            {"method": "PUT"},
            {"headers": []},
            {"headers": [(b"content-type", b"application/json; charset=utf-8")]},
        ],
    )
    def test_leaves_every_other_request(self, other: dict[str, Any]) -> None:
        assert sent(**other)[0] == [{"type": "framework", "body": BODY, "route": False}]

    def test_names_the_route_of_a_crash(self) -> None:
        async def crash(_request: StrictRequest) -> Response | None:
            raise RuntimeError

        route = DirectRoute("POST", "/busy", crash)
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/busy", "headers": []}
        direct = Direct(framework, routes=[route])
        with pytest.raises(RuntimeError):
            asyncio.run(direct(scope, replayed(BODY, gone), None))  # type: ignore[arg-type]  # nothing is sent
        assert scope["route"] is route

    def test_leaves_what_is_no_request(self) -> None:
        scope = {"type": "lifespan"}

        async def framework(scope: Any, _receive: Any, _send: Any) -> None:
            scope["seen"] = True

        asyncio.run(Direct(framework, routes=[])(scope, None, None))  # type: ignore[arg-type]  # neither is looked at
        assert scope["seen"]
