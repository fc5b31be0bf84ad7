"""A mailbox on a real chain: anchored by the worker, listed by whoever has message and path.

One node and one service for all; each test has a tender of its own, and time only goes forward.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count

import pytest
from sqlalchemy import select, update

from api.services.audit import AuditReport
from api.services.mailboxes import Mailboxes, MessageView
from api.store.mailbox_tables import mailbox_messages, mailbox_roots
from api.store.tables import intents
from ledger.chain import calls, tender_calls
from ledger.chain.calls import Call
from ledger.chain.tender_archive import gather, read
from ledger.chain.tender_reading import BidAsStored, TenderReader
from ledger.tenders import messages
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.contract_errors import MailboxProofInvalid, MailboxRootUnknown
from ledger.tenders.errors import BidLate, BidVersionStale, WindowNotOpen
from ledger.tenders.mailbox import LEAVES, MailboxProof, fill, leaf
from ledger.tenders.messages import SubmitBid, WithdrawBid
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState
from ledger.values import (
    AgencyId,
    Digest,
    LedgerRef,
    RecordKind,
    Role,
    Root,
    agency_id,
    jurisdiction_id,
)
from tests.support.anvil import anvil
from tests.support.licences import AGENCY
from tests.support.office import Office, office
from tests.support.standing import JURISDICTION, account
from tests.support.tender_chain import Stage
from tests.support.tender_story import MESSAGE_LIFE, Story, Where, address, secret

GAS_BAR = 56_000
GAS_SPREAD = 32 * 12 + 1
"""What a root's zero bytes save of its calldata's gas, at most."""
MINUTE = 60


@dataclass(frozen=True)
class Town:
    """A node and a service that keeps the mailbox of the sample agency."""

    stage: Stage
    place: Office
    mailboxes: Mailboxes
    numbers: "count[int]"

    def publish(self, mailbox: AgencyId = AGENCY.id) -> "Sale":
        """Publish a tender of the standing agency, its mailbox the sample agency's or another's."""
        ledger = LedgerRef(self.stage.standing.deployment.chain_id, self.stage.at.ledger)
        number = f"GZ-2026-{next(self.numbers):04d}"
        where = Where(number, self.stage.now + 100, ledger, self.stage.standing.agency)
        story = Story(where=where)
        published = story.events[1]
        announced = replace(published.announcement, mailbox=mailbox)
        story.events[1] = replace(published, announcement=announced)
        self.stage.play(story.events, story.state)
        story.now = self.stage.now
        self.turn(MINUTE)
        return Sale(self, story)

    def go(self, moment: int) -> None:
        """Mine a block of that time; the service's clock follows."""
        node = self.stage.standing.node
        node.call("evm_setNextBlockTimestamp", moment)
        node.call("evm_mine")
        parts = self.place.parts
        parts.ahead = moment - int(time.time())

    def turn(self, seconds: int = 0) -> None:
        """Let some seconds pass, and the worker do whatever there is to do."""
        self.go(self.stage.now + max(1, seconds))
        self.place.work()

    def audit(self) -> list[str]:
        report = AuditReport(tuple(self.place.parts.audit().run()))
        return [each.name for each in report.comparisons if not each.ok]


