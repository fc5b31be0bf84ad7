// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Times} from "./Times.sol";

/// @title A count over the running 24 hours in one storage slot
/// @notice Bits 200–255 hold the hour of the last addition, bits 0–199 one byte for each of 25 hours, the latest lowest.
/// Any 24 hours touch at most 25 whole hours, so the sum is never low for a window that ends now; it lets go of an
/// addition between 24 and 25 hours later. The sum never passes `LIMIT`, so no byte overflows.
library RollingCount {
    /// @notice What may be added in any 24 hours: a proposed number, no law states one.
    uint256 internal constant LIMIT = 100;

    uint256 private constant BUCKETS = type(uint200).max;
    uint256 private constant BUCKET_SHIFT = 3; // 8 bits a bucket
    uint256 private constant HOUR_SHIFT = 200;

    /// @notice The count at `moment`; a moment before the last addition is taken for the hour of that addition.
    function countAt(uint256 slot, uint256 moment) internal pure returns (uint256) {
        (, uint256 buckets) = _roll(slot, moment);
        return _sum(buckets);
    }

    /// @notice The slot after adding `amount` at `moment`, and the count with it. Above `LIMIT` the slot is worthless:
    /// the caller refuses.
    function add(uint256 slot, uint256 moment, uint256 amount)
        internal
        pure
        returns (uint256 next, uint256 total)
    {
        (uint256 hour, uint256 buckets) = _roll(slot, moment);
        total = _sum(buckets) + amount;
        next = (hour << HOUR_SHIFT) | (buckets + amount);
    }

    /// @dev A shift by 25 hours or more leaves nothing of the old buckets.
    function _roll(uint256 slot, uint256 moment) private pure returns (uint256 hour, uint256 buckets) {
        uint256 lastHour = slot >> HOUR_SHIFT;
        hour = Times.laterHour(lastHour, moment);
        buckets = (slot << ((hour - lastHour) << BUCKET_SHIFT)) & BUCKETS;
    }

    /// @dev The digits of a number to base 256 add up to it modulo 255, and here to at most `LIMIT`.
    function _sum(uint256 buckets) private pure returns (uint256) {
        return buckets % 255;
    }
}
