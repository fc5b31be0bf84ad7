// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.list and listWithdrawal, by their tree
contract ListTest is Tenders {
    function test_When_ItsRootWasAnchoredInTime() public {
        ITenderLedger.SubmitBid memory bid = _box();
        VM.warp(_ends().submitEnd);
        _list(bid, _proof(tenders.bidDigest(bid)));
        ITenderLedger.Bid memory stored = tenders.bidOf(tenderId, 0, bid.bidder);
        _same(stored.submittedAt, START);
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_When_ItIsAWithdrawal() public {
        _publish();
        _submit(1);
        ITenderLedger.WithdrawBid memory withdrawal = _withdrawal(1, 2);
        bytes32 digest = _withdrawalDigest(withdrawal);
        ITenderLedger.MailboxProof memory proof = _proof(digest);
        _anchor(proof.root);
        VM.warp(_ends().submitEnd);
        tenders.listWithdrawal(withdrawal, _signed(_bidderKey(1), digest), proof);
        _same(tenders.lotOf(tenderId, 0).live, 0);
    }

    function test_Given_TheDocumentsWereAmendedAndStaleBidsAreKept() public {
        ITenderLedger.SubmitBid memory bid = _box();
        _amend();
        VM.warp(_ends().submitEnd);
        _list(bid, _proof(tenders.bidDigest(bid)));
        _same(tenders.bidOf(tenderId, 0, bid.bidder).docsVersion, 1);
    }

    function test_RevertGiven_TheDocumentsWereAmendedAndStaleBidsAreDropped() public {
        ITenderLedger.Policy memory dropping = _policy();
        dropping.dropsStaleBids = true;
        policyId = _register(dropping);
        ITenderLedger.SubmitBid memory bid = _box();
        _amend();
        VM.warp(_ends().submitEnd);
        _expect(
            bid,
            _proof(tenders.bidDigest(bid)),
            abi.encodeWithSelector(ITenderLedger.DocumentsOutdated.selector, DIGEST)
        );
    }

    function test_Given_TheDocumentsWereClarifiedAndStaleBidsAreDropped() public {
        ITenderLedger.Policy memory dropping = _policy();
        dropping.dropsStaleBids = true;
        policyId = _register(dropping);
        ITenderLedger.SubmitBid memory bid = _box();
        ITenderLedger.Ends memory ends = _ends();
        VM.prank(TENDERER);
        tenders.amend(tenderId, DIGEST, false, ends);
        VM.warp(ends.submitEnd);
        _list(bid, _proof(tenders.bidDigest(bid)));
        _same(tenders.bidOf(tenderId, 0, bid.bidder).docsVersion, 1);
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    /// @dev A root does not say for whom it is: whoever left a message could not be told that it comes while all stands still.
    function test_Given_TheRootWasAnchoredWhileBidsWereRefused() public {
        ITenderLedger.Policy memory refusing = _policy();
        refusing.takesBidsWhileSuspended = false;
        policyId = _register(refusing);
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        _suspend();
        VM.warp(_ends().submitEnd + 1 days);
        uint40 anchoredAt = _from(0);
        _anchor(_proof(tenders.bidDigest(bid)).root);
        _resume();
        VM.warp(_ends().submitEnd);
        _list(bid, _proof(tenders.bidDigest(bid)));
        _same(tenders.bidOf(tenderId, 0, bid.bidder).submittedAt, anchoredAt);
    }

    function test_RevertWhen_ItIsListedTwice() public {
        ITenderLedger.SubmitBid memory bid = _box();
        VM.warp(_ends().submitEnd);
        ITenderLedger.MailboxProof memory proof = _proof(tenders.bidDigest(bid));
        _list(bid, proof);
        _expect(bid, proof, abi.encodeWithSelector(ITenderLedger.BidVersionStale.selector, 1, 1));
    }

    function test_RevertWhen_ItComesDirectAfterItWasAnchoredInTime() public {
        ITenderLedger.SubmitBid memory bid = _box();
        bytes memory shares = _shares(1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        VM.warp(_ends().submitEnd + 1);
        _expectLate(_from(0));
        tenders.submit(bid, shares, signature, "");
        _list(bid, _proof(tenders.bidDigest(bid)));
    }

    function test_RevertWhen_ThePathIsWrong() public {
        ITenderLedger.SubmitBid memory bid = _box();
        VM.warp(_ends().submitEnd);
        ITenderLedger.MailboxProof memory proof = _proof(tenders.bidDigest(bid));
        proof.path[3] ^= bytes32(uint256(1));
        _expect(bid, proof, abi.encodeWithSelector(ITenderLedger.MailboxProofInvalid.selector, proof.root));
    }

    function test_RevertWhen_TheIndexIsBeyondTheBox() public {
        ITenderLedger.SubmitBid memory bid = _box();
        VM.warp(_ends().submitEnd);
        ITenderLedger.MailboxProof memory proof = _proof(tenders.bidDigest(bid));
        proof.index = 64;
        _expect(bid, proof, abi.encodeWithSelector(ITenderLedger.MailboxProofInvalid.selector, proof.root));
    }

    function test_RevertGiven_TheRootWasAnchoredAtTheDeadline() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        ITenderLedger.MailboxProof memory proof = _proof(tenders.bidDigest(bid));
        VM.warp(_ends().submitEnd);
        _anchor(proof.root);
        _expect(bid, proof, abi.encodeWithSelector(ITenderLedger.BidLate.selector, _from(0), _from(0)));
    }

    function test_RevertGiven_TheRootIsOfAnotherKind() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        ITenderLedger.MailboxProof memory proof = _proof(tenders.bidDigest(bid));
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, proof.root, 64);
        VM.warp(_ends().submitEnd);
        _expect(bid, proof, abi.encodeWithSelector(ITenderLedger.MailboxRootUnknown.selector, proof.root));
    }

    function test_RevertWhen_ReceivingIsNotOver() public {
        ITenderLedger.SubmitBid memory bid = _box();
        VM.warp(_ends().submitEnd - 1);
        _expect(
            bid,
            _proof(tenders.bidDigest(bid)),
            abi.encodeWithSelector(ITenderLedger.WindowNotOpen.selector, _from(1), _from(0))
        );
    }

    function test_RevertWhen_ListingIsOver() public {
        ITenderLedger.SubmitBid memory bid = _box();
        VM.warp(_ends().listEnd);
        _expect(
            bid,
            _proof(tenders.bidDigest(bid)),
            abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0))
        );
    }

    function test_RevertGiven_TheTenderHasNoMailbox() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.mailbox = 0;
        announcement.ends.listEnd = announcement.ends.submitEnd;
        _publish(announcement);
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        VM.warp(_ends().submitEnd);
        _expect(
            bid, _proof(tenders.bidDigest(bid)), abi.encodeWithSelector(ITenderLedger.MailboxAbsent.selector)
        );
    }

    /// @dev A tender, and a bid whose mailbox is anchored at once.
    function _box() private returns (ITenderLedger.SubmitBid memory bid) {
        _publish();
        bid = _bid(1, 1);
        _anchor(_proof(tenders.bidDigest(bid)).root);
    }

    function _amend() private {
        ITenderLedger.Ends memory ends = _ends();
        VM.prank(TENDERER);
        tenders.amend(tenderId, DIGEST, true, ends);
    }

    function _list(ITenderLedger.SubmitBid memory bid, ITenderLedger.MailboxProof memory proof) private {
        tenders.list(bid, _shares(1), _signed(_bidderKey(1), tenders.bidDigest(bid)), "", proof);
    }

    function _expect(
        ITenderLedger.SubmitBid memory bid,
        ITenderLedger.MailboxProof memory proof,
        bytes memory refusal
    ) private {
        bytes memory shares = _shares(1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        VM.expectRevert(refusal);
        tenders.list(bid, shares, signature, "", proof);
    }
}
