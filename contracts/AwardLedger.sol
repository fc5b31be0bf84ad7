// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IAwardLedger} from "./interfaces/IAwardLedger.sol";
import {ITenderLedger} from "./interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "./interfaces/ITenderPolicies.sol";
import {Times} from "./libraries/Times.sol";
import {AwardDisputes} from "./tenders/AwardDisputes.sol";
import {AwardDockets} from "./tenders/AwardDockets.sol";
import {AwardDraws} from "./tenders/AwardDraws.sol";
import {AwardEvaluations} from "./tenders/AwardEvaluations.sol";

/// @title Sealed tenders from the opening to the contract, with questions, objections and complaints
contract AwardLedger is AwardEvaluations, AwardDraws, AwardDisputes {
    using EnumerableSet for EnumerableSet.Bytes32Set;

    constructor(IAuthority authority, ITenderLedger tenders, ITenderPolicies policies)
        AwardDockets(authority, tenders, policies)
    {}

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
}
