"""Where the contracts of one chain stand, and the proof that a node serves that chain.

Two fresh test chains may share id and genesis, so a deployment is known by its chain id, the hash
of the block it began in and the code at its addresses (deployments/README.md).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak

from ledger.canonical import parse_object
from ledger.chain.abi import load_abi
from ledger.chain.blocks import BlockRef
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import ADDRESS_BYTES, HASH_BYTES, checksum, octets, record, spell
from ledger.errors import (
    LedgerError,
    NodeStale,
    Refused,
    WrongCode,
    WrongHistory,
    WrongNetwork,
)
from ledger.values import Address, LedgerRef

_HASH: Final = re.compile(r"0x[0-9a-f]{64}\Z")
_BEFORE_AGREEMENTS: Final = ("Authority", "RecordLedger", "VerificationLens")
_AGREEMENTS: Final = "RecognitionLedger"
_TENDERS: Final = ("TenderPolicies", "TenderLedger", "AwardLedger")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}\Z")


@dataclass(eq=False)
class DeploymentMalformed(Refused):
    """The deployment file does not follow its schema."""

    reason: str


@dataclass(eq=False)
class ContractsDiffer(Refused):
    """The ledger has other contracts than this program writes to. Use the program it came with."""

    contract: str


@dataclass(eq=False)
class AgreementsAbsent(Refused):
    """The ledger was deployed before there were agreements, and has none."""

    chain_id: int


@dataclass(eq=False)
class TendersAbsent(Refused):
    """The ledger was deployed before there were sealed tenders, and has none."""

    chain_id: int


@dataclass(frozen=True, slots=True)
class TenderContracts:
    """Where sealed tenders stand: their policies, they themselves, what follows an opening."""

    policies: Address
    ledger: Address
    awards: Address


@dataclass(frozen=True, slots=True)
class CodeHash:
    """keccak256 of runtime code whose `immutables`, (start, length) in bytes, are zeroed."""

    hash: bytes
    immutables: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, code: bytes, immutables: Sequence[tuple[int, int]]) -> "CodeHash":
        """Return the hash of `code`, masked."""
        masked = bytearray(code)
        for start, length in immutables:
            masked[start : start + length] = bytes(len(masked[start : start + length]))
        return cls(keccak(bytes(masked)), tuple(immutables))


@dataclass(frozen=True, slots=True)
class Deployment:
    """The contracts of one chain; `block` is the first that holds one of them.

    A ledger that was deployed before there were agreements has no RecognitionLedger, one from
    before sealed tenders none of their contracts.
    """

    chain_id: int
    authority: Address
    record_ledger: Address
    lens: Address
    block: int
    block_hash: bytes
    code_hashes: Mapping[str, CodeHash]
    recognition_ledger: Address | None = None
    tender_contracts: TenderContracts | None = None

    @property
    def ledger(self) -> LedgerRef:
        """The RecordLedger by which documents and proofs name this chain."""
        return LedgerRef(self.chain_id, self.record_ledger)

    @property
    def addresses(self) -> dict[str, Address]:
        """The contracts' addresses by name."""
        found = {
            "Authority": self.authority,
            "RecordLedger": self.record_ledger,
            "VerificationLens": self.lens,
        }
        if self.recognition_ledger is not None:
            found["RecognitionLedger"] = self.recognition_ledger
        if (tenders := self.tender_contracts) is not None:
            places = (tenders.policies, tenders.ledger, tenders.awards)
            found.update(zip(_TENDERS, places, strict=True))
        return found

    @property
    def emitters(self) -> list[Address]:
        """The contracts whose events make the projection."""
        found = [self.authority, self.record_ledger]
        if self.recognition_ledger is not None:
            found.append(self.recognition_ledger)
        if (tenders := self.tender_contracts) is not None:
            found += [tenders.policies, tenders.ledger, tenders.awards]
        return found

    @property
    def recognition(self) -> Address:
        """Where agreements stand; raises `AgreementsAbsent` on a ledger that has none."""
        if self.recognition_ledger is None:
            raise AgreementsAbsent(self.chain_id)
        return self.recognition_ledger

    @property
    def tenders(self) -> TenderContracts:
        """Where sealed tenders stand; raises `TendersAbsent` on a ledger that has none."""
        if self.tender_contracts is None:
            raise TendersAbsent(self.chain_id)
        return self.tender_contracts

    def to_json(self) -> str:
        """Return the text of `deployments/<chainId>.json`."""
        contracts = {
            name: {
                "address": address,
                "codeHash": spell(self.code_hashes[name].hash),
                "immutables": [list(place) for place in self.code_hashes[name].immutables],
            }
            for name, address in self.addresses.items()
        }
        content = {
            "chainId": self.chain_id,
            "block": self.block,
            "blockHash": spell(self.block_hash),
            "contracts": contracts,
        }
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Deployment":
        """Read such a text; raise `DeploymentMalformed` when it does not follow the schema."""
        try:
            content = parse_object(text.encode() if isinstance(text, str) else text)
        except LedgerError as exc:
            raise DeploymentMalformed("it is no JSON object") from exc
        _require_members(content, ("chainId", "block", "blockHash", "contracts"))
        contracts = content["contracts"]
        wanted: tuple[str, ...] = _BEFORE_AGREEMENTS
        if isinstance(contracts, dict) and _AGREEMENTS in contracts:
            wanted = (*wanted, _AGREEMENTS)
        if isinstance(contracts, dict) and _TENDERS[0] in contracts:
            wanted = (*wanted, *_TENDERS)
        _require_members(contracts, wanted)
        for contract in contracts.values():
            _require_members(contract, ("address", "codeHash", "immutables"))
        return cls(
            chain_id=_natural(content["chainId"], 1),
            authority=_address(contracts["Authority"]["address"]),
            record_ledger=_address(contracts["RecordLedger"]["address"]),
            lens=_address(contracts["VerificationLens"]["address"]),
            block=_natural(content["block"]),
            block_hash=_hash(content["blockHash"]),
            code_hashes={name: _code_hash(contract) for name, contract in contracts.items()},
            recognition_ledger=(
                _address(contracts[_AGREEMENTS]["address"]) if _AGREEMENTS in contracts else None
            ),
            tender_contracts=(
                TenderContracts(*(_address(contracts[name]["address"]) for name in _TENDERS))
                if _TENDERS[0] in contracts
                else None
            ),
        )


