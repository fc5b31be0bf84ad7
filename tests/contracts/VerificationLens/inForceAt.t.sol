// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";
import {IVerificationLens} from "contracts/interfaces/IVerificationLens.sol";
import {Parties} from "../support/Parties.sol";

/// @title VerificationLens.inForceAt, by its tree
contract LensInForceAtTest is Parties {
    function test_Given_NothingWasProposed() public {
        VM.roll(77);
        IVerificationLens.Recognition memory found = _read(START);
        _same(found.chainId, block.chainid);
        _same(found.blockNumber, 77);
        _same(found.blockTime, START);
        _same(found.version, 0);
        _check(found.state == IRecognitionLedger.State.UNKNOWN);
    }

    function test_Given_AVersionIsInForce() public {
        _enforce(1);
        uint40 begun = _from(0);
        VM.warp(_from(60 days));
        IVerificationLens.Recognition memory found = _read(begun);
        _same(found.version, 1);
        _check(found.state == IRecognitionLedger.State.IN_FORCE);
        _same(found.agreement.policyHash, POLICY);
        _same(found.agreement.bundleHash, BUNDLE);
        _same(found.agreement.validFrom, begun);
        _same(found.blockTime, block.timestamp);
        _same(_read(begun - 1).version, 0);
    }

    function test_Given_SuspensionsAreInEffect() public {
        _enforce(1);
        _suspend(_from(2 days));
        VM.prank(here);
        recognition.suspend(agreement, 1, 9, _from(1 days), IRecognitionLedger.Scope.GRADE, GREEN);
        IVerificationLens.Recognition memory found = _read(_from(0));
        _check(found.state == IRecognitionLedger.State.SUSPENDED);
        _same(found.suspensions.length, 2);
        _same(found.suspensions[0].cause, 7);
        _same(found.suspensions[1].scope, GREEN);
        _same(_read(_from(1 days)).suspensions.length, 1);
    }

    function _read(uint40 moment) private returns (IVerificationLens.Recognition memory) {
        bytes memory arguments = abi.encode(authority, ledger, recognition);
        return IVerificationLens(VM.deployCode("VerificationLens.sol:VerificationLens", arguments))
            .inForceAt(from, to, PASS, moment);
    }
}
