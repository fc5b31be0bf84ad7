// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.moveComplaint, by its tree
contract MoveComplaintTest is Awards {
    uint256 private _filed;

    function test_When_ItIsMovedAsComplaintsMove() public {
        _toNotice();
        VM.warp(_from(3 days));
        for (uint8 state = uint8(IAwardLedger.ComplaintState.PENDING); state <= _last(); ++state) {
            bytes32 id = _in(IAwardLedger.ComplaintState(state));
            bool blocks = state == uint8(IAwardLedger.ComplaintState.PENDING)
                || state == uint8(IAwardLedger.ComplaintState.ACCEPTED)
                || state == uint8(IAwardLedger.ComplaintState.SATISFIED);
            _same(awards.openComplaints(tenderId, 0).length, blocks ? 1 : 0);
            if (!blocks) continue;
            VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintOpen.selector, id));
            _award(1, 0);
            _decide(id);
        }
        _award(1, 0);
    }

    function test_When_EveryMoveIsTriedFromEveryState() public {
        _toNotice();
        uint256 legal = 0;
        for (uint8 from = uint8(IAwardLedger.ComplaintState.PENDING); from <= _last(); ++from) {
            for (uint8 to = 0; to <= _last(); ++to) {
                bytes32 id = _in(IAwardLedger.ComplaintState(from));
                if (_isLegal(from, to)) ++legal;
                else _expectIllegal(from, to);
                _move(id, IAwardLedger.ComplaintState(to));
            }
        }
        _same(legal, 7);
    }

    function test_When_OneOnTheResultIsSatisfied() public {
        _toNotice();
        bytes32 objection = _lodge(IAwardLedger.Stage.RESULT, 2);
        _answer(objection, IAwardLedger.Outcome.DISMISSED);
        bytes32 id = _file(IAwardLedger.Stage.RESULT, objection);
        _move(id, IAwardLedger.ComplaintState.ACCEPTED);
        _move(id, IAwardLedger.ComplaintState.SATISFIED);
        _step(IAwardLedger.Step.REVIEW);
        _seat(IAwardLedger.Step.SCORE, 1);
        _seat(IAwardLedger.Step.SCORE, 2);
        _report(2);
        _notice(_from(3 days));
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintOpen.selector, id));
        _award(1, 0);
        VM.expectEmit();
        emit IAwardLedger.ComplaintMoved(tenderId, id, IAwardLedger.ComplaintState.RESOLVED, DIGEST);
        _move(id, IAwardLedger.ComplaintState.RESOLVED);
        _award(1, 0);
    }

    function test_When_OneOnSomethingElseIsSatisfied() public {
        _toNotice();
        _in(IAwardLedger.ComplaintState.SATISFIED);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.GroundMissing.selector));
        _step(IAwardLedger.Step.REVIEW);
    }

    function test_RevertGiven_ThereIsNoSuchComplaint() public {
        _toNotice();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintUnknown.selector, DIGEST));
        _move(DIGEST, IAwardLedger.ComplaintState.ACCEPTED);
    }

    function test_RevertWhen_NoDigestIsGiven() public {
        _toNotice();
        bytes32 id = _in(IAwardLedger.ComplaintState.PENDING);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.DigestEmpty.selector));
        VM.prank(SUPERVISOR);
        awards.moveComplaint(id, IAwardLedger.ComplaintState.ACCEPTED, 0);
    }

    function test_RevertWhen_TheCallerIsNoSupervisor() public {
        _toNotice();
        bytes32 id = _in(IAwardLedger.ComplaintState.PENDING);
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        awards.moveComplaint(id, IAwardLedger.ComplaintState.ACCEPTED, DIGEST);
    }

    /// @dev A new complaint about something else, brought to a state.
    function _in(IAwardLedger.ComplaintState state) private returns (bytes32 id) {
        VM.prank(SUPERVISOR);
        id = awards.fileComplaint(tenderId, 0, IAwardLedger.Stage.OTHER, 0, bytes32(++_filed));
        if (state == IAwardLedger.ComplaintState.PENDING) return id;
        if (state >= IAwardLedger.ComplaintState.DECLINED) _move(id, IAwardLedger.ComplaintState.ACCEPTED);
        if (state == IAwardLedger.ComplaintState.RESOLVED) _move(id, IAwardLedger.ComplaintState.SATISFIED);
        _move(id, state);
    }

    /// @dev From where it blocks to where it does not.
    function _decide(bytes32 id) private {
        IAwardLedger.ComplaintState state = awards.complaintOf(id).state;
        if (state == IAwardLedger.ComplaintState.PENDING) _move(id, IAwardLedger.ComplaintState.MISTAKEN);
        else if (state == IAwardLedger.ComplaintState.ACCEPTED) _move(id, IAwardLedger.ComplaintState.STOPPED);
        else _move(id, IAwardLedger.ComplaintState.RESOLVED);
    }

    function _expectIllegal(uint8 from, uint8 to) private {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ComplaintTransitionIllegal.selector, from, to));
    }

    function _last() private pure returns (uint8) {
        return uint8(IAwardLedger.ComplaintState.RESOLVED);
    }

    /// @dev The seven of the reference, as digits: from, to.
    function _isLegal(uint8 from, uint8 to) private pure returns (bool) {
        uint8[7] memory moves = [12, 13, 14, 35, 36, 37, 68];
        for (uint256 i = 0; i < moves.length; ++i) {
            if (moves[i] == from * 10 + to) return true;
        }
        return false;
    }
}
