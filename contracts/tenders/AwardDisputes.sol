// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Disputes} from "../libraries/Disputes.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {AwardSuspensions} from "./AwardSuspensions.sol";

/// @title Objections and complaints
abstract contract AwardDisputes is AwardSuspensions {
    using EnumerableSet for EnumerableSet.Bytes32Set;

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
        emit ObjectionAnswered(tenderId, id, outcome, digest);
        if (objection.stage == Stage.RESULT) {
            if (outcome == Outcome.UPHELD) (docket.course.hasGround, docket.upheld) = (true, id);
            _liftLot(docket.course, tenderId, lot, id);
        } else if (objection.stage == Stage.DOCUMENTS) {
            TENDERS.lift(tenderId, id);
        }
    }

    /// @inheritdoc IAwardLedger
    function liftObjection(bytes32 id) external {
        Objection storage objection = _objections[id];
        if (objection.lodgedAt == 0) revert ObjectionUnknown(id);
        (bytes32 tenderId, uint16 lot, uint40 dueAt) = (objection.tenderId, objection.lot, objection.dueAt);
        ITenderLedger.Tender memory tender = TENDERS.tenderOf(tenderId);
        uint40 moment = Times.blockTime();
        TenderTimes.requireReached(dueAt, moment);
        if (!POLICIES.hasLapsed(tender.policy, dueAt, moment)) _requireSupervisor(tender.agency);
        Course storage course = _dockets[tenderId][lot].course;
        if (tender.objection == id) TENDERS.lift(tenderId, id);
        else if (course.objection == id) _liftLot(course, tenderId, lot, id);
        else revert ITenderLedger.NotSuspended();
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
    function objectionDigest(LodgeObjection calldata objection) public view returns (bytes32) {
        return _hashTypedDataV4(Disputes.hashOf(objection));
    }

    function _lodge(
        ITenderLedger.Tender memory tender,
        LodgeObjection memory objection,
        bytes memory signature
    ) private returns (bytes32 id) {
        (bytes32 tenderId, uint16 lot, address bidder) = (objection.tenderId, objection.lot, objection.bidder);
        _requireDigest(objection.digest);
        Docket storage docket = _dockets[tenderId][lot];
        // Whoever holds the lot, the buyer by a result's objection of its own too, must not take the time from one to the opening.
        if (objection.stage != Stage.OPENING) _requireRunning(tender, docket.course);
        ITenderLedger.Policy memory policy = POLICIES.policyOf(tender.policy);
        _requireTimely(docket.course, policy, tenderId, lot, objection.stage);
        id = Disputes.idOf(objection);
        if (_objections[id].lodgedAt != 0) revert ObjectionAlreadyLodged(id);
        if (bidder != address(0)) _claim(docket, tender.version, objection, id);
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

    /// @dev Reverts unless the key objects to this for the first time: a version of the documents, a part's opening or a notice.
    function _claim(Docket storage docket, uint32 version, LodgeObjection memory objection, bytes32 id)
        private
    {
        Stage stage = objection.stage;
        uint32 subject = docket.notices;
        if (stage == Stage.DOCUMENTS) subject = version;
        else if (stage == Stage.OPENING) subject = TENDERS.currentPart(objection.tenderId);
        mapping(uint32 subject => bytes32 objection) storage lodged = docket.lodged[objection.bidder][stage];
        if (lodged[subject] != 0) revert ObjectionAlreadyLodged(lodged[subject]);
        lodged[subject] = id;
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
            _requireOnTheSpot(policy, tenderId, lot, phase);
        } else if (stage == Stage.RESULT) {
            if (phase != ITenderLedger.Phase.NOTICE) revert ITenderLedger.TenderNotOpen(phase);
            TenderTimes.requireOpen(course.noticeEnd, moment);
        } else {
            revert StageInvalid(stage);
        }
    }

    /// @dev The buyer chooses when to record an opening, and may go on at once: neither takes the time from who
    /// objects, since {ITenderLedger-schedulePart} waits for it.
    function _requireOnTheSpot(
        ITenderLedger.Policy memory policy,
        bytes32 tenderId,
        uint16 lot,
        ITenderLedger.Phase phase
    ) private view {
        uint8 part = TENDERS.currentPart(tenderId);
        ITenderLedger.Lot memory record = TENDERS.lotOf(tenderId, lot);
        bool isRecorded = record.recorded & part != 0;
        bool isTheirs = isRecorded ? !Disputes.isExit(phase) : Disputes.isOpening(phase);
        if (!isTheirs) revert ITenderLedger.TenderNotOpen(phase);
        if (!isRecorded) return;
        uint40 last = TENDERS.endsOf(tenderId, part).fallbackEnd;
        uint40 end = TenderTimes.spotEnd(last, record.recordedAt, policy.fallbackWindow.least);
        TenderTimes.requireOpen(end, Times.blockTime());
    }

    /// @dev Reverts with {ObjectionFirst} unless the objection is to this stage of this lot, and answered or overdue.
    function _requireObjected(bytes32 tenderId, uint16 lot, Stage stage, bytes32 id) private view {
        Objection storage objection = _objections[id];
        bool isSame = objection.tenderId == tenderId && objection.lot == lot && objection.stage == stage;
        bool isTried =
            objection.outcome != Outcome.OPEN || TenderTimes.isReached(objection.dueAt, Times.blockTime());
        if (objection.lodgedAt == 0 || !isSame || !isTried) revert ObjectionFirst();
    }
}
