// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.liftObjection, by its tree
contract LiftObjectionTest is Awards {
    function test_When_TheSupervisorLiftsOneToTheDocumentsThatIsOverdue() public {
        bytes32 id = _lodged();
        uint40 end = _ends().submitEnd;
        VM.warp(_from(3 days));
        _lift(id);
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
        _same(_ends().submitEnd, end + 3 days);
        _same(uint256(awards.objectionOf(id).outcome), uint256(IAwardLedger.Outcome.OPEN));
        _same(awards.openObjections(tenderId, 0)[0], id);
    }

    function test_When_TheSupervisorLiftsOneToTheResultThatIsOverdue() public {
        bytes32 id = _lodgedToTheResult();
        uint40 end = awards.courseOf(tenderId, 0).noticeEnd;
        VM.warp(_from(3 days));
        _lift(id);
        _same(awards.courseOf(tenderId, 0).suspendedAt, 0);
        _same(awards.courseOf(tenderId, 0).noticeEnd, end + 3 days);
        VM.warp(end + 3 days);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionOpen.selector, id));
        _award(1, 0);
    }

    function test_Given_TheBuyerAdmittedIt() public {
        _publish();
        VM.prank(TENDERER);
        bytes32 id = awards.admitObjection(tenderId, 0, IAwardLedger.Stage.DOCUMENTS, DIGEST);
        VM.warp(_from(3 days));
        _lift(id);
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
    }

    function test_Given_ThePolicysLongestSuspensionHasPassedSince() public {
        bytes32 id = _lodged();
        VM.warp(_from(33 days));
        VM.prank(ANYBODY);
        awards.liftObjection(id);
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
    }

    function test_Given_ItIsAnsweredLater() public {
        bytes32 id = _lodgedToTheResult();
        VM.warp(_from(3 days));
        _lift(id);
        uint40 end = awards.courseOf(tenderId, 0).noticeEnd;
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _same(awards.courseOf(tenderId, 0).noticeEnd, end);
        VM.warp(end);
        _award(1, 0);
        _stands(ITenderLedger.Phase.AWARDED);
    }

    function test_Given_TheSupervisorOrderedASuspensionBesides() public {
        bytes32 id = _lodged();
        uint40 since = _from(0);
        _suspend();
        VM.warp(_from(3 days));
        _lift(id);
        _same(tenders.tenderOf(tenderId).objection, 0);
        _same(tenders.tenderOf(tenderId).suspendedAt, since);
    }

    function test_RevertWhen_ItIsDueInASecond() public {
        bytes32 id = _lodged();
        VM.warp(_from(3 days) - 1);
        _expectTooEarly(_from(1));
        _lift(id);
    }

    function test_RevertWhen_AnybodyLiftsItASecondEarly() public {
        bytes32 id = _lodged();
        VM.warp(_from(33 days) - 1);
        _expectSupervisorMissing(ANYBODY);
        VM.prank(ANYBODY);
        awards.liftObjection(id);
    }

    function test_RevertWhen_TheBuyerLiftsIt() public {
        bytes32 id = _lodged();
        VM.warp(_from(3 days));
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        awards.liftObjection(id);
    }

    function test_RevertGiven_ItIsAnswered() public {
        bytes32 id = _lodged();
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        VM.warp(_from(3 days));
        _expectRunning();
        _lift(id);
    }

    function test_RevertGiven_ItIsToTheOpening() public {
        _toOpened();
        bytes32 id = _lodge(IAwardLedger.Stage.OPENING, 1);
        VM.warp(_from(3 days));
        _expectRunning();
        _lift(id);
    }

    function test_RevertWhen_ItIsLiftedTwice() public {
        bytes32 id = _lodged();
        VM.warp(_from(3 days));
        _lift(id);
        _expectRunning();
        _lift(id);
    }

    function test_RevertWhen_ThereIsNoSuchObjection() public {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionUnknown.selector, DIGEST));
        _lift(DIGEST);
    }

    function _lodged() private returns (bytes32) {
        _publish();
        _submit(1);
        return _lodge(IAwardLedger.Stage.DOCUMENTS, 1);
    }

    function _lodgedToTheResult() private returns (bytes32) {
        _toNotice();
        return _lodge(IAwardLedger.Stage.RESULT, 2);
    }

    function _lift(bytes32 id) private {
        VM.prank(SUPERVISOR);
        awards.liftObjection(id);
    }

    function _expectRunning() private {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.NotSuspended.selector));
    }
}
