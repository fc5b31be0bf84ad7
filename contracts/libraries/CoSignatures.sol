// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";

import {IRecordLedger} from "../interfaces/IRecordLedger.sol";

/// @title EIP-712 hashes of what an APPROVER signs
/// @notice Struct hashes only; the domain is the ledger's.
library CoSignatures {
    bytes32 internal constant WORD_CHANGE_TYPEHASH = keccak256("WordChange(uint16 word,uint256 mask)");

    bytes32 internal constant STATUS_CHANGE_TYPEHASH = keccak256(
        "StatusChange(bytes32 agency,uint32 list,WordChange[] changes,uint8 status,uint16 reason,uint40 effectiveAt,uint40 until,uint256 nonce,uint40 deadline)WordChange(uint16 word,uint256 mask)"
    );

    /// @notice The struct hash of an order with its changes, nonce and deadline. The caller bounds `changes`.
    function hashOf(
        IRecordLedger.StatusOrder calldata order,
        IRecordLedger.WordChange[] calldata changes,
        uint256 nonce,
        uint40 deadline
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                STATUS_CHANGE_TYPEHASH,
                order.agency,
                order.list,
                _hashOf(changes),
                order.status,
                order.reason,
                order.effectiveAt,
                order.until,
                nonce,
                deadline
            )
        );
    }

    /// @dev One word is what most orders change: an array for it would cost 500 gas. {SlotDerivation-deriveArray} is the
    /// keccak256 of 32 bytes, taken without new memory.
    function _hashOf(IRecordLedger.WordChange[] calldata changes) private pure returns (bytes32) {
        if (changes.length == 1) return SlotDerivation.deriveArray(_hashOf(changes[0]));
        bytes32[] memory hashes = new bytes32[](changes.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            hashes[i] = _hashOf(changes[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashOf(IRecordLedger.WordChange calldata change) private pure returns (bytes32) {
        return keccak256(abi.encode(WORD_CHANGE_TYPEHASH, change.word, change.mask));
    }
}
