"""What gas the transactions of one step take.

A node finds an estimate by running a call some ten times; one run tells whether a limit suffices.
So one of those that are alike is estimated, and the others are run once each with a little more.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final

from ledger.chain.abi import SELECTOR_BYTES
from ledger.chain.fees import MAX_GAS, NEXT
from ledger.chain.reverts import is_revert, plainly
from ledger.chain.rpc import Node, Request, RpcRefused
from ledger.chain.wire import quantity, spell
from ledger.errors import LedgerError
from ledger.outbox import Intent

ALLOWANCE_PERCENT: Final = 5
"""What one call may take beyond the estimate of another like it (proposed)."""


def estimates(node: Node, intents: Sequence[Intent]) -> list[int | LedgerError]:
    """Return for each intent the gas that it takes, or at most takes, or the contract's refusal.

    Intents to the same function of the same contract, with arguments of the same length, are alike.
    Whichever does not run with what its like takes is estimated itself, so that a refusal is always
    the node's about that very intent.

    Raises `ChainUnavailable` when no node answers, or one refuses for a reason of its own.
    """
    found: dict[int, int | LedgerError] = {}
    firsts = [spots[0] for spots in _alike(intents)]
    found |= _estimated(node, intents, firsts)
    found |= _tried(node, intents, found)
    found |= _estimated(node, intents, [n for n in range(len(intents)) if n not in found])
    return [found[number] for number in range(len(intents))]


def _alike(intents: Sequence[Intent]) -> Iterable[list[int]]:
    """Return the places of intents that are alike, each in one list."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number, one in enumerate(intents):
        found[one.account, one.to, one.call[:SELECTOR_BYTES], len(one.call)].append(number)
    return found.values()


def _estimated(
    node: Node, intents: Sequence[Intent], chosen: Sequence[int]
) -> dict[int, int | LedgerError]:
    outcomes = node.outcomes([_request("eth_estimateGas", intents[number]) for number in chosen])
    return {number: _read(outcome) for number, outcome in zip(chosen, outcomes, strict=True)}


def _tried(
    node: Node, intents: Sequence[Intent], found: dict[int, int | LedgerError]
) -> dict[int, int]:
    """Return those that run with what the first of their like takes and a little more."""
    limits = {
        number: min(first + first * ALLOWANCE_PERCENT // 100, MAX_GAS)
        for spots in _alike(intents)
        for number in spots[1:]
        if isinstance(first := found[spots[0]], int)
    }
    outcomes = node.outcomes(
        [_request("eth_call", intents[number], gas=spell(gas)) for number, gas in limits.items()]
    )
    ran = zip(limits.items(), outcomes, strict=True)
    return {number: gas for (number, gas), outcome in ran if not isinstance(outcome, RpcRefused)}


def _request(method: str, intent: Intent, **more: str) -> Request:
    call = {"from": intent.account, "to": intent.to, "data": spell(intent.call), **more}
    return method, (call, NEXT)


def _read(outcome: Any) -> int | LedgerError:
    if not isinstance(outcome, RpcRefused):
        return quantity(outcome)
    error = plainly(outcome)
    if is_revert(outcome):
        return error
    raise error
