// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title A contract account that agrees to one hash, whatever the signature
contract Wallet is IERC1271 {
    bytes32 private immutable AGREED;

    constructor(bytes32 agreed) {
        AGREED = agreed;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == AGREED ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
