"""A thin JSON-RPC client over one or more nodes of one chain, every answer checked.

Nothing is repeated behind the caller's back. A read goes to the node that answered last and fails
over to each of the others once; a method that may move a node's clock or state (anything but
`eth_`, `net_` and `web3_`) is never sent twice.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ledger.chain.transport import HungUp, Transport
from ledger.chain.wire import quantity
from ledger.errors import ChainUnavailable, WrongNetwork

Request = tuple[str, Sequence[Any]]
"""A method and its parameters."""
CHUNK: Final = 100
"""Requests in one batch: geth refuses above 1,000 by default, Bor above 100."""
_REPEATABLE: Final = ("eth_", "net_", "web3_")
_CHAIN_ID: Final[Request] = ("eth_chainId", ())
_LONGEST_REASON: Final = 200


@dataclass(eq=False)
class RpcRefused(ChainUnavailable):
    """The node refused the request."""

    code: int = 0
    data: bytes = b""


class Node:
    """The nodes of one chain behind their URLs; may be used from several threads.

    A call raises `RpcRefused` when a node answers with an error, `ChainUnavailable` when no node
    answers usably within `timeout_seconds` each, and `WrongNetwork` when a node serves another
    chain than `chain_id`, or than the first node asked where that is None. Every new connection is
    asked for its chain.
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
        self._nodes = tuple(Transport(url, timeout_seconds, monotonic) for url in urls)
        self._last_good = self._nodes[0]
        self._chain_id = chain_id
        self._ids = itertools.count(1)

    @property
    def chain_id(self) -> int:
        """The chain that the nodes serve."""
        if self._chain_id is None:
            return quantity(self.batch([_CHAIN_ID])[0])
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
        """Return a result or an `RpcRefused` for each of `calls`.

        They leave in batches of 100, each answered before the next one leaves; a batch that a node
        does not take is halved.
        """
        return _chunked(self._first_answer, calls)

    def broadcast(self, calls: Sequence[Request]) -> list[Any]:
        """Send the same requests to every node; return the best outcome of each, as `outcomes`.

        One acceptance outweighs every refusal, one answer every silence.
        """
        best: list[Any] = []
        failure: ChainUnavailable | WrongNetwork | None = None
        for node in self._nodes:
            try:
                found = _chunked(lambda chunk, node=node: self._exchange(node, chunk), calls)  # type: ignore[misc]  # mypy cannot infer a default's type here
            except (ChainUnavailable, WrongNetwork) as exc:
                failure = exc
                continue
            best = [_better(*pair) for pair in zip(best, found, strict=True)] if best else found
        if failure is not None and not best:
            raise failure
        return best

    def close(self) -> None:
        """Close the connections of all threads; a later call opens new ones."""
        for node in self._nodes:
            node.close()

    def _first_answer(self, calls: Sequence[Request]) -> list[Any]:
        """Ask the node that answered last, then each other once; raise the last one's failure."""
        first = self._last_good
        failure: ChainUnavailable | WrongNetwork | None = None
        for node in (first, *(other for other in self._nodes if other is not first)):
            try:
                found = self._exchange(node, calls)
            except (ChainUnavailable, WrongNetwork) as exc:
                failure = exc
                if isinstance(exc, RpcRefused) or not _is_repeatable(calls):
                    break
                continue
            self._last_good = node
            return found
        raise failure or ChainUnavailable("no node was asked")

    def _exchange(self, node: Transport, calls: Sequence[Request]) -> list[Any]:
        """Ask one node; a connection that turns out to have ended while idle is opened anew."""
        reused = node.is_open()
        try:
            return self._ask(node, calls)
        except HungUp as exc:
            if reused and _is_repeatable(calls):
                return self._ask_anew(node, calls)
            raise ChainUnavailable(f"{node.host} hung up") from exc

    def _ask_anew(self, node: Transport, calls: Sequence[Request]) -> list[Any]:
        try:
            return self._ask(node, calls)
        except HungUp as exc:
            raise ChainUnavailable(f"{node.host} hung up") from exc

    def _ask(self, node: Transport, calls: Sequence[Request]) -> list[Any]:
        if not node.is_open():
            self._require_chain(node)
        return self._answers(node, calls)

    def _require_chain(self, node: Transport) -> None:
        (answer,) = self._answers(node, [_CHAIN_ID])
        if isinstance(answer, RpcRefused):
            node.drop()
            raise ChainUnavailable(f"{node.host} does not tell its chain")
        found = quantity(answer)
        if self._chain_id is None:
            self._chain_id = found
        if found != self._chain_id:
            node.drop()
            raise WrongNetwork(self._chain_id, found)

    def _answers(self, node: Transport, calls: Sequence[Request]) -> list[Any]:
        """Post the requests and return their outcomes, matched by id."""
        ids = [next(self._ids) for _ in calls]
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in zip(ids, calls, strict=True)
        ]
        answer = node.post(orjson.dumps(requests[0] if len(requests) == 1 else requests))
        try:
            return _outcomes(orjson.loads(answer), ids)
        except ValueError as exc:
            node.drop()
            raise ChainUnavailable(f"{node.host} sent something that is no answer") from exc


def _chunked(ask: Callable[[Sequence[Request]], list[Any]], calls: Sequence[Request]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(calls), CHUNK):
        found += _halving(ask, calls[start : start + CHUNK])
    return found


def _halving(ask: Callable[[Sequence[Request]], list[Any]], calls: Sequence[Request]) -> list[Any]:
    try:
        return ask(calls)
    except RpcRefused:
        if len(calls) == 1:
            raise
    middle = len(calls) // 2
    return _halving(ask, calls[:middle]) + _halving(ask, calls[middle:])


def _is_repeatable(calls: Sequence[Request]) -> bool:
    return all(method.startswith(_REPEATABLE) for method, _ in calls)


def _better(first: Any, second: Any) -> Any:
    return second if isinstance(first, RpcRefused) else first


def _outcomes(answer: Any, ids: Sequence[int]) -> list[Any]:
    """Return the outcomes in the order of `ids`; raise ValueError unless each is answered once.

    A batch that a node does not take is answered by one error without an id: raised as it is.
    """
    entries = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("an answer that is no object")
    by_id = {entry.get("id"): entry for entry in entries}
    if len(entries) == 1 and len(ids) > 1 and entries[0].get("error") is not None:
        outcome = _outcome(entries[0])
        raise outcome
    if len(entries) != len(ids) or set(by_id) != set(ids):
        raise ValueError("an answer to something else")
    return [_outcome(by_id[number]) for number in ids]


def _outcome(entry: dict[str, Any]) -> Any:
    error = entry.get("error")
    if error is None:
        if "result" not in entry:
            raise ValueError("neither result nor error")
        return entry["result"]
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        raise ValueError("a malformed error")  # noqa: TRY004  # a malformed answer, caught as one
    reason = str(error.get("message", ""))[:_LONGEST_REASON]
    return RpcRefused(reason, error["code"], _bytes(error.get("data")))


def _bytes(value: Any) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    except ValueError:
        return b""
