"""Hand signed transactions to every node and read what their answers mean."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import spell
from ledger.errors import ChainUnavailable, WrongNetwork


class Answer(StrEnum):
    """What became of one transaction."""

    TAKEN = "taken"  # a node has it, or may have it
    NONCE_USED = "nonce-used"  # something with this nonce is in a block
    NO_FUNDS = "no-funds"
    UNDERPRICED = "underpriced"
    REFUSED = "refused"  # for a reason that waiting does not change


# Wordings of anvil, geth, Erigon, Besu and Nethermind; there are no common codes.
_MEANINGS: Final = (
    (
        re.compile(
            r"already (known|imported|exists)|known transaction|alreadyknown", re.IGNORECASE
        ),
        "taken",
    ),
    (re.compile(r"nonce.{0,6}too low|oldnonce|nonce below", re.IGNORECASE), "nonce-used"),
    (re.compile(r"insufficient.{0,10}(funds|balance)|upfront cost", re.IGNORECASE), "no-funds"),
    (re.compile(r"underpriced|base ?fee|fee too low|feetoolow", re.IGNORECASE), "underpriced"),
)


def broadcast(node: Node, raws: Sequence[bytes]) -> list[tuple[Answer, str]]:
    """Send in the given order, one chunk answered before the next leaves.

    Returns for each the answer and the node's own words. Where no node answers, each counts as
    taken: it may have arrived.
    """
    requests = [("eth_sendRawTransaction", (spell(raw),)) for raw in raws]
    try:
        outcomes = node.broadcast(requests)
    except RpcRefused as exc:
        outcomes = [exc] * len(raws)
    except (ChainUnavailable, WrongNetwork):
        return [(Answer.TAKEN, "no answer")] * len(raws)
    return [meaning(outcome) for outcome in outcomes]


def meaning(outcome: Any) -> tuple[Answer, str]:
    """Return what a node's outcome for one transaction means."""
    if not isinstance(outcome, RpcRefused):
        return Answer.TAKEN, ""
    for pattern, name in _MEANINGS:
        if pattern.search(outcome.reason):
            return Answer(name), outcome.reason
    return Answer.REFUSED, outcome.reason
