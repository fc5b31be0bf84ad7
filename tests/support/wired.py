"""Wallets' commands over a service in this process: what they send reaches its application."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, ModuleType
from typing import Any, Final

import httpx2
import pytest

from tests.support.service import World
from wallet.service import Service

URL: Final = "https://host.example"
AT: Final = ("--service", URL)
NOBODY: Final[Mapping[str, Any]] = MappingProxyType({})


def wire(
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    modules: tuple[ModuleType, ...],
    accounts: Mapping[str, Any] = NOBODY,
) -> None:
    """Let the commands of these modules speak to `world`, signed in by the accounts' names."""
    transport = httpx2.MockTransport(lambda request: _answer(world, request))

    def client(url: str, *_given: Any, **_named: Any) -> Service:
        return Service(url, None, transport, lambda _: None)

    @contextmanager
    def signed_in(_outside: Any, given: Any) -> Iterator[Service]:
        token = world.by(accounts[given["account"]])["Authorization"].removeprefix("Bearer ")
        yield Service(given["service_url"], token, transport, lambda _: None)

    for module in modules:
        for name, stand_in in (("Service", client), ("opened", signed_in)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, stand_in)


def _answer(world: World, request: httpx2.Request) -> httpx2.Response:
    found = world.client.request(
        request.method,
        request.url.raw_path.decode(),
        content=request.content,
        headers={name: value for name, value in request.headers.items() if name != "host"},
    )
    kept = {name: value for name, value in found.headers.items() if name in {"date", "etag"}}
    return httpx2.Response(found.status_code, content=found.content, headers=kept)
