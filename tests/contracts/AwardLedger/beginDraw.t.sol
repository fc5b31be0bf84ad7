// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.beginDraw, by its tree
contract BeginDrawTest is Awards {
    function test_When_TheLotIsOpened() public {
        _toRecorded();
        VM.expectEmit();
        emit IAwardLedger.DrawBegun(tenderId, 0, 1, 1, DIGEST);
        _begin();
        _draws(IAwardLedger.DrawState.BEGUN, 1);
        _same(awards.drawOf(tenderId, 1).round, 0);
    }

    function test_When_BidsAreStillReceived() public {
        _publish();
        _begin();
        _draws(IAwardLedger.DrawState.BEGUN, 1);
    }

    function test_Given_TheLastRoundWasNotDealt() public {
        _toRecorded();
        _toJoined(1);
        VM.expectEmit();
        emit IAwardLedger.DrawBegun(tenderId, 0, 2, 1, DIGEST);
        _begin();
        _draws(IAwardLedger.DrawState.BEGUN, 2);
        _expectDrawForbidden(2, IAwardLedger.DrawState.BEGUN);
        _deal();
    }

    function test_RevertGiven_TheLastRoundWasDealt() public {
        _toRecorded();
        _toDealt(1);
        _expectDrawForbidden(1, IAwardLedger.DrawState.DEALT);
        _begin();
    }

    function test_RevertGiven_TheLastRoundWasRevealed() public {
        _toRecorded();
        _toDealt(1);
        for (uint8 number = 1; number <= 3; ++number) {
            _reveal(1, number);
        }
        _expectDrawForbidden(1, IAwardLedger.DrawState.REVEALED);
        _begin();
    }

    function test_Given_TheDrawWasForThePartBefore() public {
        _publish(_announcement(2));
        _openPublished();
        _toDealt(1);
        _reportFirst();
        tenders.closeLot(tenderId, 1);
        VM.warp(_ends().fallbackEnd);
        _schedule(_from(1 days));
        _expectDrawForbidden(1, IAwardLedger.DrawState.DEALT);
        _reveal(1, 1);
        VM.expectEmit();
        emit IAwardLedger.DrawBegun(tenderId, 0, 2, 2, DIGEST);
        _begin();
        _draws(IAwardLedger.DrawState.BEGUN, 2);
    }

    function test_RevertGiven_TheCommitteeSits() public {
        _toCommitted();
        _expectForbidden(IAwardLedger.Step.COMMITTEE, ITenderLedger.Phase.COMMITTED);
        _begin();
    }

    function test_RevertGiven_TheLotHasEnded() public {
        _toRecorded();
        _step(IAwardLedger.Step.TERMINATE);
        _expectForbidden(IAwardLedger.Step.COMMITTEE, ITenderLedger.Phase.TERMINATED);
        _begin();
    }

    function test_RevertGiven_TheTenderIsSuspended() public {
        _publish();
        _suspend();
        _expectSuspended(_from(0));
        _begin();
    }

    function test_RevertWhen_NoDigestIsGiven() public {
        _toRecorded();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.DigestEmpty.selector));
        VM.prank(TENDERER);
        awards.beginDraw(tenderId, 0, 0);
    }

    function test_RevertWhen_TheTenderIsUnknown() public {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TenderUnknown.selector, tenderId));
        _begin();
    }

    function test_RevertWhen_TheLotIsUnknown() public {
        _toRecorded();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.LotUnknown.selector, 2));
        VM.prank(TENDERER);
        awards.beginDraw(tenderId, 2, DIGEST);
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        _toRecorded();
        _expectTendererMissing(ANYBODY);
        VM.prank(ANYBODY);
        awards.beginDraw(tenderId, 0, DIGEST);
    }
}
