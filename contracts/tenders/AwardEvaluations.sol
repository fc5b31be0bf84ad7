// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {AwardSteps} from "../libraries/AwardSteps.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {AwardDockets} from "./AwardDockets.sol";

/// @title The steps of a lot from its opening to the contract
abstract contract AwardEvaluations is AwardDockets {
    using AwardSteps for AwardSteps.Row;
    using EnumerableSet for EnumerableSet.Bytes32Set;

    uint8 private constant MAX_SEATS = 64;
    uint256 private constant MAX_BIDDERS = 32;
    uint256 private constant MAX_CANDIDATES = 3;

    /// @inheritdoc IAwardLedger
    function advance(bytes32 tenderId, uint16 lot, Step step, Act calldata act) external {
        ITenderLedger.Tender memory tender = _tender(tenderId, lot);
        if (step == Step.VOID) _requireSupervisor(tender.agency);
        else _requireTenderer(tender.agency);
        Course storage course = _dockets[tenderId][lot].course;
        AwardSteps.Row memory row = AwardSteps.rowOf(step);
        uint8 part = TENDERS.currentPart(tenderId);
        row.requireSource(step, _phase(tenderId, lot, Times.blockTime()));
        row.requireFitting(step, act);
        if (!row.worksSuspended) _requireRunning(tender, course);
        // What is called is the ledger that made this contract; it calls nobody back.
        // slither-disable-next-line reentrancy-no-eth
        if (step <= Step.REJECT_ALL) _evaluate(course, tender, tenderId, lot, part, step, act);
        else _conclude(course, tender, tenderId, lot, part, step, act);
        (course.phase, course.part) = (row.target, part);
        if (row.endsLot && part < tender.parts) TENDERS.settle(tenderId, lot, row.target);
    }

    /// @dev COMMITTEE to REJECT_ALL.
    function _evaluate(
        Course storage course,
        ITenderLedger.Tender memory tender,
        bytes32 tenderId,
        uint16 lot,
        uint8 part,
        Step step,
        Act calldata act
    ) private {
        if (step == Step.COMMITTEE) {
            _requireRecorded(tenderId, lot, part);
            if (act.seat > MAX_SEATS) {
                revert ITenderLedger.PolicyViolated(ITenderLedger.Rule.SEATS, MAX_SEATS, act.seat);
            }
            (course.seats, course.scored) = (act.seat, 0);
            emit CommitteeCommitted(tenderId, lot, part, act.digest, act.seat);
        } else if (step == Step.SCORE || step == Step.REPLACE) {
            _score(course, tenderId, lot, part, step, act);
        } else if (step == Step.REJECT_ALL) {
            emit AllRejected(tenderId, lot, part, act.digest);
        } else {
            _report(course, tender, tenderId, lot, part, step, act);
        }
    }

    function _score(
        Course storage course,
        bytes32 tenderId,
        uint16 lot,
        uint8 part,
        Step step,
        Act calldata act
    ) private {
        if (act.seat > course.seats) revert SeatUnknown(act.seat, course.seats);
        uint64 bit = uint64(1) << (act.seat - 1);
        uint64 scored = course.scored;
        if (step == Step.SCORE) {
            if (scored & bit != 0) revert ITenderLedger.AlreadyDone();
            course.scored = scored | bit;
            emit ScoreCommitted(tenderId, lot, part, act.digest, act.seat);
        } else {
            if (act.reason == 0) revert ActMalformed(step);
            course.scored = scored & ~bit;
            emit ExpertReplaced(tenderId, lot, part, act.digest, act.seat, act.reason);
        }
    }

    /// @dev REPORT and REJECT.
    function _report(
        Course storage course,
        ITenderLedger.Tender memory tender,
        bytes32 tenderId,
        uint16 lot,
        uint8 part,
        Step step,
        Act calldata act
    ) private {
        if (step == Step.REPORT && course.scored != type(uint64).max >> (MAX_SEATS - course.seats)) {
            revert ScoresMissing(course.scored, course.seats);
        }
        if (part == tender.parts) {
            if (step == Step.REJECT) revert StepForbidden(step, course.phase);
            _nominate(course, tenderId, lot, part, act.bidders);
        }
        emit ReportRecorded(tenderId, lot, part, act.digest, act.bidders);
        if (part == tender.parts) return;
        if (act.bidders.length > MAX_BIDDERS) {
            revert ITenderLedger.PolicyViolated(ITenderLedger.Rule.BIDDERS, MAX_BIDDERS, act.bidders.length);
        }
        if (act.bidders.length != 0) TENDERS.reject(tenderId, lot, act.bidders);
        if (step == Step.REPORT) TENDERS.settle(tenderId, lot, ITenderLedger.Phase.UNKNOWN);
    }

    function _nominate(
        Course storage course,
        bytes32 tenderId,
        uint16 lot,
        uint8 part,
        address[] calldata bidders
    ) private {
        uint256 count = bidders.length;
        if (count == 0 || count > MAX_CANDIDATES) {
            revert ITenderLedger.PolicyViolated(ITenderLedger.Rule.CANDIDATES, MAX_CANDIDATES, count);
        }
        for (uint256 i = 0; i < count; ++i) {
            // slither-disable-next-line calls-loop - there are at most three
            ITenderLedger.Bid memory bid = TENDERS.bidOf(tenderId, lot, bidders[i]);
            if (bid.disclosed & part == 0) revert CandidateInvalid(bidders[i]);
            for (uint256 j = 0; j < i; ++j) {
                if (bidders[j] == bidders[i]) revert CandidateInvalid(bidders[i]);
            }
        }
        course.candidates = bidders;
    }

    /// @dev NOTICE to VOID.
    function _conclude(
        Course storage course,
        ITenderLedger.Tender memory tender,
        bytes32 tenderId,
        uint16 lot,
        uint8 part,
        Step step,
        Act calldata act
    ) private {
        if (step == Step.NOTICE) {
            _publishNotice(course, tender, tenderId, lot, part, act);
            ++_dockets[tenderId][lot].notices;
        } else if (step == Step.REVIEW) {
            if (!course.hasGround) revert GroundMissing();
            (course.hasGround, course.scored) = (false, 0);
            _dockets[tenderId][lot].upheld = 0;
            emit ReviewOrdered(tenderId, lot, act.digest);
        } else if (step == Step.AWARD) {
            _award(course, tender, tenderId, lot, act);
        } else if (step == Step.CONTRACT) {
            if (act.reason == 0) revert ActMalformed(step);
            emit Contracted(tenderId, lot, act.digest, act.reason);
        } else if (step == Step.TERMINATE) {
            emit LotTerminated(tenderId, lot, act.digest);
        } else {
            emit LotVoided(tenderId, lot, act.digest);
        }
    }

    function _publishNotice(
        Course storage course,
        ITenderLedger.Tender memory tender,
        bytes32 tenderId,
        uint16 lot,
        uint8 part,
        Act calldata act
    ) private {
        if (part != tender.parts) revert StepForbidden(Step.NOTICE, course.phase);
        uint40 least = Times.blockTime() + POLICIES.policyOf(tender.policy).minNotice;
        TenderTimes.requireAtLeast(ITenderLedger.Rule.NOTICE, least, act.until);
        course.noticeEnd = act.until;
        emit NoticePublished(tenderId, lot, act.digest, act.until);
    }

    function _award(
        Course storage course,
        ITenderLedger.Tender memory tender,
        bytes32 tenderId,
        uint16 lot,
        Act calldata act
    ) private {
        if (act.bidders.length != 1) revert ActMalformed(Step.AWARD);
        uint40 moment = Times.blockTime();
        if (!TenderTimes.isReached(course.noticeEnd, moment)) revert NoticeRunning(course.noticeEnd, moment);
        _requireUndisputed(_dockets[tenderId][lot], tender.policy);
        address winner = act.bidders[0];
        _requireCandidate(course.candidates, winner, act.reason);
        course.winner = winner;
        emit Awarded(tenderId, lot, winner, act.digest, act.reason);
        TENDERS.noteAward(tenderId, lot);
    }

    function _requireUndisputed(Docket storage docket, bytes32 policy) private view {
        if (docket.objections.length() != 0) revert ObjectionOpen(docket.objections.at(0));
        if (docket.upheld != 0) revert ObjectionOpen(docket.upheld);
        if (docket.complaints.length() != 0 && POLICIES.policyOf(policy).complaintBlocksAward) {
            revert ComplaintOpen(docket.complaints.at(0));
        }
    }

    /// @dev At most three turns.
    function _requireCandidate(address[] storage candidates, address winner, bytes32 reason) private view {
        if (candidates[0] == winner) return;
        for (uint256 i = 1; i < candidates.length; ++i) {
            if (candidates[i] != winner) continue;
            if (reason == 0) revert ReasonMissing(winner);
            return;
        }
        revert NotCandidate(winner);
    }
}
