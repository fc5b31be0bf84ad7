// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.closeLot, by its tree
contract CloseLotTest is Tenders {
    function test_Given_TwoBidsAfterListing() public {
        _publish();
        _submitMany(2);
        VM.warp(_ends().listEnd);
        _is(ITenderLedger.Phase.FAILED_FEW);
        VM.expectEmit();
        emit ITenderLedger.LotFailed(tenderId, 0, 1, ITenderLedger.Phase.FAILED_FEW, 2, 0);
        tenders.closeLot(tenderId, 0);
    }

    function test_Given_OneDisclosedAfterDisclosure() public {
        _toDisclosure();
        _disclose(1);
        VM.warp(_ends().discloseEnd);
        VM.expectEmit();
        emit ITenderLedger.LotFailed(tenderId, 0, 1, ITenderLedger.Phase.FAILED_FEW, 3, 1);
        tenders.closeLot(tenderId, 0);
    }

    function test_Given_NobodyOpened() public {
        _toRelease();
        VM.warp(_ends().fallbackEnd);
        tenders.closeLot(tenderId, 0);
        _same(tenders.tenderOf(tenderId).failedLots, 1);
    }

    function test_RevertGiven_ItIsClosed() public {
        _publish();
        VM.warp(_ends().listEnd);
        tenders.closeLot(tenderId, 0);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        tenders.closeLot(tenderId, 0);
    }

    function test_RevertWhen_ListingHasASecondLeft() public {
        _publish();
        VM.warp(_ends().listEnd - 1);
        _expectPhase(ITenderLedger.Phase.LISTING);
        tenders.closeLot(tenderId, 0);
    }

    function test_RevertGiven_ThereAreEnough() public {
        _toDisclosure();
        _expectPhase(ITenderLedger.Phase.DISCLOSURE);
        tenders.closeLot(tenderId, 0);
    }
}
