// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.requireFourEyes, by its tree
contract RequireFourEyesTest is Fixture {
    function test_RevertGiven_TheAgencyWasNeverAdmitted() public {
        VM.expectRevert(
            abi.encodeWithSelector(IAuthority.AgencyNotActive.selector, FOOD, IAuthority.AgencyStatus.UNKNOWN)
        );
        authority.requireFourEyes(REGISTRAR, approver, FOOD);
    }

    function test_RevertGiven_TheAgencyIsSuspended() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        _expectNotActive(IAuthority.AgencyStatus.SUSPENDED);
        authority.requireFourEyes(REGISTRAR, approver, agency);
    }

    function test_RevertGiven_TheFirstAccountIsNoRegistrar() public {
        _expectRoleMissing(agency, IAuthority.Role.REGISTRAR, ISSUER);
        authority.requireFourEyes(ISSUER, approver, agency);
    }

    function test_RevertGiven_TheSecondAccountIsNoApprover() public {
        _expectRoleMissing(agency, IAuthority.Role.APPROVER, ISSUER);
        authority.requireFourEyes(REGISTRAR, ISSUER, agency);
    }

    function test_RevertWhen_TheAccountsAreSwapped() public {
        _expectRoleMissing(agency, IAuthority.Role.REGISTRAR, approver);
        authority.requireFourEyes(approver, REGISTRAR, agency);
    }

    function test_Given_TheAccountsHoldTheRoles() public view {
        authority.requireFourEyes(REGISTRAR, approver, agency);
    }
}
