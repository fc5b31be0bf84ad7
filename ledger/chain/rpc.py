"""A thin JSON-RPC client: one kept-alive connection per thread and node, every answer checked.

Nothing is repeated behind the caller's back. A read goes to the node that answered last and fails
over to the others once each; a method that moves the chain's clock or state (anything but `eth_`,
`net_` and `web3_`) is never sent twice.
"""

import http.client
import itertools
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import orjson

from ledger.chain.wire import quantity
from ledger.errors import ChainUnavailable, WrongNetwork

Request = tuple[str, Sequence[Any]]
"""A method and its parameters."""
MAX_ANSWER_BYTES: Final = 64 * 2**20
CHUNK: Final = 100
"""Requests in one batch: geth refuses above 1,000 by default, Bor above 100."""
_PIECE: Final = 2**16
_REPEATABLE: Final = ("eth_", "net_", "web3_")
_STALE: Final = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


@dataclass(eq=False)
class RpcRefused(ChainUnavailable):
    """The node refused the request."""

    code: int = 0
    data: bytes = b""


class Node:
    """The nodes of one chain behind their URLs; may be used from several threads.

    A call raises `RpcRefused` when a node answers with an error, `ChainUnavailable` when no node
    answers usably within `timeout_seconds` each, and `WrongNetwork` when a node serves another
    chain than `chain_id`, or than the first node asked where that is None.
    """

    def __init__(
        self,
        urls: Sequence[str],
        timeout_seconds: float = 2.0,
        *,
        chain_id: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not urls:
            raise ChainUnavailable("no node is configured")
        self._urls = tuple(_split(url) for url in urls)
        self._timeout = timeout_seconds
        self._chain_id = chain_id
        self._monotonic = monotonic
        self._last_good = 0
        self._threads = threading.local()
        self._ids = itertools.count(1)

    @property
    def chain_id(self) -> int:
        """The chain that the nodes serve; asked once and compared with every new connection."""
        if self._chain_id is None:
            self.call("eth_chainId")
        if self._chain_id is None:  # pragma: no cover  # set by the connection just opened
            raise ChainUnavailable("the node did not tell its chain")
        return self._chain_id

    def call(self, method: str, *params: Any) -> Any:
        """Return the result of one request."""
        (outcome,) = self._first_answer([(method, params)])
        if isinstance(outcome, RpcRefused):
            raise outcome
        return outcome

    def batch(self, calls: Sequence[Request]) -> list[Any]:
        """Return the results in the order of `calls`; raise the first refusal among them."""
        outcomes = self.outcomes(calls)
        for outcome in outcomes:
            if isinstance(outcome, RpcRefused):
                raise outcome
        return outcomes

    def outcomes(self, calls: Sequence[Request]) -> list[Any]:
        """Return a result or an `RpcRefused` for each of `calls`, asked in chunks of 100."""
        found: list[Any] = []
        for start in range(0, len(calls), CHUNK):
            found += self._first_answer(calls[start : start + CHUNK])
        return found

    def broadcast(self, calls: Sequence[Request]) -> list[Any]:
        """Send the same requests to every node; return the best outcome of each, as `outcomes`.

        One acceptance outweighs every refusal. Chunks are answered before the next one leaves.
        """
        best: list[Any] = []
        failure: ChainUnavailable | WrongNetwork | None = None
        for index in range(len(self._urls)):
            try:
                found: list[Any] = []
                for start in range(0, len(calls), CHUNK):
                    found += self._exchange(index, calls[start : start + CHUNK])
            except (ChainUnavailable, WrongNetwork) as exc:
                failure = exc
                continue
            best = [_better(*pair) for pair in zip(best, found, strict=True)] if best else found
        if failure is not None and not best:
            raise failure
        return best

    def close(self) -> None:
        """Close this thread's connections."""
        for connection in self._connections().values():
            connection.close()
        self._connections().clear()

    def _connections(self) -> dict[int, http.client.HTTPConnection]:
        if not hasattr(self._threads, "connections"):
            self._threads.connections = {}
        found: dict[int, http.client.HTTPConnection] = self._threads.connections
        return found

    def _first_answer(self, calls: Sequence[Request]) -> list[Any]:
        """Ask the node that answered last, then each other once; raise the last one's failure."""
        order = [self._last_good, *(i for i in range(len(self._urls)) if i != self._last_good)]
        failure: ChainUnavailable | WrongNetwork | None = None
        for index in order:
            try:
                found = self._exchange(index, calls)
            except (ChainUnavailable, WrongNetwork) as exc:
                failure = exc
                if not _repeatable(calls):
                    break
                continue
            self._last_good = index
            return found
        raise failure or ChainUnavailable("no node was asked")

    def _exchange(self, index: int, calls: Sequence[Request]) -> list[Any]:
        """Ask one node over this thread's connection to it."""
        reused = index in self._connections()
        try:
            return self._ask(self._connected(index), index, calls)
        except _Stale as exc:
            # A node closes an idle connection when it likes; the first use finds out.
            if reused and _repeatable(calls):
                try:
                    return self._ask(self._connected(index), index, calls)
                except _Stale:
                    pass
            raise ChainUnavailable(f"{self._urls[index].hostname} hung up") from exc

    def _connected(self, index: int) -> http.client.HTTPConnection:
        connections = self._connections()
        if index not in connections:
            url = self._urls[index]
            connection = _open(url, self._timeout)
            connections[index] = connection
            (answer,) = self._ask(connection, index, [("eth_chainId", ())])
            if isinstance(answer, RpcRefused):
                self._drop(index)
                raise ChainUnavailable(f"{url.hostname} does not tell its chain")
            self._require_chain(index, quantity(answer))
        return connections[index]

    def _require_chain(self, index: int, found: int) -> None:
        if self._chain_id is None:
            self._chain_id = found
        if found != self._chain_id:
            self._drop(index)
            raise WrongNetwork(self._chain_id, found)

    def _drop(self, index: int) -> None:
        connection = self._connections().pop(index, None)
        if connection is not None:
            connection.close()

    def _ask(
        self, connection: http.client.HTTPConnection, index: int, calls: Sequence[Request]
    ) -> list[Any]:
        host = self._urls[index].hostname
        ids = [next(self._ids) for _ in calls]
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in zip(ids, calls, strict=True)
        ]
        single = len(requests) == 1
        body = orjson.dumps(requests[0] if single else requests)
        try:
            answer = self._post(connection, _target(self._urls[index]), body)
            return _outcomes(orjson.loads(answer), ids, single=single)
        except _STALE as exc:
            self._drop(index)
            raise _Stale from exc
        except TimeoutError as exc:
            self._drop(index)
            raise ChainUnavailable(f"{host} did not answer in {self._timeout:g} s") from exc
        except (OSError, http.client.HTTPException) as exc:
            self._drop(index)
            raise ChainUnavailable(f"{host} cannot be reached") from exc
        except ValueError as exc:
            self._drop(index)
            raise ChainUnavailable(f"{host} sent something that is no answer") from exc

    def _post(self, connection: http.client.HTTPConnection, target: str, body: bytes) -> bytes:
        """Post and read all, within the time-out as a whole however slowly it trickles."""
        deadline = self._monotonic() + self._timeout
        connection.request("POST", target, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        pieces: list[bytes] = []
        size = 0
        while piece := response.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise http.client.HTTPException("the answer is too long")
            if self._monotonic() > deadline:
                raise TimeoutError
        if response.length:
            raise http.client.HTTPException("the answer was cut short")
        response.close()  # read1 leaves it open at its end, and the connection unusable
        if response.status != http.client.OK:
            raise http.client.HTTPException(f"status {response.status}")
        return b"".join(pieces)


class _Stale(Exception):
    """The connection was closed before an answer began."""


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise ChainUnavailable("a node's URL is malformed") from exc
    if not usable:
        raise ChainUnavailable("a node's URL is malformed")
    return parts


def _open(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, url.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=timeout)


def _target(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _repeatable(calls: Sequence[Request]) -> bool:
    return all(method.startswith(_REPEATABLE) for method, _ in calls)


def _better(first: Any, second: Any) -> Any:
    return second if isinstance(first, RpcRefused) else first


def _outcomes(answer: Any, ids: Sequence[int], *, single: bool) -> list[Any]:
    """Return the outcomes in the order of `ids`; raise ValueError unless each is answered once."""
    entries = [answer] if single or not isinstance(answer, list) else answer
    if len(entries) != len(ids):
        refused = _whole_refusal(entries)
        if refused is not None:
            raise refused
        raise ValueError("another number of answers than of requests")
    by_id = {entry.get("id"): entry for entry in entries if isinstance(entry, dict)}
    if set(by_id) != set(ids):
        raise ValueError("an answer to something else")
    return [_outcome(by_id[number]) for number in ids]


def _whole_refusal(entries: list[Any]) -> RpcRefused | None:
    """A batch that a node does not take is answered by one error without an id."""
    if len(entries) == 1 and isinstance(entries[0], dict) and "error" in entries[0]:
        outcome = _outcome(entries[0])
        return outcome if isinstance(outcome, RpcRefused) else None
    return None


def _outcome(entry: dict[str, Any]) -> Any:
    error = entry.get("error")
    if error is None:
        if "result" not in entry:
            raise ValueError("neither result nor error")
        return entry["result"]
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        raise ValueError("a malformed error")  # noqa: TRY004  # a malformed answer, caught as one
    return RpcRefused(str(error.get("message", ""))[:200], error["code"], _bytes(error.get("data")))


def _bytes(value: Any) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    except ValueError:
        return b""
