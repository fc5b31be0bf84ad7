// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.dealDraw, by its tree
contract DealDrawTest is Awards {
    function test_Given_TheyHaveJoined() public {
        _toRecorded();
        _toJoined(1);
        VM.expectEmit();
        emit IAwardLedger.DrawDealt(tenderId, 0, 1, DIGEST);
        _deal();
        _draws(IAwardLedger.DrawState.DEALT, 1);
    }

    function test_RevertGiven_NobodyHasJoined() public {
        _toRecorded();
        _begin();
        _expectDrawForbidden(1, IAwardLedger.DrawState.BEGUN);
        _deal();
    }

    function test_RevertGiven_ItWasDealt() public {
        _toRecorded();
        _toDealt(1);
        _expectDrawForbidden(1, IAwardLedger.DrawState.DEALT);
        _deal();
    }

    function test_RevertGiven_TheCommitteeSits() public {
        _toRecorded();
        _toJoined(1);
        _seat(IAwardLedger.Step.COMMITTEE, 2);
        _expectForbidden(IAwardLedger.Step.COMMITTEE, ITenderLedger.Phase.COMMITTED);
        _deal();
    }

    function test_RevertWhen_NoDigestIsGiven() public {
        _toRecorded();
        _toJoined(1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.DigestEmpty.selector));
        VM.prank(TENDERER);
        awards.dealDraw(tenderId, 0, 0);
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        _toRecorded();
        _toJoined(1);
        _expectTendererMissing(ANYBODY);
        VM.prank(ANYBODY);
        awards.dealDraw(tenderId, 0, DIGEST);
    }
}
