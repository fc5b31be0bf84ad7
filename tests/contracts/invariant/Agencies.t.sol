// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {AgenciesHandler} from "./AgenciesHandler.sol";

/// @title Sentences 9 to 14 of the README
contract AgenciesInvariants is Fixture {
    AgenciesHandler private _handler;

    function setUp() public override {
        _handler = new AgenciesHandler();
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

    function invariant_9_WindowsAreOrdered() external view {
        _check(_handler.windowsAreOrdered());
    }

    function invariant_10_PastAccreditationsStay() external view {
        _check(_handler.accreditationsAgree());
    }

    function invariant_11_CompromiseIsFinal() external view {
        _check(!_handler.broken(11));
        _check(_handler.compromisedStayCompromised());
    }

    function invariant_12_KeysOnlyEndEarlier() external view {
        _check(!_handler.broken(12));
        _check(_handler.keysAgree());
    }

    function invariant_13_RetiredIsFinal() external view {
        _check(!_handler.broken(13));
        _check(_handler.retiredStayRetired());
    }

    function invariant_14_PastStatusesStay() external view {
        _check(_handler.statusesAgree());
    }
}
