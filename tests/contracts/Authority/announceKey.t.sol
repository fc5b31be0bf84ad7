// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {Fixture} from "../support/Fixture.sol";

/// @title Authority.announceKey, by its tree
contract AnnounceKeyTest is Fixture {
    function test_RevertGiven_TheAgencyIsSuspended() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        _expectNotActive(IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 15, START + 10, START + 20, START + 30);
    }

    function test_RevertWhen_TheCallerIsNotAnAdmin() public {
        _expectRoleMissing(agency, IAuthority.Role.ADMIN, ISSUER);
        VM.prank(ISSUER);
        authority.announceKey(agency, X, Y, 15, START + 10, START + 20, START + 30);
    }

    function test_RevertWhen_TheUsageIsEmpty() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyUsageInvalid.selector, uint8(0)));
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 0, START + 10, START + 20, START + 30);
    }

    function test_RevertWhen_TheUsageHasAnUnknownBit() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyUsageInvalid.selector, uint8(32)));
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 32, START + 10, START + 20, START + 30);
    }

    function test_RevertWhen_ThePointIsNotOnTheCurve() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyPointInvalid.selector, X, X));
        VM.prank(ADMIN);
        authority.announceKey(agency, X, X, 15, START + 10, START + 20, START + 30);
    }

    function test_RevertWhen_ThePointIsZero() public {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyPointInvalid.selector, bytes32(0), bytes32(0)));
        VM.prank(ADMIN);
        authority.announceKey(agency, 0, 0, 15, START + 10, START + 20, START + 30);
    }

    function test_RevertGiven_TheKeyWasAnnouncedBefore() public {
        bytes32 keyId = _announce();
        VM.expectRevert(abi.encodeWithSelector(IAuthority.KeyAlreadyAnnounced.selector, agency, keyId, START));
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 15, START + 10, START + 20, START + 30);
    }

    function test_RevertWhen_SigningBeginsInThePast() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.KeyWindowInvalid.selector,
                uint40(START - 1),
                uint40(START + 20),
                uint40(START + 30),
                START
            )
        );
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 15, START - 1, START + 20, START + 30);
    }

    function test_RevertWhen_SigningEndsAsItBegins() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.KeyWindowInvalid.selector,
                uint40(START + 10),
                uint40(START + 10),
                uint40(START + 30),
                START
            )
        );
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 15, START + 10, START + 10, START + 30);
    }

    function test_RevertWhen_VerifyingEndsBeforeSigning() public {
        VM.expectRevert(
            abi.encodeWithSelector(
                IAuthority.KeyWindowInvalid.selector,
                uint40(START + 10),
                uint40(START + 20),
                uint40(START + 19),
                START
            )
        );
        VM.prank(ADMIN);
        authority.announceKey(agency, X, Y, 15, START + 10, START + 20, START + 19);
    }

    function test_When_SigningBeginsAtZero() public {
        VM.prank(ADMIN);
        bytes32 keyId = authority.announceKey(agency, X, Y, 1, 0, START + 1, START + 1);
        _same(authority.keyOf(agency, keyId).signFrom, START);
        _check(authority.keyAt(agency, keyId, START) == IAuthority.KeyState.ACTIVE);
    }

    function test_When_TheWindowsAreInOrder() public {
        bytes32 keyId = sha256(bytes.concat(X, Y));
        IAuthority.DocumentKey memory key = IAuthority.DocumentKey({
            x: X,
            y: Y,
            usage: 31,
            announcedAt: START,
            signFrom: START + 10,
            signUntil: START + 20,
            verifyUntil: START + 30,
            distrustFrom: 0,
            frozen: false
        });
        VM.expectEmit();
        emit IAuthority.KeyAnnounced(agency, keyId, key);
        VM.prank(ADMIN);
        _same(authority.announceKey(agency, X, Y, 31, START + 10, START + 20, START + 30), keyId);
        _same(keccak256(abi.encode(authority.keyOf(agency, keyId))), keccak256(abi.encode(key)));
    }
}
