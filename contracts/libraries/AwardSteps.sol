// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

/// @title The table of a lot's steps after its opening
library AwardSteps {
    /// @dev One row: the phases from which, what follows, and which values of an act are used besides the digest.
    struct Row {
        uint256 sources; // bit = phase
        ITenderLedger.Phase target;
        bool takesReason;
        bool takesUntil;
        bool takesSeat;
        bool takesBidders;
        bool worksSuspended;
        bool endsLot;
    }

    uint256 private constant OPENED = uint256(1) << uint8(ITenderLedger.Phase.OPENED);
    uint256 private constant COMMITTED = uint256(1) << uint8(ITenderLedger.Phase.COMMITTED);
    uint256 private constant EVALUATED = uint256(1) << uint8(ITenderLedger.Phase.EVALUATED);
    uint256 private constant NOTICE = uint256(1) << uint8(ITenderLedger.Phase.NOTICE);
    uint256 private constant AWARDED = uint256(1) << uint8(ITenderLedger.Phase.AWARDED);
    uint256 private constant CONTRACTED = uint256(1) << uint8(ITenderLedger.Phase.CONTRACTED);
    uint256 private constant BEFORE_AWARD = OPENED | COMMITTED | EVALUATED | NOTICE;

    /// @notice The row of a step.
    function rowOf(IAwardLedger.Step step) internal pure returns (Row memory row) {
        if (uint8(step) <= uint8(IAwardLedger.Step.REJECT_ALL)) return _evaluationRow(step);
        if (step == IAwardLedger.Step.NOTICE) {
            (row.sources, row.target) = (EVALUATED, ITenderLedger.Phase.NOTICE);
            row.takesUntil = true;
        } else if (step == IAwardLedger.Step.REVIEW) {
            (row.sources, row.target) = (NOTICE, ITenderLedger.Phase.COMMITTED);
        } else if (step == IAwardLedger.Step.AWARD) {
            (row.sources, row.target) = (NOTICE, ITenderLedger.Phase.AWARDED);
            (row.takesReason, row.takesBidders) = (true, true);
        } else if (step == IAwardLedger.Step.CONTRACT) {
            (row.sources, row.target) = (AWARDED, ITenderLedger.Phase.CONTRACTED);
            row.takesReason = true;
        } else {
            _fillExit(row, step);
        }
    }

    function _evaluationRow(IAwardLedger.Step step) private pure returns (Row memory row) {
        (row.sources, row.target) = (COMMITTED, ITenderLedger.Phase.COMMITTED);
        if (step == IAwardLedger.Step.COMMITTEE) {
            (row.sources, row.takesSeat) = (OPENED, true);
        } else if (step == IAwardLedger.Step.SCORE) {
            row.takesSeat = true;
        } else if (step == IAwardLedger.Step.REPLACE) {
            (row.takesSeat, row.takesReason) = (true, true);
        } else if (step == IAwardLedger.Step.REPORT) {
            (row.target, row.takesBidders) = (ITenderLedger.Phase.EVALUATED, true);
        } else if (step == IAwardLedger.Step.REJECT) {
            (row.sources, row.target) = (EVALUATED, ITenderLedger.Phase.EVALUATED);
            row.takesBidders = true;
        } else {
            (row.target, row.endsLot) = (ITenderLedger.Phase.ALL_REJECTED, true);
        }
    }

    function _fillExit(Row memory row, IAwardLedger.Step step) private pure {
        (row.worksSuspended, row.endsLot) = (true, true);
        if (step == IAwardLedger.Step.TERMINATE) {
            (row.sources, row.target) = (BEFORE_AWARD, ITenderLedger.Phase.TERMINATED);
        } else {
            (row.sources, row.target) = (BEFORE_AWARD | AWARDED | CONTRACTED, ITenderLedger.Phase.VOIDED);
        }
    }

    /// @notice Reverts with {StepForbidden} unless the row starts from `phase`.
    function requireSource(Row memory row, IAwardLedger.Step step, ITenderLedger.Phase phase) internal pure {
        if (row.sources & (uint256(1) << uint8(phase)) == 0) revert IAwardLedger.StepForbidden(step, phase);
    }

    /// @notice Reverts with {ActMalformed} unless the act has a digest and nothing that the row does not use.
    function requireFitting(Row memory row, IAwardLedger.Step step, IAwardLedger.Act calldata act)
        internal
        pure
    {
        bool isFitting = act.digest != 0 && (row.takesReason || act.reason == 0)
            && (row.takesUntil || act.until == 0) && (row.takesSeat == (act.seat != 0))
            && (row.takesBidders || act.bidders.length == 0);
        if (!isFitting) revert IAwardLedger.ActMalformed(step);
    }
}
