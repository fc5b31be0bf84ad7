// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.changeStatusCosigned, by its tree
contract ChangeStatusCosignedTest is Orders {
    function test_RevertWhen_TheApproverIsTheSender() public {
        _grant(IAuthority.Role.REGISTRAR, approver);
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureByActor.selector, approver));
        VM.prank(approver);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_TheDeadlineHasPassed() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7, START, APPROVER_KEY);
        VM.warp(START + 1);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureExpired.selector, START, START + 1));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertGiven_TheNonceWasUsed() public {
        _giveCosigned(_annulment(SECOND), 7);
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureUsed.selector, approver, 7));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertGiven_TheSignerIsNoApprover() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7, NEVER, 0xbad);
        _expectRoleMissing(agency, IAuthority.Role.APPROVER, coSignature.approver);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertGiven_TheApproverLostTheRole() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        bytes32 id = authority.roleId(agency, IAuthority.Role.APPROVER);
        VM.prank(ADMIN);
        authority.revokeRole(id, approver);
        _expectRoleMissing(agency, IAuthority.Role.APPROVER, approver);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_AnotherKeySigned() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7, NEVER, 0xbad);
        coSignature.approver = approver;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_AnotherOrderWasSigned() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        order.changes[0].mask = SECOND;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_AnotherReasonWasSigned() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        order.terms.reason = 310;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_AnotherNonceWasSigned() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        coSignature.nonce = 8;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_ItWasSignedForAnotherChain() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        VM.chainId(1);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_TheSignatureIsEmpty() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        coSignature.r = 0;
        coSignature.vs = 0;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_TheParityIsTheOther() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        coSignature.vs ^= bytes32(uint256(1) << 255);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, approver));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertWhen_NobodySigned() public {
        Draft memory order = _revocation(FIRST);
        IRecordLedger.CoSignature memory coSignature;
        coSignature.deadline = NEVER;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, address(0)));
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertGiven_ASupervisorSuspendsWithoutAnApprover() public {
        Draft memory order = _suspension(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7, NEVER, 0xbad);
        _expectRoleMissing(agency, IAuthority.Role.APPROVER, coSignature.approver);
        VM.prank(SUPERVISOR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_When_ASupervisorSuspends() public {
        Draft memory order = _suspension(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        VM.prank(SUPERVISOR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
        _same(_word(), 2);
    }

    function test_RevertWhen_ASupervisorAnnuls() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        _expectRegistrarMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertGiven_TheRecordIsRevoked() public {
        _give(_revocation(FIRST));
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        _expectFinal(FIRST);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_RevertGiven_ASuspendedRecordWouldBeRestored() public {
        _give(_suspension(FIRST));
        Draft memory order = _order(FIRST, IRecordLedger.Status.VALID, 205);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        _expectIllegal(FIRST, IRecordLedger.Status.SUSPENDED, IRecordLedger.Status.VALID);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
    }

    function test_When_ItIsTheLastSecondOfTheDeadline() public {
        Draft memory order = _annulment(FIRST);
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7, START, APPROVER_KEY);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
        _same(_word(), 1);
    }

    function test_When_MoreRecordsThanOneMayAloneAreRevoked() public {
        Draft memory order = _revocation(_first(128));
        IRecordLedger.CoSignature memory coSignature = _cosign(order, 7);
        VM.expectEmit();
        emit IRecordLedger.ChangeCosigned(agency, approver, 7);
        VM.prank(REGISTRAR);
        ledger.changeStatusCosigned(order.terms, order.changes, coSignature);
        _same(_word(), type(uint256).max / 3);
        _same(ledger.uncosignedRevocations(agency, START), 0);
        _check(ledger.isNonceUsed(approver, 7));
        _check(!ledger.isNonceUsed(approver, 6) && !ledger.isNonceUsed(approver, 263));
    }

    function test_Given_TheRecordIsSuperseded() public {
        _give(_supersession(FIRST | SECOND));
        _giveCosigned(_order(FIRST, IRecordLedger.Status.VALID, 205), 1);
        _same(_word(), 12);
        _giveCosigned(_annulment(FIRST | SECOND), 2);
        _same(_word(), 5);
    }
}
