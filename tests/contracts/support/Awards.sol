// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "./Tenders.sol";

/// @title Lot 0 after its opening
abstract contract Awards is Tenders {
    function _act() internal pure returns (IAwardLedger.Act memory act) {
        act.digest = DIGEST;
    }

    function _advance(IAwardLedger.Step step, IAwardLedger.Act memory act) internal {
        VM.prank(TENDERER);
        awards.advance(tenderId, 0, step, act);
    }

    function _step(IAwardLedger.Step step) internal {
        _advance(step, _act());
    }

    function _seat(IAwardLedger.Step step, uint8 seat) internal {
        IAwardLedger.Act memory act = _act();
        act.seat = seat;
        if (step == IAwardLedger.Step.REPLACE) act.reason = DIGEST;
        _advance(step, act);
    }

    /// @dev Bidders 1 to `count` as they are named by a report.
    function _report(uint256 count) internal {
        IAwardLedger.Act memory act = _act();
        act.bidders = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            act.bidders[i] = _bidder(i + 1);
        }
        _advance(IAwardLedger.Step.REPORT, act);
    }

    function _notice(uint40 until) internal {
        IAwardLedger.Act memory act = _act();
        act.until = until;
        _advance(IAwardLedger.Step.NOTICE, act);
    }

    function _award(uint256 winner, bytes32 reason) internal {
        IAwardLedger.Act memory act = _act();
        act.bidders = new address[](1);
        act.bidders[0] = _bidder(winner);
        act.reason = reason;
        _advance(IAwardLedger.Step.AWARD, act);
    }

    function _toRecorded() internal {
        _toOpened();
        _record(3);
    }

    function _toCommitted() internal {
        _toRecorded();
        _seat(IAwardLedger.Step.COMMITTEE, 2);
    }

    function _toEvaluated() internal {
        _toCommitted();
        _seat(IAwardLedger.Step.SCORE, 1);
        _seat(IAwardLedger.Step.SCORE, 2);
        _report(2);
    }

    /// @dev A notice of three days.
    function _toNotice() internal {
        _toEvaluated();
        _notice(_from(3 days));
    }

    /// @dev Three bids of lot 0 of what is published, disclosed, opened and recorded in part 1.
    function _openPublished() internal {
        _openDisclosed();
        _record(3);
    }

    /// @dev The same, not recorded yet.
    function _openDisclosed() internal {
        _submitMany(3);
        VM.warp(_ends().listEnd);
        for (uint256 bidder = 1; bidder <= 3; ++bidder) {
            _disclose(bidder);
        }
        VM.warp(_ends().discloseEnd);
        _release(1);
        _release(2);
    }

    /// @dev Two parts: lot 0 has a technical report that rejects bidder 1, lot 1 had no bids.
    function _toReported() internal {
        _publish(_announcement(2));
        _openPublished();
        _reportFirst();
    }

    /// @dev A committee of one, and its report that names bidder 1 alone.
    function _reportFirst() internal {
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        _seat(IAwardLedger.Step.SCORE, 1);
        _report(1);
    }

    /// @dev The same, lot 1 is closed, and nobody objects to the opening any more.
    function _toShown() internal {
        _toReported();
        tenders.closeLot(tenderId, 1);
        VM.warp(_ends().fallbackEnd);
    }

    /// @dev The same, and part 2 begins a day from now.
    function _toScheduled() internal {
        _toShown();
        _schedule(_from(1 days));
    }

    function _schedule(uint40 from) internal {
        VM.prank(TENDERER);
        tenders.schedulePart(tenderId, from);
    }

    function _suspendLot() internal {
        VM.prank(SUPERVISOR);
        awards.suspendLot(tenderId, 0, DIGEST);
    }

    function _resumeLot() internal {
        VM.prank(SUPERVISOR);
        awards.resumeLot(tenderId, 0);
    }

    function _void() internal {
        VM.prank(SUPERVISOR);
        awards.advance(tenderId, 0, IAwardLedger.Step.VOID, _act());
    }

    function _file(IAwardLedger.Stage stage, bytes32 objection) internal returns (bytes32) {
        VM.prank(SUPERVISOR);
        return awards.fileComplaint(tenderId, 0, stage, objection, DIGEST);
    }

    function _move(bytes32 id, IAwardLedger.ComplaintState state) internal {
        VM.prank(SUPERVISOR);
        awards.moveComplaint(id, state, DIGEST);
    }

    /// @dev Drawer `number` of lot 0's round `round`.
    function _drawerKey(uint32 round, uint8 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("drawer", round, number)));
    }

    function _drawer(uint32 round, uint8 number) internal pure returns (address) {
        return VM.addr(_drawerKey(round, number));
    }

    function _drawers(uint32 round, uint8 count) internal pure returns (address[] memory keys) {
        keys = new address[](count);
        for (uint8 i = 0; i < count; ++i) {
            keys[i] = _drawer(round, i + 1);
        }
    }

    function _begin() internal {
        VM.prank(TENDERER);
        awards.beginDraw(tenderId, 0, DIGEST);
    }

    function _join(address[] memory keys) internal {
        VM.prank(TENDERER);
        awards.joinDraw(tenderId, 0, keys);
    }

    function _deal() internal {
        VM.prank(TENDERER);
        awards.dealDraw(tenderId, 0, DIGEST);
    }

    function _reveal(uint32 round, uint8 number) internal {
        _reveal(_drawer(round, number), bytes32(_drawerKey(round, number)));
    }

    function _reveal(address key, bytes32 secret) internal {
        VM.prank(ANYBODY);
        awards.revealDraw(tenderId, 0, key, secret);
    }

    /// @dev Three of the round have joined.
    function _toJoined(uint32 round) internal {
        _begin();
        _join(_drawers(round, 3));
    }

    function _toDealt(uint32 round) internal {
        _toJoined(round);
        _deal();
    }

    function _draws(IAwardLedger.DrawState state, uint32 round) internal view {
        IAwardLedger.Draw memory draw = awards.drawOf(tenderId, 0);
        _same(uint256(draw.state), uint256(state));
        _same(draw.round, round);
    }

    function _expectDrawForbidden(uint32 round, IAwardLedger.DrawState state) internal {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.DrawForbidden.selector, round, state));
    }

    function _stands(ITenderLedger.Phase wanted) internal view {
        _same(uint256(awards.phaseAt(tenderId, 0, _from(0))), uint256(wanted));
    }

    function _objection(IAwardLedger.Stage stage, uint256 bidder)
        internal
        view
        returns (IAwardLedger.LodgeObjection memory)
    {
        return IAwardLedger.LodgeObjection({
            tenderId: tenderId, lot: 0, stage: stage, bidder: _bidder(bidder), digest: DIGEST
        });
    }

    function _lodge(IAwardLedger.Stage stage, uint256 bidder) internal returns (bytes32) {
        IAwardLedger.LodgeObjection memory objection = _objection(stage, bidder);
        bytes memory signature = _signed(_bidderKey(bidder), awards.objectionDigest(objection));
        VM.prank(ANYBODY);
        return awards.lodgeObjection(objection, signature);
    }

    function _answer(bytes32 id, IAwardLedger.Outcome outcome) internal {
        VM.prank(TENDERER);
        awards.answerObjection(id, outcome, DIGEST);
    }

    function _expectForbidden(IAwardLedger.Step step, ITenderLedger.Phase phase) internal {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.StepForbidden.selector, step, phase));
    }
}
