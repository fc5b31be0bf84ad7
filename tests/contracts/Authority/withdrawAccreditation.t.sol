// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.withdrawAccreditation, by its tree
contract WithdrawAccreditationTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(SUPERVISOR);
        authority.withdrawAccreditation(FOOD, FOOD);
    }

    function test_RevertWhen_TheCallerIsNotASupervisor() public {
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, ADMIN);
        VM.prank(ADMIN);
        authority.withdrawAccreditation(agency, FOOD);
    }

    function test_RevertGiven_ThereIsNoWindow() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AccreditationMissing.selector, agency, FOOD));
        VM.prank(SUPERVISOR);
        authority.withdrawAccreditation(agency, FOOD);
    }

    function test_RevertGiven_TheLastWindowIsOver() public {
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, START + 10);
        VM.warp(START + 10);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AccreditationMissing.selector, agency, FOOD));
        VM.prank(SUPERVISOR);
        authority.withdrawAccreditation(agency, FOOD);
    }

    function test_Given_AWindowIsOpen() public {
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, 0);
        VM.warp(START + 10);
        VM.expectEmit();
        emit IAuthority.AccreditationWithdrawn(agency, FOOD, START + 10);
        VM.prank(SUPERVISOR);
        authority.withdrawAccreditation(agency, FOOD);
        _check(authority.accreditedAt(agency, FOOD, START + 9));
        _check(!authority.accreditedAt(agency, FOOD, START + 10));
    }

    function test_Given_OneWindowIsOpenAndAnotherToCome() public {
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, START + 20);
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, START + 30, 0);
        VM.warp(START + 10);
        VM.prank(SUPERVISOR);
        authority.withdrawAccreditation(agency, FOOD);
        IAuthority.Window[] memory windows = authority.accreditationsOf(agency, FOOD);
        _same(windows.length, 1);
        _same(windows[0].end, START + 10);
    }

    function test_Given_TheWindowOpenedInThisBlock() public {
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, 0);
        VM.prank(SUPERVISOR);
        authority.withdrawAccreditation(agency, FOOD);
        _same(authority.accreditationsOf(agency, FOOD).length, 0);
    }
}
