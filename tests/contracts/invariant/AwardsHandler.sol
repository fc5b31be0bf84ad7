// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title Carries two opened tenders on, one of them with prices still sealed, lawfully or not
contract AwardsHandler is Awards {
    /// @dev What the handler itself saw of lot 0 of a tender.
    struct Ghost {
        address[] candidates;
        uint256 awards;
        uint256 openObjections;
        uint256 blocking; // complaints
        bool isUpheld; // an objection to the result, since the last review
        bool isSettled;
        uint40 recordedAt; // part 1
        uint256 notices;
        mapping(bytes32 subject => bool isLodged) lodged; // by key, stage and what the stage shows
        ITenderLedger.Phase ended;
    }

    /// @notice Set once a rule was seen broken, with the number of its sentence.
    mapping(uint256 sentence => bool broken) public broken;

    /// @notice How many awards there were: a campaign without any would prove nothing.
    uint256 public awarded;

    bytes32[2] private _tenders;
    mapping(bytes32 tender => Ghost ghost) private _ghosts;
    mapping(bytes32 tender => bytes32[] objections) private _objections;
    mapping(bytes32 tender => bytes32[] complaints) private _complaints;
    uint256 private _count;

    function setUp() public override {
        super.setUp();
        for (uint8 parts = 1; parts <= 2; ++parts) {
            ITenderLedger.Announcement memory announcement = _announcement(parts);
            announcement.ref = bytes32(uint256(parts));
            tenderId = tenders.tenderIdOf(agency, announcement.ref);
            _tenders[parts - 1] = tenderId;
            _publish(announcement);
            _openDisclosed();
            if (parts == 1) _record(3);
        }
    }

    function step(uint256 seed, bool isForPrices) external {
        _advanceAs(_turn(isForPrices), seed, false);
    }

    /// @notice Some steps that lead on, else few lots would ever come as far as an award.
    function stepOn(uint256 seed, bool isForPrices) external {
        for (uint256 i = 0; i < 4; ++i) {
            _advanceAs(_turn(isForPrices), uint256(keccak256(abi.encode(seed, i))), true);
        }
    }

    function lodge(uint256 seed, bool isForPrices) external {
        if (seed % 2 == 0) return; // else most lots would stand still
        _lodgeAs(_turn(isForPrices), IAwardLedger.Stage((seed >> 8) % 4), 1 + seed % 3);
        _observe();
    }

    /// @notice One key objects, is answered, and objects once more to the same.
    function insist(uint256 seed, bool isForPrices) external {
        if (seed % 5 != 0) return; // else most lots would stand still
        Ghost storage ghost = _turn(isForPrices);
        IAwardLedger.Stage stage =
            (seed >> 8) % 2 == 0 ? IAwardLedger.Stage.OPENING : IAwardLedger.Stage.RESULT;
        bytes32 id = _lodgeAs(ghost, stage, 1 + seed % 3);
        if (id == 0) return;
        _answerAs(ghost, id, false);
        _lodgeAs(ghost, stage, 1 + seed % 3);
        _observe();
    }

    function lift(uint256 seed, bool byAnybody, bool isForPrices) external {
        _turn(isForPrices);
        uint256 length = _objections[tenderId].length;
        if (length == 0) return;
        bytes32 id = _objections[tenderId][length - 1 - seed % length];
        VM.prank(byAnybody ? ANYBODY : SUPERVISOR);
        try awards.liftObjection(id) {
            IAwardLedger.Objection memory objection = awards.objectionOf(id);
            uint40 least = objection.dueAt + (byAnybody ? 30 days : 0);
            if (_from(0) < least || objection.outcome != IAwardLedger.Outcome.OPEN) broken[42] = true;
        } catch {}
        _observe();
    }

    function answer(uint256 seed, bool isUpheld, bool isForPrices) external {
        Ghost storage ghost = _turn(isForPrices);
        uint256 length = _objections[tenderId].length;
        if (length == 0) return;
        bytes32 id = _objections[tenderId][length - 1 - seed % length];
        _answerAs(ghost, id, isUpheld);
        _observe();
    }

    function complain(uint256 seed, bool isForPrices) external {
        if (seed % 3 != 0) return; // else most awards would be blocked
        Ghost storage ghost = _turn(isForPrices);
        uint256 length = _objections[tenderId].length;
        bytes32 objection =
            length == 0 || (seed >> 8) % 2 == 0 ? bytes32(0) : _objections[tenderId][seed % length];
        IAwardLedger.Stage stage =
            objection == 0 ? IAwardLedger.Stage.OTHER : awards.objectionOf(objection).stage;
        VM.prank(SUPERVISOR);
        try awards.fileComplaint(tenderId, 0, stage, objection, bytes32(++_count)) returns (bytes32 id) {
            ++ghost.blocking;
            _complaints[tenderId].push(id);
        } catch {}
        _observe();
    }

    function move(uint256 seed, bool isForPrices) external {
        Ghost storage ghost = _turn(isForPrices);
        uint256 length = _complaints[tenderId].length;
        if (length == 0) return;
        bytes32 id = _complaints[tenderId][length - 1 - (seed >> 8) % length];
        bool didBlock = _doesBlock(awards.complaintOf(id).state);
        IAwardLedger.ComplaintState state = IAwardLedger.ComplaintState(seed % 9);
        VM.prank(SUPERVISOR);
        try awards.moveComplaint(id, state, DIGEST) {
            if (!didBlock) broken[34] = true; // nothing leads back from a decision
            if (!_doesBlock(state)) --ghost.blocking;
        } catch {}
        _observe();
    }

    function suspendLot(uint256 seed, bool isForPrices) external {
        if (seed % 7 != 0) return; // else everything stands still
        _turn(isForPrices);
        VM.prank(SUPERVISOR);
        try awards.suspendLot(tenderId, 0, DIGEST) {} catch {}
        _observe();
    }

    function resumeLot(bool isForPrices) external {
        _turn(isForPrices);
        VM.prank(SUPERVISOR);
        try awards.resumeLot(tenderId, 0) {} catch {}
        _observe();
    }

    /// @notice Part 1 of what has prices is recorded before its last window ends or at any time after, and reported on in no time.
    function recordFirst(uint256 seed) external {
        Ghost storage ghost = _turn(true);
        VM.prank(TENDERER);
        try tenders.recordOpening(tenderId, 0, 1, DIGEST, 3) {
            ghost.recordedAt = _from(0);
            for (uint256 i = 0; i < 12; ++i) {
                _advanceAs(ghost, uint256(keccak256(abi.encode(seed, i))), true);
            }
        } catch {}
        _observe();
    }

    /// @notice Prices are scheduled once nobody may object to the first opening any more, or a second before.
    function schedule(uint8 before) external {
        Ghost storage ghost = _turn(true);
        uint40 end = _spotEnd(ghost);
        if (ghost.recordedAt != 0 && _from(1) < end) VM.warp(end - before % 2);
        try tenders.closeLot(tenderId, 1) {} catch {}
        bool isLawful = ghost.isSettled && tenders.lotOf(tenderId, 1).isClosed && _from(0) >= end;
        VM.prank(TENDERER);
        try tenders.schedulePart(tenderId, _from(0)) {
            if (!isLawful) broken[33] = true;
        } catch {}
        _observe();
    }

    /// @notice Prices are disclosed, released and recorded.
    function open(uint256 seed) external {
        _turn(true);
        uint256 kind = seed % 6;
        uint256 other = 1 + (seed >> 8) % 3;
        if (kind < 4) {
            try tenders.disclose(_bid(other, 1), 2, _secret(other, 1, 2, 1)) {
                if (tenders.bidOf(tenderId, 0, _bidder(other)).isRejected) broken[33] = true;
            } catch {}
        } else if (kind == 4) {
            // forge-lint: disable-next-line(unsafe-typecast) - at most three
            uint8 index = uint8(other);
            try tenders.release(tenderId, 2, index, bytes32(_trusteeKey(2, index))) {} catch {}
        } else {
            VM.prank(TENDERER);
            // forge-lint: disable-next-line(unsafe-typecast) - at most three
            try tenders.recordOpening(tenderId, 0, 2, DIGEST, uint32(other)) {} catch {}
        }
        _observe();
    }

    /// @notice A tender with trustees at random, of whom some are the same or of one group.
    function publish(uint256 seed, uint8 count, uint8 threshold) external {
        // forge-lint: disable-next-line(unsafe-typecast) - at most two
        ITenderLedger.Announcement memory announcement = _announcement(uint8(1 + seed % 2));
        announcement.ref = bytes32(1_000 + ++_count);
        announcement.threshold = threshold % 11;
        announcement.trustees = new ITenderLedger.Trustee[](announcement.parts * (count % 11));
        for (uint256 i = 0; i < announcement.trustees.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            announcement.trustees[i].key = address(uint160(draw % 40 == 0 ? 1 : 1 + draw));
            announcement.trustees[i].group = bytes32(1 + (draw >> 192) % 6);
        }
        VM.prank(TENDERER);
        try tenders.publish(announcement) {
            if (!_areDistinct(announcement)) broken[33] = true;
            if (!_areSpread(announcement)) broken[36] = true;
        } catch {}
    }

    function wait(uint256 seed) external {
        uint40[5] memory steps = [uint40(1), WINDOW, 1 days, 3 days, 3 days + 1];
        VM.warp(_from(int256(uint256(steps[seed % 5]))));
        _observe();
    }

    /// @dev The opening's last window and, from its record, the policy's least time to object on the spot.
    function _spotEnd(Ghost storage ghost) private view returns (uint40) {
        uint40 shown = ghost.recordedAt + _policy().fallbackWindow.least;
        uint40 last = tenders.endsOf(tenderId, 1).fallbackEnd;
        return shown > last ? shown : last;
    }

    function _turn(bool isForPrices) private returns (Ghost storage) {
        tenderId = _tenders[isForPrices ? 1 : 0];
        return _ghosts[tenderId];
    }

    function _lodgeAs(Ghost storage ghost, IAwardLedger.Stage stage, uint256 bidder)
        private
        returns (bytes32 id)
    {
        IAwardLedger.LodgeObjection memory objection = _objection(stage, bidder);
        objection.digest = bytes32(++_count);
        bytes memory signature = _signed(_bidderKey(bidder), awards.objectionDigest(objection));
        bytes32 subject = _subjectOf(ghost, objection);
        try awards.lodgeObjection(objection, signature) returns (bytes32 lodged) {
            if (ghost.lodged[subject]) broken[41] = true;
            ghost.lodged[subject] = true;
            ++ghost.openObjections;
            _objections[tenderId].push(lodged);
            id = lodged;
        } catch (bytes memory told) {
            // forge-lint: disable-next-line(unsafe-typecast) - an error begins with its name's four bytes
            bool isTwice = bytes4(told) == IAwardLedger.ObjectionAlreadyLodged.selector;
            if (isTwice && !ghost.lodged[subject]) broken[41] = true;
        }
    }

    function _answerAs(Ghost storage ghost, bytes32 id, bool isUpheld) private {
        VM.prank(TENDERER);
        try awards.answerObjection(
            id, isUpheld ? IAwardLedger.Outcome.UPHELD : IAwardLedger.Outcome.DISMISSED, DIGEST
        ) {
            --ghost.openObjections;
            bool isResult = awards.objectionOf(id).stage == IAwardLedger.Stage.RESULT;
            if (isUpheld && isResult) ghost.isUpheld = true;
        } catch {}
    }

    function _advanceAs(Ghost storage ghost, uint256 seed, bool isUseful) private {
        ITenderLedger.Phase phase = awards.phaseAt(tenderId, 0, _from(0));
        IAwardLedger.Step wanted = isUseful ? _usefulIn(phase, seed) : IAwardLedger.Step(seed % 12);
        IAwardLedger.Act memory act = _actFor(wanted, seed);
        IAwardLedger.Course memory course = awards.courseOf(tenderId, 0);
        bool isSuspended = course.suspendedAt != 0 || tenders.tenderOf(tenderId).suspendedAt != 0;
        bool isVoid = wanted == IAwardLedger.Step.VOID;
        bool isSwapped = seed % 13 == 0;
        VM.prank(isVoid != isSwapped ? SUPERVISOR : TENDERER);
        try awards.advance(tenderId, 0, wanted, act) {
            if (isSwapped || !_isInTable(phase, wanted)) broken[35] = true;
            if (isSuspended && wanted < IAwardLedger.Step.TERMINATE) broken[35] = true;
            if (wanted == IAwardLedger.Step.AWARD) _judgeAward(ghost, course, act);
            _follow(ghost, wanted, act);
        } catch {}
        _observe();
    }

    function _judgeAward(Ghost storage ghost, IAwardLedger.Course memory course, IAwardLedger.Act memory act)
        private
    {
        bool isCandidate = false;
        for (uint256 i = 0; i < ghost.candidates.length; ++i) {
            if (ghost.candidates[i] == act.bidders[0]) isCandidate = i == 0 || act.reason != 0;
        }
        bool isFree = ghost.openObjections == 0 && ghost.blocking == 0 && !ghost.isUpheld;
        if (ghost.awards != 0 || !isCandidate || _from(0) < course.noticeEnd || !isFree) broken[34] = true;
        ++ghost.awards;
        ++awarded;
    }

    function _follow(Ghost storage ghost, IAwardLedger.Step wanted, IAwardLedger.Act memory act) private {
        bool isLast = tenders.currentPart(tenderId) == tenders.tenderOf(tenderId).parts;
        if (wanted == IAwardLedger.Step.REPORT) {
            if (isLast) ghost.candidates = act.bidders;
            ghost.isSettled = true;
        } else if (wanted == IAwardLedger.Step.NOTICE) {
            ++ghost.notices;
        } else if (wanted == IAwardLedger.Step.REVIEW) {
            ghost.isUpheld = false;
        } else if (wanted == IAwardLedger.Step.REJECT_ALL) {
            (ghost.ended, ghost.isSettled) = (ITenderLedger.Phase.ALL_REJECTED, true);
        } else if (wanted == IAwardLedger.Step.TERMINATE) {
            (ghost.ended, ghost.isSettled) = (ITenderLedger.Phase.TERMINATED, true);
        } else if (wanted == IAwardLedger.Step.VOID) {
            (ghost.ended, ghost.isSettled) = (ITenderLedger.Phase.VOIDED, true);
        }
    }

    /// @dev An exit stays, whatever is called and however long one waits.
    function _observe() private {
        for (uint256 i = 0; i < 2; ++i) {
            ITenderLedger.Phase ended = _ghosts[_tenders[i]].ended;
            if (ended == ITenderLedger.Phase.UNKNOWN) continue;
            if (awards.phaseAt(_tenders[i], 0, _from(1 days)) != ended) broken[35] = true;
        }
    }

    function _subjectOf(Ghost storage ghost, IAwardLedger.LodgeObjection memory objection)
        private
        view
        returns (bytes32)
    {
        bool isResult = objection.stage == IAwardLedger.Stage.RESULT;
        uint256 shown = isResult ? ghost.notices : tenders.currentPart(tenderId);
        return keccak256(abi.encode(objection.bidder, objection.stage, shown));
    }

    function _actFor(IAwardLedger.Step wanted, uint256 seed)
        private
        view
        returns (IAwardLedger.Act memory act)
    {
        act = _act();
        if (wanted <= IAwardLedger.Step.REPLACE) act.seat = uint8(1 + (seed >> 8) % 2);
        if (wanted == IAwardLedger.Step.REPLACE || wanted == IAwardLedger.Step.CONTRACT) act.reason = DIGEST;
        if (wanted == IAwardLedger.Step.NOTICE) {
            act.until = _from((seed >> 8) % 4 == 0 ? int256(2 days) : int256(3 days));
        }
        bool isAward = wanted == IAwardLedger.Step.AWARD;
        if (wanted == IAwardLedger.Step.REPORT || isAward) {
            act.bidders = new address[](isAward ? 1 : 1 + (seed >> 8) % 2);
            for (uint256 i = 0; i < act.bidders.length; ++i) {
                act.bidders[i] = _bidder(1 + (i + (seed >> 16)) % 4);
            }
        }
        if (isAward && (seed >> 24) % 2 == 0) act.reason = DIGEST;
    }

    function _areDistinct(ITenderLedger.Announcement memory announcement) private pure returns (bool) {
        for (uint256 i = 0; i < announcement.trustees.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                if (announcement.trustees[i].key == announcement.trustees[j].key) return false;
            }
        }
        return true;
    }

    /// @dev 2 <= t <= n <= 9, and no group of t or more in a part.
    function _areSpread(ITenderLedger.Announcement memory announcement) private pure returns (bool) {
        uint256 count = announcement.trustees.length / announcement.parts;
        uint256 threshold = announcement.threshold;
        if (threshold < 2 || threshold > count || count > 9) return false;
        for (uint256 i = 0; i < announcement.trustees.length; ++i) {
            uint256 same = 0;
            for (uint256 j = i - i % count; j < i - i % count + count; ++j) {
                if (announcement.trustees[j].group == announcement.trustees[i].group) ++same;
            }
            if (same >= threshold) return false;
        }
        return true;
    }

    /// @dev The step that leads on, or one that leads round.
    function _usefulIn(ITenderLedger.Phase phase, uint256 seed) private pure returns (IAwardLedger.Step) {
        if (phase == ITenderLedger.Phase.OPENED) return IAwardLedger.Step.COMMITTEE;
        if (phase == ITenderLedger.Phase.COMMITTED) {
            return seed % 3 == 0 ? IAwardLedger.Step.REPORT : IAwardLedger.Step.SCORE;
        }
        if (phase == ITenderLedger.Phase.EVALUATED) return IAwardLedger.Step.NOTICE;
        if (phase == ITenderLedger.Phase.NOTICE) {
            return seed % 4 == 0 ? IAwardLedger.Step.REVIEW : IAwardLedger.Step.AWARD;
        }
        return IAwardLedger.Step.CONTRACT;
    }

    /// @dev The table of the reference, said once more.
    function _isInTable(ITenderLedger.Phase phase, IAwardLedger.Step wanted) private pure returns (bool) {
        if (wanted == IAwardLedger.Step.COMMITTEE) return phase == ITenderLedger.Phase.OPENED;
        if (wanted <= IAwardLedger.Step.REPORT || wanted == IAwardLedger.Step.REJECT_ALL) {
            return phase == ITenderLedger.Phase.COMMITTED;
        }
        if (wanted <= IAwardLedger.Step.NOTICE) return phase == ITenderLedger.Phase.EVALUATED;
        if (wanted <= IAwardLedger.Step.AWARD) return phase == ITenderLedger.Phase.NOTICE;
        if (wanted == IAwardLedger.Step.CONTRACT) return phase == ITenderLedger.Phase.AWARDED;
        bool isAfter = phase == ITenderLedger.Phase.AWARDED || phase == ITenderLedger.Phase.CONTRACTED;
        if (isAfter) return wanted == IAwardLedger.Step.VOID;
        return phase == ITenderLedger.Phase.OPENED || phase == ITenderLedger.Phase.COMMITTED
            || phase == ITenderLedger.Phase.EVALUATED || phase == ITenderLedger.Phase.NOTICE;
    }

    function _doesBlock(IAwardLedger.ComplaintState state) private pure returns (bool) {
        return state == IAwardLedger.ComplaintState.PENDING || state == IAwardLedger.ComplaintState.ACCEPTED
            || state == IAwardLedger.ComplaintState.SATISFIED;
    }
}
