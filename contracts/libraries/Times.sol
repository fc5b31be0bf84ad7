// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAuthority} from "../interfaces/IAuthority.sol";
import {IRecordLedger} from "../interfaces/IRecordLedger.sol";

/// @title Every comparison of times
/// @notice Times are Unix seconds; a start is inside its window, an end outside.
library Times {
    /// @notice The end of a window that has none.
    uint40 internal constant OPEN_END = type(uint40).max;

    /// @notice The time of the block that is being made or asked.
    function blockTime() internal view returns (uint40) {
        return SafeCast.toUint40(block.timestamp);
    }

    /// @notice Whether `moment` lies before `blockTime_`.
    function isPast(uint40 moment, uint40 blockTime_) internal pure returns (bool) {
        return moment < blockTime_;
    }

    /// @notice Whether `window.start <= moment < window.end`.
    function isInside(IAuthority.Window memory window, uint40 moment) internal pure returns (bool) {
        return moment >= window.start && moment < window.end;
    }

    function latest(uint40 a, uint40 b) internal pure returns (uint40) {
        return a > b ? a : b;
    }

    /// @notice `hour` or the whole hour of Unix time in which `moment` lies, whichever is later.
    function laterHour(uint256 hour, uint256 moment) internal pure returns (uint256) {
        uint256 present = moment / 1 hours;
        return present > hour ? present : hour;
    }

    /// @notice The state of an announced key at a time, by its windows alone.
    function keyState(IAuthority.DocumentKey memory key, uint40 moment)
        internal
        pure
        returns (IAuthority.KeyState)
    {
        if (key.announcedAt == 0 || moment < key.announcedAt) return IAuthority.KeyState.UNKNOWN;
        if (moment >= key.verifyUntil) return IAuthority.KeyState.EXPIRED;
        if (moment >= key.signUntil) return IAuthority.KeyState.RETIRING;
        if (moment >= key.signFrom) return IAuthority.KeyState.ACTIVE;
        return IAuthority.KeyState.ANNOUNCED;
    }

    /// @notice Whether a compromised key is distrusted for what was anchored at `moment`.
    function isDistrusted(uint40 distrustFrom, uint40 moment) internal pure returns (bool) {
        return distrustFrom != 0 && moment >= distrustFrom;
    }

    /// @notice Reverts with {KeyWindowInvalid} unless `now <= signFrom < signUntil <= verifyUntil`.
    function requireKeyWindow(uint40 signFrom, uint40 signUntil, uint40 verifyUntil, uint40 moment)
        internal
        pure
    {
        if (signFrom < moment || signUntil <= signFrom || verifyUntil < signUntil) {
            revert IAuthority.KeyWindowInvalid(signFrom, signUntil, verifyUntil, moment);
        }
    }

    /// @notice Reverts with {KeyWindowInvalid} unless `now <= signUntil < the key's present end of signing`.
    function requireEarlierEnd(IAuthority.DocumentKey memory key, uint40 signUntil, uint40 moment)
        internal
        pure
    {
        if (signUntil < moment || signUntil >= key.signUntil) {
            revert IAuthority.KeyWindowInvalid(key.signFrom, signUntil, key.verifyUntil, moment);
        }
    }

    /// @notice Reverts with {DistrustInFuture} when `distrustFrom` is later than the block.
    function requireDistrustNotInFuture(uint40 distrustFrom, uint40 moment) internal pure {
        if (distrustFrom > moment) revert IAuthority.DistrustInFuture(distrustFrom, moment);
    }

    /// @notice Whether a repeated report moves the date of distrust earlier; the first one always does.
    function isEarlierDistrust(uint40 distrustFrom, uint40 present) internal pure returns (bool) {
        return present == 0 || distrustFrom < present;
    }

    /// @notice Reverts with {AccreditationWindowInvalid} unless `notBefore <= start < end`.
    function requireAccreditationWindow(uint40 start, uint40 end, uint40 notBefore) internal pure {
        if (start < notBefore || end <= start) {
            revert IAuthority.AccreditationWindowInvalid(start, end, notBefore);
        }
    }

    /// @notice Reverts unless `effectiveAt` is not in the future, and 0 exactly when the order annuls.
    function requireEffective(uint16 reason, uint40 effectiveAt, bool annuls) internal view {
        if ((effectiveAt == 0) != annuls) revert IRecordLedger.EffectiveFromBeginning(reason, effectiveAt);
        // slither-disable-next-line timestamp - the block's time is the law here
        if (effectiveAt > block.timestamp) revert IRecordLedger.EffectiveInFuture(effectiveAt, blockTime());
    }

    /// @notice Reverts unless `until`, which is not 0, ends a suspension after `effectiveAt`.
    function requireUntil(uint40 until, uint40 effectiveAt, bool suspends) internal pure {
        if (!suspends) revert IRecordLedger.UntilWithoutSuspension(until);
        if (until <= effectiveAt) revert IRecordLedger.UntilNotAfterEffective(until, effectiveAt);
    }

    /// @notice Reverts with {CoSignatureExpired} after the last second at which a co-signature counts.
    function requireNotExpired(uint40 deadline) internal view {
        // slither-disable-next-line timestamp - the block's time is the law here
        if (block.timestamp > deadline) revert IRecordLedger.CoSignatureExpired(deadline, blockTime());
    }
}
