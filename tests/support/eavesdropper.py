"""Whoever runs a service's machine: hears each request whole, and on which connection it came."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Heard:
    """A request as it came over the line."""

    line: int
    head: bytes
    pieces: list[bytes] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        return self.head + b"\n" + b"".join(self.pieces)


class Eavesdropper:
    """Passes requests on to an application, and keeps what it heard."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.heard: list[Heard] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = b"%s %s?%s" % (
            scope["method"].encode(),
            scope["raw_path"],
            scope["query_string"],
        )
        headers = [name + b": " + value for name, value in scope["headers"]]
        heard = Heard(scope["client"][1], b"\n".join([address, *headers]))
        self.heard.append(heard)

        async def listen() -> Any:
            message = await receive()
            heard.pieces.append(message.get("body", b""))
            return message

        await self._app(scope, listen, send)
