// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {IVerificationLens} from "contracts/interfaces/IVerificationLens.sol";
import {Orders} from "../support/Orders.sol";

/// @title VerificationLens.read, by its tree
contract ReadTest is Orders {
    function test_Given_NothingIsKnownOfTheDocument() public {
        IVerificationLens.Reading memory reading = _read(FOOD, FOOD);
        _same(reading.chainId, block.chainid);
        _same(reading.blockTime, START);
        _same(reading.blockNumber, block.number);
        _same(reading.batch.anchoredAt, 0);
        _same(reading.key.announcedAt, 0);
        _same(reading.statusWord, 0);
        _check(!reading.accreditedThen);
        _check(reading.agencyStatusThen == IAuthority.AgencyStatus.ACTIVE);
    }

    function test_Given_TheAgencyWasNeverAdmitted() public {
        agency = FOOD;
        IVerificationLens.Reading memory reading = _read(FOOD, FOOD);
        _check(reading.agency.status == IAuthority.AgencyStatus.UNKNOWN);
        _check(reading.agencyStatusThen == IAuthority.AgencyStatus.UNKNOWN);
        _same(reading.jurisdictionCode, "");
    }

    function test_Given_TheAgencyWasSuspendedAfterAnchoring() public {
        bytes32 keyId = _announce();
        VM.prank(SUPERVISOR);
        authority.accredit(agency, FOOD, 0, START + 10);
        VM.prank(ISSUER);
        ledger.anchor(agency, 1, keccak256("root"), 3);
        VM.warp(START + 20);
        _give(_suspension(FIRST));
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        IVerificationLens.Reading memory reading = _read(keccak256("root"), keyId);
        _same(reading.blockTime, START + 20);
        _same(reading.batch.anchoredAt, START);
        _same(reading.batch.size, 3);
        _same(reading.agency.code, CODE);
        _same(reading.jurisdictionCode, "CN-GD");
        _same(reading.statusWord, 2);
        _same(reading.key.x, X);
        _check(reading.key.frozen && reading.accreditedThen);
        _check(reading.agencyStatusThen == IAuthority.AgencyStatus.ACTIVE);
        _check(reading.agency.status == IAuthority.AgencyStatus.SUSPENDED);
    }

    function test_RevertWhen_TheWordLiesOutsideTheList() public {
        IVerificationLens lens = _deploy();
        IVerificationLens.Query memory query =
            IVerificationLens.Query({agency: agency, root: 0, keyId: 0, recordType: 0, list: 0, word: 8_192});
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.WordOutOfRange.selector, 8_192));
        lens.read(query);
    }

    function _read(bytes32 root, bytes32 keyId) private returns (IVerificationLens.Reading memory) {
        return _deploy()
            .read(
                IVerificationLens.Query({
                agency: agency, root: root, keyId: keyId, recordType: FOOD, list: 0, word: 5
            })
            );
    }

    function _deploy() private returns (IVerificationLens) {
        bytes memory arguments = abi.encode(authority, ledger, address(0));
        return IVerificationLens(VM.deployCode("VerificationLens.sol:VerificationLens", arguments));
    }
}
