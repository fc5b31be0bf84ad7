// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.statusOf, by its tree
contract StatusOfTest is Orders {
    function test_RevertWhen_TheIndexIs2ToThe20th() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.WordOutOfRange.selector, 8_192));
        ledger.statusOf(agency, 0, 1 << 20);
    }

    function test_RevertWhen_TheIndexIsTheGreatestNumber() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.WordOutOfRange.selector, type(uint32).max >> 7));
        ledger.statusOf(agency, 0, type(uint32).max);
    }

    function test_When_TheIndexIsTheLastOfTheList() public {
        Draft memory order = _suspension(3 << 254);
        order.changes[0].word = 8_191;
        _give(order);
        _check(ledger.statusOf(agency, 0, (1 << 20) - 1) == IRecordLedger.Status.SUSPENDED);
        _check(ledger.statusOf(agency, 0, (1 << 20) - 2) == IRecordLedger.Status.VALID);
    }
}
