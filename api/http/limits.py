"""How often one address or account may ask: token buckets in the memory of this process.

Several processes each give the whole rate; what must hold over all of them belongs to the proxy.
"""

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security.utils import get_authorization_scheme_param
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.ports import GivenSignIns
from api.http.problems import TooManyEventStreams, TooManyRequests, instance_of, problem
from api.services.refusals import SessionUnknown
from ledger.values import Address

MOST_KEPT: Final = 65_536
"""Buckets in memory; beyond it the one that was used longest ago is forgotten."""
MOST_STREAMS: Final = 16
"""Streams of events that one account may have open at a time (proposed)."""
_UNLIMITED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_STRICT: Final = (
    "/v1/sign-in",
    "/v/",
    "/v1/health/appeals",
    "/v1/health/scan-views",
    "/v1/mailbox/",
)
_IPV6_NETWORK: Final = 64


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second, 0 for no limit, and how many seconds' worth may come at once.

    `stranger` is what an address may ask of sign-in, sealed copies, appeals, mailboxes, and
    verification without a session; `address` bounds everything it asks, `account` what a session's
    account asks.
    """

    address: float = 0
    stranger: float = 0
    account: float = 0
    burst_seconds: float = 10


class Buckets:
    """One bucket a name; each refills at `rate` a second up to `burst`."""

    def __init__(self, rate: float, burst_seconds: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = max(1.0, rate * burst_seconds)
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._turn = Lock()

    def take(self, name: str) -> None:
        """Take one from a bucket; raise `TooManyRequests` when it is empty."""
        if self._rate <= 0:
            return
        with self._turn:
            now = self._clock()
            left, at = self._kept.pop(name, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            wait = (1 - left) / self._rate
            self._kept[name] = (left if wait > 0 else left - 1, now)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        if wait > 0:
            raise TooManyRequests(math.ceil(wait))


class Streams:
    """Counts the answers under way that last until their reader leaves."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Hold one more open; raise `TooManyEventStreams` when there are enough."""
        if self._open[name] >= self._most:
            raise TooManyEventStreams(self._most)
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            self._open += Counter()  # drops who has none open


class Allowances:
    """The buckets of this process, and its open streams."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self.addresses = Buckets(rates.address, rates.burst_seconds, clock)
        self.strangers = Buckets(rates.stranger, rates.burst_seconds, clock)
        self.accounts = Buckets(rates.account, rates.burst_seconds, clock)
        self.streams = Streams()


class RateLimit:
    """Refuses an address that asks too often, before its body is read."""

    def __init__(self, app: ASGIApp, *, limits: Allowances) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with `TooManyRequests`."""
        if scope["type"] == "http" and scope["path"] not in _UNLIMITED:
            try:
                self._take(scope)
            except TooManyRequests as refused:
                await problem(refused, instance_of(Request(scope)))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _take(self, scope: Scope) -> None:
        address = address_of(scope)
        self._limits.addresses.take(address)
        if scope["path"].startswith(_STRICT):
            self._limits.strangers.take(address)


def address_of(scope: Scope) -> str:
    """Return whom a request comes from: an IPv4 address, or the /64 that one IPv6 host has."""
    return _address((scope.get("client") or ("unknown", 0))[0])


@lru_cache(maxsize=4_096)
def _address(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))


def pace_account(request: Request, account: Address) -> None:
    """Raise `TooManyRequests` when an account asks too often."""
    limits: Allowances = request.app.state.limits
    limits.accounts.take(account)


def count_stream(request: Request, account: Address) -> AbstractContextManager[None]:
    """Return what holds one of an account's streams open; raises `TooManyEventStreams`."""
    limits: Allowances = request.app.state.limits
    return limits.streams.one(account)


async def pace_stranger(request: Request, sign_ins: GivenSignIns) -> None:
    """Raise `TooManyRequests` when somebody without a session, or its account, asks too often."""
    limits: Allowances = request.app.state.limits
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer":
        try:
            account = sign_ins.recall(token) or await sign_ins.ask(token)
            limits.accounts.take(account)
        except SessionUnknown:
            pass  # a token that nobody gave is none
        else:
            return
    limits.strangers.take(address_of(request.scope))


PacedStranger = Annotated[None, Depends(pace_stranger)]
