// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.submit, by its tree
contract SubmitTest is Tenders {
    function test_When_AnybodyBringsASignedBid() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        _submit(bid, _bidderKey(1));
        ITenderLedger.Bid memory stored = tenders.bidOf(tenderId, 0, bid.bidder);
        _same(stored.digest, tenders.bidDigest(bid));
        _same(stored.version, 1);
        _same(stored.submittedAt, _from(0));
        _same(stored.docsVersion, 1);
        _same(tenders.lotOf(tenderId, 0).live, 1);
        _same(tenders.lotOf(tenderId, 1).live, 0);
    }

    function test_When_AHigherVersionComes() public {
        _publish();
        _submit(1);
        _submit(_bid(1, 7), _bidderKey(1));
        _same(tenders.lotOf(tenderId, 0).live, 1);
        _same(tenders.bidOf(tenderId, 0, _bidder(1)).version, 7);
    }

    function test_Given_TheBidWasWithdrawn() public {
        _publish();
        _submit(1);
        _withdraw(1, 2);
        _submit(_bid(1, 3), _bidderKey(1));
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_When_ItIsTheLastSecond() public {
        _publish();
        VM.warp(_ends().submitEnd - 1);
        _submit(1);
    }

    function test_RevertWhen_ItIsTheClosingSecond() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        VM.warp(_ends().submitEnd);
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.BidLate.selector, _from(0), _from(0)));
    }

    function test_RevertWhen_ItWasKeptTooLong() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bid.validUntil = _from(0);
        _expectSubmit(
            bid, 1, abi.encodeWithSelector(ITenderLedger.MessageExpired.selector, _from(0), _from(0))
        );
    }

    function test_RevertGiven_TheTenderWasNeverPublished() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bid.tenderId = DIGEST;
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.TenderUnknown.selector, DIGEST));
    }

    function test_RevertWhen_TheVersionIsTheSame() public {
        _publish();
        _submit(1);
        _expectSubmit(_bid(1, 1), 1, abi.encodeWithSelector(ITenderLedger.BidVersionStale.selector, 1, 1));
    }

    function test_RevertWhen_AnOldVersionIsReplayed() public {
        _publish();
        _submit(1);
        _withdraw(1, 2);
        _expectSubmit(_bid(1, 1), 1, abi.encodeWithSelector(ITenderLedger.BidVersionStale.selector, 2, 1));
    }

    function test_RevertWhen_AStrangerSigns() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        _expectForged(bid, _signed(_bidderKey(2), tenders.bidDigest(bid)));
    }

    function test_RevertWhen_TheFileHashWasSwapped() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        bid.parts[0].file = DIGEST;
        _expectForged(bid, signature);
    }

    function test_RevertWhen_ItWasSignedForAnotherLot() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        bid.lot = 1;
        _expectForged(bid, signature);
    }

    function test_RevertWhen_ItWasSignedForAnotherTender() public {
        _publish();
        ITenderLedger.Announcement memory other = _announcement();
        other.ref = DIGEST;
        _publish(other);
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        bid.tenderId = tenders.tenderIdOf(agency, DIGEST);
        _expectForged(bid, signature);
    }

    function test_RevertWhen_ItWasSignedForAnotherLedger() public {
        _publish();
        ITenderLedger other = ITenderLedger(
            VM.deployCode("TenderLedger.sol:TenderLedger", abi.encode(authority, ledger, policies))
        );
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        _expectForged(bid, _signed(_bidderKey(1), other.bidDigest(bid)));
    }

    function test_RevertWhen_ItWasSignedForAnotherChain() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        VM.chainId(1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        VM.chainId(31_337);
        _expectForged(bid, signature);
    }

    function test_RevertWhen_SIsHigh() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_bidderKey(1), tenders.bidDigest(bid));
        _expectForged(bid, abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27)));
    }

    function test_RevertWhen_TheBidderIsZero() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bid.bidder = address(0);
        _expectForged(bid, new bytes(65));
    }

    function test_RevertWhen_TheLotIsUnknown() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bid.lot = 2;
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.LotUnknown.selector, 2));
    }

    function test_RevertWhen_ThePartsAreTooMany() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        ITenderLedger.SealedPart memory part = bid.parts[0];
        bid.parts = new ITenderLedger.SealedPart[](2);
        (bid.parts[0], bid.parts[1]) = (part, part);
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.PartsMismatch.selector, 1, 2));
    }

    function test_RevertWhen_TheSharesAreAByteShort() public {
        _publish();
        _expectShares(_bid(1, 1), new bytes(3 * 81 - 1), 1);
    }

    function test_RevertWhen_TheSharesAreAByteLong() public {
        _publish();
        _expectShares(_bid(1, 1), abi.encodePacked(_shares(1), uint8(0)), 1);
    }

    function test_RevertWhen_TheSharesOfPartTwoDiffer() public {
        _publish(_announcement(2));
        bytes memory shares = _shares(2);
        shares[5 * 81] ^= 0x01;
        _expectShares(_bid(1, 1), shares, 2);
    }

    function test_Given_TheDocumentsWereClarifiedASecondBeforeTheEnd() public {
        ITenderLedger.SubmitBid memory bid = _amendedAfter(false, false);
        VM.warp(_ends().submitEnd - 1);
        _submit(bid, _bidderKey(1));
        _same(tenders.bidOf(tenderId, 0, bid.bidder).docsVersion, 1);
        _same(tenders.tenderOf(tenderId).version, 2);
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_Given_TheyWereClarifiedAndThePolicyDropsStaleBids() public {
        ITenderLedger.SubmitBid memory bid = _amendedAfter(true, false);
        _submit(bid, _bidderKey(1));
        _same(tenders.bidOf(tenderId, 0, bid.bidder).docsVersion, 1);
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_RevertGiven_TheyWereAmendedInAWayThatAffectsBids() public {
        ITenderLedger.SubmitBid memory bid = _amendedAfter(false, true);
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.DocumentsOutdated.selector, DIGEST));
    }

    function test_RevertGiven_TheyAffectBidsAndThePolicyDropsStaleBids() public {
        ITenderLedger.SubmitBid memory bid = _amendedAfter(true, true);
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.DocumentsOutdated.selector, DIGEST));
    }

    function test_RevertWhen_TheDocumentsWereNeverPublished() public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bid.docs = DIGEST;
        _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.DocumentsOutdated.selector, DOCS));
    }

    function test_When_TheGuarantorSigned() public {
        _publishGuaranteed();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        _submitGuaranteed(bid, _signed(GUARANTOR_KEY, tenders.bondDigest(tenderId, 0, bid.bond)));
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_RevertWhen_AnotherGuarantorSigned() public {
        _publishGuaranteed();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bytes memory bond = _signed(GUARANTOR_KEY + 1, tenders.bondDigest(tenderId, 0, bid.bond));
        _expectGuaranteed(bid, bond);
    }

    function test_RevertWhen_TheBondIsOfAnotherLot() public {
        _publishGuaranteed();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        _expectGuaranteed(bid, _signed(GUARANTOR_KEY, tenders.bondDigest(tenderId, 1, bid.bond)));
    }

    function test_RevertWhen_NobodySignedForTheBond() public {
        _publishGuaranteed();
        _expectGuaranteed(_bid(1, 1), "");
    }

    function test_Given_TheTenderIsSuspended() public {
        _publish();
        _suspend();
        VM.warp(_from(40 days));
        _submit(1);
    }

    function test_RevertGiven_ItIsSuspendedAndThePolicyTakesNoBids() public {
        ITenderLedger.Policy memory strict = _policy();
        strict.takesBidsWhileSuspended = false;
        policyId = _register(strict);
        _publish();
        _suspend();
        _expectSubmit(_bid(1, 1), 1, abi.encodeWithSelector(ITenderLedger.TenderSuspended.selector, _from(0)));
    }

    function testFuzz_TheClockAloneDecides(uint40 moment) public {
        _publish();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bid.validUntil = type(uint64).max;
        uint40 end = _ends().submitEnd;
        moment = uint40(START + moment % 40 days);
        VM.warp(moment);
        if (moment < end) _submit(bid, _bidderKey(1));
        else _expectSubmit(bid, 1, abi.encodeWithSelector(ITenderLedger.BidLate.selector, end, moment));
    }

    function _publishGuaranteed() private {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.bondAuthority = VM.addr(GUARANTOR_KEY);
        _publish(announcement);
    }

    function _submitGuaranteed(ITenderLedger.SubmitBid memory bid, bytes memory bond) private {
        tenders.submit(bid, _shares(1), _signed(_bidderKey(1), tenders.bidDigest(bid)), bond);
    }

    function _expectGuaranteed(ITenderLedger.SubmitBid memory bid, bytes memory bond) private {
        bytes memory shares = _shares(1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.BondNotAttested.selector));
        tenders.submit(bid, shares, signature, bond);
    }

    /// @dev A bid to documents that are amended before it is brought.
    function _amendedAfter(bool drops, bool affectsBids)
        private
        returns (ITenderLedger.SubmitBid memory bid)
    {
        if (drops) {
            ITenderLedger.Policy memory policy = _policy();
            policy.dropsStaleBids = true;
            policyId = _register(policy);
        }
        _publish();
        bid = _bid(1, 1);
        ITenderLedger.Ends memory ends = _ends();
        VM.prank(TENDERER);
        tenders.amend(tenderId, DIGEST, affectsBids, ends);
    }

    function _expectSubmit(ITenderLedger.SubmitBid memory bid, uint256 bidder, bytes memory refusal) private {
        bytes memory shares = _shares(1);
        bytes memory signature = _signed(_bidderKey(bidder), tenders.bidDigest(bid));
        VM.expectRevert(refusal);
        tenders.submit(bid, shares, signature, "");
    }

    function _expectForged(ITenderLedger.SubmitBid memory bid, bytes memory signature) private {
        bytes memory shares = _shares(1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.BidSignatureInvalid.selector, bid.bidder));
        tenders.submit(bid, shares, signature, "");
    }

    function _expectShares(ITenderLedger.SubmitBid memory bid, bytes memory shares, uint8 part) private {
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.SharesMismatch.selector, part));
        tenders.submit(bid, shares, signature, "");
    }
}
