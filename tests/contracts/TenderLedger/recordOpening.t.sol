// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.recordOpening, by its tree
contract RecordOpeningTest is Tenders {
    function test_When_AllOpened() public {
        _toOpened();
        VM.expectEmit();
        emit ITenderLedger.OpeningRecorded(tenderId, 0, 1, DIGEST, 3);
        _record(3);
        _is(ITenderLedger.Phase.OPENED);
    }

    function test_When_SomeDidNotOpen() public {
        _toOpened();
        VM.warp(_ends().fallbackEnd);
        _record(2);
    }

    function test_When_NoneOpened() public {
        _toOpened();
        VM.warp(_ends().fallbackEnd);
        _record(0);
        _is(ITenderLedger.Phase.NOT_OPENED);
    }

    function test_RevertWhen_SomeMayStillOpen() public {
        _toOpened();
        _expectTooEarly(_ends().fallbackEnd);
        _record(2);
    }

    function test_RevertWhen_MoreOpenedThanDisclosed() public {
        _toOpened();
        _expectViolated(ITenderLedger.Rule.OPENED, 3, 4);
        _record(4);
    }

    function test_RevertGiven_TooFewTrusteesReleased() public {
        _toRelease();
        _release(1);
        _expectPhase(ITenderLedger.Phase.RELEASE);
        _record(3);
    }

    function test_RevertGiven_ItIsRecorded() public {
        _toOpened();
        _record(3);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _record(3);
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        _toOpened();
        _expectTendererMissing(STRANGER);
        VM.prank(STRANGER);
        tenders.recordOpening(tenderId, 0, 1, DIGEST, 3);
    }
}
