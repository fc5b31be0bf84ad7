"""What anchoring and status changes cost, on the receipts of a real node."""

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from tests.support.anvil import Anvil, anvil

ABI = Path("ledger/chain/abi")
FORGE = Path("node_modules/@foundry-rs/forge-linux-amd64/bin/forge")
ROLES = {"ADMIN": 0, "ISSUER": 1, "REGISTRAR": 2, "APPROVER": 3}
REVOKED, SUSPENDED = 1, 2
CANCELLED, HELD = 331, 101
OPEN_DEADLINE = 2**40 - 1

# The bars, gas.
ANCHOR = 56_000
REVOKE_ONE = 47_000
EACH_USED = 10_500
EACH_FRESH = 27_500
EACH_IN_A_WORD = 450

TYPES = {
    "StatusChange": [
        {"name": "agency", "type": "bytes32"},
        {"name": "list", "type": "uint32"},
        {"name": "changes", "type": "WordChange[]"},
        {"name": "status", "type": "uint8"},
        {"name": "reason", "type": "uint16"},
        {"name": "effectiveAt", "type": "uint40"},
        {"name": "until", "type": "uint40"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint40"},
    ],
    "WordChange": [{"name": "word", "type": "uint16"}, {"name": "mask", "type": "uint256"}],
}


@dataclass(frozen=True, slots=True)
class Office:
    """A deployed ledger and one agency; account 1 acts for it, account 2 approves."""

    web3: Web3
    node: Anvil
    ledger: Contract
    agency: bytes

    def send(self, call: Any, account: int = 1) -> int:
        """Send a call and return the gas of its receipt, which must say success."""
        sender = self.node.accounts[account][0]
        receipt = self.web3.eth.wait_for_transaction_receipt(call.transact({"from": sender}))
        assert receipt["status"] == 1
        return receipt["gasUsed"]

    def order(self, indices: list[int], status: int = REVOKED, reason: int = CANCELLED) -> Any:
        """Return an order over entries of list 0 that takes effect with the latest block."""
        masks: dict[int, int] = {}
        for index in indices:
            masks[index >> 7] = masks.get(index >> 7, 0) | 3 << 2 * (index & 127)
        now = self.web3.eth.get_block("latest")["timestamp"]
        return (status, reason, self.agency, 0, now, 0), sorted(masks.items())

    def revoke(self, indices: list[int]) -> int:
        """Revoke without co-signature."""
        return self.send(self.ledger.functions.changeStatus(*self.order(indices)))

    def suspend(self, indices: list[int]) -> int:
        """Suspend without end."""
        order = self.order(indices, SUSPENDED, HELD)
        return self.send(self.ledger.functions.changeStatus(*order))

    def revoke_cosigned(self, indices: list[int], nonce: int) -> int:
        """Revoke with account 2's co-signature."""
        order = self.order(indices)
        signature = self.co_sign(order, nonce)
        co_signature = (self.node.accounts[2][0], nonce, OPEN_DEADLINE, *signature)
        return self.send(self.ledger.functions.changeStatusCosigned(*order, co_signature))

    def co_sign(self, order: Any, nonce: int) -> tuple[bytes, bytes]:
        """Return account 2's EIP-712 signature over the order, as r and vs of ERC-2098."""
        (status, reason, agency, number, effective_at, until), changes = order
        message = {
            "agency": agency,
            "list": number,
            "changes": [{"word": word, "mask": mask} for word, mask in changes],
            "status": status,
            "reason": reason,
            "effectiveAt": effective_at,
            "until": until,
            "nonce": nonce,
            "deadline": OPEN_DEADLINE,
        }
        domain = {
            "name": "Suizheng RecordLedger",
            "version": "1",
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": self.ledger.address,
        }
        signable = encode_typed_data(domain, TYPES, message)
        signed = Account.sign_message(signable, self.node.accounts[2][1])
        vs = (signed.v - 27) << 255 | signed.s
        return signed.r.to_bytes(32), vs.to_bytes(32)


def deploy(web3: Web3, name: str, *arguments: Any) -> Contract:
    artefact = json.loads((ABI / f"{name}.json").read_text())
    factory: Any = web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
    receipt = web3.eth.wait_for_transaction_receipt(factory.constructor(*arguments).transact())
    address = receipt["contractAddress"]
    assert address is not None
    return web3.eth.contract(address=address, abi=artefact["abi"])


@pytest.fixture(scope="module")
def node() -> Iterator[Anvil]:
    with anvil() as running:
        yield running


@pytest.fixture
def office(node: Anvil) -> Office:
    web3 = Web3(HTTPProvider(node.url, exception_retry_configuration=None))
    council, clerk, approver = (address for address, _ in node.accounts[:3])
    web3.eth.default_account = Web3.to_checksum_address(council)
    authority = deploy(web3, "Authority", council)
    ledger = deploy(web3, "RecordLedger", authority.address)
    jurisdiction = authority.functions.jurisdictionId("CN-GD").call()
    agency = authority.functions.agencyId(jurisdiction, "11440100MBEXAMPE7Y").call()
    built = Office(web3, node, ledger, agency)
    admit = authority.functions.admitAgency(jurisdiction, "11440100MBEXAMPE7Y", "示例局", council)
    built.send(authority.functions.admitJurisdiction("CN-GD", council), 0)
    built.send(admit, 0)
    for role, account in (("ISSUER", clerk), ("REGISTRAR", clerk), ("APPROVER", approver)):
        role_id = authority.functions.roleId(agency, ROLES[role]).call()
        built.send(authority.functions.grantRole(role_id, account), 0)
    return built


class TestAnchor:
    @pytest.mark.parametrize("size", [1, 10_000, 2**32 - 1])
    def test_costs_the_same_for_any_size(self, office: Office, size: int) -> None:
        root = random.Random(size).randbytes(32)  # noqa: S311 - sample data
        anchor = office.ledger.functions.anchor(office.agency, 1, root, size)
        assert office.send(anchor) <= ANCHOR


class TestRevoke:
    def test_one_in_a_used_word(self, office: Office) -> None:
        office.revoke([0])
        assert office.revoke([1]) <= REVOKE_ONE

    def test_a_thousand_at_random_in_used_words(self, office: Office) -> None:
        first, second = halves()
        office.revoke_cosigned([word << 7 for word in first], 0)
        office.revoke_cosigned([word << 7 for word in second], 1)
        gas = office.revoke_cosigned([word << 7 | 77 for word in first], 2)
        gas += office.revoke_cosigned([word << 7 | 77 for word in second], 3)
        assert gas / 1_000 <= EACH_USED

    def test_a_thousand_at_random_in_fresh_words(self, office: Office) -> None:
        first, second = halves()
        gas = office.revoke_cosigned([word << 7 | 77 for word in first], 0)
        gas += office.revoke_cosigned([word << 7 | 77 for word in second], 1)
        assert gas / 1_000 <= EACH_FRESH

    def test_a_whole_used_word_with_a_co_signature(self, office: Office) -> None:
        office.suspend([0])
        office.revoke_cosigned([128], 0)
        assert office.revoke_cosigned(list(range(128)), 1) / 128 <= EACH_IN_A_WORD

    def test_the_largest_call_fits_a_transaction(self, office: Office) -> None:
        words = range(8_192 - 512, 8_192)
        assert office.revoke_cosigned([word << 7 for word in words], 0) < 2**24


class TestSuspend:
    def test_a_whole_used_word(self, office: Office) -> None:
        office.suspend([0])
        assert office.suspend(list(range(128))) / 128 <= EACH_IN_A_WORD


class TestSnapshot:
    def test_unit_tests_cost_what_they_did(self) -> None:
        """Written anew by the same command without --check: what changed is seen in the diff."""
        if not FORGE.exists():
            pytest.skip(f"{FORGE} is not installed here (npm has it for Linux on x86-64 only)")
        tests = "tests/contracts/{Authority,RecordLedger,VerificationLens}/*.t.sol"
        command = [str(FORGE), "snapshot", "--match-path", tests, "--check", ".gas-snapshot"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def halves() -> tuple[list[int], list[int]]:
    """Return 1,000 words at random, for two calls of at most 512."""
    words = random.Random(20261121).sample(range(8_192), 1_000)  # noqa: S311 - sample data
    return words[:500], words[500:]
