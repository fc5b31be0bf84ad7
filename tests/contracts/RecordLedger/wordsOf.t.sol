// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.wordsOf, by its tree
contract WordsOfTest is Orders {
    function test_RevertWhen_MoreThan1024WordsAreAskedFor() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.TooManyWords.selector, 1_025, 1_024));
        ledger.wordsOf(agency, 0, 0, 1_025);
    }

    function test_RevertWhen_TheLastWordLiesOutsideTheList() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.WordOutOfRange.selector, 8_192));
        ledger.wordsOf(agency, 0, 8_191, 2);
    }

    function test_When_TheWordsLieInTheList() public {
        _give(_suspension(FIRST));
        uint256[] memory words = ledger.wordsOf(agency, 0, 4, 3);
        _same(words.length, 3);
        _same(words[0], 0);
        _same(words[1], 2);
        _same(words[2], 0);
        _same(ledger.wordsOf(agency, 0, 7_168, 1_024).length, 1_024);
        _same(ledger.wordsOf(agency, 0, 0, 0).length, 0);
    }
}
