"""One node of a chain: what it answers, checked for id, shape and chain."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ledger.chain.transport import HungUp, Transport
from ledger.chain.wire import quantity
from ledger.errors import ChainUnavailable, WrongNetwork

Request = tuple[str, Sequence[Any]]
"""A method and its parameters."""
CHAIN_ID: Final[Request] = ("eth_chainId", ())
_REPEATABLE: Final = ("eth_", "net_", "web3_")
_LONGEST_REASON: Final = 200


@dataclass(eq=False)
class RpcRefused(ChainUnavailable):
    """The node refused the request."""

    code: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Network:
    """What the nodes of one chain share: its id, None until the first one told it, and counters."""

    chain_id: int | None
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class Endpoint:
    """The node behind one URL; may be used from several threads."""

    def __init__(
        self,
        url: str,
        timeout_seconds: float,
        network: Network,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = Transport(url, timeout_seconds, monotonic)
        self._network = network

    def ask(self, calls: Sequence[Request]) -> list[Any]:
        """Return a result or an `RpcRefused` for each, of one exchange.

        A connection that turns out to have ended while idle is opened anew; every new one is asked
        for its chain. Raises `ChainUnavailable`, `RpcRefused` when the whole batch was refused, and
        `WrongNetwork`.
        """
        reused = self._transport.is_open()
        try:
            return self._ask(calls)
        except HungUp as exc:
            if reused and is_repeatable(calls):
                return self._ask_anew(calls)
            raise ChainUnavailable(f"{self._transport.host} hung up") from exc

    def close(self) -> None:
        """Close the connections of all threads; a later question opens new ones."""
        self._transport.close()

    def _ask_anew(self, calls: Sequence[Request]) -> list[Any]:
        try:
            return self._ask(calls)
        except HungUp as exc:
            raise ChainUnavailable(f"{self._transport.host} hung up") from exc

    def _ask(self, calls: Sequence[Request]) -> list[Any]:
        if not self._transport.is_open():
            self._require_chain()
        return self._answers(calls)

    def _require_chain(self) -> None:
        (answer,) = self._answers([CHAIN_ID])
        if isinstance(answer, RpcRefused):
            self._transport.drop()
            raise ChainUnavailable(f"{self._transport.host} does not tell its chain")
        found = quantity(answer)
        if self._network.chain_id is None:
            self._network.chain_id = found
        if found != self._network.chain_id:
            self._transport.drop()
            raise WrongNetwork(self._network.chain_id, found)

    def _answers(self, calls: Sequence[Request]) -> list[Any]:
        """Post the requests and return their outcomes, matched by id."""
        ids = [next(self._network.ids) for _ in calls]
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in zip(ids, calls, strict=True)
        ]
        transport = self._transport
        answer = transport.post(orjson.dumps(requests[0] if len(requests) == 1 else requests))
        try:
            return _outcomes(orjson.loads(answer), ids)
        except ValueError as exc:
            transport.drop()
            raise ChainUnavailable(f"{transport.host} sent something that is no answer") from exc


def is_repeatable(calls: Sequence[Request]) -> bool:
    """Return whether asking twice does no more than asking once."""
    return all(method.startswith(_REPEATABLE) for method, _ in calls)


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
