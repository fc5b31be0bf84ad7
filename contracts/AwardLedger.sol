// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IAwardLedger} from "./interfaces/IAwardLedger.sol";
import {ITenderLedger} from "./interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "./interfaces/ITenderPolicies.sol";
import {AwardSteps} from "./libraries/AwardSteps.sol";
import {Disputes} from "./libraries/Disputes.sol";
import {TenderTimes} from "./libraries/TenderTimes.sol";
import {Times} from "./libraries/Times.sol";

/// @title Sealed tenders from the opening to the contract, with questions, objections and complaints
contract AwardLedger is IAwardLedger, EIP712 {
    using AwardSteps for AwardSteps.Row;
    using EnumerableSet for EnumerableSet.Bytes32Set;

    /// @dev A lot and what is disputed about it.
    struct Docket {
        Course course;
        EnumerableSet.Bytes32Set objections; // open
        EnumerableSet.Bytes32Set complaints; // that block
        mapping(address bidder => bytes32 objection) openOf;
    }

    uint8 private constant MAX_SEATS = 64;
    uint256 private constant MAX_BIDDERS = 32;
    uint256 private constant MAX_CANDIDATES = 3;

    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    /// @notice What comes before, and made this contract.
    ITenderLedger public immutable TENDERS;

    /// @notice What tenders must follow.
    ITenderPolicies public immutable POLICIES;

    mapping(bytes32 tenderId => mapping(uint16 lot => Docket docket)) private _dockets;
    mapping(bytes32 tenderId => mapping(bytes32 question => uint40 askedAt)) private _questions;
    mapping(bytes32 id => Objection objection) private _objections;
    mapping(bytes32 id => Complaint complaint) private _complaints;

    constructor(IAuthority authority, ITenderLedger tenders, ITenderPolicies policies)
        EIP712("Suizheng AwardLedger", "1")
    {
        AUTHORITY = authority;
        TENDERS = tenders;
        POLICIES = policies;
    }

    /// @inheritdoc IAwardLedger
    function ask(bytes32 tenderId, bytes32 question) external {
        ITenderLedger.Tender memory tender = _tender(tenderId, 0);
        _requireDigest(question);
        if (tender.suspendedAt != 0) revert ITenderLedger.TenderSuspended(tender.suspendedAt);
        _requireReceiving(tenderId);
        if (_questions[tenderId][question] != 0) revert ITenderLedger.AlreadyDone();
        _questions[tenderId][question] = Times.blockTime();
        emit QuestionAsked(tenderId, question);
    }

    /// @inheritdoc IAwardLedger
    function answer(bytes32 tenderId, bytes32 question, bytes32 digest) external {
        _requireTenderer(_tender(tenderId, 0).agency);
        _requireDigest(digest);
        _requireReceiving(tenderId);
        if (_questions[tenderId][question] == 0) revert QuestionUnknown(question);
        emit QuestionAnswered(tenderId, question, digest);
    }

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

    /// @inheritdoc IAwardLedger
    function lodgeObjection(LodgeObjection calldata objection, bytes calldata signature)
        external
        returns (bytes32)
    {
        bytes32 digest = objectionDigest(objection);
        // slither-disable-next-line unused-return - which detail made it fail does not matter
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        address bidder = objection.bidder;
        if (signer != bidder || signer == address(0)) revert ITenderLedger.BidSignatureInvalid(bidder);
        ITenderLedger.Tender memory tender = _tender(objection.tenderId, objection.lot);
        ITenderLedger.Bid memory bid = TENDERS.bidOf(objection.tenderId, objection.lot, bidder);
        if (bid.state != ITenderLedger.BidState.LIVE) revert BidMissing(bidder);
        return _lodge(tender, objection, signature);
    }

    /// @inheritdoc IAwardLedger
    function admitObjection(bytes32 tenderId, uint16 lot, Stage stage, bytes32 digest)
        external
        returns (bytes32)
    {
        ITenderLedger.Tender memory tender = _tender(tenderId, lot);
        _requireTenderer(tender.agency);
        LodgeObjection memory objection =
            LodgeObjection({tenderId: tenderId, lot: lot, stage: stage, bidder: address(0), digest: digest});
        return _lodge(tender, objection, "");
    }

    /// @inheritdoc IAwardLedger
    function answerObjection(bytes32 id, Outcome outcome, bytes32 digest) external {
        Objection storage objection = _objections[id];
        if (objection.lodgedAt == 0) revert ObjectionUnknown(id);
        (bytes32 tenderId, uint16 lot) = (objection.tenderId, objection.lot);
        _requireTenderer(TENDERS.tenderOf(tenderId).agency);
        if (objection.outcome != Outcome.OPEN) revert ObjectionClosed(id);
        if (outcome == Outcome.OPEN) revert OutcomeInvalid();
        _requireDigest(digest);
        objection.outcome = outcome;
        objection.answeredAt = Times.blockTime();
        Docket storage docket = _dockets[tenderId][lot];
        // slither-disable-next-line unused-return - it is in the set while it is open
        docket.objections.remove(id);
        if (objection.bidder != address(0)) docket.openOf[objection.bidder] = 0;
        emit ObjectionAnswered(tenderId, id, outcome, digest);
        if (objection.stage == Stage.RESULT) {
            if (outcome == Outcome.UPHELD) docket.course.hasGround = true;
            _liftLot(docket.course, tenderId, lot, id);
        } else if (objection.stage == Stage.DOCUMENTS) {
            TENDERS.lift(tenderId, id);
        }
    }

    /// @inheritdoc IAwardLedger
    function fileComplaint(bytes32 tenderId, uint16 lot, Stage stage, bytes32 objection, bytes32 digest)
        external
        returns (bytes32 id)
    {
        _requireSupervisor(_tender(tenderId, lot).agency);
        _requireDigest(digest);
        if (stage == Stage.OTHER) {
            if (objection != 0) revert ObjectionUnknown(objection);
        } else {
            _requireObjected(tenderId, lot, stage, objection);
        }
        id = keccak256(abi.encode(tenderId, lot, stage, objection, digest));
        if (_complaints[id].state != ComplaintState.NONE) revert ComplaintAlreadyFiled(id);
        _complaints[id] = Complaint({
            tenderId: tenderId, lot: lot, stage: stage, state: ComplaintState.PENDING, objection: objection
        });
        // slither-disable-next-line unused-return - its id is new
        _dockets[tenderId][lot].complaints.add(id);
        emit ComplaintFiled(tenderId, lot, id, stage, objection, digest);
    }

    /// @inheritdoc IAwardLedger
    function moveComplaint(bytes32 id, ComplaintState state, bytes32 digest) external {
        Complaint storage complaint = _complaints[id];
        if (complaint.state == ComplaintState.NONE) revert ComplaintUnknown(id);
        bytes32 tenderId = complaint.tenderId;
        _requireSupervisor(TENDERS.tenderOf(tenderId).agency);
        _requireDigest(digest);
        Disputes.requireTransition(complaint.state, state);
        complaint.state = state;
        Docket storage docket = _dockets[tenderId][complaint.lot];
        if (!Disputes.isBlocking(state)) {
            // slither-disable-next-line unused-return - it may have left the set before
            docket.complaints.remove(id);
        }
        if (state == ComplaintState.SATISFIED && complaint.stage == Stage.RESULT) {
            docket.course.hasGround = true;
        }
        emit ComplaintMoved(tenderId, id, state, digest);
    }

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

    /// @inheritdoc IAwardLedger
    function phaseAt(bytes32 tenderId, uint16 lot, uint40 moment)
        external
        view
        returns (ITenderLedger.Phase)
    {
        return _phase(tenderId, lot, moment);
    }

    /// @inheritdoc IAwardLedger
    function askedAt(bytes32 tenderId, bytes32 question) external view returns (uint40) {
        return _questions[tenderId][question];
    }

    /// @inheritdoc IAwardLedger
    function courseOf(bytes32 tenderId, uint16 lot) external view returns (Course memory) {
        return _dockets[tenderId][lot].course;
    }

    /// @inheritdoc IAwardLedger
    function objectionOf(bytes32 id) external view returns (Objection memory) {
        return _objections[id];
    }

    /// @inheritdoc IAwardLedger
    function complaintOf(bytes32 id) external view returns (Complaint memory) {
        return _complaints[id];
    }

    /// @inheritdoc IAwardLedger
    function openObjections(bytes32 tenderId, uint16 lot) external view returns (bytes32[] memory) {
        return _dockets[tenderId][lot].objections.values();
    }

    /// @inheritdoc IAwardLedger
    function openComplaints(bytes32 tenderId, uint16 lot) external view returns (bytes32[] memory) {
        return _dockets[tenderId][lot].complaints.values();
    }

    /// @inheritdoc IAwardLedger
    function objectionDigest(LodgeObjection calldata objection) public view returns (bytes32) {
        return _hashTypedDataV4(Disputes.hashOf(objection));
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
        } else if (step == Step.REVIEW) {
            if (!course.hasGround) revert GroundMissing();
            (course.hasGround, course.scored) = (false, 0);
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

    function _lodge(
        ITenderLedger.Tender memory tender,
        LodgeObjection memory objection,
        bytes memory signature
    ) private returns (bytes32 id) {
        (bytes32 tenderId, uint16 lot, address bidder) = (objection.tenderId, objection.lot, objection.bidder);
        _requireDigest(objection.digest);
        Docket storage docket = _dockets[tenderId][lot];
        _requireRunning(tender, docket.course);
        ITenderLedger.Policy memory policy = POLICIES.policyOf(tender.policy);
        _requireTimely(docket.course, policy, tenderId, lot, objection.stage);
        id = Disputes.idOf(objection);
        if (_objections[id].lodgedAt != 0) revert ObjectionAlreadyLodged(id);
        if (bidder != address(0)) {
            if (docket.openOf[bidder] != 0) revert ObjectionOpen(docket.openOf[bidder]);
            docket.openOf[bidder] = id;
        }
        uint40 moment = Times.blockTime();
        uint40 dueAt = moment + policy.answerWithin;
        _objections[id] = Objection({
            tenderId: tenderId,
            lot: lot,
            stage: objection.stage,
            outcome: Outcome.OPEN,
            lodgedAt: moment,
            dueAt: dueAt,
            answeredAt: 0,
            bidder: bidder
        });
        // slither-disable-next-line unused-return - its id is new
        docket.objections.add(id);
        emit ObjectionLodged(tenderId, lot, id, objection.stage, bidder, objection.digest, dueAt, signature);
        if (objection.stage == Stage.RESULT) {
            docket.course.objection = id;
            _holdLot(docket.course, tenderId, lot, id, objection.digest);
        } else if (objection.stage == Stage.DOCUMENTS) {
            TENDERS.hold(tenderId, id, objection.digest);
        }
    }

    function _holdLot(Course storage course, bytes32 tenderId, uint16 lot, bytes32 objection, bytes32 digest)
        private
    {
        if (course.suspendedAt == 0) course.suspendedAt = Times.blockTime();
        emit LotHeld(tenderId, lot, objection, digest);
    }

    function _liftLot(Course storage course, bytes32 tenderId, uint16 lot, bytes32 objection) private {
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

    function _tender(bytes32 tenderId, uint16 lot) private view returns (ITenderLedger.Tender memory tender) {
        tender = TENDERS.tenderOf(tenderId);
        if (tender.agency == 0) revert ITenderLedger.TenderUnknown(tenderId);
        if (lot >= tender.lots) revert ITenderLedger.LotUnknown(lot);
    }

    /// @dev What this ledger keeps counts from the opening of the part that it is of, and for good once it is final.
    function _phase(bytes32 tenderId, uint16 lot, uint40 moment) private view returns (ITenderLedger.Phase) {
        uint8 part = TENDERS.currentPart(tenderId);
        ITenderLedger.Phase phase = TENDERS.phaseAt(tenderId, lot, part, moment);
        if (phase == ITenderLedger.Phase.TERMINATED || phase == ITenderLedger.Phase.VOIDED) return phase;
        Course storage course = _dockets[tenderId][lot].course;
        bool isOurs = course.part == part || Disputes.isFinal(course.phase);
        return isOurs && course.phase != ITenderLedger.Phase.UNKNOWN ? course.phase : phase;
    }

    function _requireTenderer(bytes32 agency) private view {
        AUTHORITY.requireHolder(agency, IAuthority.Role.TENDERER, msg.sender);
    }

    function _requireSupervisor(bytes32 agency) private view {
        AUTHORITY.requireSupervisor(agency, msg.sender);
    }

    function _requireRunning(ITenderLedger.Tender memory tender, Course storage course) private view {
        if (tender.suspendedAt != 0) revert ITenderLedger.TenderSuspended(tender.suspendedAt);
        if (course.suspendedAt != 0) revert ITenderLedger.TenderSuspended(course.suspendedAt);
    }

    function _requireReceiving(bytes32 tenderId) private view {
        ITenderLedger.Phase phase = TENDERS.phaseAt(tenderId, 0, 1, Times.blockTime());
        if (phase != ITenderLedger.Phase.RECEIVING) revert ITenderLedger.TenderNotOpen(phase);
    }

    function _requireRecorded(bytes32 tenderId, uint16 lot, uint8 part) private view {
        if (TENDERS.lotOf(tenderId, lot).recorded & part == 0) revert OpeningNotRecorded(lot, part);
    }

    function _requireUndisputed(Docket storage docket, bytes32 policy) private view {
        if (docket.objections.length() != 0) revert ObjectionOpen(docket.objections.at(0));
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

    /// @dev Reverts unless it is the time for an objection of the stage.
    function _requireTimely(
        Course storage course,
        ITenderLedger.Policy memory policy,
        bytes32 tenderId,
        uint16 lot,
        Stage stage
    ) private view {
        uint40 moment = Times.blockTime();
        ITenderLedger.Phase phase = _phase(tenderId, lot, moment);
        if (stage == Stage.DOCUMENTS) {
            if (phase != ITenderLedger.Phase.RECEIVING) revert ITenderLedger.TenderNotOpen(phase);
            TenderTimes.requireLead(TENDERS.endsOf(tenderId, 1).submitEnd, policy.objectionLead, moment);
        } else if (stage == Stage.OPENING) {
            if (!Disputes.isOpening(phase)) revert ITenderLedger.TenderNotOpen(phase);
            _requireOnTheSpot(tenderId, lot, moment);
        } else if (stage == Stage.RESULT) {
            if (phase != ITenderLedger.Phase.NOTICE) revert ITenderLedger.TenderNotOpen(phase);
            TenderTimes.requireOpen(course.noticeEnd, moment);
        } else {
            revert StageInvalid(stage);
        }
    }

    function _requireOnTheSpot(bytes32 tenderId, uint16 lot, uint40 moment) private view {
        uint8 part = TENDERS.currentPart(tenderId);
        if (TENDERS.lotOf(tenderId, lot).recorded & part == 0) return;
        TenderTimes.requireOpen(TENDERS.endsOf(tenderId, part).fallbackEnd, moment);
    }

    /// @dev Reverts with {ObjectionFirst} unless the objection is to this stage of this lot, and answered or overdue.
    function _requireObjected(bytes32 tenderId, uint16 lot, Stage stage, bytes32 id) private view {
        Objection storage objection = _objections[id];
        bool isSame = objection.tenderId == tenderId && objection.lot == lot && objection.stage == stage;
        bool isTried =
            objection.outcome != Outcome.OPEN || TenderTimes.isReached(objection.dueAt, Times.blockTime());
        if (objection.lodgedAt == 0 || !isSame || !isTried) revert ObjectionFirst();
    }

    function _requireDigest(bytes32 digest) private pure {
        if (digest == 0) revert ITenderLedger.DigestEmpty();
    }
}
