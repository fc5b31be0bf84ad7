// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {AwardsHandler} from "./AwardsHandler.sol";

/// @title Sentences 33 to 36, 41 and 42 of the README
contract AwardsInvariants is Fixture {
    AwardsHandler private _handler;

    function setUp() public override {
        _handler = new AwardsHandler();
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

    /// forge-config: default.invariant.runs = 16
    /// forge-config: default.invariant.depth = 200
    function invariant_33_to_36() external view {
        _check(!_handler.broken(33));
        _check(!_handler.broken(34));
        _check(!_handler.broken(35));
        _check(!_handler.broken(36));
    }

    /// forge-config: default.invariant.runs = 16
    /// forge-config: default.invariant.depth = 200
    function invariant_41_and_42() external view {
        _check(!_handler.broken(41));
        _check(!_handler.broken(42));
    }
}
