"""An OpenAttestation document store: digests or roots, by anybody who deployed one."""

import secrets
from pathlib import Path

from ledger.chain.accounts import Account
from ledger.chain.rpc import Node
from scripts.bench.peers.contract import Contract
from scripts.bench.site import command

NODE_SECONDS = 60.0


class DocumentStore:
    """A store of the paying account's. Acts return the gas they used."""

    def __init__(self, folder: Path, node: Node, account: Account) -> None:
        code = command(["node", "bytecode.cjs"], NODE_SECONDS, cwd=folder)
        self._store = Contract.deploy(
            node,
            account,
            bytes.fromhex(code.removeprefix("0x")),
            "(string,address)",
            "Sample Office",
            account.address,
        )
        self._issued: list[bytes] = []

    @property
    def address(self) -> str:
        """Where it stands."""
        return self._store.address

    def issue(self, count: int) -> int:
        """Issue so many digests."""
        digests = [secrets.token_bytes(32) for _ in range(count)]
        self._issued += digests
        if count == 1:
            return self.issue_root(digests[0])
        return self._store.send("bulkIssue(bytes32[])", digests).gas_used

    def issue_root(self, root: bytes) -> int:
        """Issue one root."""
        return self._store.send("issue(bytes32)", root).gas_used

    def revoke(self, count: int) -> int:
        """Revoke so many of what was issued."""
        digests = [self._issued.pop() for _ in range(count)]
        if count == 1:
            return self._store.send("revoke(bytes32)", digests[0]).gas_used
        return self._store.send("bulkRevoke(bytes32[])", digests).gas_used
