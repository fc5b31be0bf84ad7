// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {AgreementModel} from "../support/AgreementModel.sol";

/// @title RecognitionLedger.stateAt, by its tree
contract StateAtTest is AgreementModel {
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

    /// forge-config: default.fuzz.runs = 200
    function testFuzz_AnyHistoryIsAsTheModelSays(uint256 seed) public {
        for (uint256 turn = 0; turn < 24; ++turn) {
            _live(uint256(keccak256(abi.encode(seed, turn))));
        }
        for (uint32 version = 0; version <= last + 1; ++version) {
            Deal memory deal = deals[version];
            uint40[7] memory times = [
                deal.proposedAt,
                deal.signedAt,
                deal.endedAt,
                deal.validFrom,
                deal.validTo,
                deal.noticeAt,
                deal.terminatesAt
            ];
            for (uint256 i = 0; i < times.length; ++i) {
                _asTheModelSays(times[i]);
            }
            for (uint256 i = 0; i < pauses[version].length; ++i) {
                _asTheModelSays(pauses[version][i].start);
                _asTheModelSays(pauses[version][i].end);
            }
        }
    }

    /// @dev At a moment and the second before it: every version's state, which is in force, and what it is suspended for.
    function _asTheModelSays(uint40 moment) private view {
        if (moment == 0) return;
        for (uint40 at_ = moment - 1; at_ <= moment; ++at_) {
            uint32 wanted = 0;
            for (uint32 version = 1; version <= last; ++version) {
                _same(uint256(recognition.stateAt(agreement, version, at_)), uint256(_told(version, at_)));
                if (_holds(version, at_)) wanted = version;
            }
            (uint32 found, IRecognitionLedger.State state,, IRecognitionLedger.Suspension[] memory held) =
                recognition.inForceAt(from, to, PASS, at_);
            _same(found, wanted);
            _same(
                uint256(state), uint256(wanted == 0 ? IRecognitionLedger.State.UNKNOWN : _told(wanted, at_))
            );
            uint256 count = 0;
            for (uint256 i = 0; i < pauses[wanted].length; ++i) {
                Pause memory pause = pauses[wanted][i];
                if (!_isIn(pause, at_)) continue;
                _same(held[count].start, pause.start);
                _same(held[count++].end, pause.end);
            }
            _same(held.length, count);
        }
    }
}
