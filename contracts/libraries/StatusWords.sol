// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "../interfaces/IRecordLedger.sol";

/// @title The 128 entries of one status word, and which change of them is lawful
/// @notice Entries are worked on together: one bit stands for one entry, at the lower of its two places.
library StatusWords {
    /// @notice Words of one list: 2^20 entries, 128 a word.
    uint256 internal constant WORDS = 8_192;

    // Reasons, families/licences.md §5. Where a class is a run of numbers only its ends are named.
    uint16 internal constant SUSPEND_FIRST = 101;
    uint16 internal constant SUSPEND_LAST = 105;
    uint16 internal constant REINSTATE_FIRST = 201;
    uint16 internal constant REINSTATE_LAST = 204;
    uint16 internal constant RESTORE = 205; // the successor was annulled
    uint16 internal constant ANNUL_AGENCY = 310;
    uint16 internal constant ANNUL_FRAUD = 311;
    uint16 internal constant PUNITIVE = 320;
    uint16 internal constant CANCEL_FIRST = 330;
    uint16 internal constant CANCEL_LAST = 335;
    uint16 internal constant WITHDRAW = 340;
    uint16 internal constant ISSUED_IN_ERROR = 350;
    uint16 internal constant SUPERSEDE_FIRST = 401;
    uint16 internal constant SUPERSEDE_LAST = 406;

    // Sets of statuses: bit i stands for Status(i).
    uint256 private constant FROM_VALID = 1;
    uint256 private constant FROM_SUSPENDED = 4;
    uint256 private constant FROM_SUPERSEDED = 8;

    uint256 private constant LOWER = type(uint256).max / 3; // 0x5555…
    uint256 private constant PAIRS = type(uint256).max / 5; // 0x3333…
    uint256 private constant NIBBLES = type(uint256).max / 17; // 0x0f0f…

    /// @notice Whether the reason declares records void from the beginning.
    function annuls(uint16 reason) internal pure returns (bool) {
        return reason == ANNUL_AGENCY || reason == ANNUL_FRAUD;
    }

    /// @notice Whether the reason alone asks for a second pair of eyes.
    function needsCoSignature(uint16 reason) internal pure returns (bool) {
        return annuls(reason) || reason == RESTORE;
    }

    /// @notice Whether a jurisdiction's SUPERVISOR may give the order without the agency.
    function isSupervisable(IRecordLedger.Status status, uint16 reason) internal pure returns (bool) {
        return status == IRecordLedger.Status.SUSPENDED
            || (status == IRecordLedger.Status.VALID && reason != RESTORE);
    }

    /// @notice Reverts with {ReasonOutsideClass} unless `reason` belongs to `status`.
    function requireReason(IRecordLedger.Status status, uint16 reason) internal pure {
        bool fits;
        if (status == IRecordLedger.Status.REVOKED) fits = _revokes(reason);
        else if (status == IRecordLedger.Status.SUSPENDED) fits = _lies(reason, SUSPEND_FIRST, SUSPEND_LAST);
        else if (status == IRecordLedger.Status.VALID) fits = _lies(reason, REINSTATE_FIRST, RESTORE);
        else fits = _lies(reason, SUPERSEDE_FIRST, SUPERSEDE_LAST);
        if (!fits) revert IRecordLedger.ReasonOutsideClass(reason, status);
    }

    /// @notice The statuses that an order may start from: bit i stands for Status(i). REVOKED is in none of them.
    function sources(IRecordLedger.Status status, uint16 reason) internal pure returns (uint256) {
        if (status == IRecordLedger.Status.VALID) {
            return reason == RESTORE ? FROM_SUPERSEDED : FROM_SUSPENDED;
        }
        if (annuls(reason)) return FROM_VALID | FROM_SUSPENDED | FROM_SUPERSEDED;
        return FROM_VALID | FROM_SUSPENDED;
    }

    /// @notice One bit for each entry of `mask`. Reverts when there is none or one is there by half.
    function entriesOf(uint16 word, uint256 mask) internal pure returns (uint256 entries) {
        if (word >= WORDS) revert IRecordLedger.WordOutOfRange(word);
        if (mask == 0) revert IRecordLedger.MaskEmpty(word);
        entries = mask & LOWER;
        if (entries * 3 != mask) revert IRecordLedger.MaskHalfEntry(word, mask);
    }

    /// @notice Reverts with {StatusFinal} or {StatusTransitionIllegal} unless every one of `entries` now has a status
    /// that `from` allows. The errors name the offending entries by both their bits.
    function requireTransition(
        uint256 present,
        uint16 word,
        uint256 entries,
        uint256 from,
        IRecordLedger.Status to
    ) internal pure {
        uint256 low = present & entries;
        uint256 high = (present >> 1) & entries;
        uint256 revoked = low & ~high;
        if (revoked != 0) revert IRecordLedger.StatusFinal(word, revoked * 3);
        // With the revoked ones out of the way the higher bit alone tells the valid entries.
        _requireNone(entries & ~high, word, from, IRecordLedger.Status.VALID, to);
        _requireNone(high & ~low, word, from, IRecordLedger.Status.SUSPENDED, to);
        _requireNone(high & low, word, from, IRecordLedger.Status.SUPERSEDED, to);
    }

    /// @notice The word with `entries` set to `status`.
    function set(uint256 present, uint256 entries, IRecordLedger.Status status)
        internal
        pure
        returns (uint256)
    {
        return (present & ~(entries * 3)) | (entries * uint8(status));
    }

    /// @notice The status of the entry at `position` (0 to 127) of a word.
    function statusIn(uint256 word, uint256 position) internal pure returns (IRecordLedger.Status) {
        return IRecordLedger.Status((word >> (2 * position)) & 3);
    }

    /// @notice How many of the 128 entries are named by `entries`, one bit each.
    function count(uint256 entries) internal pure returns (uint256 sum) {
        sum = (entries & PAIRS) + ((entries >> 2) & PAIRS); // at most 2 a nibble
        sum = (sum & NIBBLES) + ((sum >> 4) & NIBBLES); // at most 4 a byte
        return sum % 255; // digits to base 256 add up modulo 255, and there are at most 128 entries
    }

    function _requireNone(
        uint256 entries,
        uint16 word,
        uint256 from,
        IRecordLedger.Status source,
        IRecordLedger.Status to
    ) private pure {
        if (entries != 0 && (from >> uint8(source)) & 1 == 0) {
            revert IRecordLedger.StatusTransitionIllegal(word, entries * 3, source, to);
        }
    }

    function _revokes(uint16 reason) private pure returns (bool) {
        return annuls(reason) || reason == PUNITIVE || _lies(reason, CANCEL_FIRST, CANCEL_LAST)
            || reason == WITHDRAW || reason == ISSUED_IN_ERROR;
    }

    function _lies(uint16 reason, uint16 first, uint16 last) private pure returns (bool) {
        return reason >= first && reason <= last;
    }
}
