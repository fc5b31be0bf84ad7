"""Put the contracts on a chain, each knowing the ones before it."""

from typing import Final

from eth_hash.auto import keccak
from web3 import Web3

from ledger.chain.abi import CONTRACTS, load_abi
from ledger.chain.accounts import Account
from ledger.chain.deployments import (
    Deployment,
    TenderContracts,
    check_deployment,
    compiled_code_hash,
)
from ledger.chain.direct import Receipt, transact
from ledger.chain.fees import FeePolicy
from ledger.chain.rpc import Node
from ledger.chain.wire import ADDRESS_BYTES, checksum
from ledger.errors import ChainUnavailable
from ledger.values import Address

LONGEST_SUSPENSION_SECONDS: Final = 30 * 86_400
"""How long one act may suspend an agreement (proposed)."""
SHORTEST_NOTICE_SECONDS: Final = 7 * 86_400
"""The least notice of a termination that an agreement may foresee (proposed)."""


def deploy(
    node: Node, private_key: bytes, council: Address, *, fees: FeePolicy | None = None
) -> Deployment:
    """Deploy the seven contracts, check them, and say where they stand.

    `private_key` pays; `council` is the account that admits jurisdictions. Raises
    `ChainUnavailable` when a transaction is not mined; what was mined before then stays unused.
    """
    account = Account(private_key)
    first = _create(node, account, "Authority", (council,), fees)
    authority = _address(first)
    record_ledger = _address(_create(node, account, "RecordLedger", (authority,), fees))
    bounds = (LONGEST_SUSPENSION_SECONDS, SHORTEST_NOTICE_SECONDS)
    recognition_ledger = _address(
        _create(node, account, "RecognitionLedger", (authority, *bounds), fees)
    )
    siblings = (authority, record_ledger, recognition_ledger)
    lens = _address(_create(node, account, "VerificationLens", siblings, fees))
    policies = _address(_create(node, account, "TenderPolicies", (authority,), fees))
    parents = (authority, record_ledger, policies)
    tender_ledger = _address(_create(node, account, "TenderLedger", parents, fees))
    deployment = Deployment(
        chain_id=node.chain_id,
        authority=authority,
        record_ledger=record_ledger,
        lens=lens,
        block=first.block,
        block_hash=first.block_hash,
        code_hashes={name: compiled_code_hash(name) for name in CONTRACTS},
        recognition_ledger=recognition_ledger,
        tender_contracts=TenderContracts(policies, tender_ledger, _made_by(tender_ledger)),
    )
    check_deployment(node, deployment)
    return deployment


def _create(
    node: Node,
    account: Account,
    contract: str,
    arguments: tuple[Address | int, ...],
    fees: FeePolicy | None,
) -> Receipt:
    abi = load_abi(contract)
    creation = Web3().eth.contract(abi=abi.entries, bytecode=abi.creation_code)
    data = creation.constructor(*arguments).data_in_transaction
    return transact(node, account, None, bytes.fromhex(data.removeprefix("0x")), fees=fees)


def _made_by(contract: Address) -> Address:
    """Return the address of the one contract that another makes when it is created itself.

    A contract's first creation has nonce 1 (EIP-161): keccak256(rlp([address, 1])), last 20 bytes.
    """
    encoded = b"\xd6\x94" + bytes.fromhex(contract[2:]) + b"\x01"
    return checksum(keccak(encoded)[-ADDRESS_BYTES:])


def _address(receipt: Receipt) -> Address:
    if receipt.contract is None:
        raise ChainUnavailable("the node's receipt names no contract")
    return receipt.contract
