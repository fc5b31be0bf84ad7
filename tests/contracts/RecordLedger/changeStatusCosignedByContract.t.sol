// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";
import {Wallet} from "../support/Wallet.sol";

/// @title RecordLedger.changeStatusCosignedByContract, by its tree
contract ChangeStatusCosignedByContractTest is Orders {
    function test_RevertWhen_TheOrderHasNoWords() public {
        Draft memory order = _annulment(FIRST);
        address account = _wallet(order, true);
        order.changes = new IRecordLedger.WordChange[](0);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.OrderEmpty.selector));
        _giveBy(order, account, START);
    }

    function test_RevertWhen_TheContractAccountIsTheSender() public {
        Draft memory order = _annulment(FIRST);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureByActor.selector, REGISTRAR));
        _giveBy(order, REGISTRAR, START);
    }

    function test_RevertWhen_TheDeadlineHasPassed() public {
        Draft memory order = _annulment(FIRST);
        address account = _wallet(order, true);
        VM.warp(START + 1);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureExpired.selector, START, START + 1));
        _giveBy(order, account, START);
    }

    function test_RevertGiven_TheNonceWasUsed() public {
        Draft memory order = _suspension(FIRST);
        address account = _wallet(order, true);
        _giveBy(order, account, START);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureUsed.selector, account, 7));
        _giveBy(order, account, START);
    }

    function test_RevertGiven_TheContractAccountIsNoApprover() public {
        Draft memory order = _annulment(FIRST);
        address account = _wallet(order, false);
        _expectRoleMissing(agency, IAuthority.Role.APPROVER, account);
        _giveBy(order, account, START);
    }

    function test_RevertWhen_TheContractAccountRefuses() public {
        address account = _wallet(_annulment(SECOND), true);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, account));
        _giveBy(_annulment(FIRST), account, START);
    }

    function test_RevertWhen_TheApproverHasNoCode() public {
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        _giveBy(_annulment(FIRST), approver, START);
    }

    function test_When_TheContractAccountAgrees() public {
        Draft memory order = _annulment(FIRST);
        address account = _wallet(order, true);
        VM.expectEmit();
        emit IRecordLedger.ChangeCosigned(agency, account, 7);
        _giveBy(order, account, START);
        _same(_word(), 1);
        _check(ledger.isNonceUsed(account, 7));
    }

    function _giveBy(Draft memory order, address account, uint40 deadline) private {
        VM.prank(REGISTRAR);
        ledger.changeStatusCosignedByContract(order.terms, order.changes, account, 7, deadline, "any");
    }

    /// @dev A contract account that accepts one order.
    function _wallet(Draft memory order, bool approves) private returns (address account) {
        account = address(new Wallet(ledger.coSignatureDigest(order.terms, order.changes, 7, START)));
        if (approves) _grant(IAuthority.Role.APPROVER, account);
    }
}
