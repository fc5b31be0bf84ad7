// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {TendersHandler} from "./TendersHandler.sol";

/// @title Sentences 21 to 32, and 37, of the README
contract TendersInvariants is Fixture {
    TendersHandler private _handler;

    function setUp() public override {
        _handler = new TendersHandler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory selectors) {
        selectors = new FuzzSelector[](1);
        bytes4[] memory setUpOnly = new bytes4[](1);
        setUpOnly[0] = _handler.setUp.selector;
        selectors[0] = FuzzSelector({addr: address(_handler), selectors: setUpOnly});
    }

    /// @dev One campaign for all: a run costs more than what it asks afterwards.
    /// forge-config: default.invariant.runs = 24
    function invariant_21_to_32_and_37() external view {
        _check(!_handler.broken(21));
        _check(!_handler.broken(22) && _handler.areDigestsKept());
        _check(_handler.isCounted());
        _check(!_handler.broken(24));
        _check(!_handler.broken(25));
        _check(!_handler.broken(26) && _handler.isOpenedByTheThreshold());
        _check(!_handler.broken(27));
        _check(!_handler.broken(28));
        _check(!_handler.broken(29));
        _check(!_handler.broken(30));
        _check(!_handler.broken(31));
        _check(_handler.isEndFinal());
        _check(!_handler.broken(37));
    }
}
