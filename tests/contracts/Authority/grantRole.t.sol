// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.grantRole, by its tree
contract GrantRoleTest is Fixture {
    function test_RevertWhen_AnAdminGrantsAnotherAgencySRole() public {
        bytes32 id = authority.roleId(authority.agencyId(jurisdiction, "1"), IAuthority.Role.ISSUER);
        VM.prank(SUPERVISOR);
        authority.admitAgency(jurisdiction, "1", "One", STRANGER);
        bytes32 needed = authority.getRoleAdmin(id);
        VM.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, ADMIN, needed)
        );
        VM.prank(ADMIN);
        authority.grantRole(id, ADMIN);
    }

    function test_RevertWhen_AnAdminGrantsADMIN() public {
        bytes32 id = authority.roleId(agency, IAuthority.Role.ADMIN);
        bytes32 needed = authority.roleId(jurisdiction, IAuthority.Role.SUPERVISOR);
        VM.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, ADMIN, needed)
        );
        VM.prank(ADMIN);
        authority.grantRole(id, STRANGER);
    }

    function test_RevertWhen_ASupervisorGrantsSUPERVISOR() public {
        bytes32 id = authority.roleId(jurisdiction, IAuthority.Role.SUPERVISOR);
        VM.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, SUPERVISOR, bytes32(0)
            )
        );
        VM.prank(SUPERVISOR);
        authority.grantRole(id, STRANGER);
    }

    function test_RevertWhen_TheCouncilGrantsAnAgencySRole() public {
        bytes32 id = authority.roleId(agency, IAuthority.Role.ISSUER);
        bytes32 needed = authority.roleId(agency, IAuthority.Role.ADMIN);
        VM.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, COUNCIL, needed)
        );
        VM.prank(COUNCIL);
        authority.grantRole(id, STRANGER);
    }

    function test_When_EachOfficeGrantsWhatIsBelowIt() public {
        bytes32 supervisor = authority.roleId(jurisdiction, IAuthority.Role.SUPERVISOR);
        bytes32 admin = authority.roleId(agency, IAuthority.Role.ADMIN);
        VM.prank(COUNCIL);
        authority.grantRole(supervisor, address(1));
        VM.prank(address(1));
        authority.grantRole(admin, address(2));
        bytes32 gate = authority.roleId(agency, IAuthority.Role.GATE);
        VM.prank(address(2));
        authority.grantRole(gate, address(3));
        _same(authority.rolesOf(agency, address(1)), 64);
        _same(authority.rolesOf(agency, address(2)), 1);
        _same(authority.rolesOf(agency, address(3)), 32);
    }
}
