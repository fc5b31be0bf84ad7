// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.lift, by its tree
contract LiftTest is Parties {
    function test_RevertWhen_TheOtherSideCalls() public {
        _enforce(1);
        _suspend(_from(100));
        _expectNotParty(to, THERE);
        VM.prank(THERE);
        recognition.lift(agreement, 1, 0);
    }

    function test_RevertGiven_ThereIsNoSuchSuspension() public {
        _enforce(1);
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.SuspensionUnknown.selector, 0));
        VM.prank(here);
        recognition.lift(agreement, 1, 0);
    }

    function test_RevertGiven_ItHasLapsed() public {
        _enforce(1);
        _suspend(_from(100));
        VM.warp(_from(100));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.SuspensionUnknown.selector, 0));
        VM.prank(here);
        recognition.lift(agreement, 1, 0);
    }

    function test_When_TheReceiverLiftsTheWhole() public {
        _enforce(1);
        uint40 now_ = _from(0);
        _suspend(now_ + 100);
        VM.warp(now_ + 10);
        VM.expectEmit();
        emit IRecognitionLedger.SuspensionLifted(agreement, 1, 0);
        VM.prank(here);
        recognition.lift(agreement, 1, 0);
        _was(now_ + 9, IRecognitionLedger.State.SUSPENDED);
        _was(now_ + 10, IRecognitionLedger.State.IN_FORCE);
        _same(recognition.suspensionsOf(agreement, 1)[0].end, now_ + 10);
    }

    function test_When_TheReceiverLiftsANarrowOne() public {
        _enforce(1);
        uint40 now_ = _from(0);
        VM.prank(here);
        recognition.suspend(agreement, 1, 7, now_ + 100, IRecognitionLedger.Scope.GRADE, GREEN);
        _suspend(now_ + 100);
        VM.prank(here);
        recognition.lift(agreement, 1, 0);
        (,,, IRecognitionLedger.Suspension[] memory found) = recognition.inForceAt(from, to, PASS, now_);
        _same(found.length, 1);
        _is(1, IRecognitionLedger.State.SUSPENDED);
    }
}
