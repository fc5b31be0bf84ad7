// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.retireKey, by its tree
contract RetireKeyTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyUnknown.selector, FOOD));
        VM.prank(ADMIN);
        authority.retireKey(FOOD, FOOD, START + 1);
    }

    function test_RevertWhen_TheCallerIsNotAnAdmin() public {
        bytes32 keyId = _announce();
        _expectRoleMissing(agency, IAuthority.Role.ADMIN, SUPERVISOR);
        VM.prank(SUPERVISOR);
        authority.retireKey(agency, keyId, START + DAY);
    }

    function test_RevertGiven_TheKeyWasNeverAnnounced() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyUnknown.selector, agency, FOOD));
        VM.prank(ADMIN);
        authority.retireKey(agency, FOOD, START + DAY);
    }

    function test_RevertGiven_TheKeyIsCompromised() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyCompromiseFinal.selector, agency, keyId, START));
        VM.prank(ADMIN);
        authority.retireKey(agency, keyId, START + DAY);
    }

    function test_RevertWhen_TheEndLiesInThePast() public {
        bytes32 keyId = _announce();
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.KeyWindowInvalid.selector, START + DAY, START - 1, START + 3 * DAY, START
            )
        );
        VM.prank(ADMIN);
        authority.retireKey(agency, keyId, START - 1);
    }

    function test_RevertWhen_TheEndIsNotEarlier() public {
        bytes32 keyId = _announce();
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.KeyWindowInvalid.selector, START + DAY, START + 2 * DAY, START + 3 * DAY, START
            )
        );
        VM.prank(ADMIN);
        authority.retireKey(agency, keyId, START + 2 * DAY);
    }

    function test_Given_TheAgencyIsSuspended() public {
        bytes32 keyId = _announce();
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(ADMIN);
        authority.retireKey(agency, keyId, START + DAY + 1);
        _same(authority.keyOf(agency, keyId).signUntil, START + DAY + 1);
    }

    function test_When_TheEndIsEarlier() public {
        bytes32 keyId = _announce();
        uint40 end = START + DAY + 10;
        VM.expectEmit();
        emit IAuthority.KeyRetired(agency, keyId, end);
        VM.prank(ADMIN);
        authority.retireKey(agency, keyId, end);
        _check(authority.keyAt(agency, keyId, end - 1) == IAuthority.KeyState.ACTIVE);
        _check(authority.keyAt(agency, keyId, end) == IAuthority.KeyState.RETIRING);
        _same(authority.keyOf(agency, keyId).verifyUntil, START + 3 * DAY);
    }
}
