// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.inForceAt, by its tree
contract InForceAtTest is Parties {
    function test_Given_NothingWasProposed() public view {
        (uint32 version, IRecognitionLedger.State state,,) = recognition.inForceAt(from, to, PASS, START);
        _same(version, 0);
        _same(uint256(state), uint256(IRecognitionLedger.State.UNKNOWN));
    }

    function test_When_AskedInTheOtherDirection() public {
        _enforce(1);
        (uint32 version,,,) = recognition.inForceAt(to, from, PASS, _from(0));
        _same(version, 0);
    }

    function test_Given_SeveralVersionsFollowedOneAnother() public {
        _enforce(1);
        uint40 first = _from(0);
        _enforce(2);
        _enforce(3);
        (uint32 version,,,) = recognition.inForceAt(from, to, PASS, first - 1);
        _same(version, 0);
        (version,,,) = recognition.inForceAt(from, to, PASS, first);
        _same(version, 1);
        (version,,,) = recognition.inForceAt(from, to, PASS, first + 3 days);
        _same(version, 2);
        (version,,,) = recognition.inForceAt(from, to, PASS, first + 6 days - 1);
        _same(version, 2);
        (version,,,) = recognition.inForceAt(from, to, PASS, first + 6 days);
        _same(version, 3);
        (version,,,) = recognition.inForceAt(from, to, PASS, first + 600 days);
        _same(version, 0);
    }
}
