// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title RecordLedger.anchor, by its tree
contract AnchorTest is Fixture {
    address private constant GATE = address(0x6a7e);

    function test_RevertWhen_TheKindIsZero() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.KindUnknown.selector, uint16(0)));
        VM.prank(ISSUER);
        ledger.anchor(agency, 0, FOOD, 1);
    }

    function test_RevertWhen_TheKindIsBeyondTheLast() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.KindUnknown.selector, uint16(13)));
        VM.prank(ISSUER);
        ledger.anchor(agency, 13, FOOD, 1);
    }

    function test_RevertWhen_TheRootIsZero() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.RootEmpty.selector));
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, 0, 1);
    }

    function test_RevertWhen_TheBatchIsEmpty() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.BatchEmpty.selector));
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, FOOD, 0);
    }

    function test_RevertWhen_TheCallerIsNotAnIssuer() public {
        _expectRoleMissing(agency, IAuthority.Role.ISSUER, REGISTRAR);
        VM.prank(REGISTRAR);
        ledger.anchor(agency, 1, FOOD, 1);
    }

    function test_RevertWhen_AnIssuerAnchorsHealthScans() public {
        _grant(IAuthority.Role.GATE, GATE);
        _expectRoleMissing(agency, IAuthority.Role.GATE, ISSUER);
        VM.prank(ISSUER);
        ledger.anchor(agency, 10, FOOD, 1);
    }

    function test_RevertWhen_AGateAnchorsAnotherKind() public {
        _grant(IAuthority.Role.GATE, GATE);
        for (uint16 kind = 1; kind <= 11; ++kind) {
            if (kind == 10) continue;
            _expectRoleMissing(agency, IAuthority.Role.ISSUER, GATE);
            VM.prank(GATE);
            ledger.anchor(agency, kind, FOOD, 1);
        }
    }

    function test_RevertGiven_TheAgencyIsSuspended() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        _expectNotActive(IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, FOOD, 1);
    }

    function test_RevertGiven_TheAgencyAnchoredTheRootBefore() public {
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, FOOD, 1);
        VM.warp(START + 10);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.RootAlreadyAnchored.selector, FOOD, START));
        VM.prank(ISSUER);
        ledger.anchor(agency, 2, FOOD, 9);
    }

    function test_Given_AnotherAgencyAnchoredTheRoot() public {
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, FOOD, 1);
        VM.prank(SUPERVISOR);
        bytes32 other = authority.admitAgency(jurisdiction, "1", "One", ADMIN);
        bytes32 id = authority.roleId(other, IAuthority.Role.ISSUER);
        VM.prank(ADMIN);
        authority.grantRole(id, STRANGER);
        VM.prank(STRANGER);
        ledger.anchor(other, 2, FOOD, 9);
        _same(ledger.batchOf(agency, FOOD).size, 1);
        _same(ledger.batchOf(other, FOOD).size, 9);
    }

    function test_When_AGateAnchorsHealthScans() public {
        _grant(IAuthority.Role.GATE, GATE);
        VM.prank(GATE);
        ledger.anchor(agency, 10, FOOD, 3);
        IRecordLedger.Batch memory batch = ledger.batchOf(agency, FOOD);
        _same(batch.kind, 10);
        _same(batch.size, 3);
    }

    function test_When_AnIssuerAnchorsANewRoot() public {
        VM.roll(77);
        VM.expectEmit();
        emit IRecordLedger.BatchAnchored(agency, FOOD, 11, type(uint32).max);
        VM.prank(ISSUER);
        ledger.anchor(agency, 11, FOOD, type(uint32).max);
        IRecordLedger.Batch memory batch = ledger.batchOf(agency, FOOD);
        _same(batch.anchoredAt, START);
        _same(batch.blockNumber, 77);
        _same(batch.size, type(uint32).max);
        _same(batch.kind, 11);
        _same(ledger.batchOf(agency, keccak256("other")).anchoredAt, 0);
    }
}
