// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "../interfaces/IRecordLedger.sol";

/// @title The 128 entries of one status word, and which change of them is lawful
/// @notice Entries are worked on together: one bit stands for one entry, at the lower of its two places.
library StatusWords {
    /// @notice Words of one list: 2^20 entries, 128 a word.
    uint256 internal constant WORDS = 8_192;

    // The values of IRecordLedger.Status: a number is not checked again at every reading as an enum is.
    uint8 internal constant VALID = uint8(IRecordLedger.Status.VALID);
    uint8 internal constant REVOKED = uint8(IRecordLedger.Status.REVOKED);
    uint8 internal constant SUSPENDED = uint8(IRecordLedger.Status.SUSPENDED);
    uint8 internal constant SUPERSEDED = uint8(IRecordLedger.Status.SUPERSEDED);

    // Reasons: 1xx suspend, 2xx give back, 3xx end, 4xx are followed by a successor. Of a run of numbers only the ends
    // are named.
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
    uint256 internal constant FROM_SUSPENDED = 4;
    uint256 internal constant FROM_VALID_OR_SUSPENDED = 5;
    uint256 internal constant FROM_SUPERSEDED = 8;
    uint256 internal constant FROM_ANY = 13;

    uint256 private constant LOWER = 0x5555555555555555555555555555555555555555555555555555555555555555;
    uint256 private constant BYTES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice The set of statuses that an order may start from; REVOKED is in none. Reverts with {ReasonOutsideClass}
    /// unless `reason` belongs to `status`.
    function sourcesOf(uint8 status, uint16 reason) internal pure returns (uint256 sources) {
        if (status == REVOKED) {
            sources = _sourcesOfRevocation(reason);
        } else if (status == VALID) {
            sources = _sourcesOfReturn(reason);
        } else if (status == SUSPENDED) {
            if (_lies(reason, SUSPEND_FIRST, SUSPEND_LAST)) sources = FROM_VALID_OR_SUSPENDED;
        } else if (status == SUPERSEDED) {
            if (_lies(reason, SUPERSEDE_FIRST, SUPERSEDE_LAST)) sources = FROM_VALID_OR_SUSPENDED;
        }
        if (sources == 0) revert IRecordLedger.ReasonOutsideClass(reason, IRecordLedger.Status(status));
    }

    /// @notice Whether an order asks for a second pair of eyes by its reason alone: 205, 310 and 311, which are those
    /// that reach a superseded record.
    function needsCoSignature(uint256 sources) internal pure returns (bool) {
        return sources & FROM_SUPERSEDED != 0;
    }

    /// @notice Whether an order declares records void from the beginning: 310 and 311, which reach every record.
    function annuls(uint256 sources) internal pure returns (bool) {
        return sources == FROM_ANY;
    }

    /// @notice Whether a jurisdiction's SUPERVISOR may give the order without the agency: 101–105 and 201–204.
    function isSupervisable(uint16 reason) internal pure returns (bool) {
        return reason < RESTORE;
    }

    /// @notice Where a word stands among all words of an agency's lists.
    function placeOf(uint256 list, uint256 word) internal pure returns (uint256) {
        return (list << 13) | word;
    }

    /// @notice A word whose 128 entries all have `status`.
    function filledWith(uint8 status) internal pure returns (uint256 word) {
        if (status & 1 != 0) word = LOWER;
        if (status & 2 != 0) word |= LOWER << 1;
    }

    /// @notice Reverts unless `word` lies in a list and `mask` names at least one entry, and none by half.
    function requireMask(uint16 word, uint256 mask) internal pure {
        if (word >= WORDS) revert IRecordLedger.WordOutOfRange(word);
        if (mask == 0) revert IRecordLedger.MaskEmpty(word);
        if ((mask ^ (mask >> 1)) & LOWER != 0) revert IRecordLedger.MaskHalfEntry(word, mask);
    }

    /// @notice Reverts with {StatusFinal} or {StatusTransitionIllegal} unless every entry of `mask` now has a status in
    /// `sources`. The errors name the offending entries by both their bits.
    function requireTransition(uint256 present, uint16 word, uint256 mask, uint256 sources, uint8 to)
        internal
        pure
    {
        uint256 refused = mask & LOWER & _entriesOutside(present, sources);
        if (refused != 0) _refuse(present, word, refused, to);
    }

    /// @notice How many of the 128 entries `mask` names, by the lower bit of each.
    /// @dev The digits of a number to base 256 add up to it modulo 255, and there are at most 128 entries.
    function count(uint256 mask) internal pure returns (uint256) {
        uint256 first = addmod(mask & BYTES, (mask >> 2) & BYTES, 255);
        uint256 second = addmod((mask >> 4) & BYTES, (mask >> 6) & BYTES, 255);
        return addmod(first, second, 255);
    }

    /// @notice The status of the entry at `position` (0 to 127) of a word.
    function statusIn(uint256 word, uint256 position) internal pure returns (IRecordLedger.Status) {
        return IRecordLedger.Status((word >> (2 * position)) & 3);
    }

    /// @dev Names the gravest ground among the refused entries: a final one, then superseded, suspended, valid.
    function _refuse(uint256 present, uint16 word, uint256 refused, uint8 to) private pure {
        uint256 low = present & refused;
        uint256 high = (present >> 1) & refused;
        if (low & ~high != 0) revert IRecordLedger.StatusFinal(word, _bothBits(low & ~high));
        if (low & high != 0) _refuseFrom(word, low & high, IRecordLedger.Status.SUPERSEDED, to);
        if (high != 0) _refuseFrom(word, high, IRecordLedger.Status.SUSPENDED, to);
        _refuseFrom(word, refused, IRecordLedger.Status.VALID, to);
    }

    function _refuseFrom(uint16 word, uint256 entries, IRecordLedger.Status source, uint8 to) private pure {
        revert IRecordLedger.StatusTransitionIllegal(
            word, _bothBits(entries), source, IRecordLedger.Status(to)
        );
    }

    function _bothBits(uint256 entries) private pure returns (uint256) {
        return entries | (entries << 1);
    }

    function _sourcesOfRevocation(uint16 reason) private pure returns (uint256) {
        if (_lies(reason, CANCEL_FIRST, CANCEL_LAST)) return FROM_VALID_OR_SUSPENDED;
        if (reason == PUNITIVE || reason == WITHDRAW || reason == ISSUED_IN_ERROR) {
            return FROM_VALID_OR_SUSPENDED;
        }
        return reason == ANNUL_AGENCY || reason == ANNUL_FRAUD ? FROM_ANY : 0;
    }

    function _sourcesOfReturn(uint16 reason) private pure returns (uint256) {
        if (reason == RESTORE) return FROM_SUPERSEDED;
        return _lies(reason, REINSTATE_FIRST, REINSTATE_LAST) ? FROM_SUSPENDED : 0;
    }

    /// @dev The entries whose status is not in `sources`, by the lower bit of each.
    function _entriesOutside(uint256 present, uint256 sources) private pure returns (uint256) {
        if (sources == FROM_VALID_OR_SUSPENDED) return present;
        uint256 high = present >> 1;
        if (sources == FROM_SUSPENDED) return present | ~high;
        return sources == FROM_ANY ? present & ~high : ~(present & high);
    }

    function _lies(uint16 reason, uint16 first, uint16 last) private pure returns (bool) {
        return reason >= first && reason <= last;
    }
}
