"""Connections on which no request comes to be: uvicorn waits for the end of a head for ever.

Its `timeout_keep_alive` begins with an answer, and ends with the next byte.
"""

import asyncio
from typing import Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.together import Together

HEAD_SECONDS: Final = 10.0
"""How long a request's head may take from the connection, or its first byte, on (proposed)."""


class TimelyConnection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which hangs up on whoever does not end a head in time."""

    head_seconds = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Wait for the first head from here on."""
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", Together(transport, self.loop))
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; most heads come whole, and no timer is made for them."""
        super().data_received(data)
        self._watch()

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that it is whole."""
        self._is_in_head = False
        super().on_headers_complete()

    def _watch(self) -> None:
        # Line ends before a head begin none, and yet end the wait that an answer began.
        # There is no cycle before the first request, whatever uvicorn declares.
        is_idle = getattr(self.cycle, "response_complete", False)
        if not (self._is_in_head or is_idle):
            self._disarm()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
