// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.terminate, by its tree
contract TerminateTest is Parties {
    function test_RevertWhen_TheNoticeIsASecondShort() public {
        _enforce(1);
        VM.expectRevert(
            abi.encodeWithSelector(IRecognitionLedger.NoticeTooShort.selector, NOTICE - 1, NOTICE)
        );
        VM.prank(THERE);
        recognition.terminate(agreement, 1, from, _from(7 days) - 1);
    }

    function test_RevertWhen_AStrangerCalls() public {
        _enforce(1);
        _expectNotParty(to, STRANGER);
        VM.prank(STRANGER);
        recognition.terminate(agreement, 1, to, _from(7 days));
    }

    function test_RevertGiven_ItIsNotYetInForce() public {
        _schedule(1);
        _expectState(IRecognitionLedger.State.SCHEDULED);
        VM.prank(THERE);
        recognition.terminate(agreement, 1, from, _from(20 days));
    }

    function test_RevertGiven_ItsTerminationIsAnnounced() public {
        _enforce(1);
        VM.prank(THERE);
        recognition.terminate(agreement, 1, from, _from(7 days));
        _expectState(IRecognitionLedger.State.TERMINATING);
        VM.prank(here);
        recognition.terminate(agreement, 1, to, _from(7 days));
    }

    function test_When_EitherPartyGivesNotice() public {
        _enforce(1);
        uint40 now_ = _from(0);
        VM.expectEmit();
        emit IRecognitionLedger.TerminationAnnounced(agreement, 1, from, now_ + NOTICE);
        VM.prank(THERE);
        recognition.terminate(agreement, 1, from, now_ + NOTICE);
        _was(now_ - 1, IRecognitionLedger.State.SCHEDULED);
        _was(now_, IRecognitionLedger.State.TERMINATING);
        _was(now_ + NOTICE - 1, IRecognitionLedger.State.TERMINATING);
        _was(now_ + NOTICE, IRecognitionLedger.State.TERMINATED);
    }

    function test_Given_TheWholeIsSuspended() public {
        _enforce(1);
        uint40 now_ = _from(0);
        VM.prank(THERE);
        recognition.terminate(agreement, 1, from, now_ + NOTICE);
        VM.warp(now_ + 10);
        _suspend(now_ + 100);
        VM.warp(now_ + 20);
        VM.prank(THERE);
        recognition.terminate(agreement, 1, from, 0);
        _was(now_ + 9, IRecognitionLedger.State.TERMINATING);
        _was(now_ + 10, IRecognitionLedger.State.SUSPENDED);
        _was(now_ + 20, IRecognitionLedger.State.TERMINATED);
    }
}
