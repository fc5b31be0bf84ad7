"""What a tender costs, from publication to opening, on the receipts of a real node."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import RPCEndpoint

from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.ids import Place, TenderId
from ledger.tenders.mailbox import fill, leaf
from ledger.tenders.messages import BondIssued, Part, SubmitBid, WithdrawBid, digest, sign
from ledger.values import Address, LedgerRef
from tests.integration.test_gas import ABI, ROLES, deploy
from tests.support.anvil import Anvil, anvil
from tests.support.sealing import account

# The bars, gas; the first bid of a lot fills its slot.
SUBMIT: Final = 167_000
LIST: Final = 185_000
REPLACE: Final = 100_000
WITHDRAW: Final = 60_000
DISCLOSE: Final = 62_000
RELEASE: Final = 64_000
PUBLISH: Final = 400_000
# Steps of a draw of experts (proposed): setting or deals, three drawers' keys, a secret.
DRAW: Final = 100_000
DRAW_KEYS: Final = 170_000
DRAW_SECRET: Final = 85_000

DAY: Final = 86_400
MAILBOX: Final = 12
SUPERVISOR, TENDERER, ISSUER = 6, 4, 1
TRUSTEES: Final = 5
THRESHOLD: Final = 3
DOCS: Final = b"\x02" * 32
ENVELOPES: Final = bytes(range(81)) * TRUSTEES
GUARANTOR: Final = b"\x77" * 32
POLICY: Final = (
    (20 * DAY, 15 * DAY, 3 * DAY, 10 * DAY, 3 * DAY, 30 * DAY),
    ((300, 3_600), (600, 7_200), (600, 7_200), (600, 7_200)),
    (1, 1, 2, 2),
    (False, True, False, False, True),
)


def secret(part: int, key: bytes, kind: int) -> bytes:
    """Return s_b (`kind` 1) or s_c (2) of a bid."""
    return hashlib.sha256(bytes([part, kind]) + key).digest()


def trustee(part: int, index: int) -> bytes:
    return hashlib.sha256(b"trustee" + bytes([part, index])).digest()


@dataclass(frozen=True, slots=True)
class Hall:
    """Deployed contracts, one agency, and account 0 in every role."""

    web3: Web3
    node: Anvil
    records: Contract
    policies: Contract
    tenders: Contract
    agency: bytes
    policy: bytes
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000)))

    @property
    def ledger(self) -> LedgerRef:
        return LedgerRef(self.web3.eth.chain_id, Address(self.tenders.address))

    def send(self, call: Any) -> int:
        """Send a call and return the gas of its receipt, which must say success."""
        receipt = self.web3.eth.wait_for_transaction_receipt(call.transact())
        assert receipt["status"] == 1
        return receipt["gasUsed"]

    def now(self) -> int:
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def go(self, moment: int) -> None:
        """Make a block of this time."""
        for method, values in (("evm_setNextBlockTimestamp", [moment]), ("evm_mine", [])):
            self.web3.provider.make_request(RPCEndpoint(method), values)


@dataclass(frozen=True, slots=True)
class Sale:
    """A published tender."""

    hall: Hall
    tender: TenderId
    ends: tuple[int, ...]
    parts: int
    gas: int

    def bid(self, key: bytes, version: int = 1) -> SubmitBid:
        place = Place(self.hall.ledger, self.tender, 0, account(key))
        return SubmitBid(
            tender=self.tender,
            lot=0,
            bidder=account(key),
            version=version,
            docs=DOCS,
            parts=tuple(self._part(place, key, n, version) for n in range(1, self.parts + 1)),
            identity=b"\x08" * 32,
            bond=b"\x09" * 32,
            valid_until=2**40,
        )

    @staticmethod
    def _part(place: Place, key: bytes, part: int, version: int) -> Part:
        context = place.context(part, version)
        return Part(
            file=b"\x05" * 32,
            size=2**20,
            c_b=commitment(Tag.BIDDER, context, secret(part, key, 1)),
            c_c=commitment(Tag.TRUSTEES, context, secret(part, key, 2)),
            shares=Web3.keccak(ENVELOPES),
            manifest=b"\x06" * 32,
        )

    def submit(self, key: bytes, version: int = 1, bond: bytes = b"") -> int:
        bid = self.bid(key, version)
        signature = sign(self.hall.ledger, bid, key)
        call = self.hall.tenders.functions.submit(
            spelt(bid), ENVELOPES * self.parts, signature, bond
        )
        return self.hall.send(call)


def spelt(bid: SubmitBid) -> tuple[Any, ...]:
    parts = [(p.file, p.size, p.c_b, p.c_c, p.shares, p.manifest) for p in bid.parts]
    head = (bid.tender, bid.lot, bid.bidder, bid.version, bid.docs, parts)
    return (*head, bid.identity, bid.bond, bid.valid_until)


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    with anvil() as node:
        web3 = Web3(HTTPProvider(node.url, exception_retry_configuration=None))
        clerk = node.accounts[0][0]
        web3.eth.default_account = Web3.to_checksum_address(clerk)
        authority = deploy(web3, "Authority", clerk)
        records = deploy(web3, "RecordLedger", authority.address)
        policies = deploy(web3, "TenderPolicies", authority.address)
        parents = (authority.address, records.address, policies.address)
        tenders = deploy(web3, "TenderLedger", *parents)
        jurisdiction = authority.functions.jurisdictionId("CN-GD").call()
        code = "11440100MBEXAMPE7Y"
        agency = authority.functions.agencyId(jurisdiction, code).call()
        policy = Web3.keccak(b"")  # known once it is registered
        built = Hall(web3, node, records, policies, tenders, agency, policy)
        built.send(authority.functions.admitJurisdiction("CN-GD", clerk))
        built.send(authority.functions.admitAgency(jurisdiction, code, "示例局", clerk))
        for role in (ROLES["ISSUER"], TENDERER):
            role_id = authority.functions.roleId(agency, role).call()
            built.send(authority.functions.grantRole(role_id, clerk))
        call = policies.functions.registerPolicy(jurisdiction, spread(POLICY))
        policy = call.call()
        built.send(call)
        yield replace(built, policy=policy)


def spread(policy: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    return tuple(value for group in policy for value in group)


def publish(hall: Hall, parts: int = 1, *, mailbox: bool = False, guarantor: bool = False) -> Sale:
    """Publish a tender with five trustees for each part."""
    ref = hashlib.sha256(bytes([next(hall.numbers)])).digest()
    start = hall.now() + 21 * DAY
    listing = 600 if mailbox else 0
    ends = tuple(start + listing * (n > 0) + 1_800 * max(0, n - 1) for n in range(5))
    keys = [
        (account(trustee(part, index)), bytes([index]) * 32)
        for part in range(1, parts + 1)
        for index in range(1, TRUSTEES + 1)
    ]
    announcement = (
        hall.agency,
        ref,
        hall.policy,
        DOCS,
        bytes(32),
        hall.agency if mailbox else bytes(32),
        account(GUARANTOR) if guarantor else Address("0x" + "00" * 20),
        1,
        parts,
        THRESHOLD,
        ends,
        keys,
    )
    gas = hall.send(hall.tenders.functions.publish(announcement))
    tender = TenderId(bytes(hall.tenders.functions.tenderIdOf(hall.agency, ref).call()))
    return Sale(hall, tender, ends, parts, gas)


KEYS: Final = [bytes([n]) * 32 for n in range(0x11, 0x16)]


class TestPublish:
    def test_with_five_trustees(self, hall: Hall) -> None:
        assert publish(hall).gas <= PUBLISH

    def test_with_ten(self, hall: Hall) -> None:
        assert publish(hall, 2).gas <= PUBLISH


class TestSubmit:
    @pytest.mark.parametrize("parts", [1, 2])
    def test_first_of_a_lot_and_later(self, hall: Hall, parts: int) -> None:
        sale = publish(hall, parts)
        assert sale.submit(KEYS[0]) <= SUBMIT
        assert sale.submit(KEYS[1]) <= SUBMIT

    @pytest.mark.parametrize("parts", [1, 2])
    def test_with_a_bond_signature(self, hall: Hall, parts: int) -> None:
        sale = publish(hall, parts, guarantor=True)
        issued = BondIssued(sale.tender, 0, b"\x09" * 32)
        assert sale.submit(KEYS[0], bond=sign(hall.ledger, issued, GUARANTOR)) <= SUBMIT

    @pytest.mark.parametrize("parts", [1, 2])
    def test_replace_and_withdraw(self, hall: Hall, parts: int) -> None:
        sale = publish(hall, parts)
        sale.submit(KEYS[0])
        assert sale.submit(KEYS[0], 2) <= REPLACE
        taken = WithdrawBid(sale.tender, 0, account(KEYS[0]), 3, 2**40)
        given = (taken.tender, taken.lot, taken.bidder, taken.version, taken.valid_until)
        signature = sign(hall.ledger, taken, KEYS[0])
        assert hall.send(hall.tenders.functions.withdraw(given, signature)) <= WITHDRAW


class TestList:
    def test_from_an_anchored_root(self, hall: Hall) -> None:
        sale = publish(hall, mailbox=True)
        bid, blind = sale.bid(KEYS[0]), b"\x66" * 32
        data = leaf(digest(hall.ledger, bid), blind)
        numbers = iter(range(10**6))
        box = fill([data], lambda size: hashlib.shake_256(bytes(next(numbers))).digest(size))
        anchor = hall.records.functions.anchor(hall.agency, MAILBOX, box.root, 64)
        hall.send(anchor)
        hall.go(sale.ends[0])
        proof = (box.root, box.places[0], list(box.path(0)), blind)
        signature = sign(hall.ledger, bid, KEYS[0])
        call = hall.tenders.functions.list(spelt(bid), ENVELOPES, signature, b"", proof)
        assert hall.send(call) <= LIST


class TestOpening:
    @pytest.mark.parametrize("bidders", [1, 5])
    def test_costs_the_same_for_any_number_of_bids(self, hall: Hall, bidders: int) -> None:
        sale = publish(hall)
        for key in KEYS[:bidders]:
            sale.submit(key)
        hall.go(sale.ends[1])
        functions = hall.tenders.functions
        for key in KEYS[:bidders]:
            call = functions.disclose(spelt(sale.bid(key)), 1, secret(1, key, 1))
            assert hall.send(call) <= DISCLOSE
        hall.go(sale.ends[2])
        for index in range(1, THRESHOLD + 1):
            call = functions.release(sale.tender, 1, index, trustee(1, index))
            assert hall.send(call) <= RELEASE
        for key in KEYS[:bidders]:
            call = functions.recover(spelt(sale.bid(key)), 1, secret(1, key, 2))
            assert hall.send(call) <= DISCLOSE
        hall.send(functions.recordOpening(sale.tender, 0, 1, b"\x01" * 32, bidders))

    def test_begins_with_the_disclosure_of_two_envelopes_that_costs_most(self, hall: Hall) -> None:
        sale = publish(hall, 2)
        sale.submit(KEYS[0])
        hall.go(sale.ends[1])
        call = hall.tenders.functions.disclose(spelt(sale.bid(KEYS[0])), 1, secret(1, KEYS[0], 1))
        assert hall.send(call) <= DISCLOSE


class TestDraw:
    def test_of_three_drawers(self, hall: Hall) -> None:
        sale = publish(hall)
        awards = hall.web3.eth.contract(
            address=hall.tenders.functions.AWARDS().call(),
            abi=json.loads((ABI / "AwardLedger.json").read_text())["abi"],
        )
        functions, place = awards.functions, (sale.tender, 0)
        keys = [account(key) for key in KEYS[:3]]
        spent = {
            "begin": hall.send(functions.beginDraw(*place, b"\x01" * 32)),
            "join": hall.send(functions.joinDraw(*place, keys)),
            "deal": hall.send(functions.dealDraw(*place, b"\x02" * 32)),
        }
        assert max(spent["begin"], spent["deal"]) <= DRAW, spent
        assert spent["join"] <= DRAW_KEYS, spent
        for key, secret_ in zip(keys, KEYS[:3], strict=True):
            spent["reveal"] = hall.send(functions.revealDraw(*place, key, secret_))
            assert spent["reveal"] <= DRAW_SECRET, spent
