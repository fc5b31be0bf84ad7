// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.accredit, by its tree
contract AccreditTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(SUPERVISOR);
        authority.accredit(FOOD, FOOD, 0, 0);
    }

    function test_RevertGiven_TheAgencyIsRetired() public {
        _setStatus(IAuthority.AgencyStatus.RETIRED);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyStatusFinal.selector, agency));
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, 0);
    }

    function test_RevertWhen_TheCallerIsNotASupervisor() public {
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, ADMIN);
        VM.prank(ADMIN);
        authority.accredit(agency, FOOD, 0, 0);
    }

    function test_RevertWhen_TheWindowBeginsInThePast() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.AccreditationWindowInvalid.selector, START - 1, type(uint40).max, START
            )
        );
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START - 1, 0);
    }

    function test_RevertWhen_TheWindowEndsAsItBegins() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.AccreditationWindowInvalid.selector, START + 5, START + 5, START
            )
        );
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START + 5, START + 5);
    }

    function test_RevertGiven_TheLastWindowEndsLater() public {
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START, START + 10);
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.AccreditationWindowInvalid.selector, START + 9, START + 20, START + 10
            )
        );
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START + 9, START + 20);
    }

    function test_RevertGiven_ThereAreSixtyFourWindows() public {
        for (uint40 i = 0; i < 64; ++i) {
            VM.prank(SUPERVISOR);
            authority.accredit(agency, FOOD, START + i, START + i + 1);
        }
        _same(authority.accreditationsOf(agency, FOOD).length, 64);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.TooManyAccreditations.selector, agency, FOOD, 64));
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START + 64, 0);
    }

    function test_When_StartAndEndAreZero() public {
        VM.expectEmit();
        emit IAuthority.Accredited(agency, FOOD, START, type(uint40).max);
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, 0);
        _check(!authority.accreditedAt(agency, FOOD, START - 1));
        _check(authority.accreditedAt(agency, FOOD, START));
        _check(authority.accreditedAt(agency, FOOD, type(uint40).max - 1));
        _check(!authority.accreditedAt(agency, keccak256("licence:cn.other"), START));
    }

    function test_When_TheWindowFollowsTheLastOne() public {
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START, START + 10);
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START + 20, START + 30);
        _check(authority.accreditedAt(agency, FOOD, START + 9));
        _check(!authority.accreditedAt(agency, FOOD, START + 10));
        _check(!authority.accreditedAt(agency, FOOD, START + 19));
        _check(authority.accreditedAt(agency, FOOD, START + 20));
        _check(!authority.accreditedAt(agency, FOOD, START + 30));
    }
}
