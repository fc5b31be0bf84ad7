"""A client of the service over HTTP; its problems become one readable error each.

Every write carries an Idempotency-Key, so that one whose answer was lost may be sent again.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from ledger.canonical import JsonMalformed, parse_json, parse_object
from ledger.errors import Refused, Unavailable
from wallet.faults import fault_lines

TIMEOUT_SECONDS: Final = 30.0
SILENCE_SECONDS: Final = 45.0
"""Longest silence of a stream of events: three of the service's heartbeats."""
TRIES: Final = 4
"""How often a write is sent whose answer does not come."""
_ERROR: Final = 400
_IN_FLIGHT: Final = "RequestInFlight"
_OURS: Final = frozenset({"type", "title", "status", "detail", "instance", "errors"})
_NOT_BY_WAITING: Final = {
    "BundleSignerMissing": (
        "An agency must announce one with suizheng agency announce-key --usage bundles, and give "
        "it to the service with suizheng key hand-over."
    ),
    "PolicyMissing": "The authority must publish what was agreed: suizheng agreement publish.",
    "HealthKeyMissing": "Its operator must make the secret: python -m api.main health-key.",
    "TransferNotAnchored": "Ask again in a moment: suizheng health convert --resume.",
    "SigningKeyMissing": (
        "The agency must announce one with suizheng agency announce-key, and give it to the "
        "service with suizheng key hand-over."
    ),
}
"""What to do about the outages that do not pass by themselves, by problem."""
_GATEWAY: Final = frozenset({502, 503, 504, 507, 429})


@dataclass(eq=False)
class ServiceUnavailable(Unavailable):
    """The service cannot be reached. Check that it runs, and the address given with --service."""

    url: str
    reason: str


@dataclass(eq=False)
class AnswerLost(ServiceUnavailable):
    """The service did not answer. It may or may not have done what was asked."""


@dataclass(eq=False)
class ServiceBusy(Unavailable):
    """The service cannot answer just now. Try again in a moment."""

    name: str
    title_given: str

    def __str__(self) -> str:
        """Return what the service said, and the advice."""
        advice = _NOT_BY_WAITING.get(self.name, "Try again in a moment.")
        return f"{self.title_given} {advice} ({self.name})"


@dataclass(eq=False)
class ServiceRefused(Refused):
    """The service refused."""

    name: str
    title_given: str
    facts: Mapping[str, Any]
    errors: tuple[Mapping[str, Any], ...]
    status: int

    def __str__(self) -> str:
        """Return what the service said, with the values and the errors one below the other."""
        shown = ", ".join(f"{key}={value}" for key, value in self.facts.items())
        lines = [f"{self.title_given} ({shown})" if shown else self.title_given]
        lines += ["  " + line for line in fault_lines(self.errors)]
        return "\n".join([*lines, f"({self.name})"]) if self.name else "\n".join(lines)


@dataclass(eq=False)
class AnswerMalformed(Unavailable):
    """The service's answer cannot be read. Check that the address is a Suizheng service."""

    url: str


