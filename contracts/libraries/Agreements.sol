// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "../interfaces/IRecognitionLedger.sol";

/// @title The hash of terms, and every comparison of an agreement's dates
/// @notice 48 hours, 14 days and 72 hours are the European gateway's bounds for rules
/// (eu-digital-green-certificates/dgc-business-rules-testdata, tooling/Gateway-constraints.adoc).
library Agreements {
    uint40 internal constant SHORTEST_LEAD = 48 hours;
    uint40 internal constant LONGEST_LEAD = 14 days;
    uint40 internal constant SHORTEST_TERM = 72 hours;

    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "Terms(bytes32 from,bytes32 to,bytes32 recordType,uint32 version,bytes32 policyHash,bytes32 bundleHash,uint40 validFrom,uint40 validTo,uint40 notice)"
    );

    /// @notice The EIP-712 struct hash.
    function hashOf(IRecognitionLedger.Terms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(TERMS_TYPEHASH, terms));
    }

    /// @notice The state that follows from the version's own dates and from `successorFrom`, when the next one begins (0:
    /// there is none): of several ends the first counts, so that an end stays. IN_FORCE does not yet regard suspensions.
    function stateAt(IRecognitionLedger.Agreement memory version, uint40 successorFrom, uint40 moment)
        internal
        pure
        returns (IRecognitionLedger.State)
    {
        if (version.proposedAt == 0 || moment < version.proposedAt) return IRecognitionLedger.State.UNKNOWN;
        bool isSigned = _isReached(version.signedAt, moment);
        if (_isReached(version.endedAt, moment)) {
            return isSigned ? IRecognitionLedger.State.CANCELLED : IRecognitionLedger.State.WITHDRAWN;
        }
        if (!isSigned) return IRecognitionLedger.State.PROPOSED;
        if (moment < version.validFrom) return IRecognitionLedger.State.SCHEDULED;
        (uint40 end, IRecognitionLedger.State ended) = _endOf(version, successorFrom);
        if (moment >= end) return ended;
        return _isReached(version.noticeAt, moment)
            ? IRecognitionLedger.State.TERMINATING
            : IRecognitionLedger.State.IN_FORCE;
    }

    /// @notice Whether a suspension is in effect.
    function isInEffect(IRecognitionLedger.Suspension memory suspension, uint40 moment)
        internal
        pure
        returns (bool)
    {
        return moment >= suspension.start && moment < suspension.end;
    }

    /// @notice Reverts with {TermTooShort} unless the version would be in force for long enough.
    function requireTerm(uint40 validFrom, uint40 validTo) internal pure {
        uint40 span = validTo > validFrom ? validTo - validFrom : 0;
        if (span < SHORTEST_TERM) revert IRecognitionLedger.TermTooShort(span, SHORTEST_TERM);
    }

    /// @notice Reverts unless a version signed at `moment` comes into force in good time, and not before the one that it
    /// follows, which comes into force at `previous`.
    function requireLead(uint40 validFrom, uint40 previous, uint40 moment) internal pure {
        uint40 earliest = moment + SHORTEST_LEAD;
        if (previous > earliest) earliest = previous;
        if (validFrom < earliest) revert IRecognitionLedger.LeadTimeTooShort(validFrom, earliest);
        uint40 latest = moment + LONGEST_LEAD;
        if (validFrom > latest) revert IRecognitionLedger.LeadTimeTooLong(validFrom, latest);
    }

    /// @notice Reverts unless a suspension that begins at `moment` ends, and not later than `longest` seconds after it.
    function requireLapse(uint40 until, uint40 longest, uint40 moment) internal pure {
        if (until <= moment) revert IRecognitionLedger.SuspensionWithoutLapse();
        uint40 latest = moment + longest;
        if (until > latest) revert IRecognitionLedger.SuspensionTooLong(until, latest);
    }

    /// @notice Reverts unless a termination announced at `moment` respects the notice.
    function requireNotice(uint40 terminatesAt, uint40 notice, uint40 moment) internal pure {
        uint40 span = terminatesAt > moment ? terminatesAt - moment : 0;
        if (span < notice) revert IRecognitionLedger.NoticeTooShort(span, notice);
    }

    /// @dev Ends at the same second are told in the order TERMINATED, EXPIRED, SUPERSEDED.
    function _endOf(IRecognitionLedger.Agreement memory version, uint40 successorFrom)
        private
        pure
        returns (uint40 end, IRecognitionLedger.State ended)
    {
        (end, ended) = (version.validTo, IRecognitionLedger.State.EXPIRED);
        if (version.terminatesAt != 0 && version.terminatesAt <= end) {
            (end, ended) = (version.terminatesAt, IRecognitionLedger.State.TERMINATED);
        }
        if (successorFrom != 0 && successorFrom < end) {
            (end, ended) = (successorFrom, IRecognitionLedger.State.SUPERSEDED);
        }
    }

    function _isReached(uint40 time, uint40 moment) private pure returns (bool) {
        return time != 0 && moment >= time;
    }
}
