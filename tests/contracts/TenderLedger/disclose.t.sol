// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title TenderLedger.disclose, by its tree
contract DiscloseTest is Awards {
    function test_When_TheWindowOpens() public {
        _toDisclosure();
        VM.expectEmit();
        emit ITenderLedger.SecretDisclosed(tenderId, 0, _bidder(1), 1, _secret(1, 1, 1, 1));
        _disclose(1);
        _same(tenders.lotOf(tenderId, 0).disclosed1, 1);
        _same(tenders.partOf(tenderId, 1).openable, 0);
        _disclose(2);
        _same(tenders.partOf(tenderId, 1).openable, 1);
    }

    function test_RevertWhen_TheWindowOpensASecondLater() public {
        _toDisclosure();
        VM.warp(_from(-1));
        _expect(1, abi.encodeWithSelector(ITenderLedger.WindowNotOpen.selector, _from(1), _from(0)));
    }

    function test_RevertWhen_TheWindowClosesNow() public {
        _toDisclosure();
        VM.warp(_ends().discloseEnd);
        _expect(1, abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0)));
    }

    function test_RevertWhen_ItIsAnotherBidSSecret() public {
        _toDisclosure();
        _expectMismatch(_bid(1, 1), _secret(2, 1, 1, 1));
    }

    function test_RevertWhen_ItIsNobodySSecret() public {
        _toDisclosure();
        _expectMismatch(_bid(1, 1), DIGEST);
        _expectMismatch(_bid(1, 1), 0);
        _disclose(1);
    }

    function test_RevertGiven_ItsCommitmentWasCopiedFromAnotherBid() public {
        _publish();
        _submitMany(3);
        ITenderLedger.SubmitBid memory copy = _bid(4, 1);
        copy.parts[0].cB = _bid(1, 1).parts[0].cB;
        _submit(copy, _bidderKey(4));
        VM.warp(_ends().listEnd);
        _disclose(1);
        _expectMismatch(copy, _secret(1, 1, 1, 1));
    }

    function test_RevertGiven_TheBidWasReplaced() public {
        _publish();
        _submitMany(3);
        ITenderLedger.SubmitBid memory newer = _bid(1, 2);
        _submit(newer, _bidderKey(1));
        bytes32 current = tenders.bidDigest(newer);
        VM.warp(_ends().listEnd);
        _expect(
            1,
            abi.encodeWithSelector(
                ITenderLedger.DigestMismatch.selector, current, tenders.bidDigest(_bid(1, 1))
            )
        );
    }

    function test_RevertGiven_TheBidWasWithdrawn() public {
        _publish();
        _submitMany(4);
        _withdraw(1, 2);
        VM.warp(_ends().listEnd);
        _expect(
            1,
            abi.encodeWithSelector(
                ITenderLedger.DigestMismatch.selector,
                tenders.bidOf(tenderId, 0, _bidder(1)).digest,
                tenders.bidDigest(_bid(1, 1))
            )
        );
    }

    function test_RevertGiven_TheLotHasTooFewBids() public {
        _publish();
        _submitMany(2);
        VM.warp(_ends().listEnd);
        _expect(1, abi.encodeWithSelector(ITenderLedger.TooFewBids.selector, 2, 3));
    }

    function test_RevertGiven_ItWasDisclosed() public {
        _toDisclosure();
        _disclose(1);
        _expect(1, abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
    }

    function test_RevertGiven_PartTwoIsNotScheduled() public {
        _toReported();
        ITenderLedger.SubmitBid memory bid = _bid(2, 1);
        _expectPhase(ITenderLedger.Phase.WAITING);
        _disclose(bid, 2, _secret(2, 1, 2, 1));
    }

    function test_RevertWhen_PartTwoBeginsASecondLater() public {
        _toScheduled();
        VM.warp(_from(1 days - 1));
        ITenderLedger.SubmitBid memory bid = _bid(2, 1);
        _expectTooEarly(_from(1));
        _disclose(bid, 2, _secret(2, 1, 2, 1));
        VM.warp(_from(1));
        _disclose(bid, 2, _secret(2, 1, 2, 1));
    }

    function test_RevertGiven_TheTenderIsSuspended() public {
        _toDisclosure();
        _suspend();
        _expect(1, abi.encodeWithSelector(ITenderLedger.TenderSuspended.selector, _from(0)));
    }

    function test_RevertWhen_ThereIsNoSuchPart() public {
        _toDisclosure();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.PartUnknown.selector, 2));
        _disclose(bid, 2, _secret(1, 1, 1, 1));
    }

    function _expectMismatch(ITenderLedger.SubmitBid memory bid, bytes32 secret) private {
        bytes32 context = tenders.contextOf(tenderId, 0, 1, bid.bidder, 1);
        bytes32 found = keccak256(abi.encodePacked(uint8(1), context, secret));
        VM.expectRevert(
            abi.encodeWithSelector(ITenderLedger.CommitmentMismatch.selector, bid.parts[0].cB, found)
        );
        _disclose(bid, 1, secret);
    }

    function _expect(uint256 bidder, bytes memory refusal) private {
        ITenderLedger.SubmitBid memory bid = _bid(bidder, 1);
        VM.expectRevert(refusal);
        tenders.disclose(bid, 1, _secret(bidder, 1, 1, 1));
    }
}
