"""A thin JSON-RPC client over one or more nodes of one chain, every answer checked.

Nothing is repeated behind the caller's back. A read goes to the node that answered last and fails
over to each of the others once; a method that may move a node's clock or state (anything but
`eth_`, `net_` and `web3_`) is never sent twice.
"""

import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Self

from ledger.chain.blocks import Block, by_number, read_head
from ledger.chain.endpoint import (
    CHAIN_ID,
    Endpoint,
    Network,
    Request,
    RpcRefused,
    is_repeatable,
)
from ledger.chain.wire import quantity
from ledger.errors import ChainUnavailable, NodeStale, WrongNetwork

__all__ = ["CHUNK", "Known", "Node", "Request", "RpcRefused"]

CHUNK: Final = 100
"""Requests in one batch: geth refuses above 1,000 by default, Bor above 100."""
Known = Callable[[], Block | None]
"""Tells the newest block that is known already; None before the first."""


@dataclass(slots=True)
class _Memory:
    """Which node is asked first, and which one last had the block that it had to have."""

    last_good: Endpoint
    witness: Endpoint | None = None


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
        self._network = Network(chain_id)
        self._endpoints = tuple(
            Endpoint(url, timeout_seconds, self._network, monotonic) for url in urls
        )
        self._memory = _Memory(self._endpoints[0])
        self._known: Known | None = None

    @property
    def chain_id(self) -> int:
        """The chain that the nodes serve."""
        if self._network.chain_id is None:
            return quantity(self.batch([CHAIN_ID])[0])
        return self._network.chain_id

    def having(self, known: Known) -> Self:
        """Return the same nodes, where only one that has the known block is believed.

        Each exchange asks for that block along with the rest, so that a node which lags, or stands
        on a fork, answers nothing. A call raises `NodeStale` when no node that answers has it.
        """
        view = copy(self)
        view._known = known  # noqa: SLF001  # its own copy
        return view

    def each(self) -> tuple[Self, ...]:
        """Return every node alone, without fail-over; what it must have stays the same."""
        views = tuple(copy(self) for _ in self._endpoints)
        for view, endpoint in zip(views, self._endpoints, strict=True):
            view._endpoints = (endpoint,)  # noqa: SLF001  # its own copy
        return views

    @property
    def is_witness(self) -> bool:
        """Whether it is among these that a known block was last seen."""
        return self._memory.witness in self._endpoints

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
        together = CHUNK if self._known is None else CHUNK - 1  # the known block is asked for, too
        return _chunked(self._first_answer, calls, together)

    def broadcast(self, calls: Sequence[Request]) -> list[Any]:
        """Send the same requests to every node; return the best outcome of each, as `outcomes`.

        One acceptance outweighs every refusal, one answer every silence.
        """
        best: list[Any] = []
        failure: ChainUnavailable | WrongNetwork | None = None
        for endpoint in self._endpoints:
            try:
                found = _chunked(endpoint.ask, calls)
            except (ChainUnavailable, WrongNetwork) as exc:
                failure = exc
                continue
            best = [_better(*pair) for pair in zip(best, found, strict=True)] if best else found
        if failure is not None and not best:
            raise failure
        return best

    def close(self) -> None:
        """Close the connections of all threads; a later call opens new ones."""
        for endpoint in self._endpoints:
            endpoint.close()

    def _first_answer(self, calls: Sequence[Request]) -> list[Any]:
        """Ask the node that answered last, then each other once; raise the last one's failure.

        That one lacks the known block is told before that another is silent, but not before a
        refusal: who was asked for too much at once may answer half of it.
        """
        known = None if self._known is None else self._known()
        failure: ChainUnavailable | WrongNetwork | None = None
        for endpoint in self._in_order():
            try:
                found = endpoint.ask(calls) if known is None else _sure(endpoint, calls, known)
            except (ChainUnavailable, WrongNetwork) as exc:
                if isinstance(exc, RpcRefused):
                    raise
                failure = failure if isinstance(failure, NodeStale) else exc
                if not is_repeatable(calls):
                    break
                continue
            self._memory.last_good = endpoint
            if known is not None:
                self._memory.witness = endpoint
            return found
        raise failure or ChainUnavailable("no node was asked")

    def _in_order(self) -> list[Endpoint]:
        return sorted(self._endpoints, key=lambda one: one is not self._memory.last_good)


def _sure(endpoint: Endpoint, calls: Sequence[Request], known: Block) -> list[Any]:
    """Return the outcomes of a node that has the known block; raise `NodeStale` for another."""
    asked = by_number(known.block)
    try:
        *found, present = endpoint.ask([*calls, asked])
    except RpcRefused:
        if len(calls) > 1:
            raise
        (present,) = endpoint.ask([asked])  # a node that takes no batches
        found = endpoint.ask(calls)
    if isinstance(present, RpcRefused):
        raise ChainUnavailable(f"the node does not show block {known.block}: {present.reason}")
    if present is None:
        raise NodeStale("it lags", known.block)
    if read_head(present).hash != known.hash:
        raise NodeStale("it has another block there", known.block)
    return found


def _chunked(
    ask: Callable[[Sequence[Request]], list[Any]], calls: Sequence[Request], size: int = CHUNK
) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(calls), size):
        found += _halving(ask, calls[start : start + size])
    return found


def _halving(ask: Callable[[Sequence[Request]], list[Any]], calls: Sequence[Request]) -> list[Any]:
    try:
        return ask(calls)
    except RpcRefused:
        if len(calls) == 1:
            raise
    middle = len(calls) // 2
    return _halving(ask, calls[:middle]) + _halving(ask, calls[middle:])


def _better(first: Any, second: Any) -> Any:
    return second if isinstance(first, RpcRefused) else first
