// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

/// @title Objections and complaints: their hashes, and how they move
library Disputes {
    bytes32 internal constant OBJECTION_TYPEHASH =
        keccak256("LodgeObjection(bytes32 tenderId,uint16 lot,uint8 stage,address bidder,bytes32 digest)");

    /// @notice The EIP-712 struct hash.
    function hashOf(IAwardLedger.LodgeObjection calldata objection) internal pure returns (bytes32) {
        return keccak256(abi.encode(OBJECTION_TYPEHASH, objection));
    }

    /// @notice keccak256(abi.encode(tenderId, lot, stage, bidder, digest)).
    function idOf(IAwardLedger.LodgeObjection memory objection) internal pure returns (bytes32) {
        return keccak256(abi.encode(objection));
    }

    /// @notice Whether a complaint in this state stands in the way of an award.
    function isBlocking(IAwardLedger.ComplaintState state) internal pure returns (bool) {
        return state == IAwardLedger.ComplaintState.PENDING || state == IAwardLedger.ComplaintState.ACCEPTED
            || state == IAwardLedger.ComplaintState.SATISFIED;
    }

    /// @notice Reverts with {ComplaintTransitionIllegal} unless a complaint may move that way.
    function requireTransition(IAwardLedger.ComplaintState from, IAwardLedger.ComplaintState to)
        internal
        pure
    {
        bool isLegal;
        if (from == IAwardLedger.ComplaintState.PENDING) {
            isLegal = to == IAwardLedger.ComplaintState.MISTAKEN || to == IAwardLedger.ComplaintState.ACCEPTED
                || to == IAwardLedger.ComplaintState.INVALID;
        } else if (from == IAwardLedger.ComplaintState.ACCEPTED) {
            isLegal = to == IAwardLedger.ComplaintState.DECLINED
                || to == IAwardLedger.ComplaintState.SATISFIED || to == IAwardLedger.ComplaintState.STOPPED;
        } else {
            isLegal =
                from == IAwardLedger.ComplaintState.SATISFIED && to == IAwardLedger.ComplaintState.RESOLVED;
        }
        if (!isLegal) revert IAwardLedger.ComplaintTransitionIllegal(from, to);
    }

    /// @notice Whether nothing follows this phase.
    function isFinal(ITenderLedger.Phase phase) internal pure returns (bool) {
        return phase == ITenderLedger.Phase.ALL_REJECTED || isExit(phase);
    }

    /// @notice Whether a lot was ended as a whole, by its buyer or its supervisor.
    function isExit(ITenderLedger.Phase phase) internal pure returns (bool) {
        return phase == ITenderLedger.Phase.TERMINATED || phase == ITenderLedger.Phase.VOIDED;
    }

    /// @notice Whether an opening that is not recorded may be objected to.
    function isOpening(ITenderLedger.Phase phase) internal pure returns (bool) {
        return phase == ITenderLedger.Phase.RELEASE || phase == ITenderLedger.Phase.FALLBACK
            || phase == ITenderLedger.Phase.OPENED;
    }

    /// @notice Whether a lot may be suspended: from its opening until its contract.
    function isSuspendable(ITenderLedger.Phase phase) internal pure returns (bool) {
        return phase == ITenderLedger.Phase.OPENED || phase == ITenderLedger.Phase.COMMITTED
            || phase == ITenderLedger.Phase.EVALUATED || phase == ITenderLedger.Phase.NOTICE
            || phase == ITenderLedger.Phase.AWARDED;
    }
}
