// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.fileComplaint, by its tree
contract FileComplaintTest is Awards {
    function test_When_ItFollowsAnAnsweredObjection() public {
        bytes32 objection = _objected();
        bytes32 id = _file(IAwardLedger.Stage.RESULT, objection);
        _same(uint256(awards.complaintOf(id).state), uint256(IAwardLedger.ComplaintState.PENDING));
        _same(awards.openComplaints(tenderId, 0)[0], id);
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintOpen.selector, id));
        _award(1, 0);
        _move(id, IAwardLedger.ComplaintState.ACCEPTED);
        _move(id, IAwardLedger.ComplaintState.DECLINED);
        _award(1, 0);
    }

    function test_Given_TheObjectionIsOverdue() public {
        _toNotice();
        bytes32 objection = _lodge(IAwardLedger.Stage.RESULT, 2);
        VM.warp(awards.objectionOf(objection).dueAt);
        _file(IAwardLedger.Stage.RESULT, objection);
        _same(awards.openComplaints(tenderId, 0).length, 1);
    }

    function test_Given_ThePolicyLetsNoComplaintBlock() public {
        ITenderLedger.Policy memory policy = _policy();
        policy.complaintBlocksAward = false;
        policyId = _register(policy);
        bytes32 objection = _objected();
        _file(IAwardLedger.Stage.RESULT, objection);
        VM.warp(_from(3 days));
        _award(1, 0);
    }

    function test_When_ItIsAboutSomethingElse() public {
        _toNotice();
        bytes32 id = _file(IAwardLedger.Stage.OTHER, 0);
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintOpen.selector, id));
        _award(1, 0);
    }

    function test_RevertWhen_SomethingElseNamesAnObjection() public {
        bytes32 objection = _objected();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionUnknown.selector, objection));
        _file(IAwardLedger.Stage.OTHER, objection);
    }

    function test_RevertGiven_TheObjectionIsOpenAndNotOverdue() public {
        _toNotice();
        bytes32 objection = _lodge(IAwardLedger.Stage.RESULT, 2);
        VM.warp(awards.objectionOf(objection).dueAt - 1);
        _expectFirst(IAwardLedger.Stage.RESULT, 0, objection);
    }

    function test_RevertWhen_TheObjectionIsToAnotherStage() public {
        bytes32 objection = _objected();
        _expectFirst(IAwardLedger.Stage.OPENING, 0, objection);
    }

    function test_RevertWhen_TheObjectionIsToAnotherLot() public {
        bytes32 objection = _objected();
        _expectFirst(IAwardLedger.Stage.RESULT, 1, objection);
    }

    function test_RevertWhen_ThereIsNoSuchObjection() public {
        _toNotice();
        _expectFirst(IAwardLedger.Stage.RESULT, 0, DIGEST);
        _expectFirst(IAwardLedger.Stage.DOCUMENTS, 0, 0);
    }

    function test_RevertGiven_TheSameWasFiled() public {
        bytes32 objection = _objected();
        bytes32 id = _file(IAwardLedger.Stage.RESULT, objection);
        _move(id, IAwardLedger.ComplaintState.INVALID);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintAlreadyFiled.selector, id));
        _file(IAwardLedger.Stage.RESULT, objection);
    }

    function test_RevertWhen_NoDigestIsGiven() public {
        _toNotice();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.DigestEmpty.selector));
        VM.prank(SUPERVISOR);
        awards.fileComplaint(tenderId, 0, IAwardLedger.Stage.OTHER, 0, 0);
    }

    function test_RevertWhen_TheCallerIsNoSupervisor() public {
        _toNotice();
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        awards.fileComplaint(tenderId, 0, IAwardLedger.Stage.OTHER, 0, DIGEST);
    }

    /// @dev One to the result, dismissed at once.
    function _objected() private returns (bytes32 objection) {
        _toNotice();
        objection = _lodge(IAwardLedger.Stage.RESULT, 2);
        _answer(objection, IAwardLedger.Outcome.DISMISSED);
    }

    function _expectFirst(IAwardLedger.Stage stage, uint16 lot, bytes32 objection) private {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionFirst.selector));
        VM.prank(SUPERVISOR);
        awards.fileComplaint(tenderId, lot, stage, objection, DIGEST);
    }
}
