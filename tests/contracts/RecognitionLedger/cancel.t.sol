// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.cancel, by its tree
contract CancelTest is Parties {
    function test_RevertGiven_ItIsOnlyProposed() public {
        _propose(_terms(1));
        _expectState(IRecognitionLedger.State.PROPOSED);
        VM.prank(THERE);
        recognition.cancel(agreement, 1, from);
    }

    function test_RevertGiven_ItIsInForce() public {
        _enforce(1);
        _expectState(IRecognitionLedger.State.IN_FORCE);
        VM.prank(here);
        recognition.cancel(agreement, 1, to);
    }

    function test_RevertWhen_AStrangerCalls() public {
        _schedule(1);
        _expectNotParty(from, STRANGER);
        VM.prank(STRANGER);
        recognition.cancel(agreement, 1, from);
    }

    function test_RevertWhen_AThirdJurisdictionCalls() public {
        _schedule(1);
        _expectNotParty(jurisdiction, SUPERVISOR);
        VM.prank(SUPERVISOR);
        recognition.cancel(agreement, 1, jurisdiction);
    }

    function test_When_APartyCallsInTime() public {
        _schedule(1);
        VM.warp(START + 3 days - 1);
        VM.expectEmit();
        emit IRecognitionLedger.AgreementCancelled(agreement, 1, to);
        VM.prank(here);
        recognition.cancel(agreement, 1, to);
        _was(START + 3 days - 2, IRecognitionLedger.State.SCHEDULED);
        _was(START + 3 days, IRecognitionLedger.State.CANCELLED);
        (uint32 version,,,) = recognition.inForceAt(from, to, PASS, START + 4 days);
        _same(version, 0);
    }

    function test_Given_OthersWaitBeforeAndAfterIt() public {
        _schedule(1);
        _schedule(2);
        _schedule(3);
        VM.prank(here);
        recognition.cancel(agreement, 2, to);
        (uint32 version,,,) = recognition.inForceAt(from, to, PASS, START + 3 days);
        _same(version, 3);
        VM.prank(here);
        recognition.cancel(agreement, 3, to);
        (version,,,) = recognition.inForceAt(from, to, PASS, START + 3 days);
        _same(version, 1);
        _was(START + 3 days, IRecognitionLedger.State.IN_FORCE);
    }
}
