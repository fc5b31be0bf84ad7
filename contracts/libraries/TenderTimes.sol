// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

/// @title Every comparison of a tender's times
/// @notice Unix seconds; a start is inside its window, an end outside. A suspended tender's clock stands at `suspendedAt`.
library TenderTimes {
    /// @dev What a lot's phase in one part follows from.
    struct Facts {
        uint32 live;
        uint32 minBids;
        uint32 disclosed;
        uint32 minDisclosed;
        uint32 recovered;
        uint8 released;
        uint8 threshold;
        bool isRecorded;
        bool isEmpty;
    }

    /// @notice What the clock of a tender or lot shows at `moment`; `suspendedAt` 0 means that it runs.
    function clock(uint40 suspendedAt, uint40 moment) internal pure returns (uint40) {
        return suspendedAt != 0 && moment > suspendedAt ? suspendedAt : moment;
    }

    /// @notice Whether `time` is reached.
    function isReached(uint40 time, uint40 moment) internal pure returns (bool) {
        return moment >= time;
    }

    /// @notice Whether an order of `orderedAt` has lasted `longest` seconds; never, where `longest` is 0.
    function hasLapsed(uint40 orderedAt, uint40 longest, uint40 moment) internal pure returns (bool) {
        return longest != 0 && moment >= orderedAt + longest;
    }

    /// @notice Reverts with {BidLate} unless a message of `at` counts for `deadline`.
    function requireBefore(uint40 deadline, uint40 at_) internal pure {
        if (at_ >= deadline) revert ITenderLedger.BidLate(deadline, at_);
    }

    /// @notice Reverts with {MessageExpired} unless a message may still be brought.
    function requireFresh(uint64 validUntil, uint40 at_) internal pure {
        if (at_ >= validUntil) revert ITenderLedger.MessageExpired(validUntil, at_);
    }

    /// @notice Reverts with {WindowNotOpen} or {WindowClosed} unless `start <= moment < end`.
    function requireInside(uint40 start, uint40 end, uint40 moment) internal pure {
        requireReached(start, moment);
        requireOpen(end, moment);
    }

    /// @notice Reverts with {WindowNotOpen} unless `moment >= start`.
    function requireReached(uint40 start, uint40 moment) internal pure {
        if (!isReached(start, moment)) revert ITenderLedger.WindowNotOpen(start, moment);
    }

    /// @notice Reverts with {WindowClosed} unless `moment < end`.
    function requireOpen(uint40 end, uint40 moment) internal pure {
        if (moment >= end) revert ITenderLedger.WindowClosed(end, moment);
    }

    /// @notice Reverts with {WindowClosed} unless `moment` lies more than `lead` seconds before `end`.
    function requireLead(uint40 end, uint40 lead, uint40 moment) internal pure {
        uint40 last = end > lead ? end - lead : 0;
        if (moment >= last) revert ITenderLedger.WindowClosed(last, moment);
    }

    /// @notice Reverts with {EndNotLater} when `given < present`.
    function requireNotEarlier(uint40 present, uint40 given) internal pure {
        if (given < present) revert ITenderLedger.EndNotLater(present, given);
    }

    /// @notice Reverts with {EndNotLater} when any end moves earlier.
    function requireNotEarlier(ITenderLedger.Ends calldata present, ITenderLedger.Ends calldata given)
        internal
        pure
    {
        requireNotEarlier(present.submitEnd, given.submitEnd);
        requireNotEarlier(present.listEnd, given.listEnd);
        requireNotEarlier(present.discloseEnd, given.discloseEnd);
        requireNotEarlier(present.releaseEnd, given.releaseEnd);
        requireNotEarlier(present.fallbackEnd, given.fallbackEnd);
    }

    /// @notice Reverts with {EndNotLater} unless `given > present`.
    function requireLater(uint40 present, uint40 given) internal pure {
        if (given <= present) revert ITenderLedger.EndNotLater(present, given);
    }

    /// @notice Reverts with {PolicyViolated} when `given` is earlier than `required`.
    function requireAtLeast(ITenderLedger.Rule rule, uint40 required, uint40 given) internal pure {
        if (given < required) revert ITenderLedger.PolicyViolated(rule, required, given);
    }

    /// @notice The later of two times.
    function later(uint40 one, uint40 other) internal pure returns (uint40) {
        return one > other ? one : other;
    }

    /// @notice When the time to object on the spot to an opening ends (实施条例 art. 44): its last window or, if that is later,
    /// `least` seconds after it was recorded; `recordedAt` 0: it was not.
    function spotEnd(uint40 fallbackEnd, uint40 recordedAt, uint40 least) internal pure returns (uint40) {
        return later(fallbackEnd, recordedAt + least);
    }

    /// @notice Seconds from `start` to `end`; 0 when they are reversed.
    function span(uint40 start, uint40 end) internal pure returns (uint256) {
        return end > start ? end - start : 0;
    }

    /// @notice Reverts with {PolicyViolated} unless a window's length is within its range.
    function requireSpan(ITenderLedger.Rule rule, ITenderLedger.Range memory range, uint40 start, uint40 end)
        internal
        pure
    {
        uint256 length = span(start, end);
        if (length < range.least) revert ITenderLedger.PolicyViolated(rule, range.least, length);
        if (length > range.most) revert ITenderLedger.PolicyViolated(rule, range.most, length);
    }

    /// @notice The ends with those later than `since` moved by `shift`; ends already passed never move.
    function shifted(ITenderLedger.Ends memory ends, uint40 since, uint40 shift)
        internal
        pure
        returns (ITenderLedger.Ends memory)
    {
        return ITenderLedger.Ends({
            submitEnd: shiftedEnd(ends.submitEnd, since, shift),
            listEnd: shiftedEnd(ends.listEnd, since, shift),
            discloseEnd: shiftedEnd(ends.discloseEnd, since, shift),
            releaseEnd: shiftedEnd(ends.releaseEnd, since, shift),
            fallbackEnd: shiftedEnd(ends.fallbackEnd, since, shift)
        });
    }

    /// @notice `end`, moved by `shift` when it lies later than `since`.
    function shiftedEnd(uint40 end, uint40 since, uint40 shift) internal pure returns (uint40) {
        return end > since ? end + shift : end;
    }

    /// @notice Whether the opening of a part is over: every lot with enough disclosed is recorded, or its last window ended.
    function isOpeningOver(ITenderLedger.Ends memory ends, bool areAllRecorded, uint40 moment)
        internal
        pure
        returns (bool)
    {
        if (ends.discloseEnd == 0 || moment < ends.discloseEnd) return false;
        return moment >= ends.fallbackEnd || areAllRecorded;
    }

    /// @notice Whether s_c may be posted: the part is opened, or trustees have had their time.
    function isRecoverable(uint40 releaseEnd, bool isOpened, uint40 moment) internal pure returns (bool) {
        return isOpened || moment >= releaseEnd;
    }

    /// @notice The phase of part 1, or of part 2 of a lot whose part 1 was opened.
    function phaseOf(ITenderLedger.Ends memory ends, Facts memory facts, uint8 part, uint40 moment)
        internal
        pure
        returns (ITenderLedger.Phase)
    {
        if (part == 2 && moment < ends.listEnd) return ITenderLedger.Phase.WAITING;
        if (moment < ends.submitEnd) return ITenderLedger.Phase.RECEIVING;
        if (moment < ends.listEnd) return ITenderLedger.Phase.LISTING;
        if (facts.live < facts.minBids) return ITenderLedger.Phase.FAILED_FEW;
        if (moment < ends.discloseEnd) return ITenderLedger.Phase.DISCLOSURE;
        if (facts.disclosed < facts.minDisclosed) return ITenderLedger.Phase.FAILED_FEW;
        return _openingOf(ends, facts, moment);
    }

    function _openingOf(ITenderLedger.Ends memory ends, Facts memory facts, uint40 moment)
        private
        pure
        returns (ITenderLedger.Phase)
    {
        if (facts.isEmpty) return ITenderLedger.Phase.NOT_OPENED;
        if (facts.isRecorded || facts.released >= facts.threshold) return ITenderLedger.Phase.OPENED;
        if (moment < ends.releaseEnd) return ITenderLedger.Phase.RELEASE;
        if (moment < ends.fallbackEnd) return ITenderLedger.Phase.FALLBACK;
        return facts.recovered != 0 ? ITenderLedger.Phase.OPENED : ITenderLedger.Phase.NOT_OPENED;
    }
}
