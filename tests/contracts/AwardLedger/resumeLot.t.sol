// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.resumeLot, by its tree
contract ResumeLotTest is Awards {
    function test_Given_TheNoticeRuns() public {
        _toNotice();
        uint40 end = awards.courseOf(tenderId, 0).noticeEnd;
        VM.warp(end - 1);
        _suspendLot();
        VM.warp(end + 2 days);
        VM.expectEmit();
        emit IAwardLedger.LotResumed(tenderId, 0, 2 days + 1);
        _resumeLot();
        _same(awards.courseOf(tenderId, 0).noticeEnd, end + 2 days + 1);
        VM.expectRevert(
            abi.encodeWithSelector(IAwardLedger.NoticeRunning.selector, end + 2 days + 1, _from(0))
        );
        _award(1, 0);
        VM.warp(_from(1));
        _award(1, 0);
    }

    function test_Given_TheNoticeWasOver() public {
        _toNotice();
        uint40 end = awards.courseOf(tenderId, 0).noticeEnd;
        VM.warp(end);
        _suspendLot();
        VM.warp(end + 2 days);
        _resumeLot();
        _same(awards.courseOf(tenderId, 0).noticeEnd, end);
        _award(1, 0);
    }

    function test_Given_AnObjectionToTheResultIsOpen() public {
        _toNotice();
        bytes32 id = _lodge(IAwardLedger.Stage.RESULT, 2);
        _suspendLot();
        VM.warp(_from(1 days));
        VM.expectEmit();
        emit IAwardLedger.LotHoldLifted(tenderId, 0, 0);
        _resumeLot();
        _same(awards.courseOf(tenderId, 0).suspendedAt, _from(-1 days));
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _same(awards.courseOf(tenderId, 0).suspendedAt, 0);
    }

    function test_When_ThePolicySLongestTimeIsOver() public {
        _toNotice();
        _suspendLot();
        VM.warp(_from(30 days));
        VM.prank(ANYBODY);
        awards.resumeLot(tenderId, 0);
        _same(awards.courseOf(tenderId, 0).suspendedAt, 0);
    }

    function test_RevertWhen_AnybodyLiftsItASecondEarly() public {
        _toNotice();
        _suspendLot();
        VM.warp(_from(30 days - 1));
        _expectSupervisorMissing(ANYBODY);
        VM.prank(ANYBODY);
        awards.resumeLot(tenderId, 0);
    }

    function test_RevertGiven_OnlyAnObjectionSuspendsIt() public {
        _toNotice();
        _lodge(IAwardLedger.Stage.RESULT, 2);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.NotSuspended.selector));
        _resumeLot();
    }

    function test_RevertGiven_TheLotRuns() public {
        _toNotice();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.NotSuspended.selector));
        _resumeLot();
    }
}
