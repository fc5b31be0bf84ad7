// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.admitJurisdiction, by its tree
contract AdmitJurisdictionTest is Fixture {
    function test_RevertWhen_TheCallerIsNotTheCouncil() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, SUPERVISOR, bytes32(0)
            )
        );
        VM.prank(SUPERVISOR);
        authority.admitJurisdiction("MO", SUPERVISOR);
    }

    function test_RevertWhen_TheCodeIsEmpty() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.CodeEmpty.selector));
        VM.prank(COUNCIL);
        authority.admitJurisdiction("", SUPERVISOR);
    }

    function test_RevertGiven_TheJurisdictionWasAdmittedBefore() public {
        VM.expectRevert(
            abi.encodeWithSelector(IAuthority.JurisdictionAlreadyAdmitted.selector, jurisdiction, START)
        );
        VM.prank(COUNCIL);
        authority.admitJurisdiction("CN-GD", SUPERVISOR);
    }

    function test_When_TheJurisdictionIsNew() public {
        VM.warp(START + 1);
        bytes32 id = keccak256(abi.encode("MO"));
        VM.expectEmit();
        emit IAuthority.JurisdictionAdmitted(id, "MO");
        VM.prank(COUNCIL);
        _same(authority.admitJurisdiction("MO", STRANGER), id);
        IAuthority.Jurisdiction memory record = authority.jurisdictionOf(id);
        _same(record.code, "MO");
        _same(record.admittedAt, START + 1);
        _check(authority.holdsRole(id, IAuthority.Role.SUPERVISOR, STRANGER));
        _check(!authority.holdsRole(jurisdiction, IAuthority.Role.SUPERVISOR, STRANGER));
    }
}
