"""Messages that are brought for others: judged as the contract does, found by their digests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import Refused
from ledger.tenders import messages
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import (
    BidRejected,
    BidVersionStale,
    BondNotAttested,
    NotDisclosed,
    TenderNotOpen,
    TenderSuspended,
    TooFewBids,
    TrusteeKeyInvalid,
    WindowClosed,
)
from ledger.tenders.events import Phase
from ledger.tenders.messages import BondIssued
from ledger.tenders.relayed import (
    Kind,
    Relayed,
    Release,
    Secret,
    SignedWithdrawal,
    digest_of,
    judge,
    kind_of,
    tender_of,
)
from ledger.tenders.signed_bids import SignedBid
from tests.support.tender_story import LEDGER, Story, address, secret

NAMES = ("Ann", "Bo", "Cai")


def signed(story: Story, name: str = "Ann", **more: Any) -> SignedBid:
    made = story.seal(name, **more)
    return SignedBid(LEDGER, made.bid, made.shares, made.signature)


def withdrawal(story: Story, version: int, until: int) -> SignedWithdrawal:
    message = messages.WithdrawBid(story.id, 0, address("Ann"), version, until)
    return SignedWithdrawal(LEDGER, message, messages.sign(LEDGER, message, secret("Ann")))


def posted(story: Story, kind: Kind, name: str = "Ann", part: int = 1) -> Secret:
    made = story.sealed[0, address(name)]
    secrets = made.s_b if kind is Kind.DISCLOSURE else made.s_c
    return Secret(kind, made.bid, part, secrets[part - 1])


def released(story: Story, index: int) -> Release:
    return Release(story.id, 1, index, secret(f"trustee 1 {index}"))


def refused(story: Story, message: Relayed) -> Refused:
    with pytest.raises(Refused) as caught:
        judge(story.state, LEDGER, message, story.now)
    return caught.value


@pytest.fixture
def story() -> Story:
    made = Story()
    for name in NAMES:
        made.submit(name)
    return made


class TestDigest:
    def test_is_that_of_the_event(self, story: Story) -> None:
        """Whatever is relayed is found again among the events, whoever sent it."""
        brought: list[Relayed] = [signed(story, name) for name in NAMES]
        story.withdraw("Cai")
        (told,) = story.events[-1:]
        withdrawal = messages.WithdrawBid(story.id, 0, address("Cai"), 2, told.valid_until)
        brought.append(SignedWithdrawal(LEDGER, withdrawal, b""))
        story.submit("Dan")
        brought.append(signed(story, "Dan"))
        story.open(("Ann", "Bo", "Dan"), trustees=(1, 2, 3))
        brought += [posted(story, Kind.DISCLOSURE, name) for name in ("Ann", "Bo", "Dan")]
        brought += [released(story, index) for index in (1, 2, 3)]
        story.recover("Ann")
        brought.append(posted(story, Kind.RECOVERY))
        found = [digest_of(LEDGER, each) for each in story.events[2:]]
        assert found == [each.digest for each in brought]
        assert len(set(found)) == len(found)
        assert digest_of(LEDGER, story.events[1]) is None
        assert {kind_of(each) for each in brought} == set(Kind)
        assert {tender_of(each) for each in brought} == {story.id}

    def test_shows_no_secret(self, story: Story) -> None:
        message = posted(story, Kind.DISCLOSURE)
        assert repr(message.secret) not in repr(message)
        assert repr(released(story, 1).secret) not in repr(released(story, 1))


class TestJudge:
    def test_knows_what_the_chain_has(self, story: Story) -> None:
        assert judge(story.state, LEDGER, signed(story), story.now)
        assert not judge(story.state, LEDGER, signed(story, version=2), story.now)
        message = posted(story, Kind.DISCLOSURE)
        story.at(story.ends.list_end)
        assert not judge(story.state, LEDGER, message, story.now)
        story.disclose("Ann")
        assert judge(story.state, LEDGER, message, story.now)

    def test_knows_a_withdrawal_by_its_digest(self, story: Story) -> None:
        """Brought by another way it is done; another message of its version never stands."""
        story.withdraw("Ann")
        (event,) = story.events[-1:]
        until = event.valid_until
        assert judge(story.state, LEDGER, withdrawal(story, 2, until), story.now)
        for other in (
            *(withdrawal(story, 2, until + 1), withdrawal(story, 1, until)),
            *(signed(story, version=2), signed(story)),
        ):
            stale = refused(story, other)
            assert isinstance(stale, BidVersionStale)
            assert stale.current == 2
        assert not judge(story.state, LEDGER, withdrawal(story, 3, until), story.now)

    def test_of_no_version_is_stale_without_any_bid(self, story: Story) -> None:
        stale = refused(story, signed(story, "Dan", version=0))
        assert isinstance(stale, BidVersionStale)
        assert (stale.current, stale.given) == (0, 0)

    def test_wants_the_guarantors_signature_where_one_is_named(self) -> None:
        story = Story()
        guarantor = replace(story.announcement, bond_authority=address("bank"))
        state = replace(story.state, announcement=guarantor)
        bid = signed(story)
        issued = BondIssued(story.id, 0, bid.message.bond)
        for name, signature in (("bank", True), ("another", False)):
            bond = messages.sign(LEDGER, issued, secret(name))
            given = replace(bid, bond_signature=bond)
            if signature:
                assert not judge(state, LEDGER, given, story.now)
            else:
                with pytest.raises(BondNotAttested):
                    judge(state, LEDGER, given, story.now)
        with pytest.raises(BondNotAttested):
            judge(state, LEDGER, bid, story.now)

    @pytest.mark.parametrize(
        ("tell", "error"),
        [
            (lambda story: story.suspend(), TenderSuspended),
            (lambda story: story.withdraw("Ann"), BidMissing),
            (lambda story: story.at(story.ends.disclose_end), WindowClosed),
            (lambda story: story.withdraw("Bo"), TooFewBids),
        ],
    )
    def test_refuses_a_secret_as_the_contract_does(
        self, story: Story, tell: Callable[[Story], object], error: type[Refused]
    ) -> None:
        if error is BidMissing:
            story.submit("Dan")
        message = posted(story, Kind.DISCLOSURE)
        tell(story)
        story.at(max(story.now, story.ends.list_end))
        assert type(refused(story, message)) is error

    def test_of_recovery_wants_a_disclosure_first(self, story: Story) -> None:
        story.open(("Bo", "Cai"))
        assert type(refused(story, posted(story, Kind.RECOVERY))) is NotDisclosed

    def test_of_a_tender_that_ended(self, story: Story) -> None:
        ended = replace(story.state, ended=Phase.TERMINATED)
        for message in (signed(story, version=2), released(story, 1)):
            with pytest.raises(TenderNotOpen):
                judge(ended, LEDGER, message, story.now)

    def test_of_a_trustee_that_there_is_not(self, story: Story) -> None:
        story.open(NAMES, trustees=())
        for index in (0, 6):
            message = replace(released(story, 1), index=index)
            assert type(refused(story, message)) is TrusteeKeyInvalid
        zero = replace(released(story, 1), secret=bytes(32))
        assert type(refused(story, zero)) is TrusteeKeyInvalid

    def test_of_a_rejected_price(self) -> None:
        story = Story(parts=2)
        for name in NAMES:
            story.submit(name)
        message = posted(story, Kind.DISCLOSURE, part=2)
        story.at(story.ends.list_end)
        assert type(refused(story, message)) is TenderNotOpen
        story.open(NAMES)
        lot = story.state.lots[0]
        bids = {
            key: replace(bid, is_rejected=key == address("Ann")) for key, bid in lot.bids.items()
        }
        rejected = replace(story.state, lots=(replace(lot, bids=bids),))
        story.state = rejected
        story.at(story.ends.fallback_end)
        story.schedule(story.now + 10_000)
        story.at(story.ends.list_end)
        assert type(refused(story, message)) is BidRejected