@dataclass(frozen=True)
class Sale:
    """One tender and its bidders, who have nothing but a node and the service's mailbox."""

    town: Town
    story: Story

    def bid(self, name: str, version: int = 1) -> SignedBid:
        made = self.story.seal(name, version=version)
        return SignedBid(self.story.ledger, made.bid, made.shares, made.signature)

    def withdrawal(self, name: str, version: int) -> tuple[WithdrawBid, bytes]:
        until = self.story.now + MESSAGE_LIFE
        message = WithdrawBid(self.story.id, 0, address(name), version, until)
        return message, messages.sign(self.story.ledger, message, secret(name))

    def hand_in(self, message: SubmitBid | WithdrawBid) -> bytes:
        """Give a message's leaf to the service; return the blind."""
        blind = secrets.token_bytes(32)
        self.town.mailboxes.put(AGENCY.id, self.leaf(message, blind))
        return blind

    def leaf(self, message: SubmitBid | WithdrawBid, blind: bytes) -> Digest:
        return leaf(messages.digest(self.story.ledger, message), blind)

    def view(self, message: SubmitBid | WithdrawBid, blind: bytes) -> MessageView:
        return self.town.mailboxes.get(self.leaf(message, blind))

    def proof(self, message: SubmitBid | WithdrawBid, blind: bytes) -> MailboxProof:
        """Return what the service says of a message, checked as a wallet does."""
        place = self.view(message, blind).place
        assert place.root is not None
        found = MailboxProof(place.root, place.index, place.path, blind)
        found.check(messages.digest(self.story.ledger, message))
        return found

    def close(self) -> None:
        self.town.go(self.story.ends.submit_end)

    def send(self, call: Call) -> None:
        self.town.stage.standing.send(call)

    def stored(self, name: str) -> BidAsStored:
        standing = self.town.stage.standing
        reader = TenderReader(standing.node, standing.deployment)
        return reader.bid(self.story.id, 0, address(name))


