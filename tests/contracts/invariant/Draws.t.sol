// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {DrawsHandler} from "./DrawsHandler.sol";

/// @title Sentences 43 to 45 of the README
contract DrawsInvariants is Fixture {
    DrawsHandler private _handler;

    function setUp() public override {
        _handler = new DrawsHandler();
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

    function invariant_43_to_45() external view {
        _check(!_handler.broken(43));
        _check(!_handler.broken(44));
        _check(!_handler.broken(45));
    }
}
