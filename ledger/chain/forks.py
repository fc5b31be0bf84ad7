"""Whether a chain without our last block has replaced ours, or a node just lags or is on a fork.

A lone node is believed in the end: there is nobody else to ask. Of several, one that is behind us
never is; one that is as far as we are is, when no other can contradict it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain.blocks import Block, Head, by_number, read_head
from ledger.chain.inclusion import ask
from ledger.chain.rpc import Node
from ledger.errors import ChainUnavailable, WrongNetwork

REORG_DEPTH: Final = 12
"""Blocks by which a chain must have outgrown ours to be believed against silent nodes (proposed)"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one node stands: its head, and what it has at the deployment's and the cursor's height.

    `is_witness` tells that it was this node that last had our newest block.
    """

    node: Node
    head: Head
    deployed: Head | None
    at_cursor: Head | None
    is_witness: bool


def stands(node: Node, deployed: int, cursor: Block) -> list[Stand]:
    """Return where every node stands that answers; none of another chain id does."""
    found: list[Stand] = []
    for one in node.each():
        try:
            answers = ask(one, [by_number(at) for at in ("latest", deployed, cursor.block)])
        except (ChainUnavailable, WrongNetwork):
            continue
        head, *others = (None if answer is None else read_head(answer) for answer in answers)
        if head is not None:
            found.append(Stand(one, head, others[0], others[1], one.is_witness))
    return found


def replaced(cursor: int, found: Sequence[Stand], nodes: int) -> Stand | None:
    """Return whose chain has replaced ours, of the `nodes` that were asked; None while unsure.

    None of `found` has the cursor's block. A node that is not beyond it may just lag. One that is
    may stand on a fork: it is believed when all nodes answered, when it is the one that had the
    block, or when its chain has outgrown ours by more than forks do.
    """
    everybody = len(found) == nodes
    believed = [
        one
        for one in found
        if one.head.block >= cursor
        and (everybody or one.is_witness or one.head.block >= cursor + REORG_DEPTH)
    ]
    return max(believed, key=lambda one: one.head.block, default=None)
