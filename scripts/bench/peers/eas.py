"""The Ethereum Attestation Service: one attestation a licence.

On chain go digest, number and validity alone: all fields took 1,040,000 gas each, and names on a
public chain are no fair comparison.
"""

import json
import secrets
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_hash.auto import keccak

from ledger.chain.accounts import Account
from ledger.chain.direct import Receipt
from ledger.chain.rpc import Node
from ledger.chain.wire import octets, record, rows, spell
from scripts.bench.peers.contract import Contract
from scripts.bench.sample import FIELDS

AT_ONCE: Final = 50
"""Attestations with licence fields in one transaction: 2^24 gas hold 65 (EIP-7825)."""
SCHEMA: Final = "bytes32 digest,string licenceNumber,uint64 validFrom,uint64 validUntil"
NOBODY: Final = "0x" + "00" * 20
NOTHING: Final = bytes(32)
_DATA: Final = "(address,uint64,bool,bytes32,bytes,uint256)"
_ATTEST: Final = f"attest((bytes32,{_DATA}))"
_MULTI_ATTEST: Final = f"multiAttest((bytes32,{_DATA}[])[])"
_REVOKE: Final = "revoke((bytes32,(bytes32,uint256)))"
_MULTI_REVOKE: Final = "multiRevoke((bytes32,(bytes32,uint256)[])[])"
_FIRST_LOG: Final = keccak(b"Attested(address,address,bytes32,bytes32)")


class Eas:
    """Registry, service, and a schema of a licence's fields. Acts return the gas they used."""

    def __init__(self, folder: Path, node: Node, account: Account) -> None:
        artefacts = folder / "node_modules/@ethereum-attestation-service/eas-contracts/artifacts"
        registry = Contract.deploy(node, account, _code(artefacts, "SchemaRegistry"), "()")
        self._eas = Contract.deploy(
            node, account, _code(artefacts, "EAS"), "(address)", registry.address
        )
        registry.send("register(string,address,bool)", SCHEMA, NOBODY, True)  # noqa: FBT003  # revocable
        self._schema = keccak(SCHEMA.encode() + bytes(20) + b"\1")
        self._node = node
        self._attested: list[bytes] = []

    def attest(self, count: int) -> int:
        """Attest so many licences."""
        if count == 1:
            return self._note(self._eas.send(_ATTEST, (self._schema, _request())))
        gas = 0
        for start in range(0, count, AT_ONCE):
            requests = [_request() for _ in range(min(AT_ONCE, count - start))]
            gas += self._note(self._eas.send(_MULTI_ATTEST, [(self._schema, requests)]))
        return gas

    def timestamp(self, count: int) -> int:
        """Give so many digests a time."""
        digests = [secrets.token_bytes(32) for _ in range(count)]
        if count == 1:
            return self._eas.send("timestamp(bytes32)", digests[0]).gas_used
        return self._eas.send("multiTimestamp(bytes32[])", digests).gas_used

    def revoke(self, count: int) -> int:
        """Revoke so many of what was attested."""
        wanted = [(self._attested.pop(), 0) for _ in range(count)]
        if count == 1:
            return self._eas.send(_REVOKE, (self._schema, wanted[0])).gas_used
        return self._eas.send(_MULTI_REVOKE, [(self._schema, wanted)]).gas_used

    def _note(self, receipt: Receipt) -> int:
        """Keep the ids of what was attested; return the gas."""
        asked = spell(receipt.transaction)
        found = record(self._node.call("eth_getTransactionReceipt", asked))
        logs = [log for log in rows(found["logs"]) if octets(log["topics"][0], 32) == _FIRST_LOG]
        self._attested += [octets(log["data"], 32) for log in logs]
        return receipt.gas_used


def _request() -> tuple[Any, ...]:
    values = (secrets.token_bytes(32), FIELDS["licence_number"], 1_795_226_400, 1_921_456_800)
    fields = encode([each.split()[0] for each in SCHEMA.split(",")], values)
    return NOBODY, 0, True, NOTHING, fields, 0


def _code(artefacts: Path, name: str) -> bytes:
    text = (artefacts / "contracts" / f"{name}.sol" / f"{name}.json").read_text(encoding="utf-8")
    return bytes.fromhex(json.loads(text)["bytecode"].removeprefix("0x"))
