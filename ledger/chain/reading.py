"""Asking the contracts of one deployment: views, logs of any span, and the times of blocks."""

from collections.abc import Sequence
from typing import Any

from ledger.chain.abi import load_abi
from ledger.chain.blocks import Head, by_number, read_head
from ledger.chain.deployments import Deployment
from ledger.chain.logs import RawLog, read_log
from ledger.chain.reverts import plainly
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import octets, rows, spell
from ledger.errors import ChainUnavailable
from ledger.values import Address


class ContractReader:
    """Raises `ChainUnavailable` when nobody could say, and the contract's own refusals."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self._node = node
        self._deployment = deployment

    def head(self) -> Head:
        """Return the chain's last block."""
        return read_head(self.ask(*by_number("latest")))

    def view(self, contract: str, function: str, *values: Any) -> tuple[Any, ...]:
        """Call a view on the last block and decode its answer."""
        view = load_abi(contract).functions[function]
        to = self._deployment.addresses[contract]
        answer = self.ask("eth_call", ({"to": to, "data": spell(view.encode(*values))}, "latest"))
        return view.outputs.decode(octets(answer))

    def ask(self, method: str, params: Sequence[Any]) -> Any:
        """Return the result of one request."""
        try:
            return self._node.call(method, *params)
        except RpcRefused as exc:
            raise plainly(exc) from exc

    def ask_all(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Return the results of several requests, sent as one."""
        try:
            return self._node.batch(calls)
        except RpcRefused as exc:
            raise plainly(exc) from exc

    def logs(
        self, contract: Address, topics: Sequence[str | list[str] | None], start: int, end: int
    ) -> list[RawLog]:
        """Return a contract's logs of a span of blocks; one that the node refuses is halved.

        A topic that is a list stands for any of its members.
        """
        if start > end:
            return []
        asked = {
            "address": contract,
            "topics": list(topics),
            "fromBlock": spell(start),
            "toBlock": spell(end),
        }
        try:
            return [read_log(log) for log in rows(self._node.call("eth_getLogs", asked))]
        except RpcRefused as exc:
            if start == end:
                raise plainly(exc) from exc
        middle = (start + end) // 2
        lower = self.logs(contract, topics, start, middle)
        return lower + self.logs(contract, topics, middle + 1, end)

    def times(self, logs: Sequence[RawLog]) -> dict[int, int]:
        """Return the times of the logs' blocks; raise where a log's block is not on the chain."""
        hashes = {log.block: log.block_hash for log in logs}
        headers = [read_head(h) for h in self.ask_all([by_number(block) for block in hashes])]
        if any(hashes.get(header.block) != header.hash for header in headers):
            raise ChainUnavailable("the chain is being reorganised")
        return {header.block: header.time for header in headers}
