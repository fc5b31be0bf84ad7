// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "../interfaces/IRecordLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

/// @title Sealed messages under anchored roots of 64
/// @notice RFC 9162 §2.1.1: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right); data is SHA-256(digest ‖ blind).
library Mailbox {
    uint16 internal constant KIND = 12;
    uint32 internal constant PLACES = 64;

    /// @notice When the mailbox's agency anchored the message; reverts unless it did, or the path does not lead to the root.
    function anchoredAt(
        IRecordLedger ledger,
        bytes32 mailbox,
        bytes32 digest,
        ITenderLedger.MailboxProof calldata proof
    ) internal view returns (uint40) {
        IRecordLedger.Batch memory batch = ledger.batchOf(mailbox, proof.root);
        if (batch.anchoredAt == 0 || batch.kind != KIND || batch.size != PLACES) {
            revert ITenderLedger.MailboxRootUnknown(proof.root);
        }
        if (proof.index >= PLACES || _rootOf(digest, proof) != proof.root) {
            revert ITenderLedger.MailboxProofInvalid(proof.root);
        }
        return batch.anchoredAt;
    }

    function _rootOf(bytes32 digest, ITenderLedger.MailboxProof calldata proof)
        private
        pure
        returns (bytes32 node)
    {
        node = sha256(abi.encodePacked(uint8(0), sha256(abi.encodePacked(digest, proof.blind))));
        for (uint256 i = 0; i < proof.path.length; ++i) {
            node = (proof.index >> i) & 1 == 0
                ? sha256(abi.encodePacked(uint8(1), node, proof.path[i]))
                : sha256(abi.encodePacked(uint8(1), proof.path[i], node));
        }
    }
}
