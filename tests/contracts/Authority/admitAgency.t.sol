// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.admitAgency, by its tree
contract AdmitAgencyTest is Fixture {
    function test_RevertGiven_TheJurisdictionWasNeverAdmitted() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.JurisdictionUnknown.selector, bytes32(uint256(1))));
        VM.prank(SUPERVISOR);
        authority.admitAgency(bytes32(uint256(1)), "1", "One", ADMIN);
    }

    function test_RevertWhen_TheCallerIsNotASupervisor() public {
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, COUNCIL);
        VM.prank(COUNCIL);
        authority.admitAgency(jurisdiction, "1", "One", ADMIN);
    }

    function test_RevertWhen_TheCallerSupervisesAnotherJurisdiction() public {
        VM.prank(COUNCIL);
        authority.admitJurisdiction("MO", STRANGER);
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, STRANGER);
        VM.prank(STRANGER);
        authority.admitAgency(jurisdiction, "1", "One", ADMIN);
    }

    function test_RevertWhen_TheCodeIsEmpty() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.CodeEmpty.selector));
        VM.prank(SUPERVISOR);
        authority.admitAgency(jurisdiction, "", "One", ADMIN);
    }

    function test_RevertWhen_TheNameIsEmpty() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.CodeEmpty.selector));
        VM.prank(SUPERVISOR);
        authority.admitAgency(jurisdiction, "1", "", ADMIN);
    }

    function test_RevertGiven_TheAgencyWasAdmittedBefore() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyAlreadyAdmitted.selector, agency));
        VM.prank(SUPERVISOR);
        authority.admitAgency(jurisdiction, CODE, "Again", ADMIN);
    }

    function test_RevertGiven_TheAgencyIsRetired() public {
        _setStatus(IAuthority.AgencyStatus.RETIRED);
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyAlreadyAdmitted.selector, agency));
        VM.prank(SUPERVISOR);
        authority.admitAgency(jurisdiction, CODE, "Again", ADMIN);
    }

    function test_When_TheAgencyIsNew() public {
        bytes32 id = keccak256(abi.encode(jurisdiction, "1"));
        VM.expectEmit();
        emit IAuthority.AgencyAdmitted(id, jurisdiction, "1", "One");
        VM.prank(SUPERVISOR);
        _same(authority.admitAgency(jurisdiction, "1", "One", ADMIN), id);
        IAuthority.Agency memory record = authority.agencyOf(id);
        _same(record.jurisdiction, jurisdiction);
        _same(record.code, "1");
        _same(record.name, "One");
        _check(record.status == IAuthority.AgencyStatus.ACTIVE);
        _same(record.statusSince, START);
        _same(authority.rolesOf(id, ADMIN), 1);
        bytes32 admin = authority.roleId(id, IAuthority.Role.ADMIN);
        _same(authority.getRoleAdmin(admin), authority.roleId(jurisdiction, IAuthority.Role.SUPERVISOR));
        for (uint8 i = uint8(IAuthority.Role.ISSUER); i <= uint8(IAuthority.Role.GATE); ++i) {
            _same(authority.getRoleAdmin(authority.roleId(id, IAuthority.Role(i))), admin);
        }
    }
}
