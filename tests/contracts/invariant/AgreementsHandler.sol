// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title Proposes, signs, suspends and ends versions, lawfully or not, and remembers what it was told
contract AgreementsHandler is Parties {
    struct Told {
        uint32 version;
        uint40 moment;
        IRecognitionLedger.State state;
    }

    uint256 private constant MOST_TOLD = 20;
    uint32 private constant MOST_VERSIONS = 8;

    /// @notice Set once a rule was seen broken, with the number of its sentence.
    mapping(uint256 sentence => bool broken) public broken;

    /// @notice The last version proposed.
    uint32 public last;

    mapping(uint32 version => IRecognitionLedger.State state) private _final;
    Told[] private _told;

    function propose(uint32 seed, uint40 lead, uint40 term, bool byReceiver) external {
        if (last >= MOST_VERSIONS) return;
        IRecognitionLedger.Terms memory terms = _terms(last + seed % 3);
        terms.validFrom = _from(int256(uint256(lead % 16 days)));
        terms.validTo = terms.validFrom + term % 40 days;
        VM.prank(byReceiver ? here : THERE);
        try recognition.propose(terms, byReceiver ? to : from) {
            last = terms.version;
        } catch {}
        _observe();
    }

    function sign(uint32 seed, bool byReceiver) external {
        uint32 version = _pick(seed);
        VM.prank(byReceiver ? here : THERE);
        try recognition.sign(agreement, version, POLICY, BUNDLE) {
            IRecognitionLedger.Agreement memory terms = recognition.agreementOf(agreement, version);
            if (terms.proposer == (byReceiver ? to : from)) broken[20] = true;
            if (terms.validFrom < _from(48 hours)) broken[20] = true;
        } catch {}
        _observe();
    }

    function schedule(uint40 lead) external {
        if (last >= MOST_VERSIONS) return;
        IRecognitionLedger.Terms memory terms = _terms(last + 1);
        terms.validFrom = _from(48 hours) + lead % 5 days;
        _propose(terms);
        last = terms.version;
        VM.prank(here);
        try recognition.sign(agreement, last, POLICY, BUNDLE) {} catch {}
        _observe();
    }

    function withdraw(uint32 seed, bool byReceiver) external {
        VM.prank(byReceiver ? here : THERE);
        try recognition.withdraw(agreement, _pick(seed)) {} catch {}
        _observe();
    }

    function cancel(uint32 seed, bool byReceiver) external {
        VM.prank(byReceiver ? here : THERE);
        try recognition.cancel(agreement, _pick(seed), byReceiver ? to : from) {} catch {}
        _observe();
    }

    function suspend(uint32 seed, uint40 span, bool whole, bool byReceiver) external {
        IRecognitionLedger.Scope scope = whole ? IRecognitionLedger.Scope.ALL : IRecognitionLedger.Scope.GRADE;
        uint40 until = span % 7 == 0 ? 0 : _from(int256(uint256(span % 32 days)));
        VM.prank(byReceiver ? here : THERE);
        try recognition.suspend(agreement, _pick(seed), 7, until, scope, whole ? bytes32(0) : GREEN) {
            if (!byReceiver) broken[18] = true;
            if (until <= _from(0) || until > _from(30 days)) broken[19] = true;
        } catch {}
        _observe();
    }

    function lift(uint32 seed, uint256 index, bool byReceiver) external {
        uint32 version = _pick(seed);
        uint256 length = recognition.suspensionsOf(agreement, version).length;
        VM.prank(byReceiver ? here : THERE);
        try recognition.lift(agreement, version, length == 0 ? 0 : length - 1 - index % length) {
            if (!byReceiver) broken[18] = true;
        } catch {}
        _observe();
    }

    function terminate(uint32 seed, uint40 span, bool byReceiver) external {
        VM.prank(byReceiver ? here : THERE);
        try recognition.terminate(
            agreement, _pick(seed), byReceiver ? to : from, _from(int256(uint256(span % 10 days)))
        ) {}
            catch {}
        _observe();
    }

    function wait(uint256 seed) external {
        uint256[6] memory steps = [uint256(1), 3_600, 47 hours, 2 days, 3 days, 10 days];
        VM.warp(block.timestamp + steps[seed % 6]);
        _observe();
    }

    /// @notice Whether everything that was ever told about a past time is told again.
    function isToldAgain() external view returns (bool) {
        for (uint256 i = 0; i < _told.length; ++i) {
            Told memory one = _told[i];
            if (recognition.stateAt(agreement, one.version, one.moment) != one.state) return false;
        }
        return true;
    }

    /// @notice Whether, `ahead` seconds from now, at most one version holds and {inForceAt} names it.
    function isOneInForce(uint40 ahead) external view returns (bool) {
        uint40 moment = _from(0) + ahead;
        uint32 found = 0;
        for (uint32 version = 1; version <= last; ++version) {
            if (!_holds(recognition.stateAt(agreement, version, moment))) continue;
            if (found != 0) return false;
            found = version;
        }
        (uint32 named,,,) = recognition.inForceAt(from, to, PASS, moment);
        return named == found;
    }

    function doSuspensionsEnd() external view returns (bool) {
        for (uint32 version = 1; version <= last; ++version) {
            IRecognitionLedger.Suspension[] memory all = recognition.suspensionsOf(agreement, version);
            for (uint256 i = 0; i < all.length; ++i) {
                if (all[i].end < all[i].start || all[i].end > all[i].start + LONGEST) return false;
            }
        }
        return true;
    }

    /// @dev What holds at the second before is past for good.
    function _observe() private {
        for (uint32 version = 1; version <= last; ++version) {
            IRecognitionLedger.State state = _state(version);
            bool hasEnded = _final[version] != IRecognitionLedger.State.UNKNOWN;
            if (hasEnded && state != _final[version]) broken[17] = true;
            if (_isFinal(state)) _final[version] = state;
        }
        if (last == 0 || _told.length >= MOST_TOLD) return;
        uint32 one = uint32(1 + _told.length % last);
        uint40 moment = _from(-1);
        _told.push(Told({version: one, moment: moment, state: recognition.stateAt(agreement, one, moment)}));
    }

    function _pick(uint32 seed) private view returns (uint32) {
        return seed % 4 == 0 || last == 0 ? seed % (last + 2) : last - seed % last;
    }

    function _holds(IRecognitionLedger.State state) private pure returns (bool) {
        return state == IRecognitionLedger.State.IN_FORCE || state == IRecognitionLedger.State.SUSPENDED
            || state == IRecognitionLedger.State.TERMINATING;
    }

    function _isFinal(IRecognitionLedger.State state) private pure returns (bool) {
        return state == IRecognitionLedger.State.WITHDRAWN || state == IRecognitionLedger.State.CANCELLED
            || state >= IRecognitionLedger.State.TERMINATED;
    }
}
