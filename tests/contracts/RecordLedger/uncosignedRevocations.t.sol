// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.uncosignedRevocations, by its tree
contract UncosignedRevocationsTest is Orders {
    function test_Given_NothingWasRevoked() public view {
        _same(ledger.uncosignedRevocations(agency, START), 0);
    }

    function test_Given_RecordsWereRevokedInSeveralHours() public {
        VM.warp(START + 3_599);
        _give(_revocation(_first(1)));
        VM.warp(START + 3_600);
        _give(_revocation(_first(3) ^ _first(1)));
        VM.warp(START + 24 * 3_600);
        _give(_revocation(_first(7) ^ _first(3)));
        _same(ledger.uncosignedRevocations(agency, START + 25 * 3_600 - 1), 7);
        _same(ledger.uncosignedRevocations(agency, START + 25 * 3_600), 6);
        _same(ledger.uncosignedRevocations(agency, START + 26 * 3_600), 4);
        _same(ledger.uncosignedRevocations(agency, START + 49 * 3_600), 0);
        _same(ledger.uncosignedRevocations(agency, NEVER), 0);
    }

    function test_When_TheTimeLiesBeforeTheLastRevocation() public {
        VM.warp(START + DAY);
        _give(_revocation(_first(9)));
        _same(ledger.uncosignedRevocations(agency, START), 9);
    }
}
