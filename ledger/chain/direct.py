"""Send one transaction and wait for it: for scripts and commands of a person, without a database.

The service sends through `ledger.chain.sender`, which survives its own death; this does not. The
nonce is the node's pending one, so two of these never share an account.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ledger.chain.accounts import Account
from ledger.chain.blocks import by_number, read_head
from ledger.chain.calls import Call
from ledger.chain.fees import NEXT, FeePolicy, gas_limit
from ledger.chain.reverts import decode_revert, is_revert, plainly
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import HASH_BYTES, address, octets, quantity, record, spell
from ledger.errors import ChainUnavailable, LedgerError
from ledger.values import Address

_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.2
_SUCCESS: Final = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction in a block, with status 1; `contract` is the one that it created, if any."""

    transaction: bytes
    block: int
    block_hash: bytes
    gas_used: int
    contract: Address | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a receipt, and by whose clock."""

    seconds: float = 60.0
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def send_and_wait(
    node: Node,
    account: Account,
    call: Call,
    *,
    fees: FeePolicy | None = None,
    patience: Patience | None = None,
) -> Receipt:
    """Send a call and return its receipt.

    Raises the contract's own error where it refuses, before anything is sent if it does so at
    once, and `ChainUnavailable` when no receipt comes in time: the transaction may still be mined.
    """
    return transact(node, account, call.to, call.data, fees=fees, patience=patience)


def require_accepted(node: Node, sender: Address, call: Call) -> None:
    """Raise what the contract would refuse a call with in the next block; nothing is sent.

    Raises `ChainUnavailable` when the node cannot say.
    """
    asked = {"from": sender, "to": call.to, "data": spell(call.data)}
    try:
        node.call("eth_call", asked, NEXT)
    except RpcRefused as exc:
        raise plainly(exc) from exc


def transact(
    node: Node,
    account: Account,
    to: Address | None,
    data: bytes,
    *,
    fees: FeePolicy | None = None,
    patience: Patience | None = None,
) -> Receipt:
    """Do as `send_and_wait`; `to` None creates a contract from `data`."""
    policy = fees or FeePolicy()
    call: dict[str, Any] = {"from": account.address, "data": spell(data)}
    if to is not None:
        call["to"] = to
    try:
        head, nonce, estimate = node.batch(
            [
                by_number("latest"),
                ("eth_getTransactionCount", (account.address, "pending")),
                ("eth_estimateGas", (call, NEXT)),
            ]
        )
        signed = account.sign_transaction(
            {
                "chainId": node.chain_id,
                "nonce": quantity(nonce),
                "gas": gas_limit(quantity(estimate)),
                "to": to or "",
                "value": 0,
                "data": data,
                **policy.market(read_head(head).base_fee).fields(legacy=policy.legacy),
            }
        )
        node.call("eth_sendRawTransaction", spell(signed.raw))
    except RpcRefused as exc:
        raise plainly(exc) from exc
    receipt = _wait(node, signed.hash, patience or Patience())
    if quantity(receipt.get("status")) != _SUCCESS:
        raise why_reverted(node, call, quantity(receipt.get("blockNumber")))
    return _receipt(receipt)


def why_reverted(node: Node, call: dict[str, Any], block: int) -> LedgerError:
    """Return the contract's error by asking the same question at the end of its block.

    What came later in the block may hide it; then at the block before, then nobody can say.
    """
    for at in (block, block - 1):
        try:
            node.call("eth_call", call, spell(at))
        except RpcRefused as exc:
            if is_revert(exc):
                return decode_revert(exc.data)
    return ChainUnavailable("the transaction was reverted and nobody can say why")


def _wait(node: Node, transaction: bytes, patience: Patience) -> dict[str, Any]:
    deadline = patience.monotonic() + patience.seconds
    pause = _FIRST_PAUSE
    while True:
        receipt = node.call("eth_getTransactionReceipt", spell(transaction))
        if receipt is not None:
            return record(receipt)
        if patience.monotonic() > deadline:
            raise ChainUnavailable(f"{spell(transaction)} was sent and is in no block yet")
        patience.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _receipt(receipt: dict[str, Any]) -> Receipt:
    created = receipt.get("contractAddress")
    return Receipt(
        transaction=octets(receipt.get("transactionHash"), HASH_BYTES),
        block=quantity(receipt.get("blockNumber")),
        block_hash=octets(receipt.get("blockHash"), HASH_BYTES),
        gas_used=quantity(receipt.get("gasUsed")),
        contract=None if created is None else address(created),
    )
