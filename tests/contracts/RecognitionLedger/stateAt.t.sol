// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.stateAt, by its tree
contract StateAtTest is Parties {
    function test_Given_NothingWasProposed() public view {
        _is(1, IRecognitionLedger.State.UNKNOWN);
    }

    function test_When_AskedForBeforeTheProposal() public {
        _schedule(1);
        _was(START - 1, IRecognitionLedger.State.UNKNOWN);
        VM.warp(START + 10);
        _schedule(2);
        _same(
            uint256(recognition.stateAt(agreement, 2, START + 9)), uint256(IRecognitionLedger.State.UNKNOWN)
        );
    }

    function test_Given_ItsTimeIsOver() public {
        _enforce(1);
        _was(START + 30 days - 1, IRecognitionLedger.State.IN_FORCE);
        _was(START + 30 days, IRecognitionLedger.State.EXPIRED);
    }

    function test_Given_ALaterVersionHasBegun() public {
        _enforce(1);
        _schedule(2);
        uint40 turn = _from(3 days);
        _was(turn - 1, IRecognitionLedger.State.IN_FORCE);
        _was(turn, IRecognitionLedger.State.SUPERSEDED);
        _same(uint256(recognition.stateAt(agreement, 2, turn)), uint256(IRecognitionLedger.State.IN_FORCE));
    }

    function test_Given_ItWasSupersededWhileSuspended() public {
        _enforce(1);
        _schedule(2);
        uint40 turn = _from(3 days);
        _suspend(turn + 100);
        _was(turn - 1, IRecognitionLedger.State.SUSPENDED);
        _was(turn, IRecognitionLedger.State.SUPERSEDED);
    }

    function test_Given_TheLaterVersionWasTerminated() public {
        _enforce(1);
        _schedule(2);
        VM.warp(_from(3 days));
        VM.prank(here);
        recognition.terminate(agreement, 2, to, _from(7 days));
        VM.warp(_from(7 days));
        _is(2, IRecognitionLedger.State.TERMINATED);
        _is(1, IRecognitionLedger.State.SUPERSEDED);
    }

    function test_Given_ItsTerminationLiesAfterItsEnd() public {
        _enforce(1);
        VM.prank(here);
        recognition.terminate(agreement, 1, to, START + 31 days);
        _was(START + 30 days - 1, IRecognitionLedger.State.TERMINATING);
        _was(START + 30 days, IRecognitionLedger.State.EXPIRED);
        _was(START + 31 days, IRecognitionLedger.State.EXPIRED);
    }

    function test_Given_ItWasSupersededBeforeItsTermination() public {
        _enforce(1);
        uint40 first = _from(0);
        VM.prank(here);
        recognition.terminate(agreement, 1, to, first + 7 days);
        _schedule(2);
        _was(first + 3 days - 1, IRecognitionLedger.State.TERMINATING);
        _was(first + 3 days, IRecognitionLedger.State.SUPERSEDED);
        _was(first + 7 days, IRecognitionLedger.State.SUPERSEDED);
    }
}
