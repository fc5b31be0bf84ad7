// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.coSignatureDigest, by its tree
contract CoSignatureDigestTest is Orders {
    function test_RevertWhen_TheOrderHasNoWords() public {
        Draft memory order = _revocation(FIRST);
        order.changes = new IRecordLedger.WordChange[](0);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.OrderEmpty.selector));
        ledger.coSignatureDigest(order.terms, order.changes, 0, NEVER);
    }

    function test_RevertWhen_TheOrderHas513Words() public {
        Draft memory order = _revocation(FIRST);
        order.changes = new IRecordLedger.WordChange[](513);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.TooManyWords.selector, 513, 512));
        ledger.coSignatureDigest(order.terms, order.changes, 0, NEVER);
    }
}
