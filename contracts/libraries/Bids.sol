// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

/// @title Hashes of bids, and what their secrets must match
/// @notice Struct hashes only; the domain is the ledger's.
library Bids {
    /// @notice Bytes of one envelope.
    uint256 internal constant ENVELOPE = 81;

    /// @notice Parts that a bid may have.
    uint8 internal constant MAX_PARTS = 2;

    bytes32 internal constant PART_TYPEHASH =
        keccak256("Part(bytes32 file,uint64 size,bytes32 cB,bytes32 cC,bytes32 shares,bytes32 manifest)");

    bytes32 internal constant SUBMIT_TYPEHASH = keccak256(
        "SubmitBid(bytes32 tenderId,uint16 lot,address bidder,uint32 version,bytes32 docs,Part[] parts,bytes32 identity,bytes32 bond,uint64 validUntil)Part(bytes32 file,uint64 size,bytes32 cB,bytes32 cC,bytes32 shares,bytes32 manifest)"
    );

    bytes32 internal constant WITHDRAW_TYPEHASH =
        keccak256("WithdrawBid(bytes32 tenderId,uint16 lot,address bidder,uint32 version,uint64 validUntil)");

    bytes32 internal constant BOND_TYPEHASH =
        keccak256("BondIssued(bytes32 tenderId,uint16 lot,bytes32 bond)");

    bytes32 internal constant EXTEND_TYPEHASH =
        keccak256("ExtendDisclosure(bytes32 tenderId,uint8 part,uint40 discloseEnd)");

    /// @notice The struct hash of a bid of one or two parts; {PartsMismatch} for another number.
    function hashOf(ITenderLedger.SubmitBid calldata bid) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                SUBMIT_TYPEHASH,
                bid.tenderId,
                bid.lot,
                bid.bidder,
                bid.version,
                bid.docs,
                _hashOf(bid.parts),
                bid.identity,
                bid.bond,
                bid.validUntil
            )
        );
    }

    function hashOf(ITenderLedger.WithdrawBid calldata withdrawal) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW_TYPEHASH, withdrawal));
    }

    function bondHash(bytes32 tenderId, uint16 lot, bytes32 bond) internal pure returns (bytes32) {
        return keccak256(abi.encode(BOND_TYPEHASH, tenderId, lot, bond));
    }

    function extensionHash(bytes32 tenderId, uint8 part, uint40 discloseEnd) internal pure returns (bytes32) {
        return keccak256(abi.encode(EXTEND_TYPEHASH, tenderId, part, discloseEnd));
    }

    /// @notice What ties every commitment of a bid to its chain, ledger, tender, lot, part, bidder and version.
    function contextOf(bytes32 tenderId, uint16 lot, uint8 part, address bidder, uint32 version)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), tenderId, lot, part, bidder, version));
    }

    /// @notice Reverts with {CommitmentMismatch} unless `expected` = keccak256(tag ‖ context ‖ secret).
    function requireCommitment(
        ITenderLedger.SubmitBid calldata bid,
        uint8 part,
        uint8 tag,
        bytes32 expected,
        bytes32 secret
    ) internal view {
        bytes32 context = contextOf(bid.tenderId, bid.lot, part, bid.bidder, bid.version);
        bytes32 found = keccak256(abi.encodePacked(tag, context, secret));
        if (found != expected) revert ITenderLedger.CommitmentMismatch(expected, found);
    }

    /// @notice Reverts with {SharesMismatch} unless `shares` are each part's `trustees` envelopes, one part after another.
    function requireShares(ITenderLedger.SubmitBid calldata bid, bytes calldata shares, uint8 trustees)
        internal
        pure
    {
        uint256 length = trustees * ENVELOPE;
        uint256 total = bid.parts.length * length;
        if (shares.length < length) revert ITenderLedger.SharesMismatch(1);
        _requireEnvelopes(shares[:length], bid.parts[0].shares, 1);
        // forge-lint: disable-next-line(unsafe-typecast) - one or two
        if (shares.length != total) revert ITenderLedger.SharesMismatch(uint8(bid.parts.length));
        if (total != length) _requireEnvelopes(shares[length:], bid.parts[1].shares, MAX_PARTS);
    }

    function _requireEnvelopes(bytes calldata envelopes, bytes32 expected, uint8 part) private pure {
        if (keccak256(envelopes) != expected) revert ITenderLedger.SharesMismatch(part);
    }

    function _hashOf(ITenderLedger.SealedPart[] calldata parts) private pure returns (bytes32) {
        if (parts.length == 1) return keccak256(abi.encodePacked(_hashOf(parts[0])));
        if (parts.length != MAX_PARTS) revert ITenderLedger.PartsMismatch(MAX_PARTS, parts.length);
        return Hashes.efficientKeccak256(_hashOf(parts[0]), _hashOf(parts[1]));
    }

    function _hashOf(ITenderLedger.SealedPart calldata part) private pure returns (bytes32) {
        return keccak256(abi.encode(PART_TYPEHASH, part));
    }
}
