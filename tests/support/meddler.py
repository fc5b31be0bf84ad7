"""Somebody between a wallet and the service it names, who passes on what suits, or does not."""

from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest

Act = Callable[["Meddler", httpx2.Request], httpx2.Response]


class Meddler(httpx2.BaseTransport):
    """Passes everything on but what `act` is for: requests of `method` whose path ends so."""

    def __init__(self) -> None:
        self._inner = httpx2.HTTPTransport()
        self._method, self._end = "", ""
        self._act: Act = Meddler.pass_on
        self.seen = 0

    def lurk(self, method: str, end: str, act: Act) -> None:
        self._method, self._end, self._act, self.seen = method, end, act, 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == self._method and request.url.path.endswith(self._end):
            self.seen += 1
            return self._act(self, request)
        return self.pass_on(request)

    def pass_on(self, request: httpx2.Request) -> httpx2.Response:
        return self._inner.handle_request(request)

    def changed(self, request: httpx2.Request, content: bytes, **headers: str) -> httpx2.Response:
        """Pass a request on with another body, and with other headers where they are given."""
        kept = {k: v for k, v in request.headers.items() if k != "content-length"}
        kept |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.pass_on(
            httpx2.Request(request.method, request.url, headers=kept, content=content)
        )

    def close(self) -> None:
        self._inner.close()


def meddling(patch: pytest.MonkeyPatch) -> Meddler:
    """Put one between all wallets here and their services."""
    made, plain = Meddler(), httpx2.Client
    patch.setattr(
        "wallet.service.httpx2.Client", lambda **given: plain(**{**given, "transport": made})
    )
    return made


def answering(value: Any, status: int = 201) -> Act:
    """Withhold the request, and answer like a service that took it, or by another status."""
    return lambda _meddler, _request: httpx2.Response(status, content=orjson.dumps(value))