@pytest.fixture(scope="module")
def town(module_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with anvil() as node, office(node, module_url, tmp_path_factory.mktemp("mailbox")) as place:
        stage = Stage(place.standing)
        stage.office = account(node, 5)  # the office's own account is the service's alone
        role = calls.grant_role(
            place.standing.deployment, place.standing.agency, Role.TENDERER, stage.office.address
        )
        place.standing.send(role)
        yield Town(stage, place, place.parts.services().mailboxes, count(1))


@pytest.fixture(scope="module")
def elsewhere(town: Town) -> AgencyId:
    """An agency that this service does nothing for; the stage's office anchors its roots."""
    standing, code = town.stage.standing, "TEST-MAILBOX-1"
    at, council = standing.deployment, standing.council.address
    agency = agency_id(JURISDICTION, code)
    for call in (
        calls.admit_agency(at, jurisdiction_id(JURISDICTION), code, "Test Mailbox", council),
        calls.grant_role(at, agency, Role.ISSUER, town.stage.office.address),
    ):
        standing.send(call)
    return agency


@pytest.fixture
def sale(town: Town) -> Sale:
    return town.publish()


class TestListing:
    def test_brings_bids_that_were_anchored_in_time(self, sale: Sale) -> None:
        bids = {name: sale.bid(name) for name in ("Ann", "Bo")}
        blinds = {name: sale.hand_in(bid.message) for name, bid in bids.items()}
        assert sale.view(bids["Ann"].message, blinds["Ann"]).place.anchored is None
        sale.town.turn()
        proofs = {name: sale.proof(bids[name].message, blinds[name]) for name in bids}
        assert sale.view(bids["Ann"].message, blinds["Ann"]).is_final
        assert sale.stored("Ann").state is BidState.NONE
        with pytest.raises(WindowNotOpen):
            sale.send(tender_calls.list_bid(bids["Ann"], proofs["Ann"]))
        sale.close()
        for name, bid in bids.items():
            sale.send(tender_calls.list_bid(bid, proofs[name]))
            stored = sale.stored(name)
            anchored = sale.view(bid.message, blinds[name]).place.anchored
            assert anchored is not None
            assert (stored.state, stored.digest) == (BidState.LIVE, bid.digest)
            assert stored.submitted_at == anchored.block_time < sale.story.ends.submit_end
        with pytest.raises(BidVersionStale):
            sale.send(tender_calls.list_bid(bids["Bo"], proofs["Bo"]))

    def test_refuses_other_paths_and_roots(self, sale: Sale) -> None:
        bid = sale.bid("Ann")
        blind = sale.hand_in(bid.message)
        sale.town.turn()
        proof = sale.proof(bid.message, blind)
        sale.close()
        wrong = (*proof.path[:-1], bytes(32))
        for each, error in (
            (replace(proof, path=wrong), MailboxProofInvalid),
            (replace(proof, index=proof.index ^ 1), MailboxProofInvalid),
            (replace(proof, blind=bytes(32)), MailboxProofInvalid),
            (replace(proof, root=replace_byte(proof.root)), MailboxRootUnknown),
        ):
            with pytest.raises(error):
                sale.send(tender_calls.list_bid(bid, each))
        with pytest.raises(MailboxProofInvalid):
            sale.send(tender_calls.list_bid(sale.bid("Bo"), proof))
        assert sale.stored("Ann").state is BidState.NONE

    @pytest.mark.parametrize(
        ("kind", "size", "counts"),
        [
            (RecordKind.TENDER_MAILBOX, LEAVES, True),
            (RecordKind.TENDER_MAILBOX, LEAVES + 1, False),
            (RecordKind.LICENCE, LEAVES, False),
        ],
    )
    def test_is_one_for_the_audit_only_where_bids_can_be_listed_under_it(
        self, town: Town, elsewhere: AgencyId, kind: RecordKind, size: int, *, counts: bool
    ) -> None:
        """A service that anchors its messages so that none can be listed has done nothing."""
        stage, standing = town.stage, town.stage.standing
        sale = town.publish(elsewhere)
        bid, blind = sale.bid("Ann"), secrets.token_bytes(32)
        box = fill([sale.leaf(bid.message, blind)], secrets.token_bytes)
        call = calls.anchor(standing.deployment, elsewhere, kind, box.root, size)
        standing.send(call, stage.office)
        found = gather(standing.node, standing.deployment, sale.story.id, roots=(box.root,))
        assert (box.root in read(found, standing.deployment).mailbox_roots) == counts
        sale.close()
        listing = tender_calls.list_bid(
            bid, MailboxProof(box.root, box.places[0], box.path(0), blind)
        )
        with nullcontext() if counts else pytest.raises(MailboxRootUnknown):
            sale.send(listing)

    def test_refuses_what_was_anchored_at_the_deadline(self, sale: Sale) -> None:
        bid = sale.bid("Ann")
        blind = sale.hand_in(bid.message)
        town = sale.town
        town.go(sale.story.ends.submit_end - MINUTE)
        town.place.only("projection", "mailboxes")  # closed in time; in the chain a second late
        town.stage.standing.node.call("evm_setNextBlockTimestamp", sale.story.ends.submit_end)
        town.place.work()
        found = sale.view(bid.message, blind).place
        assert found.anchored is not None
        assert found.anchored.block_time >= sale.story.ends.submit_end
        with pytest.raises(BidLate) as refused:
            sale.send(tender_calls.list_bid(bid, sale.proof(bid.message, blind)))
        assert refused.value.block_time == found.anchored.block_time
        assert sale.stored("Ann").state is BidState.NONE

    def test_of_a_withdrawal_takes_back_what_was_replaced(self, sale: Sale) -> None:
        first, second = sale.bid("Ann"), sale.bid("Ann", 2)
        given = [(bid, sale.hand_in(bid.message)) for bid in (first, second)]
        taken, signature = sale.withdrawal("Ann", 3)
        blind = sale.hand_in(taken)
        sale.town.turn()
        sale.close()
        old, new = ((bid, sale.proof(bid.message, each)) for bid, each in given)
        sale.send(tender_calls.list_bid(*new))
        with pytest.raises(BidVersionStale):
            sale.send(tender_calls.list_bid(*old))
        assert sale.stored("Ann").version == 2
        proof = sale.proof(taken, blind)
        sale.send(tender_calls.list_withdrawal(sale.story.ledger, taken, signature, proof))
        stored = sale.stored("Ann")
        assert (stored.state, stored.version) == (BidState.WITHDRAWN, 3)

    def test_of_a_withdrawal_alone_shuts_out_the_bid(self, sale: Sale) -> None:
        bid = sale.bid("Ann")
        kept = sale.hand_in(bid.message)
        taken, signature = sale.withdrawal("Ann", 2)
        blind = sale.hand_in(taken)
        sale.town.turn()
        sale.close()
        proof = sale.proof(taken, blind)
        sale.send(tender_calls.list_withdrawal(sale.story.ledger, taken, signature, proof))
        with pytest.raises(BidVersionStale):
            sale.send(tender_calls.list_bid(bid, sale.proof(bid.message, kept)))


class TestMinute:
    def test_costs_the_same_full_or_empty(self, sale: Sale) -> None:
        town, parts = sale.town, sale.town.place.parts
        for _ in range(LEAVES):
            town.mailboxes.put(AGENCY.id, Digest(secrets.token_bytes(32)))
        town.turn(MINUTE)
        town.turn(MINUTE)
        query = (
            select(intents.c.call, intents.c.gas_used, mailbox_messages.c.seq.is_not(None))
            .join(mailbox_roots, mailbox_roots.c.intent == intents.c.id)
            .outerjoin(mailbox_messages, mailbox_messages.c.root == mailbox_roots.c.seq)
            .distinct()
        )
        with parts.database.read() as connection:
            rows = [row for row in connection.execute(query).all() if row.gas_used]
        full = {gas for _, gas, has_messages in rows if has_messages}
        empty = {gas for _, gas, has_messages in rows if not has_messages}
        assert full
        assert empty
        assert max(full | empty) <= GAS_BAR
        assert max(full | empty) - min(full | empty) <= GAS_SPREAD
        assert len({len(call) for call, _, _ in rows}) == 1


class TestReorganisation:
    def test_of_the_roots_block_anchors_the_same_root_anew(self, sale: Sale) -> None:
        town, node = sale.town, sale.town.stage.standing.node
        bid = sale.bid("Ann")
        blind = sale.hand_in(bid.message)
        town.turn()
        before, proof = sale.view(bid.message, blind).place, sale.proof(bid.message, blind)
        assert before.anchored is not None
        node.call("anvil_reorg", 1, [])
        node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC
        town.place.passes()
        fallen = sale.view(bid.message, blind)
        assert (fallen.place.anchored, fallen.is_final) == (None, False)
        assert sale.proof(bid.message, blind) == proof
        node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
        node.call("evm_mine")
        town.place.work()
        again = sale.view(bid.message, blind).place
        assert again.anchored is not None
        assert again.anchored.block_hash != before.anchored.block_hash
        sale.close()
        sale.send(tender_calls.list_bid(bid, proof))
        assert sale.stored("Ann").submitted_at == again.anchored.block_time


class TestAudit:
    def test_finds_messages_that_do_not_lie_where_they_should(self, sale: Sale) -> None:
        bid = sale.bid("Ann")
        blind = sale.hand_in(bid.message)
        sale.town.turn()
        assert sale.town.audit() == []
        mine = mailbox_messages.c.leaf == sale.leaf(bid.message, blind)
        index = sale.proof(bid.message, blind).index
        for wrong, expected in ((index ^ 1, ["mailboxes"]), (index, [])):
            with sale.town.place.parts.database.write() as connection:
                moved = update(mailbox_messages).where(mine).values(leaf_index=wrong)
                connection.execute(moved)
            assert sale.town.audit() == expected

    def test_by_an_outsider_looks_up_when_each_was_anchored(self, sale: Sale) -> None:
        standing, bids = sale.town.stage.standing, [sale.bid(name) for name in ("Ann", "Bo")]
        blinds = [sale.hand_in(bid.message) for bid in bids]
        sale.town.turn()
        proofs = [sale.proof(bid.message, blind) for bid, blind in zip(bids, blinds, strict=True)]
        sale.close()
        for bid, proof in zip(bids, proofs, strict=True):
            sale.send(tender_calls.list_bid(bid, proof))
        archive = gather(standing.node, standing.deployment, sale.story.id)
        found = read(archive, standing.deployment)
        roots = found.mailbox_roots
        assert {proof.root for proof in proofs} == roots.keys()
        bundle = TenderBundle(archive.ledger, archive.tender, found.events, mailbox_roots=roots)
        now = sale.town.stage.now
        assert audit(bundle, now).check("messages").code == "messages.ok"
        late = dict.fromkeys(roots, sale.story.ends.submit_end)
        told = audit(replace(bundle, mailbox_roots=late), now).check("messages")
        assert {each["error"] for each in told.facts["faults"]} == {"BidLate"}


def replace_byte(root: Root) -> Root:
    return Root(bytes([root[0] ^ 1]) + root[1:])
