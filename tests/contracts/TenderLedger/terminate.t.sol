// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.terminate and voidTender, and what the award ledger alone may call, by their tree
contract TerminateTest is Tenders {
    function test_When_TheBuyerTerminates() public {
        _publish();
        VM.prank(TENDERER);
        tenders.terminate(tenderId, DIGEST);
        VM.warp(_from(100 days));
        _is(ITenderLedger.Phase.TERMINATED);
        _expectPhase(ITenderLedger.Phase.TERMINATED);
        VM.prank(SUPERVISOR);
        tenders.voidTender(tenderId, DIGEST);
    }

    function test_When_TheSupervisorVoids() public {
        _publish();
        _suspend();
        VM.prank(SUPERVISOR);
        tenders.voidTender(tenderId, DIGEST);
        _is(ITenderLedger.Phase.VOIDED);
    }

    function test_RevertGiven_AnOpeningIsInProgress() public {
        _toRelease();
        _release(1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.OpeningInProgress.selector, 1));
        VM.prank(TENDERER);
        tenders.terminate(tenderId, DIGEST);
    }

    function test_RevertWhen_TheSupervisorTerminates() public {
        _publish();
        _expectTendererMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        tenders.terminate(tenderId, DIGEST);
    }

    function test_RevertWhen_TheBuyerVoids() public {
        _publish();
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        tenders.voidTender(tenderId, DIGEST);
    }

    function test_RevertWhen_AnotherThanTheAwardLedgerSteers() public {
        _publish();
        bytes memory refusal = abi.encodeWithSelector(ITenderLedger.NotAwardLedger.selector, TENDERER);
        VM.startPrank(TENDERER);
        VM.expectRevert(refusal);
        tenders.hold(tenderId, DIGEST, DIGEST);
        VM.expectRevert(refusal);
        tenders.lift(tenderId, DIGEST);
        VM.expectRevert(refusal);
        tenders.settle(tenderId, 0, ITenderLedger.Phase.UNKNOWN);
        VM.expectRevert(refusal);
        tenders.reject(tenderId, 0, new address[](0));
        VM.expectRevert(refusal);
        tenders.noteAward(tenderId, 0);
        VM.stopPrank();
    }
}
