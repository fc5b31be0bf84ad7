"""Reads the contracts' events into a projection and heals it after reorganisations.

Raw logs by block range, each range one transaction of the projection with the cursor in it. Never
`removed` flags, filters or subscriptions: nodes forget them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain.blocks import Head, by_number, read_head
from ledger.chain.deployments import Deployment, check_deployment
from ledger.chain.inclusion import ask
from ledger.chain.logs import RawLog, decode_log, read_log
from ledger.chain.reverts import plainly
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import rows, spell
from ledger.errors import ChainUnavailable, WrongHistory
from ledger.events import Event
from ledger.projection import Header, Projection

__all__ = ["KEPT_HEADERS", "Follower", "Projection"]

LEAST_RANGE: Final = 10
GREATEST_RANGE: Final = 100
KEPT_HEADERS: Final = 64
"""Headers below the head that a projection keeps, so that a fork up to this deep is healed."""


LAG_STEPS: Final = 3
"""Steps after which a node that is behind the cursor has lost blocks and is not just late."""


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
        self._size = GREATEST_RANGE
        self._checked = False
        self._short = 0

    def step(self) -> int:
        """Take in the next range and return how many events it held; 0 at the head, too.

        Heals a fork first. Raises `ChainUnavailable` when no node answers, and `WrongNetwork`,
        `WrongCode` or `WrongHistory` for another chain: nothing is changed then.
        """
        try:
            self._require_chain()
            head, cursor = self._heal()
            start = self._deployment.block if cursor is None else cursor.block + 1
            if start > head.block:
                return 0
            end = min(start + self._size - 1, head.block)
            taken = self._read(start, end, head, cursor)
        except _Moved:
            return 0  # the next step heals
        except ChainUnavailable:
            self._checked = False
            raise
        self._projection.apply(taken.headers, taken.events)
        return len(taken.events)

    def catch_up(self) -> int:
        """Step until the cursor stands at the head; return how many events came in."""
        total = self.step()
        while not self.is_at_head():
            total += self.step()
        return total

    def is_at_head(self) -> bool:
        """Return whether the cursor is the node's present head."""
        cursor = self._projection.cursor()
        (head,) = self._maybe_heads(["latest"])
        if head is None:
            raise ChainUnavailable("the node has no last block")
        return cursor is not None and (cursor.block, cursor.hash) == (head.block, head.hash)

    def _require_chain(self) -> None:
        if not self._checked:
            check_deployment(self._node, self._deployment)
            self._checked = True

    def _heal(self) -> tuple[Head, Header | None]:
        """Return head and cursor, the cursor rolled back to the chain that the node has now."""
        cursor = self._projection.cursor()
        if cursor is None:
            return self._heads(["latest"])[0], None
        head, deployed, at_cursor = self._maybe_heads(
            ["latest", self._deployment.block, cursor.block]
        )
        self._require_history(deployed)
        if head is None:
            raise ChainUnavailable("the node has no last block")
        if at_cursor is not None and at_cursor.hash == cursor.hash:
            self._short = 0
            return head, cursor
        if at_cursor is None and self._only_lags(head):
            return head, cursor
        self._projection.rollback(self._common_ancestor())
        return head, self._projection.cursor()

    def _only_lags(self, head: Head) -> bool:
        """Return whether the node's chain is ours but shorter, for the first few times.

        Another node behind the same URL may lag; a chain that stays shorter lost its tail.
        """
        at_head = [one.hash for one in self._projection.recent() if one.block == head.block]
        self._short += 1
        return at_head in ([], [head.hash]) and self._short < LAG_STEPS

    def _require_history(self, deployed: Head | None) -> None:
        expected = self._deployment.block_hash
        found = bytes(len(expected)) if deployed is None else deployed.hash
        if found != expected:
            self._checked = False
            raise WrongHistory(self._deployment.block, expected, found)

    def _common_ancestor(self) -> int:
        """Return the newest kept block that the node has too; from the start where none is."""
        kept = self._projection.recent()
        present = self._maybe_heads([header.block for header in kept])
        for header, found in zip(kept, present, strict=True):
            if found is not None and found.hash == header.hash:
                return header.block
        return self._deployment.block - 1

    def _read(self, start: int, end: int, head: Head, cursor: Header | None) -> _Range:
        """Read a range; a range that the node refuses is halved, down to one block."""
        try:
            answer = self._node.call("eth_getLogs", self._asked(start, end))
        except RpcRefused as exc:
            if start == end:
                raise plainly(exc) from exc
            self._size = max((end - start + 1) // 2, 1)
            return self._read(start, start + self._size - 1, head, cursor)
        self._size = min(max(self._size * 2, LEAST_RANGE), GREATEST_RANGE)
        logs = [read_log(log) for log in rows(answer)]
        heads = self._range_heads(start, end, head, logs)
        if cursor is not None and heads[start].parent != cursor.hash:
            raise _Moved
        return _Range(
            tuple(Header(one.block, one.hash, one.time) for one in heads.values()),
            tuple(self._events(logs, heads)),
        )

    def _asked(self, start: int, end: int) -> dict[str, object]:
        addresses = [self._deployment.authority, self._deployment.record_ledger]
        return {"address": addresses, "fromBlock": spell(start), "toBlock": spell(end)}

    def _range_heads(
        self, start: int, end: int, head: Head, logs: Sequence[RawLog]
    ) -> dict[int, Head]:
        """Return headers, read after the logs: first, last, those with logs, those worth keeping.

        The head, read before the logs, must still stand, and neighbours must link; else the chain
        moved and the logs may be another chain's.
        """
        wanted = {start, end, *(log.block for log in logs if start <= log.block <= end)}
        wanted |= set(range(max(start, head.block - KEPT_HEADERS), end + 1))
        *found, again = self._heads([*sorted(wanted), head.block])
        if again.hash != head.hash:
            raise _Moved
        heads = {one.block: one for one in found}
        for block, one in heads.items():
            if block - 1 in heads and one.parent != heads[block - 1].hash:
                raise _Moved
        return heads

    def _events(self, logs: Sequence[RawLog], heads: dict[int, Head]) -> list[Event]:
        """Decode in chain order what lies on our headers' chain; drop what does not."""
        found: list[Event] = []
        for log in sorted(logs, key=lambda one: (one.block, one.log_index)):
            head = heads.get(log.block)
            if head is None or head.hash != log.block_hash:
                continue
            event = decode_log(self._deployment, log, head.time)
            if event is not None:
                found.append(event)
        return found

    def _heads(self, blocks: Sequence[int | str]) -> list[Head]:
        heads = self._maybe_heads(blocks)
        present = [head for head in heads if head is not None]
        if len(present) != len(heads):
            raise _Moved
        return present

    def _maybe_heads(self, blocks: Sequence[int | str]) -> list[Head | None]:
        answers = ask(self._node, [by_number(block) for block in blocks])
        return [None if answer is None else read_head(answer) for answer in answers]
