// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {DroppingHandler} from "./DroppingHandler.sol";
import {TendersHandler} from "./TendersHandler.sol";

/// @title Sentences 21 to 32, 37, 46 and 47 of the README
contract TendersInvariants is Fixture {
    TendersHandler[2] private _handlers;

    function setUp() public override {
        _handlers = [new TendersHandler(), new DroppingHandler()];
        for (uint256 i = 0; i < 2; ++i) {
            _handlers[i].setUp();
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](2);
        for (uint256 i = 0; i < 2; ++i) {
            targets[i] = address(_handlers[i]);
        }
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory selectors) {
        selectors = new FuzzSelector[](2);
        bytes4[] memory setUpOnly = new bytes4[](1);
        setUpOnly[0] = TendersHandler.setUp.selector;
        for (uint256 i = 0; i < 2; ++i) {
            selectors[i] = FuzzSelector({addr: address(_handlers[i]), selectors: setUpOnly});
        }
    }

    /// @dev One campaign for all: a run costs more than what it asks afterwards.
    /// forge-config: default.invariant.runs = 24
    /// forge-config: default.invariant.depth = 240
    function invariant_21_to_32_and_37_46_47() external view {
        for (uint256 i = 0; i < 2; ++i) {
            _holds(_handlers[i]);
        }
    }

    function _holds(TendersHandler handler) private view {
        for (uint256 sentence = 21; sentence <= 31; ++sentence) {
            _check(!handler.broken(sentence));
        }
        _check(handler.areDigestsKept()); // 22
        _check(handler.isCounted()); // 23
        _check(handler.isOpenedByTheThreshold()); // 26
        _check(handler.isEndFinal()); // 32
        _check(!handler.broken(37));
        _check(!handler.broken(46));
        _check(!handler.broken(47));
    }
}