def load_deployment(path: Path) -> Deployment:
    """Read a deployment file; raise `DeploymentMalformed` when it is missing or malformed."""
    try:
        text = path.read_bytes()
    except OSError as exc:
        raise DeploymentMalformed(f"{path} cannot be read") from exc
    return Deployment.from_json(text)


def compiled_code_hash(contract: str) -> CodeHash:
    """Return the masked hash of a contract's runtime code as the compiler gave it."""
    abi = load_abi(contract)
    return CodeHash.of(abi.runtime_code, abi.immutables)


def require_own_contracts(deployment: Deployment) -> None:
    """Raise `ContractsDiffer` unless these are the contracts that this program was built with.

    For whoever writes: an older ledger stays readable, but its functions may be called otherwise.
    """
    for name, found in deployment.code_hashes.items():
        if found != compiled_code_hash(name):
            raise ContractsDiffer(name)


def check_deployment(node: Node, deployment: Deployment) -> None:
    """Raise unless the node serves the very chain and contracts of `deployment`.

    `WrongNetwork` for another chain id, `WrongHistory` for another block at the deployment's
    height, `NodeStale` for a node that is below it, `WrongCode` for other code, or for contracts
    that point at others than their siblings. Of several nodes one of another history is passed
    over while there is one of ours.
    """
    if node.chain_id != deployment.chain_id:
        raise WrongNetwork(deployment.chain_id, node.chain_id)
    start = BlockRef(deployment.block, deployment.block_hash)
    try:
        _check_contracts(node.having(lambda: start), deployment)
    except NodeStale:
        _check_history(node, deployment)
        raise


