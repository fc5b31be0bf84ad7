// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "./Parties.sol";

/// @title What the interface says of agreements, said once more without an eye to gas
/// @notice Every act is tried on the ledger, which must take it exactly when the model does.
abstract contract AgreementModel is Parties {
    struct Deal {
        bool byReceiver; // proposed
        uint40 proposedAt;
        uint40 signedAt;
        uint40 endedAt;
        uint40 validFrom;
        uint40 validTo;
        uint40 noticeAt;
        uint40 terminatesAt;
    }

    struct Pause {
        uint40 start;
        uint40 end;
        bool isWhole;
    }

    uint32 internal constant MOST_DEALS = 5;

    uint32 internal last;
    mapping(uint32 version => Deal deal) internal deals;
    mapping(uint32 version => Pause[] pauses) internal pauses;

    /// @dev One act by the bits of `draw`, then up to five days pass.
    function _live(uint256 draw) internal {
        uint256 kind = draw % 10;
        uint32 version = uint32(last == 0 ? 1 : 1 + (draw >> 8) % last);
        bool byReceiver = (draw >> 16) & 1 == 0;
        uint40 span = uint40(draw >> 32);
        if (kind < 3 && last < MOST_DEALS) _doPropose(byReceiver, span);
        else if (kind == 3) _doSign(version);
        else if (kind == 4) _doWithdraw(version);
        else if (kind == 5) _doCancel(version, byReceiver);
        else if (kind < 8) _doSuspend(version, span, (draw >> 24) & 1 == 0);
        else if (kind == 8) _doLift(version, span);
        else _doTerminate(version, byReceiver, span);
        VM.warp(_from(int256((draw >> 128) % 5 days)));
    }

    /// @dev Half of them signed at once, else little would ever be in force.
    function _doPropose(bool byReceiver, uint40 span) private {
        IRecognitionLedger.Terms memory terms = _terms(last + 1);
        terms.validFrom = _from(int256(uint256(span % 16 days)));
        terms.validTo = terms.validFrom + 2 days + (span >> 20) % 20 days;
        bool isLawful = terms.validTo - terms.validFrom >= 3 days;
        VM.prank(byReceiver ? here : THERE);
        try recognition.propose(terms, byReceiver ? to : from) {
            _check(isLawful);
            Deal storage deal = deals[++last];
            (deal.byReceiver, deal.proposedAt) = (byReceiver, _from(0));
            (deal.validFrom, deal.validTo) = (terms.validFrom, terms.validTo);
            if (span & 1 == 0) _doSign(last);
        } catch {
            _check(!isLawful);
        }
    }

    function _doSign(uint32 version) private {
        Deal storage deal = deals[version];
        uint40 earliest = _from(2 days);
        bool isLawful = _told(version, _from(0)) == IRecognitionLedger.State.PROPOSED;
        for (uint32 other = 1; other <= last; ++other) {
            if (!_isInLine(other)) continue;
            if (other > version) isLawful = false;
            if (deals[other].validFrom > earliest) earliest = deals[other].validFrom;
        }
        isLawful = isLawful && deal.validFrom >= earliest && deal.validFrom <= _from(14 days);
        VM.prank(deal.byReceiver ? THERE : here);
        try recognition.sign(agreement, version, POLICY, BUNDLE) {
            _check(isLawful);
            deal.signedAt = _from(0);
        } catch {
            _check(!isLawful);
        }
    }

    function _doWithdraw(uint32 version) private {
        bool isLawful = _told(version, _from(0)) == IRecognitionLedger.State.PROPOSED;
        VM.prank(deals[version].byReceiver ? here : THERE);
        try recognition.withdraw(agreement, version) {
            _check(isLawful);
            deals[version].endedAt = _from(0);
        } catch {
            _check(!isLawful);
        }
    }

    function _doCancel(uint32 version, bool byReceiver) private {
        bool isLawful = _told(version, _from(0)) == IRecognitionLedger.State.SCHEDULED;
        VM.prank(byReceiver ? here : THERE);
        try recognition.cancel(agreement, version, byReceiver ? to : from) {
            _check(isLawful);
            deals[version].endedAt = _from(0);
        } catch {
            _check(!isLawful);
        }
    }

    function _doSuspend(uint32 version, uint40 span, bool isWhole) private {
        uint40 until = _from(int256(uint256(span % 31 days)));
        bool isLawful = _holds(version, _from(0)) && until > _from(0) && until <= _from(30 days);
        IRecognitionLedger.Scope scope =
            isWhole ? IRecognitionLedger.Scope.ALL : IRecognitionLedger.Scope.GRADE;
        VM.prank(here);
        try recognition.suspend(agreement, version, 7, until, scope, isWhole ? bytes32(0) : GREEN) {
            _check(isLawful);
            if (isWhole) _endWhole(version);
            pauses[version].push(Pause({start: _from(0), end: until, isWhole: isWhole}));
        } catch {
            _check(!isLawful);
        }
    }

    function _doLift(uint32 version, uint40 span) private {
        uint256 index = pauses[version].length == 0 ? 0 : span % (pauses[version].length + 1);
        bool isLawful = index < pauses[version].length && _isIn(pauses[version][index], _from(0));
        VM.prank(here);
        try recognition.lift(agreement, version, index) {
            _check(isLawful);
            pauses[version][index].end = _from(0);
        } catch {
            _check(!isLawful);
        }
    }

    function _doTerminate(uint32 version, bool byReceiver, uint40 span) private {
        uint40 end = _from(int256(uint256(span % 12 days)));
        IRecognitionLedger.State state = _told(version, _from(0));
        bool isSuspended = state == IRecognitionLedger.State.SUSPENDED;
        bool isLawful = isSuspended || (state == IRecognitionLedger.State.IN_FORCE && end >= _from(7 days));
        VM.prank(byReceiver ? here : THERE);
        try recognition.terminate(agreement, version, byReceiver ? to : from, end) {
            _check(isLawful);
            Deal storage deal = deals[version];
            if (deal.noticeAt == 0) deal.noticeAt = _from(0);
            deal.terminatesAt = isSuspended ? _from(0) : end;
        } catch {
            _check(!isLawful);
        }
    }

    function _endWhole(uint32 version) private {
        for (uint256 i = 0; i < pauses[version].length; ++i) {
            Pause storage pause = pauses[version][i];
            if (pause.isWhole && _isIn(pause, _from(0))) pause.end = _from(0);
        }
    }

    /// @dev The state of a version as the interface tells it.
    function _told(uint32 version, uint40 moment) internal view returns (IRecognitionLedger.State) {
        Deal memory deal = deals[version];
        if (deal.proposedAt == 0 || moment < deal.proposedAt) return IRecognitionLedger.State.UNKNOWN;
        bool isSigned = deal.signedAt != 0 && moment >= deal.signedAt;
        if (deal.endedAt != 0 && moment >= deal.endedAt) {
            return isSigned ? IRecognitionLedger.State.CANCELLED : IRecognitionLedger.State.WITHDRAWN;
        }
        if (!isSigned) return IRecognitionLedger.State.PROPOSED;
        if (moment < deal.validFrom) return IRecognitionLedger.State.SCHEDULED;
        IRecognitionLedger.State ended = _endedBy(version, moment);
        if (ended != IRecognitionLedger.State.UNKNOWN) return ended;
        for (uint256 i = 0; i < pauses[version].length; ++i) {
            if (pauses[version][i].isWhole && _isIn(pauses[version][i], moment)) {
                return IRecognitionLedger.State.SUSPENDED;
            }
        }
        bool isNoticed = deal.noticeAt != 0 && moment >= deal.noticeAt;
        return isNoticed ? IRecognitionLedger.State.TERMINATING : IRecognitionLedger.State.IN_FORCE;
    }

    /// @dev The first of its ends that has come; at the same second in the order told.
    function _endedBy(uint32 version, uint40 moment) private view returns (IRecognitionLedger.State found) {
        uint40 first = type(uint40).max;
        uint40[3] memory ends = [deals[version].terminatesAt, deals[version].validTo, _successorFrom(version)];
        IRecognitionLedger.State[3] memory names = [
            IRecognitionLedger.State.TERMINATED,
            IRecognitionLedger.State.EXPIRED,
            IRecognitionLedger.State.SUPERSEDED
        ];
        for (uint256 i = 0; i < 3; ++i) {
            if (ends[i] == 0 || moment < ends[i] || ends[i] >= first) continue;
            (first, found) = (ends[i], names[i]);
        }
    }

    function _successorFrom(uint32 version) private view returns (uint40) {
        for (uint32 next = version + 1; next <= last; ++next) {
            if (_isInLine(next)) return deals[next].validFrom;
        }
        return 0;
    }

    function _isInLine(uint32 version) private view returns (bool) {
        return deals[version].signedAt != 0 && deals[version].endedAt == 0;
    }

    function _holds(uint32 version, uint40 moment) internal view returns (bool) {
        IRecognitionLedger.State state = _told(version, moment);
        return state == IRecognitionLedger.State.IN_FORCE || state == IRecognitionLedger.State.SUSPENDED
            || state == IRecognitionLedger.State.TERMINATING;
    }

    function _isIn(Pause memory pause, uint40 moment) internal pure returns (bool) {
        return pause.start <= moment && moment < pause.end;
    }
}
