// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.requireSupervisor, by its tree
contract RequireSupervisorTest is Fixture {
    function test_When_TheAccountSupervisesTheAgencySJurisdiction() public view {
        authority.requireSupervisor(agency, SUPERVISOR);
    }

    function test_Given_TheAgencyIsRetired() public {
        _setStatus(IAuthority.AgencyStatus.RETIRED);
        authority.requireSupervisor(agency, SUPERVISOR);
    }

    function test_RevertWhen_TheAccountSupervisesAnotherJurisdiction() public {
        VM.prank(COUNCIL);
        authority.admitJurisdiction("MO", STRANGER);
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, STRANGER);
        authority.requireSupervisor(agency, STRANGER);
    }

    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        authority.requireSupervisor(FOOD, SUPERVISOR);
    }
}
