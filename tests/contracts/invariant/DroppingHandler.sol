// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {TendersHandler} from "./TendersHandler.sol";

/// @title Sealed tenders under a policy that drops bids whose documents were amended
contract DroppingHandler is TendersHandler {
    function _policy() internal pure override returns (ITenderLedger.Policy memory policy) {
        policy = super._policy();
        policy.dropsStaleBids = true;
    }
}
