// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.suspend and resume, by their tree
contract SuspendTest is Tenders {
    function test_When_ItIsResumed() public {
        _publish();
        ITenderLedger.Ends memory before = _ends();
        _suspend();
        VM.warp(_from(5 days));
        _resume();
        ITenderLedger.Ends memory found = _ends();
        _same(found.submitEnd, before.submitEnd + 5 days);
        _same(found.fallbackEnd, before.fallbackEnd + 5 days);
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
    }

    function test_Given_SomeEndsHadPassed() public {
        _toDisclosure();
        ITenderLedger.Ends memory before = _ends();
        _suspend();
        VM.warp(_from(1 days));
        _is(ITenderLedger.Phase.DISCLOSURE);
        _resume();
        ITenderLedger.Ends memory found = _ends();
        _same(found.submitEnd, before.submitEnd);
        _same(found.listEnd, before.listEnd);
        _same(found.discloseEnd, before.discloseEnd + 1 days);
    }

    function test_When_ThePolicySLongestTimeIsOver() public {
        _publish();
        _suspend();
        VM.warp(_from(30 days));
        VM.prank(ANYBODY);
        tenders.resume(tenderId);
    }

    function test_RevertWhen_AnybodyResumesASecondEarly() public {
        _publish();
        _suspend();
        VM.warp(_from(30 days) - 1);
        _expectSupervisorMissing(ANYBODY);
        VM.prank(ANYBODY);
        tenders.resume(tenderId);
    }

    function test_RevertWhen_ItIsResumedWithoutSuspension() public {
        _publish();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.NotSuspended.selector));
        _resume();
    }

    function test_RevertWhen_TheCallerIsNoSupervisor() public {
        _publish();
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        tenders.suspend(tenderId, DIGEST);
    }

    function test_RevertGiven_ATrusteeReleased() public {
        _toRelease();
        _release(1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.OpeningInProgress.selector, 1));
        _suspend();
    }

    function test_RevertGiven_TheLastOpeningIsOver() public {
        _toOpened();
        _record(3);
        _expectPhase(ITenderLedger.Phase.OPENED);
        _suspend();
    }

    function test_RevertGiven_ItWasOrdered() public {
        _publish();
        _suspend();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _suspend();
    }

    /// @dev Whenever it is suspended and for how long: what is left of each window afterwards is what was left before.
    function testFuzz_NoWindowLosesASecond(uint40 since, uint40 length) public {
        _publish();
        since = START + since % 30 days;
        length = length % 60 days;
        ITenderLedger.Ends memory before = _ends();
        VM.warp(since);
        if (since >= before.discloseEnd) return;
        _suspend();
        VM.warp(since + length);
        _resume();
        ITenderLedger.Ends memory found = _ends();
        _same(found.submitEnd, since < before.submitEnd ? before.submitEnd + length : before.submitEnd);
        _same(found.listEnd, since < before.listEnd ? before.listEnd + length : before.listEnd);
        _same(found.discloseEnd, before.discloseEnd + length);
        _same(found.fallbackEnd, before.fallbackEnd + length);
    }
}
