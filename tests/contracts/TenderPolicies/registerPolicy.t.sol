// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "contracts/interfaces/ITenderPolicies.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderPolicies.registerPolicy, by its tree
contract RegisterPolicyTest is Tenders {
    address private constant ELSEWHERE = address(0xe15e);

    function test_When_ThePolicyIsSound() public {
        ITenderLedger.Policy memory policy = _other();
        bytes32 id = keccak256(abi.encode(policy));
        VM.expectEmit();
        emit ITenderPolicies.PolicyRegistered(jurisdiction, id, policy);
        _same(_register(policy), id);
        _same(keccak256(abi.encode(policies.policyOf(id))), id);
        _check(policies.isRegistered(jurisdiction, id));
    }

    function test_When_AnotherJurisdictionRegistersTheSame() public {
        bytes32 elsewhere = _admitElsewhere();
        _check(!policies.isRegistered(elsewhere, policyId));
        VM.prank(ELSEWHERE);
        _same(policies.registerPolicy(elsewhere, _policy()), policyId);
        _check(policies.isRegistered(elsewhere, policyId));
        _check(policies.isRegistered(jurisdiction, policyId));
    }

    function test_When_EveryNumberIsAtItsBound() public {
        ITenderLedger.Policy memory least = _other();
        (least.minBids, least.minDisclosed, least.minTrustees, least.minThreshold) = (1, 1, 2, 2);
        least.discloseWindow = ITenderLedger.Range({least: 1, most: 1});
        _register(least);
        (least.minTrustees, least.minThreshold) = (9, 9);
        _register(least);
    }

    function test_When_ANumberIsAStepBeyondItsBound() public {
        _expectUnsound(0, ITenderLedger.Rule.BIDS, 1, 0);
        _expectUnsound(1, ITenderLedger.Rule.DISCLOSED, 1, 0);
        _expectUnsound(2, ITenderLedger.Rule.TRUSTEES, 2, 1);
        _expectUnsound(3, ITenderLedger.Rule.TRUSTEES, 9, 10);
        _expectUnsound(4, ITenderLedger.Rule.THRESHOLD, 2, 1);
        _expectUnsound(5, ITenderLedger.Rule.THRESHOLD, 3, 4);
        _expectUnsound(6, ITenderLedger.Rule.LIST_WINDOW, 1, 0);
        _expectUnsound(7, ITenderLedger.Rule.DISCLOSE_WINDOW, 600, 599);
        _expectUnsound(8, ITenderLedger.Rule.RELEASE_WINDOW, 1, 0);
        _expectUnsound(9, ITenderLedger.Rule.FALLBACK_WINDOW, 600, 599);
    }

    function test_RevertGiven_TheJurisdictionRegisteredIt() public {
        VM.expectRevert(abi.encodeWithSelector(ITenderPolicies.PolicyAlreadyRegistered.selector, policyId));
        _register(_policy());
    }

    function test_RevertWhen_TheCallerSupervisesAnotherJurisdiction() public {
        _admitElsewhere();
        _expectSupervisorMissing(ELSEWHERE);
        VM.prank(ELSEWHERE);
        policies.registerPolicy(jurisdiction, _other());
    }

    function test_RevertWhen_TheCallerIsNoSupervisor() public {
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        policies.registerPolicy(jurisdiction, _other());
    }

    function test_Given_OnlyAnotherJurisdictionRegisteredIt() public {
        bytes32 elsewhere = _admitElsewhere();
        VM.prank(ELSEWHERE);
        bytes32 id = policies.registerPolicy(elsewhere, _other());
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.policy = id;
        VM.expectRevert(
            abi.encodeWithSelector(ITenderPolicies.PolicyNotRegistered.selector, jurisdiction, id)
        );
        _publish(announcement);
    }

    /// @dev One that nobody registered.
    function _other() private pure returns (ITenderLedger.Policy memory policy) {
        policy = _policy();
        policy.minNotice = 4 days;
    }

    function _admitElsewhere() private returns (bytes32) {
        VM.prank(COUNCIL);
        return authority.admitJurisdiction("CN-HN", ELSEWHERE);
    }

    function _expectUnsound(uint256 fault, ITenderLedger.Rule rule, uint256 required, uint256 given) private {
        ITenderLedger.Policy memory policy = _other();
        if (fault == 0) policy.minBids = 0;
        if (fault == 1) policy.minDisclosed = 0;
        if (fault == 2) policy.minTrustees = 1;
        if (fault == 3) policy.minTrustees = 10;
        if (fault == 4) policy.minThreshold = 1;
        if (fault == 5) policy.minThreshold = 4;
        if (fault == 6) policy.listWindow.least = 0;
        if (fault == 7) policy.discloseWindow.most = 599;
        if (fault == 8) policy.releaseWindow.least = 0;
        if (fault == 9) policy.fallbackWindow.most = 599;
        _expectViolated(rule, required, given);
        _register(policy);
    }
}
