"""One node with the contracts on it, and a wallet that may do everything there."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.authority import Agency
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.calls import Call
from ledger.chain.deploy import deploy
from ledger.chain.deployments import Deployment
from ledger.chain.direct import Receipt, send_and_wait
from ledger.chain.rpc import Node
from ledger.licences.issuance import Licence
from ledger.merkle import Tree
from ledger.values import RecordKind
from ledger.verification.proof_file import ProofFile
from tests.support.anvil import Anvil, anvil
from tests.support.licences import AGENCY
from tests.support.terminal import Terminal
from wallet.trust import Trust, TrustedLedger

NAME = f"{AGENCY.jurisdiction}/{AGENCY.code}"
ACCOUNTS = ("council", "supervisor", "admin", "office")


@dataclass(frozen=True)
class Town:
    """A node with a fresh ledger; the terminal's accounts are funded, nobody is admitted yet."""

    terminal: Terminal
    anvil: Anvil
    deployment: Deployment
    agency: Agency = AGENCY

    def account(self, name: str) -> Account:
        return self.terminal.outside.keyring.account(name, "correct horse")

    def send(self, call: Call, name: str = "office") -> Receipt:
        with closing(Node([self.anvil.url])) as node:
            return send_and_wait(node, self.account(name), call)

    def admit(self, key: str) -> None:
        """Admit and accredit the sample agency, announce `key`, let the office anchor."""
        for words in (
            ("admit-jurisdiction", "CN-GD", "--supervisor", "supervisor"),
            ("admit", NAME, "--name", AGENCY.name, "--admin", "admin"),
            ("accredit", NAME, "cn.food-business"),
            ("grant", NAME, "issuer", "office"),
            ("grant", NAME, "registrar", "office"),
            ("announce-key", NAME, key),
        ):
            self.terminal.run("agency", *words)

    def anchor(self, licence: Licence) -> ProofFile:
        tree = Tree.of([licence.digest])
        call = calls.anchor(self.deployment, AGENCY.id, RecordKind.LICENCE, tree.root, 1)
        receipt = self.send(call)
        return ProofFile(
            licence.digest,
            tree.proof(0),
            tree.root,
            self.deployment.ledger,
            AGENCY.id,
            receipt.transaction,
            receipt.block,
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        terminal = Terminal(tmp_path, now=0)
        for name in ACCOUNTS:
            terminal.run("key", "new", "account", name)
        keyring = terminal.outside.keyring
        for name in ACCOUNTS:
            node.call("anvil_setBalance", keyring.entry(name).address, hex(10**20))
        council = keyring.account("council", "correct horse")
        deployment = deploy(node, council.private_key, council.address)
        terminal.outside.trust.save(Trust((TrustedLedger(deployment, (running.url,)),)))
        head = node.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003  # JSON-RPC
        terminal.now = int(head["timestamp"], 16)
        yield Town(terminal, running, deployment)
