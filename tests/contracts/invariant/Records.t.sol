// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixture} from "../support/Fixture.sol";
import {RecordsHandler} from "./RecordsHandler.sol";

/// @title Sentences 1 to 8 of the README
contract RecordsInvariants is Fixture {
    RecordsHandler private _handler;

    function setUp() public override {
        _handler = new RecordsHandler();
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

    function invariant_1_RevokedIsFinal() external view {
        _check(!_handler.broken(1));
    }

    function invariant_2_BatchesNeverChange() external view {
        _check(!_handler.broken(2));
        _check(_handler.batchesAgree());
    }

    function invariant_3_AtMost100UncosignedInAny24Hours() external view {
        _check(!_handler.broken(3));
    }

    function invariant_4_TheCountIsNeverLow() external view {
        _check(_handler.counted() >= _handler.lastDay());
    }

    function invariant_5_AnnulmentsAreCosigned() external view {
        _check(!_handler.broken(5));
    }

    function invariant_6_ANonceWorksOnce() external view {
        _check(!_handler.broken(6));
    }

    function invariant_7_WordsEqualTheOrders() external view {
        _check(_handler.wordsAgree());
    }

    function invariant_8_SupersededIsLeftByAnnulmentOrRestorationOnly() external view {
        _check(!_handler.broken(8));
    }
}
