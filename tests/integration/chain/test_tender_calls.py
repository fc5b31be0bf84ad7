"""A bid as Python seals it, on a real node: the contract takes it, and its secrets open it."""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from ledger.chain import calls, tender_calls
from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.errors import Refused
from ledger.tenders import manifest, messages
from ledger.tenders.age_files import PartFile
from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    BidVersionStale,
    CommitmentMismatch,
    SharesMismatch,
    TrusteeKeyInvalid,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.ids import Place, TenderId, ref_of, tender_id
from ledger.tenders.joining import join_released
from ledger.tenders.messages import NO_BOND, SubmitBid, WithdrawBid
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.unsealing import open_part
from ledger.values import Address, LedgerRef, Role, jurisdiction_id
from tests.support.anvil import anvil
from tests.support.licences import counted_bytes
from tests.support.sealed_bids import (
    CONFIDENTIAL,
    IDENTITY,
    OPEN,
    PRICE,
    Sinks,
    bid_files,
    bid_head,
    trustee_key,
)
from tests.support.sealing import account, public
from tests.support.standing import JURISDICTION, Standing, stand_up

DAY: Final = 86_400
DOCS: Final = b"\x02" * 32
KEY: Final = b"\x11" * 32
NOBODY: Final = Address("0x" + "00" * 20)
POLICY: Final = (
    *(20 * DAY, 15 * DAY, 3 * DAY, 10 * DAY, 3 * DAY, 30 * DAY),
    *((300, 3_600), (600, 7_200), (600, 7_200), (600, 7_200)),
    *(1, 1, 2, 2),
    *(False, True, False, False, True),
)
"""Seconds, windows, least numbers, flags, in the order of ITenderPolicies."""


@dataclass(frozen=True)
class Sale:
    """A tender of one part that stands open, trustees 1 to 5, any three of them."""

    standing: Standing
    ledger: LedgerRef
    tender: TenderId
    ends: tuple[int, ...]

    def send(self, call: Call) -> None:
        self.standing.send(call)

    def refused(self, call: Call, kind: type[Refused]) -> None:
        with pytest.raises(kind):
            self.standing.send(call)

    def read(self, function: str, *values: object) -> Any:
        entry = load_abi("TenderLedger").functions[function]
        asked = {"to": self.ledger.address, "data": "0x" + entry.encode(*values).hex()}
        answer = self.standing.node.call("eth_call", asked, "latest")
        return entry.outputs.decode(bytes.fromhex(answer[2:]))

    def go(self, moment: int) -> None:
        self.standing.node.call("evm_setNextBlockTimestamp", moment)
        self.standing.node.call("evm_mine")


@dataclass(frozen=True)
class Bidder:
    """A bidder of one sale with its secrets and its sealed file."""

    sale: Sale
    secrets: PartSecrets
    signed: SignedBid
    envelopes: list[bytes]
    file: bytes

    @property
    def message(self) -> SubmitBid:
        return self.signed.message


def sealed(sale: Sale, version: int = 1) -> Bidder:
    place = Place(sale.ledger, sale.tender, 0, account(KEY))
    context, randomness = place.context(1, version), counted_bytes(b"bidder %d" % version)
    secrets = PartSecrets.draw(randomness)
    keys = [public(trustee_key(1, index)) for index in range(1, 6)]
    envelopes = secrets.envelopes(keys, 3, context, randomness)
    file = PartFile(
        bid_head(place, version=version),
        bid_files(OPEN, "public"),
        bid_files(CONFIDENTIAL, "technical"),
        ["age12n2dcyek72fhefmhac30ha89t4yywd3fus6xfyx3qs6nd8jd4evsmrmfrw"],
        None,
        randomness,
    )
    content = b"".join(file.pieces(secrets.recipient(context)))
    message = SubmitBid(
        tender=sale.tender,
        lot=0,
        bidder=place.bidder,
        version=version,
        docs=DOCS,
        parts=(secrets.commit(file, envelopes, context),),
        identity=manifest.identity_commitment(IDENTITY, place.constant),
        bond=NO_BOND,
        valid_until=2**40,
    )
    signature = messages.sign(sale.ledger, message, KEY)
    signed = SignedBid(sale.ledger, message, b"".join(envelopes), signature)
    return Bidder(sale, secrets, signed, envelopes, content)


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    with anvil() as node:
        built = stand_up(node)
        with closing(built.node):
            yield built


