// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";

// solhint-disable no-inline-assembly

/// @title The trustees of a tender, kept as the code of an account
/// @notice They never change once published, and code costs 200 gas a byte where storage costs 22,100 for each of them.
/// The code is 0xfe, INVALID, so that no call of it succeeds and no ether comes in by one, and for each trustee 20 bytes of key
/// and 1 byte: 1 if it is the buyer's.
library Rosters {
    uint256 private constant PLACE = 21;

    /// @notice Makes the account of the trustees, of whom those of `buyer` are marked.
    function keep(ITenderLedger.Trustee[] calldata trustees, bytes32 buyer)
        internal
        returns (address roster)
    {
        bytes memory code = hex"fe";
        // At most 18 turns, see {Trustees-requireSound}.
        for (uint256 i = 0; i < trustees.length; ++i) {
            code = abi.encodePacked(code, trustees[i].key, trustees[i].group == buyer);
        }
        // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: gives back what follows.
        // forge-lint: disable-next-line(unsafe-typecast) - at most 379
        bytes memory creation = abi.encodePacked(hex"61", uint16(code.length), hex"80600a3d393df3", code);
        // slither-disable-next-line assembly - nothing else makes code out of bytes
        assembly ("memory-safe") {
            roster := create(0, add(creation, 32), mload(creation))
        }
        assert(roster != address(0)); // out of gas
    }

    /// @notice The trustee of a part by its index from 1, of `count` in each part; key 0 where there is none.
    function placeOf(address roster, uint8 count, uint8 part, uint8 index)
        internal
        view
        returns (address key, bool isBuyers)
    {
        if (part == 0 || index == 0 || index > count) return (address(0), false);
        bytes memory code = roster.code;
        uint256 start = 1 + (uint256(part - 1) * count + index - 1) * PLACE;
        if (start >= code.length) return (address(0), false);
        bytes32 word;
        // slither-disable-next-line assembly - one word out of the middle
        assembly ("memory-safe") {
            word := mload(add(add(code, 32), start))
        }
        // forge-lint: disable-next-line(unsafe-typecast) - the first twenty bytes are the key
        return (address(bytes20(word)), word[20] != 0);
    }

    /// @notice The bit of a trustee, by its index from 1.
    function bitOf(uint8 index) internal pure returns (uint16) {
        return uint16(1) << (index - 1);
    }
}
