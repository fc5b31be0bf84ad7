"""Messages out of a mailbox, judged before they are relayed as the contract will."""

from dataclasses import replace

import pytest

from ledger.tenders import messages
from ledger.tenders.contract_errors import (
    MailboxAbsent,
    MailboxProofInvalid,
    MailboxRootUnknown,
)
from ledger.tenders.errors import (
    BidLate,
    BidSignatureInvalid,
    BidVersionStale,
    DocumentsOutdated,
    MessageExpired,
    TenderSuspended,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.mailbox import MailboxProof, fill, leaf
from ledger.tenders.messages import WithdrawBid
from ledger.tenders.relayed import Kind, Listing, SignedWithdrawal, judge, kind_of
from ledger.tenders.signed_bids import SignedBid
from tests.support.licences import counted_bytes
from tests.support.tender_story import LEDGER, MESSAGE_LIFE, Story, address, secret

BLIND = b"\x66" * 32


class Box:
    """A story whose bids lie in its mailbox, anchored a second before submitEnd."""

    def __init__(self) -> None:
        self.story = Story()
        self.end = self.story.ends.submit_end

    def bid(self, name: str = "Ann", version: int = 1) -> Listing:
        made = self.story.seal(name, version=version)
        return self.placed(SignedBid(LEDGER, made.bid, made.shares, made.signature))

    def withdrawal(self, version: int = 2, until: int | None = None) -> Listing:
        end = self.story.now + MESSAGE_LIFE if until is None else until
        message = WithdrawBid(self.story.id, 0, address("Ann"), version, end)
        signature = messages.sign(LEDGER, message, secret("Ann"))
        return self.placed(SignedWithdrawal(LEDGER, message, signature))

    def placed(self, letter: SignedBid | SignedWithdrawal) -> Listing:
        box = fill([leaf(letter.digest, BLIND)], counted_bytes())
        proof = MailboxProof(box.root, box.places[0], box.path(0), BLIND)
        return Listing(letter, proof, self.end - 1)

    def judged(self, listing: Listing, at: int | None = None) -> bool:
        return judge(self.story.state, LEDGER, listing, self.end if at is None else at)


@pytest.fixture
def box() -> Box:
    return Box()


class TestListing:
    def test_is_taken_from_submit_end_to_list_end(self, box: Box) -> None:
        for listing, kind in ((box.bid(), Kind.BID), (box.withdrawal(), Kind.WITHDRAWAL)):
            assert kind_of(listing) is kind
            assert not box.judged(listing)
            assert not box.judged(listing, box.story.ends.list_end - 1)
            with pytest.raises(WindowNotOpen):
                box.judged(listing, box.end - 1)
            with pytest.raises(WindowClosed):
                box.judged(listing, box.story.ends.list_end)

    def test_needs_a_root_in_time(self, box: Box) -> None:
        listing = box.bid()
        with pytest.raises(MailboxRootUnknown):
            box.judged(replace(listing, anchored_at=None))
        with pytest.raises(BidLate) as refused:
            box.judged(replace(listing, anchored_at=box.end))
        assert refused.value.block_time == box.end

    def test_needs_its_own_path(self, box: Box) -> None:
        listing = box.bid()
        proof = listing.proof
        wrong = (
            replace(proof, blind=bytes(32)),
            replace(proof, index=proof.index ^ 1),
            replace(proof, path=(*proof.path[:-1], bytes(32))),
            box.bid("Bo").proof,
        )
        for each in wrong:
            with pytest.raises(MailboxProofInvalid):
                box.judged(replace(listing, proof=each))

    def test_needs_its_bidders_signature_and_a_mailbox(self, box: Box) -> None:
        listing, other = box.bid(), box.bid("Bo").letter
        forged = replace(listing.letter, signature=other.signature)
        with pytest.raises(BidSignatureInvalid):
            box.judged(replace(listing, letter=forged))
        announced = replace(box.story.state.announcement, mailbox=bytes(32))
        box.story.state = replace(box.story.state, announcement=announced)
        with pytest.raises(MailboxAbsent):
            box.judged(listing)

    def test_counts_by_the_minute_of_its_root(self, box: Box) -> None:
        listing = box.bid()
        assert isinstance(listing.letter, SignedBid)
        until = replace(listing.letter.message, valid_until=box.end - 1)
        signature = messages.sign(LEDGER, until, secret("Ann"))
        expired = box.placed(replace(listing.letter, message=until, signature=signature))
        with pytest.raises(MessageExpired) as refused:
            box.judged(expired)
        assert refused.value.block_time == box.end - 1
        assert not box.judged(replace(expired, anchored_at=box.end - 2))

    def test_may_name_earlier_documents_where_they_stand(self, box: Box) -> None:
        listing = box.bid()
        box.story.amend()
        assert not box.judged(listing)
        terms = replace(box.story.state.terms, drops_stale_bids=True)
        box.story.state = replace(box.story.state, terms=terms, basis=2)
        with pytest.raises(DocumentsOutdated):
            box.judged(listing)

    def test_that_stands_is_done_and_an_older_one_is_stale(self, box: Box) -> None:
        first, second = box.bid(), box.bid(version=2)
        box.story.submit("Ann", version=2)
        assert box.judged(second)
        with pytest.raises(BidVersionStale):
            box.judged(first)
        assert not box.judged(box.withdrawal(3))

    def test_of_a_withdrawals_version_stands_only_as_what_it_is(self, box: Box) -> None:
        """A receipt for another message of that version would be for one that never comes."""
        box.story.submit("Ann")
        box.story.withdraw("Ann")
        (event,) = box.story.events[-1:]
        assert box.judged(box.withdrawal(2, event.valid_until))
        for other in (box.bid(version=2), box.withdrawal(2, event.valid_until + 1)):
            with pytest.raises(BidVersionStale):
                box.judged(other)

    def test_waits_while_the_tender_stands_still(self, box: Box) -> None:
        listing = box.bid()
        box.story.suspend()
        with pytest.raises(TenderSuspended):
            box.judged(listing)
