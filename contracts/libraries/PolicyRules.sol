// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Bids} from "./Bids.sol";
import {TenderTimes} from "./TenderTimes.sol";
import {Trustees} from "./Trustees.sol";

/// @title What a policy demands, and what every policy must
library PolicyRules {
    uint16 internal constant MAX_LOTS = 64;
    uint256 internal constant MIN_TRUSTEES = 2;

    /// @notice Reverts with {PolicyViolated} for a policy that no tender could follow, or that would not seal.
    function requireSound(ITenderLedger.Policy calldata policy) internal pure {
        _requireLeast(ITenderLedger.Rule.BIDS, 1, policy.minBids);
        _requireLeast(ITenderLedger.Rule.DISCLOSED, 1, policy.minDisclosed);
        _requireLeast(ITenderLedger.Rule.TRUSTEES, MIN_TRUSTEES, policy.minTrustees);
        _requireMost(ITenderLedger.Rule.TRUSTEES, Trustees.MOST, policy.minTrustees);
        _requireLeast(ITenderLedger.Rule.THRESHOLD, MIN_TRUSTEES, policy.minThreshold);
        _requireMost(ITenderLedger.Rule.THRESHOLD, policy.minTrustees, policy.minThreshold);
        _requireRange(ITenderLedger.Rule.LIST_WINDOW, policy.listWindow);
        _requireRange(ITenderLedger.Rule.DISCLOSE_WINDOW, policy.discloseWindow);
        _requireRange(ITenderLedger.Rule.RELEASE_WINDOW, policy.releaseWindow);
        _requireRange(ITenderLedger.Rule.FALLBACK_WINDOW, policy.fallbackWindow);
    }

    /// @notice Reverts unless what is announced at `moment` follows the policy; returns n.
    function requireFollowed(
        ITenderLedger.Announcement calldata announcement,
        ITenderLedger.Policy memory policy,
        uint40 moment
    ) internal pure returns (uint8 trustees) {
        _requireLeast(ITenderLedger.Rule.LOTS, 1, announcement.lots);
        _requireMost(ITenderLedger.Rule.LOTS, MAX_LOTS, announcement.lots);
        _requireLeast(ITenderLedger.Rule.PARTS, 1, announcement.parts);
        _requireMost(ITenderLedger.Rule.PARTS, Bids.MAX_PARTS, announcement.parts);
        if (policy.needsMailbox && announcement.mailbox == 0) {
            revert ITenderLedger.PolicyViolated(ITenderLedger.Rule.MAILBOX, 1, 0);
        }
        if (policy.needsBondAuthority && announcement.bondAuthority == address(0)) {
            revert ITenderLedger.PolicyViolated(ITenderLedger.Rule.BOND_AUTHORITY, 1, 0);
        }
        TenderTimes.requireAtLeast(
            ITenderLedger.Rule.SUBMISSION, moment + policy.minSubmission, announcement.ends.submitEnd
        );
        requireWindows(announcement.ends, policy, announcement.mailbox != 0);
        return Trustees.requireSound(announcement, policy);
    }

    /// @notice Reverts with {PolicyViolated} unless every window's length is within the policy's range.
    function requireWindows(
        ITenderLedger.Ends calldata ends,
        ITenderLedger.Policy memory policy,
        bool hasMailbox
    ) internal pure {
        ITenderLedger.Range memory listing = hasMailbox
            ? policy.listWindow
            : ITenderLedger.Range({least: 0, most: 0});
        TenderTimes.requireNotEarlier(ends.submitEnd, ends.listEnd);
        TenderTimes.requireSpan(ITenderLedger.Rule.LIST_WINDOW, listing, ends.submitEnd, ends.listEnd);
        TenderTimes.requireSpan(
            ITenderLedger.Rule.DISCLOSE_WINDOW, policy.discloseWindow, ends.listEnd, ends.discloseEnd
        );
        TenderTimes.requireSpan(
            ITenderLedger.Rule.RELEASE_WINDOW, policy.releaseWindow, ends.discloseEnd, ends.releaseEnd
        );
        TenderTimes.requireSpan(
            ITenderLedger.Rule.FALLBACK_WINDOW, policy.fallbackWindow, ends.releaseEnd, ends.fallbackEnd
        );
    }

    function _requireRange(ITenderLedger.Rule rule, ITenderLedger.Range calldata range) private pure {
        _requireLeast(rule, 1, range.least);
        _requireLeast(rule, range.least, range.most);
    }

    function _requireLeast(ITenderLedger.Rule rule, uint256 required, uint256 given) private pure {
        if (given < required) revert ITenderLedger.PolicyViolated(rule, required, given);
    }

    function _requireMost(ITenderLedger.Rule rule, uint256 required, uint256 given) private pure {
        if (given > required) revert ITenderLedger.PolicyViolated(rule, required, given);
    }
}
