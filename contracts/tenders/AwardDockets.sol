// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAuthority} from "../interfaces/IAuthority.sol";
import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "../interfaces/ITenderPolicies.sol";
import {Disputes} from "../libraries/Disputes.sol";
import {Times} from "../libraries/Times.sol";

/// @title What the parts of an award ledger share: the dockets of its lots, and the questions put to them
abstract contract AwardDockets is IAwardLedger, EIP712 {
    /// @dev A lot and what is disputed about it.
    struct Docket {
        Course course;
        Draw draw;
        EnumerableSet.Bytes32Set objections; // open
        EnumerableSet.Bytes32Set complaints; // that block
        mapping(address bidder => mapping(Stage stage => mapping(uint32 subject => bytes32 objection)))
            lodged;
        uint32 notices; // published so far
        bytes32 upheld; // the last objection to the result that was, since the last review; 0 = none
    }

    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    /// @notice What comes before, and made this contract.
    ITenderLedger public immutable TENDERS;

    /// @notice What tenders must follow.
    ITenderPolicies public immutable POLICIES;

    // slither-disable-next-line uninitialized-state - draws write what they were pointed to
    mapping(bytes32 tenderId => mapping(uint16 lot => Docket docket)) internal _dockets;
    mapping(bytes32 tenderId => mapping(bytes32 question => uint40 askedAt)) internal _questions;
    mapping(address key => bytes32 draw) internal _drawers; // whose they are; 0 = nobody's yet, 1 = the secret is out
    mapping(bytes32 id => Objection objection) internal _objections;
    mapping(bytes32 id => Complaint complaint) internal _complaints;

    constructor(IAuthority authority, ITenderLedger tenders, ITenderPolicies policies)
        EIP712("Suizheng AwardLedger", "1")
    {
        AUTHORITY = authority;
        TENDERS = tenders;
        POLICIES = policies;
    }

    function _tender(bytes32 tenderId, uint16 lot)
        internal
        view
        returns (ITenderLedger.Tender memory tender)
    {
        tender = TENDERS.tenderOf(tenderId);
        if (tender.agency == 0) revert ITenderLedger.TenderUnknown(tenderId);
        if (lot >= tender.lots) revert ITenderLedger.LotUnknown(lot);
    }

    /// @dev What this ledger keeps counts from the opening of the part that it is of, and for good once it is final.
    function _phase(bytes32 tenderId, uint16 lot, uint40 moment) internal view returns (ITenderLedger.Phase) {
        uint8 part = TENDERS.currentPart(tenderId);
        ITenderLedger.Phase phase = TENDERS.phaseAt(tenderId, lot, part, moment);
        if (Disputes.isExit(phase)) return phase;
        Course storage course = _dockets[tenderId][lot].course;
        bool isOurs = course.part == part || Disputes.isFinal(course.phase);
        return isOurs && course.phase != ITenderLedger.Phase.UNKNOWN ? course.phase : phase;
    }

    function _requireTenderer(bytes32 agency) internal view {
        AUTHORITY.requireHolder(agency, IAuthority.Role.TENDERER, msg.sender);
    }

    function _requireSupervisor(bytes32 agency) internal view {
        AUTHORITY.requireSupervisor(agency, msg.sender);
    }

    function _requireRunning(ITenderLedger.Tender memory tender, Course storage course) internal view {
        if (tender.suspendedAt != 0) revert ITenderLedger.TenderSuspended(tender.suspendedAt);
        if (course.suspendedAt != 0) revert ITenderLedger.TenderSuspended(course.suspendedAt);
    }

    // slither-disable-next-line dead-code - AwardLedger's questions and answers need it
    function _requireReceiving(bytes32 tenderId) internal view {
        ITenderLedger.Phase phase = TENDERS.phaseAt(tenderId, 0, 1, Times.blockTime());
        if (phase != ITenderLedger.Phase.RECEIVING) revert ITenderLedger.TenderNotOpen(phase);
    }

    function _requireRecorded(bytes32 tenderId, uint16 lot, uint8 part) internal view {
        if (TENDERS.lotOf(tenderId, lot).recorded & part == 0) revert OpeningNotRecorded(lot, part);
    }

    function _requireDigest(bytes32 digest) internal pure {
        if (digest == 0) revert ITenderLedger.DigestEmpty();
    }
}