def _check_contracts(node: Node, deployment: Deployment) -> None:
    names = list(deployment.addresses)
    codes = node.batch([("eth_getCode", (deployment.addresses[n], "latest")) for n in names])
    for name, code in zip(names, codes, strict=True):
        expected = deployment.code_hashes[name]
        if CodeHash.of(octets(code), expected.immutables) != expected:
            raise WrongCode(name)
    _check_siblings(node, deployment)


def _check_history(node: Node, deployment: Deployment) -> None:
    header = node.call("eth_getBlockByNumber", spell(deployment.block), False)  # noqa: FBT003  # JSON-RPC: no transactions
    if header is None:
        return  # it has not come so far: that is behind, and not another history
    found = octets(record(header).get("hash"), HASH_BYTES)
    if found != deployment.block_hash:
        raise WrongHistory(deployment.block, deployment.block_hash, found)


def _check_siblings(node: Node, deployment: Deployment) -> None:
    """The masked immutables hold the siblings' addresses; ask for them by name."""
    links = [
        ("RecordLedger", "AUTHORITY", deployment.authority),
        ("VerificationLens", "AUTHORITY", deployment.authority),
        ("VerificationLens", "LEDGER", deployment.record_ledger),
    ]
    if deployment.recognition_ledger is not None:
        links += [
            ("RecognitionLedger", "AUTHORITY", deployment.authority),
            ("VerificationLens", "RECOGNITION", deployment.recognition_ledger),
        ]
    if deployment.tender_contracts is not None:
        links += _tender_links(deployment, deployment.tender_contracts)
    for name, getter, expected in links:
        function = load_abi(name).functions[getter]
        call = {"to": deployment.addresses[name], "data": spell(function.encode())}
        try:
            (found,) = function.outputs.decode(octets(node.call("eth_call", call, "latest")))
        except RpcRefused as exc:
            raise WrongCode(name) from exc
        if found != expected:
            raise WrongCode(name)


def _tender_links(
    deployment: Deployment, tenders: TenderContracts
) -> list[tuple[str, str, Address]]:
    return [
        ("TenderPolicies", "AUTHORITY", deployment.authority),
        ("TenderLedger", "AUTHORITY", deployment.authority),
        ("TenderLedger", "RECORDS", deployment.record_ledger),
        ("TenderLedger", "POLICIES", tenders.policies),
        ("TenderLedger", "AWARDS", tenders.awards),
        ("AwardLedger", "AUTHORITY", deployment.authority),
        ("AwardLedger", "TENDERS", tenders.ledger),
        ("AwardLedger", "POLICIES", tenders.policies),
    ]


def _require_members(value: Any, names: Sequence[str]) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise DeploymentMalformed("its members should be " + ", ".join(names))


def _natural(value: Any, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise DeploymentMalformed("a number is malformed")
    return value


def _hash(value: Any) -> bytes:
    if not isinstance(value, str) or not _HASH.match(value):
        raise DeploymentMalformed("a hash is malformed")
    return bytes.fromhex(value[2:])


def _address(value: Any) -> Address:
    if not isinstance(value, str) or not _ADDRESS.match(value):
        raise DeploymentMalformed("an address is malformed")
    account = checksum(octets(value, ADDRESS_BYTES))
    if account != value:
        raise DeploymentMalformed("an address lacks its check case")
    return account


def _code_hash(contract: Mapping[str, Any]) -> CodeHash:
    places = contract["immutables"]
    if not isinstance(places, list) or not all(
        isinstance(place, list) and len(place) == len(("start", "length")) for place in places
    ):
        raise DeploymentMalformed("the places of immutables are malformed")
    pairs = tuple((_natural(start), _natural(length, 1)) for start, length in places)
    return CodeHash(_hash(contract["codeHash"]), pairs)