class Service:
    """One service, spoken to over one connection pool until `close`."""

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._wait = wait
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx2.Client(
            base_url=self.base_url, headers=headers, timeout=TIMEOUT_SECONDS, transport=transport
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Return the JSON object at `path`; raises as `send`."""
        asked = {key: value for key, value in query.items() if value is not None}
        return self._object(self.send("GET", path, params=asked))

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a JSON object that writes nothing, once; return the answered one, as `post`."""
        return self._object(self.send("POST", path, json=body))

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """Write a JSON object; return the JSON object that is answered. Raises as `send`.

        `key`: the Idempotency-Key of a write that may have to be sent again later; else a new one.
        """
        return self._object(self._write(path, key, json=body or {}))

    def upload(
        self, path: str, content: Iterable[bytes], headers: Mapping[str, str], key: str
    ) -> dict[str, Any]:
        """Write what `content` yields, anew at each try, under `key`; return the answered object.

        Raises as `send`, and whatever `content` raises.
        """
        sent = dict(headers)
        return self._object(self._write(path, key, content=content, headers=sent))

    def put(self, path: str, content: bytes, media_type: str) -> dict[str, Any]:
        """Write bytes at `path`, the same twice alike; return the answered object, as `post`."""
        headers = {"Content-Type": media_type}
        return self._object(self._write(path, None, "PUT", content=content, headers=headers))

    def keep(self, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Put bytes of which a repeat changes nothing, patiently where the service is busy.

        Raises as `send`.
        """
        for pause in range(1, TRIES):
            try:
                self.send("PUT", path, content=content, headers=dict(headers))
            except (AnswerLost, ServiceBusy):
                self._wait(pause)
            else:
                return
        self.send("PUT", path, content=content, headers=dict(headers))

    def fetch(self, path: str, accept: str = "*/*") -> bytes:
        """Return the bytes at `path`; raises as `send`."""
        return self.send("GET", path, headers={"Accept": accept}).content

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the objects of the server-sent events at `path` to the stream's end.

        Raises as `send`; `AnswerLost` when the stream is cut or silent.
        """
        wanted = {"Accept": "text/event-stream"}
        with self._stream(path, wanted, SILENCE_SECONDS) as response:
            for event in httpx2.EventSource(response):
                yield self._parsed(event.data.encode())

    def download(self, path: str) -> Iterator[bytes]:
        """Yield the bytes at `path` as they come; raises as `send`."""
        with self._stream(path, {"Accept": "*/*"}, TIMEOUT_SECONDS) as response:
            yield from response.iter_bytes()

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Return the answer to one request.

        Raises:
            ServiceUnavailable: when there is no answer.
            ServiceBusy: when the service says that it cannot answer now.
            ServiceRefused: for any other problem.
        """
        with self._spoken():
            response = self._client.request(method, path, **options)
        if response.status_code < _ERROR:
            return response
        raise problem(response.status_code, response.content)

    @contextmanager
    def _stream(
        self, path: str, headers: Mapping[str, str], silence: float
    ) -> Iterator[httpx2.Response]:
        timeout = httpx2.Timeout(TIMEOUT_SECONDS, read=silence)
        with (
            self._spoken(),
            self._client.stream("GET", path, headers=headers, timeout=timeout) as response,
        ):
            if response.status_code >= _ERROR:
                raise problem(response.status_code, response.read())
            yield response

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.InvalidURL) as exc:
            raise ServiceUnavailable(self.base_url, type(exc).__name__) from exc
        except httpx2.HTTPError as exc:
            raise AnswerLost(self.base_url, type(exc).__name__) from exc

    def _write(
        self, path: str, key: str | None = None, method: str = "POST", **options: Any
    ) -> httpx2.Response:
        """Send a write under a key, again where its answer was lost or the first is at work."""
        named = {"Idempotency-Key": key or new_key()}
        options["headers"] = {**options.get("headers", {}), **named}
        for pause in range(1, TRIES):
            try:
                return self.send(method, path, **options)
            except AnswerLost:
                self._wait(pause)
            except ServiceRefused as refused:
                if refused.name != _IN_FLIGHT:
                    raise
                self._wait(float(refused.facts.get("retryAfterSeconds", pause)))
        return self.send(method, path, **options)

    def _object(self, response: httpx2.Response) -> dict[str, Any]:
        return self._parsed(response.content)

    def _parsed(self, content: bytes) -> dict[str, Any]:
        try:
            return parse_object(content)
        except JsonMalformed as exc:
            raise AnswerMalformed(self.base_url) from exc


def new_key() -> str:
    """Return an Idempotency-Key that nobody used."""
    return secrets.token_urlsafe(24)


def problem(status: int, content: bytes) -> ServiceRefused | ServiceBusy:
    """Return the error behind a problem document (RFC 9457), whatever shape it has."""
    try:
        value = parse_json(content)
    except JsonMalformed:
        value = {}
    said: dict[str, Any] = value if isinstance(value, dict) else {}
    name = str(said.get("type", "")).rpartition("/")[2]
    title = str(
        said.get("title") or said.get("detail") or f"The service answered with status {status}."
    )
    if not title.endswith((".", "。")):
        title += "."
    if status in _GATEWAY:
        return ServiceBusy(name, title)
    errors = said.get("errors")
    return ServiceRefused(
        name=name,
        title_given=title,
        facts={key: value for key, value in said.items() if key not in _OURS},
        errors=tuple(e for e in errors if isinstance(e, dict)) if isinstance(errors, list) else (),
        status=status,
    )
