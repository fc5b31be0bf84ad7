// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.requireHolder, by its tree
contract RequireHolderTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(
            abi.encodeWithSelector(IAuthority.AgencyNotActive.selector, FOOD, IAuthority.AgencyStatus.UNKNOWN)
        );
        authority.requireHolder(FOOD, IAuthority.Role.ISSUER, ISSUER);
    }

    function test_RevertGiven_TheAgencyIsSuspended() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        _expectNotActive(IAuthority.AgencyStatus.SUSPENDED);
        authority.requireHolder(agency, IAuthority.Role.ISSUER, ISSUER);
    }

    function test_RevertGiven_TheAgencyIsRetired() public {
        _setStatus(IAuthority.AgencyStatus.RETIRED);
        _expectNotActive(IAuthority.AgencyStatus.RETIRED);
        authority.requireHolder(agency, IAuthority.Role.ISSUER, ISSUER);
    }

    function test_RevertGiven_TheAccountHoldsAnotherRole() public {
        _expectRoleMissing(agency, IAuthority.Role.REGISTRAR, ISSUER);
        authority.requireHolder(agency, IAuthority.Role.REGISTRAR, ISSUER);
    }

    function test_RevertGiven_TheRoleWasTakenAway() public {
        bytes32 id = authority.roleId(agency, IAuthority.Role.ISSUER);
        VM.prank(ADMIN);
        authority.revokeRole(id, ISSUER);
        _expectRoleMissing(agency, IAuthority.Role.ISSUER, ISSUER);
        authority.requireHolder(agency, IAuthority.Role.ISSUER, ISSUER);
    }

    function test_Given_TheAccountHoldsTheRole() public view {
        authority.requireHolder(agency, IAuthority.Role.ISSUER, ISSUER);
        _check(authority.holdsRole(agency, IAuthority.Role.ISSUER, ISSUER));
    }
}
