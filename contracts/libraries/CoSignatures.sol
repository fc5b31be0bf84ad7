// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "../interfaces/IRecordLedger.sol";

/// @title EIP-712 hashes of what an APPROVER signs
/// @notice Struct hashes only; the domain is the ledger's.
library CoSignatures {
    bytes32 internal constant WORD_CHANGE_TYPEHASH = keccak256("WordChange(uint16 word,uint256 mask)");

    bytes32 internal constant STATUS_CHANGE_TYPEHASH = keccak256(
        "StatusChange(bytes32 agency,uint32 list,WordChange[] changes,uint8 status,uint16 reason,uint40 effectiveAt,uint40 until,uint256 nonce,uint40 deadline)WordChange(uint16 word,uint256 mask)"
    );

    /// @notice The struct hash of an order with its nonce and deadline. The caller bounds `order.changes`.
    function hashOf(IRecordLedger.StatusOrder calldata order, uint256 nonce, uint40 deadline)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                STATUS_CHANGE_TYPEHASH,
                order.agency,
                order.list,
                _hashOf(order.changes),
                order.status,
                order.reason,
                order.effectiveAt,
                order.until,
                nonce,
                deadline
            )
        );
    }

    function _hashOf(IRecordLedger.WordChange[] calldata changes) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](changes.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            IRecordLedger.WordChange calldata change = changes[i];
            hashes[i] = keccak256(abi.encode(WORD_CHANGE_TYPEHASH, change.word, change.mask));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
