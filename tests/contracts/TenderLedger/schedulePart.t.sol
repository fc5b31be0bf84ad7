// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title TenderLedger.schedulePart, by its tree
contract SchedulePartTest is Awards {
    function test_Given_EveryLotIsSettledOrFailed() public {
        _toShown();
        uint40 start = _from(5 days);
        ITenderLedger.Ends memory wanted = _endsFrom(start - LISTING);
        wanted.submitEnd = _ends().submitEnd;
        VM.expectEmit();
        emit ITenderLedger.PartScheduled(tenderId, 2, wanted);
        _schedule(start);
        _same(keccak256(abi.encode(tenders.endsOf(tenderId, 2))), keccak256(abi.encode(wanted)));
        _same(tenders.currentPart(tenderId), 2);
        _stands(ITenderLedger.Phase.WAITING);
    }

    function test_When_ItBeginsNow() public {
        _toShown();
        _schedule(_from(0));
        _disclose(_bid(2, 1), 2, _secret(2, 1, 2, 1));
        _same(tenders.lotOf(tenderId, 0).disclosed2, 1);
    }

    function test_RevertGiven_ALotIsNeitherSettledNorFailed() public {
        _toReported();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.LotsUnsettled.selector, 1, 2));
        _schedule(_from(1 days));
    }

    function test_RevertGiven_TheOpeningMayBeObjectedToForASecondMore() public {
        _toShown();
        VM.warp(_from(-1));
        _expectTooEarly(_from(1));
        _schedule(_from(1 days));
        _lodge(IAwardLedger.Stage.OPENING, 2);
    }

    function test_RevertGiven_ItWasRecordedAfterItsLastWindowAndMayBeObjectedToStill() public {
        _publish(_announcement(2));
        _openDisclosed();
        VM.warp(_ends().fallbackEnd + 1 hours);
        _record(3);
        _reportFirst();
        tenders.closeLot(tenderId, 1);
        uint40 end = _from(10 minutes);
        VM.warp(end - 1);
        _expectTooEarly(end);
        _schedule(_from(1 days));
        _lodge(IAwardLedger.Stage.OPENING, 2);
        VM.warp(end);
        _schedule(_from(1 days));
    }

    function test_RevertWhen_ItWouldBeginASecondAgo() public {
        _toShown();
        _expectViolated(ITenderLedger.Rule.START, _from(0), _from(-1));
        _schedule(_from(-1));
    }

    function test_RevertGiven_ItIsScheduled() public {
        _toScheduled();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _schedule(_from(2 days));
    }

    function test_RevertGiven_TheTenderHasOnePart() public {
        _toRecorded();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.PartUnknown.selector, 2));
        _schedule(_from(1 days));
    }

    function test_RevertGiven_TheTenderIsSuspended() public {
        _toShown();
        _suspend();
        _expectSuspended(_from(0));
        _schedule(_from(1 days));
    }

    function test_RevertGiven_TheTenderIsTerminated() public {
        _toReported();
        VM.prank(TENDERER);
        tenders.terminate(tenderId, DIGEST);
        _expectPhase(ITenderLedger.Phase.TERMINATED);
        _schedule(_from(1 days));
    }

    function test_RevertGiven_TheTenderWasNeverPublished() public {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TenderUnknown.selector, tenderId));
        _schedule(_from(1 days));
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        _toReported();
        _expectTendererMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        tenders.schedulePart(tenderId, _from(1 days));
    }
}
