// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.reportKeyCompromised, by its tree
contract ReportKeyCompromisedTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(ADMIN);
        authority.reportKeyCompromised(FOOD, FOOD, START);
    }

    function test_RevertWhen_TheCallerIsNeitherAdminNorSupervisor() public {
        bytes32 keyId = _announce();
        _expectRoleMissing(agency, IAuthority.Role.ADMIN, COUNCIL);
        VM.prank(COUNCIL);
        authority.reportKeyCompromised(agency, keyId, START);
    }

    function test_RevertGiven_TheKeyWasNeverAnnounced() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyUnknown.selector, agency, FOOD));
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, FOOD, START);
    }

    function test_RevertWhen_TheDistrustBeginsInTheFuture() public {
        bytes32 keyId = _announce();
        VM.expectRevert(abi.encodeWithSelector(IAuthority.DistrustInFuture.selector, START + 1, START));
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 1);
    }

    function test_RevertWhen_ARepeatWouldMoveTheDateLater() public {
        bytes32 keyId = _announce();
        VM.warp(START + 10);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 5);
        VM.expectRevert(
            abi.encodeWithSelector(IAuthority.KeyCompromiseFinal.selector, agency, keyId, START + 5)
        );
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 6);
    }

    function test_RevertWhen_ARepeatKeepsTheDate() public {
        bytes32 keyId = _announce();
        VM.warp(START + 10);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 5);
        VM.expectRevert(
            abi.encodeWithSelector(IAuthority.KeyCompromiseFinal.selector, agency, keyId, START + 5)
        );
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 5);
    }

    function test_When_ARepeatMovesTheDateEarlier() public {
        bytes32 keyId = _announce();
        VM.warp(START + 10);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 5);
        VM.prank(SUPERVISOR);
        authority.reportKeyCompromised(agency, keyId, START + 4);
        _same(authority.keyOf(agency, keyId).distrustFrom, START + 4);
    }

    function test_When_TheDateLiesBeforeTheAnnouncement() public {
        bytes32 keyId = _announce();
        VM.warp(START + 10);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, 0);
        _same(authority.keyOf(agency, keyId).distrustFrom, START);
    }

    function test_When_AnAdminReportsIt() public {
        bytes32 keyId = _announce();
        VM.warp(START + DAY + 10);
        VM.expectEmit();
        emit IAuthority.KeyCompromised(agency, keyId, START + DAY + 5);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + DAY + 5);
        _check(authority.keyAt(agency, keyId, START + DAY + 4) == IAuthority.KeyState.ACTIVE);
        _check(authority.keyAt(agency, keyId, START + DAY + 5) == IAuthority.KeyState.COMPROMISED);
        _check(authority.keyAt(agency, keyId, type(uint40).max) == IAuthority.KeyState.COMPROMISED);
    }
}
