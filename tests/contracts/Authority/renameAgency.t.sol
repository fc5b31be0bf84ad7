// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.renameAgency, by its tree
contract RenameAgencyTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(SUPERVISOR);
        authority.renameAgency(FOOD, "New");
    }

    function test_RevertWhen_TheCallerIsNotASupervisor() public {
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, ADMIN);
        VM.prank(ADMIN);
        authority.renameAgency(agency, "New");
    }

    function test_RevertWhen_TheNameIsEmpty() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.CodeEmpty.selector));
        VM.prank(SUPERVISOR);
        authority.renameAgency(agency, "");
    }

    function test_When_ASupervisorNamesIt() public {
        VM.expectEmit();
        emit IAuthority.AgencyRenamed(agency, "New");
        VM.prank(SUPERVISOR);
        authority.renameAgency(agency, "New");
        _same(authority.agencyOf(agency).name, "New");
        _same(authority.agencyOf(agency).code, CODE);
    }
}
