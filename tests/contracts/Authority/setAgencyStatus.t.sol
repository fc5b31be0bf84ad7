// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.setAgencyStatus, by its tree
contract SetAgencyStatusTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(SUPERVISOR);
        authority.setAgencyStatus(FOOD, IAuthority.AgencyStatus.ACTIVE);
    }

    function test_RevertWhen_TheCallerIsNotASupervisor() public {
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, ADMIN);
        VM.prank(ADMIN);
        authority.setAgencyStatus(agency, IAuthority.AgencyStatus.RETIRED);
    }

    function test_RevertGiven_TheAgencyIsRetired() public {
        _setStatus(IAuthority.AgencyStatus.RETIRED);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyStatusFinal.selector, agency));
        VM.prank(SUPERVISOR);
        authority.setAgencyStatus(agency, IAuthority.AgencyStatus.ACTIVE);
    }

    function test_RevertGiven_TheAgencyHasThatStatus() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.AgencyStatusUnchanged.selector, agency, IAuthority.AgencyStatus.ACTIVE
            )
        );
        VM.prank(SUPERVISOR);
        authority.setAgencyStatus(agency, IAuthority.AgencyStatus.ACTIVE);
    }

    function test_RevertWhen_TheStatusIsUNKNOWN() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.AgencyStatusUnchanged.selector, agency, IAuthority.AgencyStatus.UNKNOWN
            )
        );
        VM.prank(SUPERVISOR);
        authority.setAgencyStatus(agency, IAuthority.AgencyStatus.UNKNOWN);
    }

    function test_When_TheStatusIsAnotherOne() public {
        VM.warp(START + 10);
        VM.expectEmit();
        emit IAuthority.AgencyStatusChanged(agency, IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(SUPERVISOR);
        authority.setAgencyStatus(agency, IAuthority.AgencyStatus.SUSPENDED);
        VM.warp(START + 20);
        _setStatus(IAuthority.AgencyStatus.ACTIVE);
        _same(authority.agencyOf(agency).statusSince, START + 20);
        _check(authority.agencyStatusAt(agency, START - 1) == IAuthority.AgencyStatus.UNKNOWN);
        _check(authority.agencyStatusAt(agency, START) == IAuthority.AgencyStatus.ACTIVE);
        _check(authority.agencyStatusAt(agency, START + 9) == IAuthority.AgencyStatus.ACTIVE);
        _check(authority.agencyStatusAt(agency, START + 10) == IAuthority.AgencyStatus.SUSPENDED);
        _check(authority.agencyStatusAt(agency, START + 19) == IAuthority.AgencyStatus.SUSPENDED);
        _check(authority.agencyStatusAt(agency, START + 20) == IAuthority.AgencyStatus.ACTIVE);
    }
}
