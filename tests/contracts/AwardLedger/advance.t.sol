// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.advance, by its tree
contract AdvanceTest is Awards {
    function test_When_EveryStepIsTakenInOrder() public {
        _toNotice();
        VM.warp(_from(3 days));
        VM.expectEmit();
        emit IAwardLedger.Awarded(tenderId, 0, _bidder(1), DIGEST, 0);
        _award(1, 0);
        _stands(ITenderLedger.Phase.AWARDED);
        _same(tenders.tenderOf(tenderId).awardedLots, 1);
        IAwardLedger.Act memory act = _act();
        act.reason = DIGEST;
        _advance(IAwardLedger.Step.CONTRACT, act);
        _stands(ITenderLedger.Phase.CONTRACTED);
    }

    function test_When_EveryStepIsTriedFromEveryPhase() public {
        _toRecorded();
        _expectAllBut(ITenderLedger.Phase.OPENED, _mask(IAwardLedger.Step.COMMITTEE));
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        uint256 committed = _mask(IAwardLedger.Step.SCORE) | _mask(IAwardLedger.Step.REPLACE)
            | _mask(IAwardLedger.Step.REPORT) | _mask(IAwardLedger.Step.REJECT_ALL);
        _expectAllBut(ITenderLedger.Phase.COMMITTED, committed);
        _seat(IAwardLedger.Step.SCORE, 1);
        _report(1);
        _expectAllBut(
            ITenderLedger.Phase.EVALUATED, _mask(IAwardLedger.Step.NOTICE) | _mask(IAwardLedger.Step.REJECT)
        );
        _notice(_from(3 days));
        VM.warp(_from(3 days));
        _expectAllBut(
            ITenderLedger.Phase.NOTICE, _mask(IAwardLedger.Step.REVIEW) | _mask(IAwardLedger.Step.AWARD)
        );
        _award(1, 0);
        _expectAllBut(ITenderLedger.Phase.AWARDED, _mask(IAwardLedger.Step.CONTRACT));
        _expectForbidden(IAwardLedger.Step.TERMINATE, ITenderLedger.Phase.AWARDED);
        _step(IAwardLedger.Step.TERMINATE);
    }

    function test_When_AllBidsAreRejected() public {
        _toCommitted();
        _step(IAwardLedger.Step.REJECT_ALL);
        _stands(ITenderLedger.Phase.ALL_REJECTED);
        VM.prank(SUPERVISOR);
        _expectForbidden(IAwardLedger.Step.VOID, ITenderLedger.Phase.ALL_REJECTED);
        awards.advance(tenderId, 0, IAwardLedger.Step.VOID, _act());
    }

    function test_When_AnExpertIsReplaced() public {
        _toCommitted();
        _seat(IAwardLedger.Step.SCORE, 1);
        _seat(IAwardLedger.Step.SCORE, 2);
        _seat(IAwardLedger.Step.REPLACE, 2);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ScoresMissing.selector, 1, 2));
        _report(2);
        _seat(IAwardLedger.Step.SCORE, 2);
        _report(2);
    }

    function test_RevertGiven_TheOpeningIsNotRecorded() public {
        _toOpened();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.OpeningNotRecorded.selector, 0, 1));
        _seat(IAwardLedger.Step.COMMITTEE, 2);
    }

    function test_RevertWhen_ASeatScoresTwice() public {
        _toCommitted();
        _seat(IAwardLedger.Step.SCORE, 1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _seat(IAwardLedger.Step.SCORE, 1);
    }

    function test_RevertWhen_ThereIsNoSuchSeat() public {
        _toCommitted();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.SeatUnknown.selector, 3, 2));
        _seat(IAwardLedger.Step.SCORE, 3);
    }

    function test_RevertWhen_TheStepIsGivenWhatItDoesNotUse() public {
        _toCommitted();
        IAwardLedger.Act memory act = _act();
        act.until = 1;
        act.seat = 1;
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ActMalformed.selector, IAwardLedger.Step.SCORE));
        _advance(IAwardLedger.Step.SCORE, act);
    }

    function test_RevertWhen_ThereAreFourCandidates() public {
        _toCommitted();
        _seat(IAwardLedger.Step.SCORE, 1);
        _seat(IAwardLedger.Step.SCORE, 2);
        _expectViolated(ITenderLedger.Rule.CANDIDATES, 3, 4);
        _report(4);
    }

    function test_RevertWhen_ACandidateHasNoOpenedBid() public {
        _publish();
        _submitMany(4);
        VM.warp(_ends().listEnd);
        _disclose(1);
        _disclose(2);
        VM.warp(_ends().discloseEnd);
        _release(1);
        _release(2);
        _record(2);
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        _seat(IAwardLedger.Step.SCORE, 1);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.CandidateInvalid.selector, _bidder(3)));
        _report(3);
    }

    function test_RevertWhen_TheNoticeIsASecondTooShort() public {
        _toEvaluated();
        _expectViolated(ITenderLedger.Rule.NOTICE, _from(3 days), _from(3 days) - 1);
        _notice(_from(3 days) - 1);
    }

    function test_RevertGiven_TheNoticeHasASecondLeft() public {
        _toNotice();
        VM.warp(_from(3 days) - 1);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.NoticeRunning.selector, _from(1), _from(0)));
        _award(1, 0);
    }

    function test_RevertGiven_AnObjectionIsOpen() public {
        _toRecorded();
        bytes32 id = _lodge(IAwardLedger.Stage.OPENING, 1);
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        _seat(IAwardLedger.Step.SCORE, 1);
        _report(2);
        _notice(_from(3 days));
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionOpen.selector, id));
        _award(1, 0);
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _award(1, 0);
    }

    function test_RevertWhen_TheSecondWinsWithoutAReason() public {
        _toNotice();
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ReasonMissing.selector, _bidder(2)));
        _award(2, 0);
    }

    function test_When_TheSecondWinsForAReason() public {
        _toNotice();
        VM.warp(_from(3 days));
        _award(2, DIGEST);
        _same(uint160(awards.courseOf(tenderId, 0).winner), uint160(_bidder(2)));
    }

    function test_RevertWhen_TheWinnerIsNoCandidate() public {
        _toNotice();
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.NotCandidate.selector, _bidder(3)));
        _award(3, DIGEST);
    }

    function test_RevertGiven_ItIsAwarded() public {
        _toNotice();
        VM.warp(_from(3 days));
        _award(1, 0);
        _expectForbidden(IAwardLedger.Step.AWARD, ITenderLedger.Phase.AWARDED);
        _award(1, 0);
    }

    function test_RevertWhen_ASupervisorAwards() public {
        _toNotice();
        VM.warp(_from(3 days));
        _expectTendererMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        awards.advance(tenderId, 0, IAwardLedger.Step.AWARD, _act());
    }

    function test_RevertGiven_TheLotIsSuspended() public {
        _toNotice();
        VM.prank(SUPERVISOR);
        awards.suspendLot(tenderId, 0, DIGEST);
        VM.warp(_from(4 days));
        _expectSuspended(_from(-4 days));
        _award(1, 0);
    }

    function test_RevertWhen_NothingCallsForAReview() public {
        _toNotice();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.GroundMissing.selector));
        _step(IAwardLedger.Step.REVIEW);
    }

    function test_Given_ThereAreTwoParts() public {
        _toScheduled();
        uint40 start = _from(1 days);
        VM.warp(start);
        _stands(ITenderLedger.Phase.DISCLOSURE);
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.BidRejected.selector, _bidder(1)));
        _disclose(bid, 2, _secret(1, 1, 2, 1));
        _disclose(_bid(2, 1), 2, _secret(2, 1, 2, 1));
        _disclose(_bid(3, 1), 2, _secret(3, 1, 2, 1));
        VM.warp(start + WINDOW);
        _release(2, 1, bytes32(_trusteeKey(2, 1)));
        _release(2, 2, bytes32(_trusteeKey(2, 2)));
        _stands(ITenderLedger.Phase.OPENED);
    }

    function _mask(IAwardLedger.Step step) private pure returns (uint256) {
        return uint256(1) << uint8(step);
    }

    /// @dev The exits are another matter.
    function _expectAllBut(ITenderLedger.Phase phase, uint256 allowed) private {
        for (uint8 i = 0; i <= uint8(IAwardLedger.Step.CONTRACT); ++i) {
            if (allowed & (uint256(1) << i) != 0) continue;
            _expectForbidden(IAwardLedger.Step(i), phase);
            _step(IAwardLedger.Step(i));
        }
    }
}
