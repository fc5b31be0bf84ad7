// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.suspend, by its tree
contract SuspendTest is Parties {
    function test_RevertWhen_TheOtherSideCalls() public {
        _enforce(1);
        _expectNotParty(to, THERE);
        VM.prank(THERE);
        recognition.suspend(agreement, 1, 7, _from(1 days), IRecognitionLedger.Scope.ALL, 0);
    }

    function test_RevertGiven_ItIsNotYetInForce() public {
        _schedule(1);
        _expectState(IRecognitionLedger.State.SCHEDULED);
        _suspend(_from(1 days));
    }

    function test_RevertWhen_ItWouldNeverEnd() public {
        _enforce(1);
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.SuspensionWithoutLapse.selector));
        _suspend(0);
    }

    function test_RevertWhen_ItWouldEndNow() public {
        _enforce(1);
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.SuspensionWithoutLapse.selector));
        _suspend(_from(0));
    }

    function test_RevertWhen_ItIsASecondLongerThanOneActMayBe() public {
        _enforce(1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.SuspensionTooLong.selector, _from(30 days) + 1, _from(30 days)
            )
        );
        _suspend(_from(30 days) + 1);
    }

    function test_RevertWhen_ANarrowOneNamesNoScope() public {
        _enforce(1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.ScopeInvalid.selector, IRecognitionLedger.Scope.GRADE, bytes32(0)
            )
        );
        VM.prank(here);
        recognition.suspend(agreement, 1, 7, _from(1 days), IRecognitionLedger.Scope.GRADE, 0);
    }

    function test_RevertWhen_AWholeOneNamesAScope() public {
        _enforce(1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.ScopeInvalid.selector, IRecognitionLedger.Scope.ALL, GREEN
            )
        );
        VM.prank(here);
        recognition.suspend(agreement, 1, 7, _from(1 days), IRecognitionLedger.Scope.ALL, GREEN);
    }

    function test_When_TheReceiverSuspendsTheWhole() public {
        _enforce(1);
        uint40 now_ = _from(0);
        VM.expectEmit();
        emit IRecognitionLedger.AgreementSuspended(
            agreement, 1, 0, now_ + 100, 7, IRecognitionLedger.Scope.ALL, 0
        );
        _suspend(now_ + 100);
        _was(now_ - 1, IRecognitionLedger.State.SCHEDULED);
        _was(now_, IRecognitionLedger.State.SUSPENDED);
        _was(now_ + 99, IRecognitionLedger.State.SUSPENDED);
        _was(now_ + 100, IRecognitionLedger.State.IN_FORCE);
    }

    function test_Given_ItIsSuspendedAlready() public {
        _enforce(1);
        uint40 now_ = _from(0);
        _suspend(now_ + 100);
        VM.warp(now_ + 50);
        _suspend(now_ + 70);
        _was(now_ + 69, IRecognitionLedger.State.SUSPENDED);
        _was(now_ + 70, IRecognitionLedger.State.IN_FORCE);
        IRecognitionLedger.Suspension[] memory all = recognition.suspensionsOf(agreement, 1);
        _same(all.length, 2);
        _same(all[0].end, now_ + 50);
        _same(all[1].end, now_ + 70);
    }

    function test_When_TheReceiverSuspendsAGrade() public {
        _enforce(1);
        uint40 now_ = _from(0);
        VM.prank(here);
        recognition.suspend(agreement, 1, 7, now_ + 100, IRecognitionLedger.Scope.GRADE, GREEN);
        (uint32 version, IRecognitionLedger.State state,, IRecognitionLedger.Suspension[] memory found) =
            recognition.inForceAt(from, to, PASS, now_ + 99);
        _same(version, 1);
        _same(uint256(state), uint256(IRecognitionLedger.State.IN_FORCE));
        _same(found.length, 1);
        _same(found[0].scope, GREEN);
        _same(found[0].cause, 7);
        (,,, found) = recognition.inForceAt(from, to, PASS, now_ + 100);
        _same(found.length, 0);
    }

    function test_RevertGiven_1024SuspensionsAreKept() public {
        _enforce(1);
        uint40 until = _from(1 days);
        VM.startPrank(here);
        for (uint256 i = 0; i < 1_024; ++i) {
            recognition.suspend(agreement, 1, 7, until, IRecognitionLedger.Scope.GRADE, GREEN);
        }
        VM.stopPrank();
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.TooManySuspensions.selector, 1_024));
        _suspend(until);
    }
}
