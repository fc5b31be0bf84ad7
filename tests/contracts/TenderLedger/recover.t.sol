// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.recover, by its tree
contract RecoverTest is Tenders {
    function test_When_TrusteesWereTooFew() public {
        _toRelease();
        _release(1);
        VM.warp(_ends().releaseEnd);
        _is(ITenderLedger.Phase.FALLBACK);
        _recover(1);
        _same(tenders.lotOf(tenderId, 0).recovered1, 1);
        VM.warp(_ends().fallbackEnd);
        _is(ITenderLedger.Phase.OPENED);
    }

    function test_Given_ThePartIsOpened() public {
        _toOpened();
        _recover(1);
    }

    function test_When_NobodySpeaks() public {
        _toRelease();
        VM.warp(_ends().fallbackEnd);
        _is(ITenderLedger.Phase.NOT_OPENED);
    }

    function test_RevertWhen_TrusteesHaveASecondLeft() public {
        _toRelease();
        VM.warp(_ends().releaseEnd - 1);
        _expect(1, abi.encodeWithSelector(ITenderLedger.WindowNotOpen.selector, _from(1), _from(0)));
    }

    function test_RevertWhen_TheFallbackEndsNow() public {
        _toRelease();
        VM.warp(_ends().fallbackEnd);
        _expect(1, abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0)));
    }

    function test_RevertGiven_TheBidWasNotDisclosed() public {
        _toDisclosure();
        _disclose(1);
        _disclose(2);
        VM.warp(_ends().releaseEnd);
        _expect(3, abi.encodeWithSelector(ITenderLedger.NotDisclosed.selector, _bidder(3)));
    }

    function test_RevertGiven_TheLotHasTooFewDisclosed() public {
        _toDisclosure();
        _disclose(1);
        VM.warp(_ends().releaseEnd);
        _expect(1, abi.encodeWithSelector(ITenderLedger.TooFewBids.selector, 1, 2));
    }

    function test_RevertGiven_ItWasRecovered() public {
        _toOpened();
        _recover(1);
        _expect(1, abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
    }

    function test_RevertWhen_ItIsTheBidderSOwnSecret() public {
        _toOpened();
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bytes32 context = tenders.contextOf(tenderId, 0, 1, bid.bidder, 1);
        bytes32 found = keccak256(abi.encodePacked(uint8(2), context, _secret(1, 1, 1, 1)));
        VM.expectRevert(
            abi.encodeWithSelector(ITenderLedger.CommitmentMismatch.selector, bid.parts[0].cC, found)
        );
        _recover(bid, 1, _secret(1, 1, 1, 1));
    }

    function _expect(uint256 bidder, bytes memory refusal) private {
        ITenderLedger.SubmitBid memory bid = _bid(bidder, 1);
        VM.expectRevert(refusal);
        tenders.recover(bid, 1, _secret(bidder, 1, 1, 2));
    }
}
