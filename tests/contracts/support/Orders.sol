// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";

import {Fixture} from "./Fixture.sol";

/// @title Orders over the fixture's agency
abstract contract Orders is Fixture {
    /// @dev The two arguments that make an order.
    struct Draft {
        IRecordLedger.StatusOrder terms;
        IRecordLedger.WordChange[] changes;
    }

    uint256 internal constant FIRST = 3; // the mask of a word's first entry
    uint256 internal constant SECOND = 12;
    uint40 internal constant NEVER = type(uint40).max;

    /// @dev One entry or more of word 5 of list 0; takes effect now, or from the beginning where the reason annuls.
    function _order(uint256 mask, IRecordLedger.Status status, uint16 reason)
        internal
        view
        returns (Draft memory order)
    {
        order.changes = new IRecordLedger.WordChange[](1);
        order.changes[0] = IRecordLedger.WordChange({word: 5, mask: mask});
        order.terms = IRecordLedger.StatusOrder({
            status: status,
            reason: reason,
            agency: agency,
            list: 0,
            effectiveAt: reason == 310 || reason == 311 ? 0 : uint40(block.timestamp),
            until: 0
        });
    }

    function _revocation(uint256 mask) internal view returns (Draft memory) {
        return _order(mask, IRecordLedger.Status.REVOKED, 331);
    }

    function _suspension(uint256 mask) internal view returns (Draft memory) {
        return _order(mask, IRecordLedger.Status.SUSPENDED, 101);
    }

    function _annulment(uint256 mask) internal view returns (Draft memory) {
        return _order(mask, IRecordLedger.Status.REVOKED, 311);
    }

    function _supersession(uint256 mask) internal view returns (Draft memory) {
        return _order(mask, IRecordLedger.Status.SUPERSEDED, 401);
    }

    function _reinstatement(uint256 mask) internal view returns (Draft memory) {
        return _order(mask, IRecordLedger.Status.VALID, 201);
    }

    /// @dev The mask of the first `entries` entries of a word.
    function _first(uint256 entries) internal pure returns (uint256) {
        return entries == 128 ? type(uint256).max : (uint256(1) << (2 * entries)) - 1;
    }

    /// @dev The mask of one entry of a word.
    function _entry(uint256 position) internal pure returns (uint256) {
        return uint256(3) << (2 * position);
    }

    function _give(Draft memory order) internal {
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function _giveCosigned(Draft memory order, uint256 nonce) internal {
        IRecordLedger.CoSignature memory coSignature = _cosign(order, nonce);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function _cosign(Draft memory order, uint256 nonce)
        internal
        view
        returns (IRecordLedger.CoSignature memory)
    {
        return _cosign(order, nonce, NEVER, APPROVER_KEY);
    }

    function _cosign(Draft memory order, uint256 nonce, uint40 deadline, uint256 key)
        internal
        view
        returns (IRecordLedger.CoSignature memory)
    {
        (uint8 v, bytes32 r, bytes32 s) =
            VM.sign(key, ledger.coSignatureDigest(order.terms, order.changes, nonce, deadline));
        return IRecordLedger.CoSignature({
            approver: VM.addr(key),
            nonce: nonce,
            deadline: deadline,
            r: r,
            vs: bytes32(uint256(s) | uint256(v - 27) << 255)
        });
    }

    function _word() internal view returns (uint256) {
        return ledger.wordAt(agency, 0, 5);
    }

    function _expectFinal(uint256 entries) internal {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.StatusFinal.selector, uint16(5), entries));
    }

    function _expectIllegal(uint256 entries, IRecordLedger.Status source, IRecordLedger.Status to) internal {
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecordLedger.StatusTransitionIllegal.selector, uint16(5), entries, source, to
            )
        );
    }

    function _expectRequired(uint16 reason, uint256 uncosigned) internal {
        VM.expectRevert(
            abi.encodeWithSelector(IRecordLedger.CoSignatureRequired.selector, reason, uncosigned, 100)
        );
    }

    function _expectRegistrarMissing(address account) internal {
        _expectRoleMissing(agency, IAuthority.Role.REGISTRAR, account);
    }
}
