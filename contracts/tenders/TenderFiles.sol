// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {AwardLedger} from "../AwardLedger.sol";
import {IAuthority} from "../interfaces/IAuthority.sol";
import {IRecordLedger} from "../interfaces/IRecordLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "../interfaces/ITenderPolicies.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";

/// @title What the parts of a tender ledger share: the files of its tenders, and the questions put to them
abstract contract TenderFiles is ITenderLedger, EIP712 {
    /// @dev Everything of one tender.
    struct File {
        Tender terms;
        address roster; // the trustees, see {Rosters}
        mapping(uint8 part => Clock clock) clocks;
        mapping(uint16 number => Lot lot) lots;
        mapping(uint16 number => mapping(address bidder => Bid bid)) bids;
        mapping(bytes32 docs => uint32 version) earlier; // documents before the present ones
    }

    /// @dev The ends of a part, and how far its opening is; one slot, since every act of an opening needs both.
    struct Clock {
        uint40 submitEnd;
        uint40 listEnd;
        uint40 discloseEnd;
        uint40 releaseEnd;
        uint40 fallbackEnd;
        uint8 released;
        uint16 hasReleased; // bit of a trustee, see {Rosters-bitOf}
        bool hasBegun;
        uint8 openable; // lots, as is the next; at most 64
        uint8 recorded;
    }

    /// @dev A part's number is its bit too.
    uint8 internal constant FIRST = 1;
    uint8 internal constant SECOND = 2;

    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    /// @notice Where mailboxes are anchored.
    IRecordLedger public immutable RECORDS;

    /// @notice What tenders must follow.
    ITenderPolicies public immutable POLICIES;

    /// @notice What follows an opening.
    AwardLedger public immutable AWARDS;

    mapping(bytes32 tenderId => File file) internal _files;

    constructor(IAuthority authority, IRecordLedger records, ITenderPolicies policies)
        EIP712("Suizheng TenderLedger", "1")
    {
        AUTHORITY = authority;
        RECORDS = records;
        POLICIES = policies;
        AWARDS = new AwardLedger(authority, this, policies);
    }

    modifier onlyAwards() {
        _requireAwards();
        _;
    }

    /// @inheritdoc ITenderLedger
    function tenderIdOf(bytes32 agency, bytes32 ref) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(agency, ref);
    }

    function _setEnds(Clock storage clock, Ends memory ends) internal {
        clock.submitEnd = ends.submitEnd;
        clock.listEnd = ends.listEnd;
        clock.discloseEnd = ends.discloseEnd;
        clock.releaseEnd = ends.releaseEnd;
        clock.fallbackEnd = ends.fallbackEnd;
    }

    function _requireTenderer(Tender storage terms) internal view {
        AUTHORITY.requireHolder(terms.agency, IAuthority.Role.TENDERER, msg.sender);
    }

    function _requireSupervisor(bytes32 agency) internal view {
        AUTHORITY.requireSupervisor(agency, msg.sender);
    }

    function _requireNotEnded(Tender storage terms) internal view {
        if (terms.ended != Phase.UNKNOWN) revert TenderNotOpen(terms.ended);
    }

    function _requireRunning(Tender storage terms) internal view {
        (Phase ended, uint40 since) = (terms.ended, terms.suspendedAt); // one slot, read once
        if (ended != Phase.UNKNOWN) revert TenderNotOpen(ended);
        if (since != 0) revert TenderSuspended(since);
    }

    /// @dev Reverts unless the part has its windows and the tender runs.
    function _requireScheduled(File storage file, uint8 part) internal view returns (Clock storage clock) {
        _requireRunning(file.terms);
        clock = file.clocks[part];
        if (part == FIRST) return clock; // from publication on
        if (part != SECOND || file.terms.parts != SECOND) revert PartUnknown(part);
        if (clock.listEnd == 0) revert TenderNotOpen(Phase.WAITING);
    }

    function _requireLot(Tender storage terms, uint16 lot) internal view {
        if (lot >= terms.lots) revert LotUnknown(lot);
    }

    function _requireDigest(bytes32 digest) internal pure {
        if (digest == 0) revert DigestEmpty();
    }

    function _file(bytes32 tenderId) internal view returns (File storage file) {
        file = _files[tenderId];
        // Not by the agency: this slot is read by most that follows.
        if (file.terms.version == 0) revert TenderUnknown(tenderId);
    }

    function _endsOf(Clock storage clock) internal view returns (Ends memory) {
        return Ends({
            submitEnd: clock.submitEnd,
            listEnd: clock.listEnd,
            discloseEnd: clock.discloseEnd,
            releaseEnd: clock.releaseEnd,
            fallbackEnd: clock.fallbackEnd
        });
    }

    function _isStale(Tender storage terms, uint32 docsVersion) internal view returns (bool) {
        return terms.dropsStaleBids && docsVersion < terms.basis;
    }

    function _live(File storage file, uint16 number) internal view returns (uint32) {
        Lot storage lot = file.lots[number];
        return _isStale(file.terms, lot.basis) ? 0 : lot.live;
    }

    function _currentPart(File storage file) internal view returns (uint8) {
        return file.clocks[SECOND].listEnd == 0 ? FIRST : SECOND;
    }

    function _phase(File storage file, uint16 number, uint8 part, uint40 moment)
        internal
        view
        returns (Phase)
    {
        Tender storage terms = file.terms;
        _requireLot(terms, number);
        if (part == 0 || part > terms.parts) revert PartUnknown(part);
        if (terms.ended != Phase.UNKNOWN) return terms.ended;
        uint40 clock = TenderTimes.clock(terms.suspendedAt, moment);
        Phase phase = _partPhase(file, number, FIRST, clock);
        if (part == FIRST || phase == Phase.FAILED_FEW || phase == Phase.NOT_OPENED) return phase;
        if (file.lots[number].ended != Phase.UNKNOWN) return file.lots[number].ended;
        if (file.clocks[SECOND].listEnd == 0) return Phase.WAITING;
        return _partPhase(file, number, SECOND, clock);
    }

    function _partPhase(File storage file, uint16 number, uint8 part, uint40 clock)
        internal
        view
        returns (Phase)
    {
        Tender storage terms = file.terms;
        Lot storage lot = file.lots[number];
        (uint32 disclosed, uint32 recovered) = _tallyOf(lot, part);
        TenderTimes.Facts memory facts = TenderTimes.Facts({
            live: _live(file, number),
            minBids: terms.minBids,
            disclosed: disclosed,
            minDisclosed: terms.minDisclosed,
            recovered: recovered,
            released: file.clocks[part].released,
            threshold: terms.threshold,
            isRecorded: lot.recorded & part != 0,
            isEmpty: lot.empty & part != 0
        });
        return TenderTimes.phaseOf(_endsOf(file.clocks[part]), facts, part, clock);
    }

    function _tallyOf(Lot storage lot, uint8 part)
        internal
        view
        returns (uint32 disclosed, uint32 recovered)
    {
        return part == FIRST ? (lot.disclosed1, lot.recovered1) : (lot.disclosed2, lot.recovered2);
    }

    function _signerOf(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        // slither-disable-next-line unused-return - which detail made it fail does not matter
        (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }

    function _requireAwards() private view {
        if (msg.sender != address(AWARDS)) revert NotAwardLedger(msg.sender);
    }
}
