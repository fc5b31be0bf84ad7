// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "./ITenderLedger.sol";

/// @title What jurisdictions demand of their tenders
/// @notice A buyer names a policy of its own jurisdiction and cannot write one.
interface ITenderPolicies {
    event PolicyRegistered(bytes32 indexed jurisdiction, bytes32 indexed policy, ITenderLedger.Policy terms);

    /// @notice The jurisdiction registered no such policy.
    error PolicyNotRegistered(bytes32 jurisdiction, bytes32 policy);
    /// @notice The jurisdiction registered the policy already.
    error PolicyAlreadyRegistered(bytes32 policy);

    /// @notice Registers a policy for good; `policy` = keccak256(abi.encode(terms)). SUPERVISOR of the jurisdiction only. Reverts
    /// with {ITenderLedger-PolicyViolated} for one that no tender could follow, or that would not seal.
    function registerPolicy(bytes32 jurisdiction, ITenderLedger.Policy calldata terms)
        external
        returns (bytes32 policy);

    /// @notice The policy; all zero when nobody registered it.
    function policyOf(bytes32 policy) external view returns (ITenderLedger.Policy memory);

    function isRegistered(bytes32 jurisdiction, bytes32 policy) external view returns (bool);

    /// @notice Reverts with {PolicyNotRegistered}, {ITenderLedger-PolicyViolated}, {ITenderLedger-TrusteeKeyInvalid} or
    /// {ITenderLedger-TrusteeKeyRepeated} unless what is announced at `moment` follows the policy that it names; returns the
    /// trustees of each part and what the tender ledger keeps of the policy.
    function requireFollowed(ITenderLedger.Announcement calldata announcement, uint40 moment)
        external
        view
        returns (
            uint8 trustees,
            uint16 minBids,
            uint16 minDisclosed,
            bool dropsStaleBids,
            bool takesBidsWhileSuspended
        );

    /// @notice Reverts with {ITenderLedger-EndNotLater} when an end moves earlier, or {ITenderLedger-PolicyViolated} when a window or,
    /// if bids are affected, the time that is left from `moment` on does not follow the policy.
    function requireAmendable(
        bytes32 policy,
        ITenderLedger.Ends calldata present,
        ITenderLedger.Ends calldata ends,
        bool hasMailbox,
        bool affectsBids,
        uint40 moment
    ) external view;

    /// @notice Reverts with {ITenderLedger-WindowNotOpen} while an opening may be objected to on the spot; see
    /// {TenderTimes-spotEnd}.
    function requireShown(bytes32 policy, uint40 fallbackEnd, uint40 recordedAt, uint40 moment) external view;

    /// @notice Whether a supervisor's suspension of `orderedAt` has lasted as long as the policy allows.
    function hasLapsed(bytes32 policy, uint40 orderedAt, uint40 moment) external view returns (bool);
}
