// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.wordAt, by its tree
contract WordAtTest is Orders {
    function test_RevertWhen_TheWordLiesOutsideTheList() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.WordOutOfRange.selector, 8_192));
        ledger.wordAt(agency, 0, 8_192);
    }

    function test_Given_AnotherAgencyChangedTheSameWord() public {
        VM.prank(SUPERVISOR);
        bytes32 other = authority.admitAgency(jurisdiction, "1", "One", ADMIN);
        _give(_suspension(FIRST));
        _same(ledger.wordAt(other, 0, 5), 0);
        _same(ledger.wordAt(agency, 0, 5), 2);
    }
}
