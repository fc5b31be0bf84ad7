// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.withdraw, by its tree
contract WithdrawTest is Parties {
    function test_RevertWhen_TheOtherPartyCalls() public {
        _propose(_terms(1));
        _expectNotParty(from, here);
        VM.prank(here);
        recognition.withdraw(agreement, 1);
    }

    function test_RevertGiven_ItIsSigned() public {
        _schedule(1);
        _expectState(IRecognitionLedger.State.SCHEDULED);
        VM.prank(THERE);
        recognition.withdraw(agreement, 1);
    }

    function test_When_TheProposerCalls() public {
        _propose(_terms(1));
        VM.warp(START + 5);
        VM.expectEmit();
        emit IRecognitionLedger.AgreementWithdrawn(agreement, 1);
        VM.prank(THERE);
        recognition.withdraw(agreement, 1);
        _was(START + 4, IRecognitionLedger.State.PROPOSED);
        _was(START + 5, IRecognitionLedger.State.WITHDRAWN);
        _was(START + 400 days, IRecognitionLedger.State.WITHDRAWN);
    }
}
