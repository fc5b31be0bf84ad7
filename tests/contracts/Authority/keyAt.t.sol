// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.keyAt, by its tree
contract KeyAtTest is Fixture {
    function test_Given_TheKeyWasNeverAnnounced() public view {
        _check(authority.keyAt(agency, FOOD, START) == IAuthority.KeyState.UNKNOWN);
    }

    function test_Given_AnotherAgencyAnnouncedTheKey() public {
        VM.prank(SUPERVISOR);
        bytes32 other = authority.admitAgency(jurisdiction, "1", "One", ADMIN);
        bytes32 keyId = _announce();
        _check(authority.keyAt(other, keyId, START + DAY) == IAuthority.KeyState.UNKNOWN);
    }

    function test_Given_TheKeyIsTrusted() public {
        bytes32 keyId = _announce();
        _check(authority.keyAt(agency, keyId, START - 1) == IAuthority.KeyState.UNKNOWN);
        _check(authority.keyAt(agency, keyId, START) == IAuthority.KeyState.ANNOUNCED);
        _check(authority.keyAt(agency, keyId, START + DAY - 1) == IAuthority.KeyState.ANNOUNCED);
        _check(authority.keyAt(agency, keyId, START + DAY) == IAuthority.KeyState.ACTIVE);
        _check(authority.keyAt(agency, keyId, START + 2 * DAY - 1) == IAuthority.KeyState.ACTIVE);
        _check(authority.keyAt(agency, keyId, START + 2 * DAY) == IAuthority.KeyState.RETIRING);
        _check(authority.keyAt(agency, keyId, START + 3 * DAY - 1) == IAuthority.KeyState.RETIRING);
        _check(authority.keyAt(agency, keyId, START + 3 * DAY) == IAuthority.KeyState.EXPIRED);
    }

    function test_Given_TheKeyIsFrozenAndCompromised() public {
        bytes32 keyId = _announce();
        VM.prank(ADMIN);
        authority.freezeKey(agency, keyId);
        VM.warp(START + 10);
        VM.prank(ADMIN);
        authority.reportKeyCompromised(agency, keyId, START + 5);
        _check(authority.keyAt(agency, keyId, START + 4) == IAuthority.KeyState.FROZEN);
        _check(authority.keyAt(agency, keyId, START + 5) == IAuthority.KeyState.COMPROMISED);
    }
}
