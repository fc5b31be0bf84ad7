// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

/// @title Trustees' keys
library Trustees {
    uint256 internal constant MOST = 9;

    /// @dev The order of secp256k1 and the x-coordinate of its base point, whose y is even (SEC 2, §2.4.1).
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant GX = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798;

    /// @notice Whether `key` is the address of `secret`, which has one spelling only: 0 < secret < N.
    /// @dev ecrecover gives the address of r⁻¹(s·R − z·G); with r = Gx, thus R = G, s = secret·r and z = 0 that is secret·G.
    function isOf(bytes32 secret, address key) internal pure returns (bool) {
        uint256 scalar = uint256(secret);
        if (scalar == 0 || scalar >= N) return false;
        address found = ecrecover(0, 27, bytes32(GX), bytes32(mulmod(scalar, GX, N)));
        return found == key && found != address(0);
    }

    /// @notice Reverts unless the trustees of each part are enough, distinct over all parts, and fewer than `threshold` of any
    /// group; returns how many each part has.
    function requireSound(
        ITenderLedger.Announcement calldata announcement,
        ITenderLedger.Policy memory policy
    ) internal pure returns (uint8) {
        ITenderLedger.Trustee[] calldata trustees = announcement.trustees;
        uint256 parts = announcement.parts;
        uint256 count = trustees.length / parts;
        uint256 rest = trustees.length % parts;
        _requireMost(ITenderLedger.Rule.TRUSTEES, MOST, count);
        if (rest != 0) {
            revert ITenderLedger.PolicyViolated(
                ITenderLedger.Rule.TRUSTEES, trustees.length - rest, trustees.length
            );
        }
        _requireLeast(ITenderLedger.Rule.TRUSTEES, policy.minTrustees, count);
        _requireLeast(ITenderLedger.Rule.THRESHOLD, policy.minThreshold, announcement.threshold);
        _requireMost(ITenderLedger.Rule.THRESHOLD, count, announcement.threshold);
        for (uint256 i = 0; i < trustees.length; ++i) {
            _requireDistinct(trustees, i, count);
            _requireMost(ITenderLedger.Rule.GROUP, announcement.threshold - 1, _groupOf(trustees, i, count));
        }
        // forge-lint: disable-next-line(unsafe-typecast) - at most nine
        return uint8(count);
    }

    function _requireDistinct(ITenderLedger.Trustee[] calldata trustees, uint256 i, uint256 count)
        private
        pure
    {
        address key = trustees[i].key;
        if (key == address(0)) {
            // forge-lint: disable-next-line(unsafe-typecast) - at most eighteen
            revert ITenderLedger.TrusteeKeyInvalid(uint8(i / count + 1), uint8(i % count + 1));
        }
        for (uint256 j = 0; j < i; ++j) {
            if (trustees[j].key == key) revert ITenderLedger.TrusteeKeyRepeated(key);
        }
    }

    /// @dev How many trustees of the part, up to the i-th, are of its group.
    function _groupOf(ITenderLedger.Trustee[] calldata trustees, uint256 i, uint256 count)
        private
        pure
        returns (uint256 found)
    {
        bytes32 group = trustees[i].group;
        for (uint256 j = i - i % count; j <= i; ++j) {
            if (trustees[j].group == group) ++found;
        }
    }

    function _requireLeast(ITenderLedger.Rule rule, uint256 required, uint256 given) private pure {
        if (given < required) revert ITenderLedger.PolicyViolated(rule, required, given);
    }

    function _requireMost(ITenderLedger.Rule rule, uint256 required, uint256 given) private pure {
        if (given > required) revert ITenderLedger.PolicyViolated(rule, required, given);
    }
}
