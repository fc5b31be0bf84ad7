// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.suspendLot, by its tree
contract SuspendLotTest is Awards {
    function test_Given_TheLotIsInItsNotice() public {
        _toNotice();
        VM.expectEmit();
        emit IAwardLedger.LotHeld(tenderId, 0, 0, DIGEST);
        _suspendLot();
        _same(awards.courseOf(tenderId, 0).suspendedAt, _from(0));
        VM.warp(_from(4 days));
        for (uint8 step = uint8(IAwardLedger.Step.REVIEW); step <= uint8(IAwardLedger.Step.AWARD); ++step) {
            _expectSuspended(_from(-4 days));
            _step(IAwardLedger.Step(step));
        }
        _step(IAwardLedger.Step.TERMINATE);
    }

    function test_Given_TheLotIsAwarded() public {
        _toNotice();
        VM.warp(_from(3 days));
        _award(1, 0);
        _suspendLot();
        IAwardLedger.Act memory act = _act();
        act.reason = DIGEST;
        _expectSuspended(_from(0));
        _advance(IAwardLedger.Step.CONTRACT, act);
    }

    function test_Given_AnObjectionToTheResultSuspendsIt() public {
        _toNotice();
        uint40 end = awards.courseOf(tenderId, 0).noticeEnd;
        bytes32 id = _lodge(IAwardLedger.Stage.RESULT, 2);
        VM.warp(_from(1 days));
        _suspendLot();
        _same(awards.courseOf(tenderId, 0).suspendedAt, _from(-1 days));
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _same(awards.courseOf(tenderId, 0).suspendedAt, _from(-1 days));
        VM.warp(_from(1 days));
        _resumeLot();
        _same(awards.courseOf(tenderId, 0).suspendedAt, 0);
        _same(awards.courseOf(tenderId, 0).noticeEnd, end + 2 days);
    }

    function test_RevertGiven_ItWasOrdered() public {
        _toNotice();
        _suspendLot();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _suspendLot();
    }

    function test_RevertGiven_TheOpeningIsNotRecorded() public {
        _toOpened();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.OpeningNotRecorded.selector, 0, 1));
        _suspendLot();
    }

    function test_RevertGiven_PricesAreStillToBeOpened() public {
        _toReported();
        _expectPhase(ITenderLedger.Phase.EVALUATED);
        _suspendLot();
    }

    function test_RevertGiven_TheContractIsSigned() public {
        _toNotice();
        VM.warp(_from(3 days));
        _award(1, 0);
        IAwardLedger.Act memory act = _act();
        act.reason = DIGEST;
        _advance(IAwardLedger.Step.CONTRACT, act);
        _expectPhase(ITenderLedger.Phase.CONTRACTED);
        _suspendLot();
    }

    function test_RevertGiven_TheLotHasEnded() public {
        _toCommitted();
        _step(IAwardLedger.Step.REJECT_ALL);
        _expectPhase(ITenderLedger.Phase.ALL_REJECTED);
        _suspendLot();
    }

    function test_RevertWhen_NoDigestIsGiven() public {
        _toNotice();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.DigestEmpty.selector));
        VM.prank(SUPERVISOR);
        awards.suspendLot(tenderId, 0, 0);
    }

    function test_RevertWhen_TheLotIsUnknown() public {
        _toNotice();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.LotUnknown.selector, 2));
        VM.prank(SUPERVISOR);
        awards.suspendLot(tenderId, 2, DIGEST);
    }

    function test_RevertWhen_TheCallerIsNoSupervisor() public {
        _toNotice();
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        awards.suspendLot(tenderId, 0, DIGEST);
    }
}
