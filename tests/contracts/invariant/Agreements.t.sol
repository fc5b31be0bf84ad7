// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {AgreementsHandler} from "./AgreementsHandler.sol";

/// @title Sentences 15 to 20 of the README
contract AgreementsInvariants is Fixture {
    AgreementsHandler private _handler;

    function setUp() public override {
        _handler = new AgreementsHandler();
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

    function invariant_15_AtMostOneVersionIsInForce() external view {
        _check(_handler.isOneInForce(0));
        _check(_handler.isOneInForce(2 days));
        _check(_handler.isOneInForce(9 days));
    }

    function invariant_16_ThePastStays() external view {
        _check(_handler.isToldAgain());
    }

    function invariant_17_AnEndStays() external view {
        _check(!_handler.broken(17));
    }

    function invariant_18_TheReceiverAloneSuspends() external view {
        _check(!_handler.broken(18));
    }

    function invariant_19_EverySuspensionEnds() external view {
        _check(!_handler.broken(19));
        _check(_handler.doSuspensionsEnd());
    }

    function invariant_20_BothSignInGoodTime() external view {
        _check(!_handler.broken(20));
    }
}
