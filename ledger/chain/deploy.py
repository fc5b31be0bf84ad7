"""Put the contracts on a chain, each knowing the ones before it."""

from web3 import Web3

from ledger.chain.abi import CONTRACTS, load_abi
from ledger.chain.accounts import Account
from ledger.chain.deployments import Deployment, check_deployment, compiled_code_hash
from ledger.chain.direct import Receipt, transact
from ledger.chain.fees import FeePolicy
from ledger.chain.rpc import Node
from ledger.errors import ChainUnavailable
from ledger.values import Address


def deploy(
    node: Node, private_key: bytes, council: Address, *, fees: FeePolicy | None = None
) -> Deployment:
    """Deploy Authority, RecordLedger and VerificationLens, check them, and say where they stand.

    `private_key` pays; `council` is the account that admits jurisdictions. Raises
    `ChainUnavailable` when a transaction is not mined; what was mined before then stays unused.
    """
    account = Account(private_key)
    first = _create(node, account, "Authority", (council,), fees)
    authority = _address(first)
    record_ledger = _address(_create(node, account, "RecordLedger", (authority,), fees))
    lens = _address(_create(node, account, "VerificationLens", (authority, record_ledger), fees))
    deployment = Deployment(
        chain_id=node.chain_id,
        authority=authority,
        record_ledger=record_ledger,
        lens=lens,
        block=first.block,
        block_hash=first.block_hash,
        code_hashes={name: compiled_code_hash(name) for name in CONTRACTS},
    )
    check_deployment(node, deployment)
    return deployment


def _create(
    node: Node,
    account: Account,
    contract: str,
    arguments: tuple[Address, ...],
    fees: FeePolicy | None,
) -> Receipt:
    abi = load_abi(contract)
    creation = Web3().eth.contract(abi=abi.entries, bytecode=abi.creation_code)
    data = creation.constructor(*arguments).data_in_transaction
    return transact(node, account, None, bytes.fromhex(data.removeprefix("0x")), fees=fees)


def _address(receipt: Receipt) -> Address:
    if receipt.contract is None:
        raise ChainUnavailable("the node's receipt names no contract")
    return receipt.contract
