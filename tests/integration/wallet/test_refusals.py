"""Every refusal of bids and secrets (§2), from the contract's revert to the wallet's exit code."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from api.services.issuers import SigningKeyMissing
from api.store.database import StoreUnavailable
from ledger.chain import tender_calls
from ledger.chain.calls import Call
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.chain.tender_reading import TenderReader
from ledger.errors import ChainUnavailable, LedgerError
from ledger.tenders import messages
from ledger.tenders.errors import NotSealed, UploadIncomplete
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import SubmitBid
from ledger.tenders.signed_bids import SignedBid
from tests.support.anvil import anvil
from tests.support.bid_desk import Desk
from tests.support.refusals import BIDS, Walk, walk
from tests.support.standing import account
from tests.support.tender_town import Sale, TenderTown
from wallet.tenders.bids import StoreKey

OURS: Final[dict[type[LedgerError], tuple[tuple[Any, ...], int, int]]] = {
    NotSealed: ((), 422, 4),
    UploadIncomplete: ((7, 9), 409, 1),
    ChainUnavailable: (("gone",), 503, 2),
    StoreUnavailable: (("gone",), 503, 2),
    SigningKeyMissing: ((b"\x01" * 32,), 503, 2),
}
"""What no contract says: values, HTTP status, exit code."""


@dataclass
class Bidder:
    """What a bidder has, and what it may turn."""

    desk: Desk
    signed: SignedBid
    key: bytes
    s_b: bytes
    s_c: bytes

    @classmethod
    def of(cls, sale: Sale, name: str) -> "Bidder":
        desk = sale.bidder(name)
        desk.seal()
        kept = desk.store.find(sale.id, 0)
        key = desk.terminal.outside.keyring.account(kept.key_name, "correct horse").private_key
        (secrets,) = kept.secrets(1, StoreKey.of(key))
        return cls(desk, kept.newest(), key, secrets.s_b, secrets.s_c)

    @property
    def call(self) -> Call:
        return tender_calls.submit(self.signed)

    def turned(self, shares: bytes | None = None, **changes: Any) -> Call:
        """The bid with a field changed by its bidder, who signs it anew."""
        message = replace(self.signed.message, **changes)
        signature = messages.sign(self.signed.ledger, message, self.key)
        given = self.signed.shares if shares is None else shares
        return tender_calls.submit(SignedBid(self.signed.ledger, message, given, signature))

    def disclosed(self, secret: bytes, message: SubmitBid | None = None, part: int = 1) -> Call:
        return tender_calls.disclose(
            self.signed.ledger, message or self.signed.message, part, secret
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("refusals"), running, deployment, council)


def test_every_refusal_of_the_contract(town: TenderTown) -> None:
    sale, few = town.publish("refusals"), town.publish("few")
    walked = Walk(town)
    first, second, alone = (
        Bidder.of(sale, "first"),
        Bidder.of(sale, "second"),
        Bidder.of(few, "alone"),
    )
    _before_the_deadline(walked, first, second)
    for each in (first, second, alone):
        town.send(each.call)
    walked.refused(first.call, "BidVersionStale")
    walked.refused(first.disclosed(first.s_b), "WindowNotOpen")
    town.go(few.ends[1])
    walked.refused(second.turned(version=2), "BidLate")
    walked.refused(alone.disclosed(alone.s_b), "TooFewBids")
    _at_the_disclosure(walked, sale, first, second)
    town.act("TenderLedger", "terminate", few.known.tender, b"\x07" * 32)
    walked.refused(alone.disclosed(alone.s_b), "TenderNotOpen")
    _at_the_release(walked, sale, first, second)
    assert walked.met == set(BIDS)


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_refusal_of_the_service_alone(kind: type[LedgerError]) -> None:
    values, status, code = OURS[kind]
    walk(kind(*values), status, code)


def _before_the_deadline(walked: Walk, first: Bidder, second: Bidder) -> None:
    part = first.signed.message.parts[0]
    walked.refused(first.turned(lot=1), "LotUnknown")
    walked.refused(first.turned(parts=(part, part)), "PartsMismatch")
    walked.refused(first.turned(shares=first.signed.shares[:-1]), "SharesMismatch")
    walked.refused(first.turned(valid_until=walked.town.now), "MessageExpired")
    walked.refused(first.turned(docs=b"\x07" * 32), "DocumentsOutdated")
    walked.refused(first.turned(tender=TenderId(b"\x07" * 32)), "TenderUnknown")
    forged = replace(first.signed, signature=second.signed.signature)
    walked.refused(tender_calls.submit(forged), "BidSignatureInvalid")
    attested = replace(first.signed, bond_signature=first.signed.signature)
    walked.refused(tender_calls.submit(attested), "BondNotAttested")


def _at_the_disclosure(walked: Walk, sale: Sale, first: Bidder, second: Bidder) -> None:
    town, tender = walked.town, sale.known.tender
    walked.refused(first.disclosed(second.s_b), "CommitmentMismatch")
    other = replace(first.signed.message, version=2)
    walked.refused(first.disclosed(first.s_b, other), "DigestMismatch")
    walked.refused(first.disclosed(first.s_b, part=2), "PartUnknown")
    town.act("TenderLedger", "suspend", tender, b"\x07" * 32)
    walked.refused(first.disclosed(first.s_b), "TenderSuspended")
    town.act("TenderLedger", "resume", tender)
    town.send(first.disclosed(first.s_b))
    walked.refused(first.disclosed(first.s_b), "AlreadyDone")


def _at_the_release(walked: Walk, sale: Sale, first: Bidder, second: Bidder) -> None:
    town, tender, ledger = walked.town, sale.known.tender, first.signed.ledger
    with town.node() as node:
        ends = TenderReader(node, town.deployment).ends(tender, 1)
    town.go(ends.disclose_end)
    walked.refused(second.disclosed(second.s_b), "WindowClosed")
    wrong = tender_calls.release(ledger, tender, 1, 1, second.key)
    walked.refused(wrong, "TrusteeKeyInvalid")
    town.go(ends.release_end)
    late = tender_calls.recover(ledger, second.signed.message, 1, second.s_c)
    walked.refused(late, "NotDisclosed")
