// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RollingCount} from "contracts/libraries/RollingCount.sol";

import {Fixture} from "../support/Fixture.sol";

/// @title The rolling count against a list of all additions
contract RollingCountTest is Fixture {
    uint40[] private _times;
    uint256[] private _amounts;

    function setUp() public override {}

    /// @dev Steps of up to 30 hours; every addition that the limit allows is made.
    function testFuzz_NeverLowAndAtMost25Hours(uint32[24] memory steps, uint8[24] memory amounts) public {
        uint256 slot = 0;
        uint40 moment = START;
        for (uint256 i = 0; i < steps.length; ++i) {
            moment += steps[i] % (i % 3 == 0 ? 30 hours : 1 hours);
            (uint256 next, uint256 total) = RollingCount.add(slot, moment, amounts[i] % 101);
            _check(total == RollingCount.countAt(slot, moment) + amounts[i] % 101);
            _check(total >= _since(moment - 24 hours) + amounts[i] % 101);
            if (total > RollingCount.LIMIT) continue;
            slot = next;
            _times.push(moment);
            _amounts.push(amounts[i] % 101);
            _same(RollingCount.countAt(slot, moment), total);
            _check(total <= _since(moment - 25 hours));
            _check(_since(moment - 24 hours) <= RollingCount.LIMIT);
        }
    }

    function testFuzz_AClockSetBackForgetsNothing(uint8 amount, uint32 back) public pure {
        uint256 first = amount % 101;
        (uint256 slot,) = RollingCount.add(0, START, first);
        _same(RollingCount.countAt(slot, START - back % START), first);
    }

    function testFuzz_WholeHoursBoundTheWindow(uint40 moment, uint8 amount) public pure {
        moment = moment % (type(uint40).max - 26 hours);
        uint256 added = amount % 101;
        (uint256 slot,) = RollingCount.add(0, moment, added);
        uint40 gone = moment - moment % 1 hours + 25 hours;
        _same(RollingCount.countAt(slot, moment + 24 hours), added);
        _same(RollingCount.countAt(slot, gone - 1), added);
        _same(RollingCount.countAt(slot, gone), 0);
        _same(RollingCount.countAt(slot, type(uint40).max), 0);
    }

    function _since(uint40 start) private view returns (uint256 sum) {
        for (uint256 i = 0; i < _times.length; ++i) {
            if (_times[i] >= start) sum += _amounts[i];
        }
    }
}
