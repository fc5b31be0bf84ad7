"""Reads the contracts' events into a projection and heals it after reorganisations.

Raw logs by block range, each range one transaction of the projection with the cursor in it. Never
`removed` flags, filters or subscriptions: nodes forget them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain.blocks import BlockRef, Head, by_number, read_head
from ledger.chain.deployments import Deployment, check_deployment
from ledger.chain.forks import Stand, replaced, stands
from ledger.chain.inclusion import ask, finalized_block
from ledger.chain.logs import RawLog, decode_log, read_log
from ledger.chain.reverts import plainly
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import rows, spell
from ledger.errors import ChainUnavailable, NodeStale, WrongHistory
from ledger.events import Event
from ledger.projection import CursorMoved, Header, Projection

__all__ = ["KEPT_HEADERS", "Follower", "Projection"]

LEAST_RANGE: Final = 10
FIRST_RANGE: Final = 100
GREATEST_RANGE: Final = 1_000
"""Blocks in one question for logs, from the least to the greatest, while no node minds."""
EVENTS_A_RANGE: Final = 10_000
"""A range with more makes the next one smaller: memory and time-outs bound what one may hold."""
KEPT_HEADERS: Final = 64
"""Headers below the head that a projection keeps, so that a fork up to this deep is healed."""
LAG_STEPS: Final = 3
"""Steps after which a lone node that is behind the cursor has lost blocks and is not just late."""


@dataclass(frozen=True, slots=True)
class _Range:
    """What a range of blocks holds; the last header is its end."""

    headers: tuple[Header, ...]
    events: tuple[Event, ...]


class _Moved(Exception):
    """The chain was reorganised while a range was being read."""


class Follower:
    """Follows one deployment into one projection; one follower leads at a time."""

    def __init__(self, node: Node, deployment: Deployment, projection: Projection) -> None:
        self._node = node
        self._deployment = deployment
        self._projection = projection
        self._size = FIRST_RANGE
        self._most = GREATEST_RANGE
        self._checked = False
        self._short = 0

    def step(self) -> int:
        """Take in the next range and return how many events it held; 0 at the head, too.

        Heals a fork first. Raises `ChainUnavailable` when no node answers, `NodeStale` when those
        that do lack the cursor's block and may just be behind, and `WrongNetwork`, `WrongCode` or
        `WrongHistory` for another chain: nothing is changed then.
        """
        try:
            self._require_chain()
            head, cursor = self._look()
            start = self._deployment.block if cursor is None else cursor.block + 1
            if start > head.block:
                return 0
            end = min(start + self._size - 1, head.block)
            taken = self._taken(start, end, head, cursor)
            self._projection.apply(taken.headers, taken.events, cursor)
        except (_Moved, CursorMoved):
            return 0  # the next step heals, or goes on from where another process came
        except ChainUnavailable:
            self._checked = False
            raise
        return len(taken.events)

    def catch_up(self) -> int:
        """Step until the cursor stands at the head; return how many events came in."""
        total = self.step()
        while not self.is_at_head():
            total += self.step()
        return total

    def is_at_head(self) -> bool:
        """Return whether the cursor is the present head of a node; false where none has it."""
        cursor = self._projection.cursor()
        if cursor is None:
            return False
        try:
            (head,) = _maybe_heads(self._node.having(lambda: cursor), ["latest"])
        except NodeStale:
            return False
        return head is not None and head.hash == cursor.hash

    def finalized(self) -> int | None:
        """Return the newest block that the chain calls finalized, None where it does not say.

        Of a node that has the cursor's block; raises `NodeStale` where none has.
        """
        return finalized_block(self._node.having(self._projection.cursor))

    def _require_chain(self) -> None:
        if not self._checked:
            check_deployment(self._node, self._deployment)
            self._checked = True

    def _look(self) -> tuple[Head, Header | None]:
        """Return head and cursor, the cursor rolled back to the chain that the nodes have now."""
        cursor = self._projection.cursor()
        start = BlockRef(self._deployment.block, self._deployment.block_hash)
        node = self._node.having(lambda: cursor or start)
        try:
            (head,) = _maybe_heads(node, ["latest"])
        except NodeStale:
            if cursor is None:
                raise
            return self._heal(cursor)
        self._short = 0
        if head is None:
            raise ChainUnavailable("the node has no last block")
        return head, cursor

    def _heal(self, cursor: Header) -> tuple[Head, Header | None]:
        """Roll back to the chain that replaced ours; raise `NodeStale` while that is not sure."""
        nodes = len(self._node.each())
        found = self._of_our_history(stands(self._node, self._deployment.block, cursor))
        if any(one.at_cursor is not None and one.at_cursor.hash == cursor.hash for one in found):
            raise _Moved  # it has come meanwhile
        stand = replaced(cursor.block, found, nodes)
        if stand is None and nodes == len(found) == 1:
            if self._only_lags(found[0].head):
                raise _Moved
            stand = found[0]
        if stand is None:
            raise NodeStale("the nodes lag, or one that would tell is silent", cursor.block)
        self._short = 0
        self._projection.rollback(self._common_ancestor(stand.node), cursor)
        return stand.head, self._projection.cursor()

    def _of_our_history(self, found: Sequence[Stand]) -> list[Stand]:
        """Return those on the chain of the deployment; raise when there are others alone."""
        expected = self._deployment.block_hash
        ours = [one for one in found if one.deployed and one.deployed.hash == expected]
        if found and not ours:
            self._checked = False
            other = next((one.deployed for one in found if one.deployed is not None), None)
            if other is None:
                raise NodeStale("the node is below the deployment", self._deployment.block)
            raise WrongHistory(self._deployment.block, expected, other.hash)
        return ours

    def _only_lags(self, head: Head) -> bool:
        """Return whether the lone node's chain is ours but shorter, for the first few times.

        Another node behind the same URL may lag; a chain that stays shorter lost its tail.
        """
        at_head = [one.hash for one in self._projection.recent() if one.block == head.block]
        self._short += 1
        return at_head in ([], [head.hash]) and self._short < LAG_STEPS

    def _common_ancestor(self, node: Node) -> int:
        """Return the newest kept block that the node has too; from the start where none is."""
        kept = self._projection.recent()
        present = _maybe_heads(node, [header.block for header in kept])
        for header, found in zip(kept, present, strict=True):
            if found is not None and found.hash == header.hash:
                return header.block
        return self._deployment.block - 1

    def _taken(self, start: int, end: int, head: Head, cursor: Header | None) -> _Range:
        """Read a range of nodes that have the head: another's logs may lack what is new."""
        try:
            return self._read(self._node.having(lambda: head), (start, end), head, cursor)
        except NodeStale as exc:
            raise _Moved from exc

    def _read(self, node: Node, span: tuple[int, int], head: Head, cursor: Header | None) -> _Range:
        """Read a range; a range that the node refuses is halved, down to one block."""
        start, end = span
        try:
            answer = node.call("eth_getLogs", self._asked(start, end))
        except RpcRefused as exc:
            if start == end:
                raise plainly(exc) from exc
            self._size = self._most = max((end - start + 1) // 2, 1)
            return self._read(node, (start, start + self._size - 1), head, cursor)
        except ChainUnavailable:
            self._size = max((end - start + 1) // 2, 1)  # it may have been too much for its time
            raise
        logs = [read_log(log) for log in rows(answer)]
        self._resize(len(logs))
        heads = self._range_heads(node, span, head, logs)
        if cursor is not None and heads[start].parent != cursor.hash:
            raise _Moved
        return _Range(
            tuple(Header(one.block, one.hash, one.time) for one in heads.values()),
            tuple(self._events(logs, heads)),
        )

    def _resize(self, logs: int) -> None:
        """Choose the next range by what this one held."""
        if logs > EVENTS_A_RANGE:
            self._size = max(self._size // 2, 1)
        elif logs <= EVENTS_A_RANGE // 2:
            self._size = min(max(self._size * 2, LEAST_RANGE), self._most)

    def _asked(self, start: int, end: int) -> dict[str, object]:
        return {
            "address": self._deployment.emitters,
            "fromBlock": spell(start),
            "toBlock": spell(end),
        }

    @staticmethod
    def _range_heads(
        node: Node, span: tuple[int, int], head: Head, logs: Sequence[RawLog]
    ) -> dict[int, Head]:
        """Return headers, read after the logs: first, last, those with logs, those worth keeping.

        The head, read before the logs, must still stand, and neighbours must link; else the chain
        moved and the logs may be another chain's.
        """
        start, end = span
        wanted = {start, end, *(log.block for log in logs if start <= log.block <= end)}
        wanted |= set(range(max(start, head.block - KEPT_HEADERS), end + 1))
        *found, again = _heads(node, [*sorted(wanted), head.block])
        if again.hash != head.hash:
            raise _Moved
        heads = {one.block: one for one in found}
        for block, one in heads.items():
            if block - 1 in heads and one.parent != heads[block - 1].hash:
                raise _Moved
        return heads

    def _events(self, logs: Sequence[RawLog], heads: dict[int, Head]) -> list[Event]:
        """Decode in chain order what our contracts emitted.

        A log that is not of the block that its height has is of another chain than the headers;
        then its block's own logs are missing, and passing over it would lose them for good.
        """
        found: list[Event] = []
        last = (-1, -1)
        for log in sorted(logs, key=lambda one: (one.block, one.log_index)):
            head = heads.get(log.block)
            if head is None or head.hash != log.block_hash or (log.block, log.log_index) == last:
                raise ChainUnavailable("the node sent logs that are not of its blocks")
            last = (log.block, log.log_index)
            event = decode_log(self._deployment, log, head.time)
            if event is not None:
                found.append(event)
        return found


def _heads(node: Node, blocks: Sequence[int | str]) -> list[Head]:
    heads = _maybe_heads(node, blocks)
    present = [head for head in heads if head is not None]
    if len(present) != len(heads):
        raise _Moved
    return present


def _maybe_heads(node: Node, blocks: Sequence[int | str]) -> list[Head | None]:
    answers = ask(node, [by_number(block) for block in blocks])
    return [None if answer is None else read_head(answer) for answer in answers]
