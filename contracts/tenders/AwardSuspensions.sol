// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Disputes} from "../libraries/Disputes.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {AwardDockets} from "./AwardDockets.sol";

/// @title Lots that stand still
abstract contract AwardSuspensions is AwardDockets {
    /// @inheritdoc IAwardLedger
    function suspendLot(bytes32 tenderId, uint16 lot, bytes32 digest) external {
        ITenderLedger.Tender memory tender = _tender(tenderId, lot);
        _requireSupervisor(tender.agency);
        _requireDigest(digest);
        Course storage course = _dockets[tenderId][lot].course;
        if (course.orderedAt != 0) revert ITenderLedger.AlreadyDone();
        ITenderLedger.Phase phase = _phase(tenderId, lot, Times.blockTime());
        uint8 part = TENDERS.currentPart(tenderId);
        if (part != tender.parts || !Disputes.isSuspendable(phase)) {
            revert ITenderLedger.TenderNotOpen(phase);
        }
        _requireRecorded(tenderId, lot, part);
        course.orderedAt = Times.blockTime();
        _holdLot(course, tenderId, lot, 0, digest);
    }

    /// @inheritdoc IAwardLedger
    function resumeLot(bytes32 tenderId, uint16 lot) external {
        ITenderLedger.Tender memory tender = _tender(tenderId, lot);
        Course storage course = _dockets[tenderId][lot].course;
        uint40 orderedAt = course.orderedAt;
        if (orderedAt == 0) revert ITenderLedger.NotSuspended();
        if (!POLICIES.hasLapsed(tender.policy, orderedAt, Times.blockTime())) {
            _requireSupervisor(tender.agency);
        }
        course.orderedAt = 0;
        emit LotHoldLifted(tenderId, lot, 0);
        if (course.objection == 0) _runLot(course, tenderId, lot);
    }

    function _holdLot(Course storage course, bytes32 tenderId, uint16 lot, bytes32 objection, bytes32 digest)
        internal
    {
        if (course.suspendedAt == 0) course.suspendedAt = Times.blockTime();
        emit LotHeld(tenderId, lot, objection, digest);
    }

    function _liftLot(Course storage course, bytes32 tenderId, uint16 lot, bytes32 objection) internal {
        if (course.objection != objection) return;
        course.objection = 0;
        emit LotHoldLifted(tenderId, lot, objection);
        if (course.orderedAt == 0) _runLot(course, tenderId, lot);
    }

    function _runLot(Course storage course, bytes32 tenderId, uint16 lot) private {
        uint40 since = course.suspendedAt;
        uint40 shift = Times.blockTime() - since;
        course.suspendedAt = 0;
        course.noticeEnd = TenderTimes.shiftedEnd(course.noticeEnd, since, shift);
        emit LotResumed(tenderId, lot, shift);
    }
}