@pytest.fixture(scope="module")
def policy(standing: Standing) -> bytes:
    """A policy of the jurisdiction, by its id; `office` may publish under it."""
    policies, agency = standing.deployment.tenders.policies, standing.agency
    register = load_abi("TenderPolicies").functions["registerPolicy"]
    data = register.encode(jurisdiction_id(JURISDICTION), POLICY)
    asked = {"from": standing.council.address, "to": policies, "data": "0x" + data.hex()}
    answer = standing.node.call("eth_call", asked, "latest")
    standing.send(Call(policies, data))
    office = standing.office.address
    standing.send(calls.grant_role(standing.deployment, agency, Role.TENDERER, office))
    return bytes.fromhex(answer[2:])


@pytest.fixture
def sale(standing: Standing, policy: bytes, request: pytest.FixtureRequest) -> Sale:
    """A tender that no other test touches."""
    contracts = standing.deployment.tenders
    agency = standing.agency
    number = request.node.nodeid
    start = standing.client.head().time + 21 * DAY
    ends = (start, *(start + 1_800 * n for n in range(4)))
    trustees = [(account(trustee_key(1, n)), bytes([n]) * 32) for n in range(1, 6)]
    announcement = (
        *(agency, ref_of(number), policy, DOCS, bytes(32), bytes(32), NOBODY, 1, 1, 3),
        ends,
        trustees,
    )
    encoded = load_abi("TenderLedger").functions["publish"].encode(announcement)
    standing.send(Call(contracts.ledger, encoded), standing.office)
    ledger = LedgerRef(standing.deployment.chain_id, contracts.ledger)
    return Sale(standing, ledger, tender_id(agency, ref_of(number)), ends)


class TestTenderCalls:
    def test_from_the_bid_to_the_opened_file(self, sale: Sale) -> None:
        bidder = sealed(sale)
        context = bidder.message.place(sale.ledger).context(1, 1)
        sale.send(tender_calls.submit(bidder.signed))
        (stored,) = sale.read("bidOf", sale.tender, 0, account(KEY))
        assert stored[0] == bidder.signed.digest
        (on_chain,) = sale.read("contextOf", sale.tender, 0, 1, account(KEY), 1)
        assert on_chain == context
        secret = bidder.secrets.s_b
        disclosed = tender_calls.disclose(sale.ledger, bidder.message, 1, secret)
        released = [
            tender_calls.release(sale.ledger, sale.tender, 1, index, trustee_key(1, index))
            for index in range(1, 6)
        ]
        sale.refused(disclosed, WindowNotOpen)
        sale.go(sale.ends[1])
        wrong = tender_calls.disclose(sale.ledger, bidder.message, 1, bytes(32))
        sale.refused(wrong, CommitmentMismatch)
        sale.refused(released[0], WindowNotOpen)
        sale.send(disclosed)
        sale.refused(disclosed, AlreadyDone)
        sale.go(sale.ends[2])
        strange = tender_calls.release(sale.ledger, sale.tender, 1, 1, trustee_key(1, 2))
        sale.refused(strange, TrusteeKeyInvalid)
        for call in released[:3]:
            sale.send(call)
        given = {index: trustee_key(1, index) for index in (1, 2, 3)}
        part = bidder.message.parts[0]
        joined = join_released(1, part, context, bidder.envelopes, given, 3, secret)
        sale.send(tender_calls.recover(sale.ledger, bidder.message, 1, joined.s_c))
        source = io.BytesIO(bidder.file)
        found = open_part(source, joined.key, sale.ledger, bidder.message, 1, Sinks())
        assert found.manifest["price"] == PRICE

    def test_replaces_and_withdraws(self, sale: Sale) -> None:
        first, second = sealed(sale), sealed(sale, 2)
        sale.send(tender_calls.submit(second.signed))
        sale.refused(tender_calls.submit(first.signed), BidVersionStale)
        taken = WithdrawBid(sale.tender, 0, account(KEY), 3, 2**40)
        signature = messages.sign(sale.ledger, taken, KEY)
        sale.send(tender_calls.withdraw(sale.ledger, taken, signature))
        (stored,) = sale.read("bidOf", sale.tender, 0, account(KEY))
        assert stored[0] == messages.digest(sale.ledger, taken)

    def test_is_refused_by_name(self, sale: Sale) -> None:
        signed = sealed(sale).signed
        short = replace(signed, shares=signed.shares[:-1])
        sale.refused(tender_calls.submit(short), SharesMismatch)
        sale.go(sale.ends[0])
        sale.refused(tender_calls.submit(signed), BidLate)

    def test_recovers_nothing_too_late(self, sale: Sale) -> None:
        bidder = sealed(sale)
        sale.send(tender_calls.submit(bidder.signed))
        sale.go(sale.ends[2])
        late = tender_calls.disclose(sale.ledger, bidder.message, 1, bidder.secrets.s_b)
        sale.refused(late, WindowClosed)
