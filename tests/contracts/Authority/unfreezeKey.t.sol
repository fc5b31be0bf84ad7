// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.unfreezeKey, by its tree
contract UnfreezeKeyTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(ADMIN);
        authority.unfreezeKey(FOOD, FOOD);
    }

    function test_RevertWhen_TheCallerIsNeitherAdminNorSupervisor() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        _expectRoleMissing(agency, IAuthority.Role.ADMIN, ISSUER);
        VM.prank(ISSUER);
        authority.unfreezeKey(agency, keyId);
    }

    function test_RevertGiven_TheKeyWasNeverAnnounced() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyUnknown.selector, agency, FOOD));
        VM.prank(ADMIN);
        authority.unfreezeKey(agency, FOOD);
    }

    function test_RevertGiven_TheKeyIsCompromised() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyCompromiseFinal.selector, agency, keyId, START));
        VM.prank(ADMIN);
        authority.unfreezeKey(agency, keyId);
    }

    function test_RevertGiven_TheKeyIsNotFrozen() public {
        bytes32 keyId = _announce();
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyFreezeUnchanged.selector, agency, keyId, false));
        VM.prank(ADMIN);
        authority.unfreezeKey(agency, keyId);
    }

    function test_When_ASupervisorEndsTheFreeze() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        VM.warp(START + DAY + 50);
        VM.expectEmit();
        emit IAuthority.KeyUnfrozen(agency, keyId);
        VM.prank(SUPERVISOR);
        authority.unfreezeKey(agency, keyId);
        _check(!authority.keyOf(agency, keyId).frozen);
        _check(authority.keyAt(agency, keyId, START + DAY + 49) == IAuthority.KeyState.FROZEN);
        _check(authority.keyAt(agency, keyId, START + DAY + 50) == IAuthority.KeyState.ACTIVE);
    }
}
