// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {ITenderLedger} from "./interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "./interfaces/ITenderPolicies.sol";
import {PolicyRules} from "./libraries/PolicyRules.sol";
import {TenderTimes} from "./libraries/TenderTimes.sol";

/// @title What jurisdictions demand of their tenders
contract TenderPolicies is ITenderPolicies {
    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    mapping(bytes32 policy => ITenderLedger.Policy terms) private _policies;
    mapping(bytes32 jurisdiction => mapping(bytes32 policy => bool isRegistered)) private _registered;

    constructor(IAuthority authority) {
        AUTHORITY = authority;
    }

    /// @inheritdoc ITenderPolicies
    function registerPolicy(bytes32 jurisdiction, ITenderLedger.Policy calldata terms)
        external
        returns (bytes32 policy)
    {
        if (!AUTHORITY.holdsRole(jurisdiction, IAuthority.Role.SUPERVISOR, msg.sender)) {
            revert IAuthority.RoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, msg.sender);
        }
        PolicyRules.requireSound(terms);
        policy = keccak256(abi.encode(terms));
        if (_registered[jurisdiction][policy]) revert PolicyAlreadyRegistered(policy);
        _registered[jurisdiction][policy] = true;
        _policies[policy] = terms;
        emit PolicyRegistered(jurisdiction, policy, terms);
    }

    /// @inheritdoc ITenderPolicies
    function policyOf(bytes32 policy) external view returns (ITenderLedger.Policy memory) {
        return _policies[policy];
    }

    /// @inheritdoc ITenderPolicies
    function isRegistered(bytes32 jurisdiction, bytes32 policy) external view returns (bool) {
        return _registered[jurisdiction][policy];
    }

    /// @inheritdoc ITenderPolicies
    function requireFollowed(ITenderLedger.Announcement calldata announcement, uint40 moment)
        external
        view
        returns (uint8 trustees, uint16, uint16, bool, bool)
    {
        bytes32 id = announcement.policy;
        bytes32 jurisdiction = AUTHORITY.agencyOf(announcement.agency).jurisdiction;
        if (!_registered[jurisdiction][id]) revert PolicyNotRegistered(jurisdiction, id);
        ITenderLedger.Policy memory policy = _policies[id];
        trustees = PolicyRules.requireFollowed(announcement, policy, moment);
        return (
            trustees,
            policy.minBids,
            policy.minDisclosed,
            policy.dropsStaleBids,
            policy.takesBidsWhileSuspended
        );
    }

    /// @inheritdoc ITenderPolicies
    function requireAmendable(
        bytes32 policy,
        ITenderLedger.Ends calldata present,
        ITenderLedger.Ends calldata ends,
        bool hasMailbox,
        bool affectsBids,
        uint40 moment
    ) external view {
        TenderTimes.requireNotEarlier(present, ends);
        ITenderLedger.Policy memory terms = _policies[policy];
        PolicyRules.requireWindows(ends, terms, hasMailbox);
        if (affectsBids) {
            TenderTimes.requireAtLeast(
                ITenderLedger.Rule.AMENDMENT, moment + terms.minAmendment, ends.submitEnd
            );
        }
    }

    /// @inheritdoc ITenderPolicies
    function requireShown(bytes32 policy, uint40 fallbackEnd, uint40 recordedAt, uint40 moment)
        external
        view
    {
        uint40 least = _policies[policy].fallbackWindow.least;
        TenderTimes.requireReached(TenderTimes.spotEnd(fallbackEnd, recordedAt, least), moment);
    }

    /// @inheritdoc ITenderPolicies
    function hasLapsed(bytes32 policy, uint40 orderedAt, uint40 moment) external view returns (bool) {
        return TenderTimes.hasLapsed(orderedAt, _policies[policy].longestSuspension, moment);
    }
}
