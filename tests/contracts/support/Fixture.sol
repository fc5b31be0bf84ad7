// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";

import {Vm} from "./Vm.sol";

/// @dev The contracts are known by their interfaces alone, see foundry.toml.
interface IAuthorityWithRoles is IAuthority, IAccessControl {}

/// @title One admitted agency whose accounts hold one role each
abstract contract Fixture {
    error Differs(bytes32 found, bytes32 wanted);
    error Untrue();

    /// @dev What forge reads from `excludeSelectors`.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint40 internal constant START = 1_795_219_200; // 2026-11-21 00:00 UTC, a whole hour
    uint40 internal constant DAY = 1 days;
    string internal constant CODE = "11440100MBEXAMPE7Y";
    bytes32 internal constant FOOD = keccak256("licence:cn.food-business");

    // The base point of P-256: a point anybody can look up.
    bytes32 internal constant X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    bytes32 internal constant Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;

    uint256 internal constant APPROVER_KEY = 0xa11ce;

    address internal constant COUNCIL = address(0xc0);
    address internal constant SUPERVISOR = address(0x50);
    address internal constant ADMIN = address(0xad);
    address internal constant ISSUER = address(0x15);
    address internal constant REGISTRAR = address(0x4e);
    address internal constant STRANGER = address(0xbad);

    IAuthorityWithRoles internal authority;
    IRecordLedger internal ledger;
    address internal approver;
    bytes32 internal jurisdiction;
    bytes32 internal agency;

    function setUp() public virtual {
        VM.warp(START);
        approver = VM.addr(APPROVER_KEY);
        authority = IAuthorityWithRoles(VM.deployCode("Authority.sol:Authority", abi.encode(COUNCIL)));
        ledger = IRecordLedger(VM.deployCode("RecordLedger.sol:RecordLedger", abi.encode(authority)));
        VM.prank(COUNCIL);
        jurisdiction = authority.admitJurisdiction("CN-GD", SUPERVISOR);
        VM.prank(SUPERVISOR);
        agency = authority.admitAgency(jurisdiction, CODE, unicode"示例市市场监督管理局", ADMIN);
        _grant(IAuthority.Role.ISSUER, ISSUER);
        _grant(IAuthority.Role.REGISTRAR, REGISTRAR);
        _grant(IAuthority.Role.APPROVER, approver);
    }

    function _grant(IAuthority.Role role, address account) internal {
        bytes32 id = authority.roleId(agency, role);
        VM.prank(ADMIN);
        authority.grantRole(id, account);
    }

    function _setStatus(IAuthority.AgencyStatus status) internal {
        VM.prank(SUPERVISOR);
        authority.setAgencyStatus(agency, status);
    }

    function _announce() internal returns (bytes32 keyId) {
        VM.prank(ADMIN);
        keyId = authority.announceKey(agency, X, Y, 15, START + DAY, START + 2 * DAY, START + 3 * DAY);
    }

    function _expectRoleMissing(bytes32 subject, IAuthority.Role role, address account) internal {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.RoleMissing.selector, subject, role, account));
    }

    function _expectNotActive(IAuthority.AgencyStatus status) internal {
        VM.expectRevert(abi.encodeWithSelector(IAuthority.AgencyNotActive.selector, agency, status));
    }

    /// @dev A moment that lies `distance` seconds from now.
    function _from(int256 distance) internal view returns (uint40) {
        return uint40(uint256(int256(block.timestamp) + distance));
    }

    function _vectors(string memory file) internal view returns (string memory) {
        return VM.readFile(string.concat("tests/vectors/", file));
    }

    function _check(bool fact) internal pure {
        if (!fact) revert Untrue();
    }

    function _same(uint256 found, uint256 wanted) internal pure {
        if (found != wanted) revert Differs(bytes32(found), bytes32(wanted));
    }

    function _same(bytes32 found, bytes32 wanted) internal pure {
        if (found != wanted) revert Differs(found, wanted);
    }

    function _same(string memory found, string memory wanted) internal pure {
        _same(keccak256(bytes(found)), keccak256(bytes(wanted)));
    }
}
