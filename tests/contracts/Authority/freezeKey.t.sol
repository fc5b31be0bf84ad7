// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.freezeKey, by its tree
contract FreezeKeyTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(ADMIN);
        authority.freezeKey(FOOD, FOOD);
    }

    function test_RevertWhen_TheCallerIsNeitherAdminNorSupervisor() public {
        bytes32 keyId = _announce();
        _expectRoleMissing(agency, IAuthority.Role.ADMIN, ISSUER);
        VM.prank(ISSUER);
        authority.freezeKey(agency, keyId);
    }

    function test_RevertGiven_TheKeyWasNeverAnnounced() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyUnknown.selector, agency, FOOD));
        VM.prank(ADMIN);
        authority.freezeKey(agency, FOOD);
    }

    function test_RevertGiven_TheKeyIsCompromised() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyCompromiseFinal.selector, agency, keyId, START));
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
    }

    function test_RevertGiven_TheKeyIsFrozen() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyFreezeUnchanged.selector, agency, keyId, true));
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
    }

    function test_When_AnAdminFreezesIt() public {
        bytes32 keyId = _announce();
        VM.warp(START + 100);
        VM.expectEmit();
        emit IAuthority.KeyFrozen(agency, keyId);
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        _check(authority.keyOf(agency, keyId).frozen);
        _check(authority.keyAt(agency, keyId, START + 99) == IAuthority.KeyState.ANNOUNCED);
        _check(authority.keyAt(agency, keyId, START + 100) == IAuthority.KeyState.FROZEN);
    }

    function test_When_ASupervisorFreezesTheKeyOfASuspendedAgency() public {
        bytes32 keyId = _announce();
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(SUPERVISOR);
        authority.freezeKey(agency, keyId);
        _check(authority.keyAt(agency, keyId, START) == IAuthority.KeyState.FROZEN);
    }
}
