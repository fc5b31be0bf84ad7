"""A client of the service over HTTP; its problems become one readable error each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from ledger.canonical import JsonMalformed, parse_json, parse_object
from ledger.errors import Refused, Unavailable
from wallet.faults import fault_lines

TIMEOUT_SECONDS: Final = 30.0
_ERROR: Final = 400
_OURS: Final = frozenset({"type", "title", "status", "detail", "instance", "errors"})
_NOT_BY_WAITING: Final = {
    "BundleSignerMissing": (
        "An agency must announce one with suizheng agency announce-key --usage bundles, and give "
        "it to the service with suizheng key hand-over."
    ),
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
    ) -> None:
        self.base_url = base_url.rstrip("/")
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

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Post a JSON object; return the JSON object that is answered. Raises as `send`."""
        return self._object(self.send("POST", path, json=body or {}))

    def upload(self, path: str, content: bytes, media_type: str) -> dict[str, Any]:
        """Post a file; return the JSON object that is answered. Raises as `send`."""
        headers = {"Content-Type": media_type}
        sent = self.send("POST", path, content=content, headers=headers, timeout=None)
        return self._object(sent)

    def fetch(self, path: str, accept: str = "*/*") -> bytes:
        """Return the bytes at `path`; raises as `send`."""
        return self.send("GET", path, headers={"Accept": accept}).content

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Return the answer to one request.

        Raises:
            ServiceUnavailable: when there is no answer.
            ServiceBusy: when the service says that it cannot answer now.
            ServiceRefused: for any other problem.
        """
        try:
            response = self._client.request(method, path, **options)
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise ServiceUnavailable(self.base_url, type(exc).__name__) from exc
        if response.status_code < _ERROR:
            return response
        raise problem(response.status_code, response.content)

    def _object(self, response: httpx2.Response) -> dict[str, Any]:
        try:
            return parse_object(response.content)
        except JsonMalformed as exc:
            raise AnswerMalformed(self.base_url) from exc


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
