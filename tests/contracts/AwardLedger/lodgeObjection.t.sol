// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.lodgeObjection, admitObjection, answerObjection, ask and answer, by their tree
contract LodgeObjectionTest is Awards {
    function test_When_ItIsAboutTheDocuments() public {
        _publish();
        _submit(1);
        uint40 end = _ends().submitEnd;
        bytes32 id = _lodge(IAwardLedger.Stage.DOCUMENTS, 1);
        _same(tenders.tenderOf(tenderId).suspendedAt, _from(0));
        VM.warp(_from(2 days));
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
        _same(_ends().submitEnd, end + 2 days);
    }

    function test_When_TheBuyerAdmitsOneOfSomebodyWithoutAKey() public {
        _publish();
        VM.prank(TENDERER);
        awards.admitObjection(tenderId, 0, IAwardLedger.Stage.DOCUMENTS, DIGEST);
        _same(tenders.tenderOf(tenderId).suspendedAt, _from(0));
    }

    function test_Given_TheSupervisorSuspendedBesides() public {
        _publish();
        _submit(1);
        bytes32 id = _lodge(IAwardLedger.Stage.DOCUMENTS, 1);
        uint40 since = _from(0);
        VM.warp(_from(1 days));
        _suspend();
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _same(tenders.tenderOf(tenderId).suspendedAt, since);
        _resume();
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
    }

    function test_When_ItIsAboutTheResult() public {
        _toNotice();
        uint40 end = awards.courseOf(tenderId, 0).noticeEnd;
        bytes32 id = _lodge(IAwardLedger.Stage.RESULT, 2);
        VM.warp(end);
        _expectSuspended(_from(-3 days));
        _award(1, 0);
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _same(awards.courseOf(tenderId, 0).noticeEnd, end + 3 days);
        VM.warp(end + 3 days);
        _award(1, 0);
    }

    function test_When_OneOnTheResultIsUpheld() public {
        _toNotice();
        _answer(_lodge(IAwardLedger.Stage.RESULT, 2), IAwardLedger.Outcome.UPHELD);
        _step(IAwardLedger.Step.REVIEW);
        _stands(ITenderLedger.Phase.COMMITTED);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ScoresMissing.selector, 0, 2));
        _report(2);
    }

    function test_RevertGiven_OneOnTheResultWasUpheldAndNothingReviewed() public {
        _toNotice();
        bytes32 id = _lodge(IAwardLedger.Stage.RESULT, 2);
        _answer(id, IAwardLedger.Outcome.UPHELD);
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionOpen.selector, id));
        _award(1, 0);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionOpen.selector, id));
        _award(2, DIGEST);
    }

    function test_Given_TheResultWasReviewedSince() public {
        _toNotice();
        _answer(_lodge(IAwardLedger.Stage.RESULT, 2), IAwardLedger.Outcome.UPHELD);
        _step(IAwardLedger.Step.REVIEW);
        _seat(IAwardLedger.Step.SCORE, 1);
        _seat(IAwardLedger.Step.SCORE, 2);
        _report(1);
        _notice(_from(3 days));
        VM.warp(_from(3 days));
        _award(1, 0);
        _stands(ITenderLedger.Phase.AWARDED);
    }

    function test_When_ItIsAboutTheOpening() public {
        _toOpened();
        bytes32 id = _lodge(IAwardLedger.Stage.OPENING, 1);
        _same(tenders.tenderOf(tenderId).suspendedAt, 0);
        _record(3);
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        _seat(IAwardLedger.Step.SCORE, 1);
        _report(1);
        _notice(_from(3 days));
        VM.warp(_from(3 days));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionOpen.selector, id));
        _award(1, 0);
    }

    function test_RevertWhen_TheDeadlineIsTenDaysAway() public {
        _publish();
        _submit(1);
        VM.warp(_ends().submitEnd - 10 days);
        _expectLodge(
            IAwardLedger.Stage.DOCUMENTS,
            1,
            abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0))
        );
    }

    function test_RevertWhen_TheNoticeIsOver() public {
        _toNotice();
        VM.warp(_from(3 days));
        _expectLodge(
            IAwardLedger.Stage.RESULT,
            1,
            abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0))
        );
    }

    function test_RevertGiven_TheKeyHasNoLiveBid() public {
        _publish();
        _expectLodge(
            IAwardLedger.Stage.DOCUMENTS,
            1,
            abi.encodeWithSelector(IAwardLedger.BidMissing.selector, _bidder(1))
        );
    }

    function test_RevertGiven_TheKeyHasAnOpenOne() public {
        _toOpened();
        bytes32 id = _lodge(IAwardLedger.Stage.OPENING, 1);
        IAwardLedger.LodgeObjection memory objection = _objection(IAwardLedger.Stage.OPENING, 1);
        objection.digest = DOCS;
        bytes memory signature = _signed(_bidderKey(1), awards.objectionDigest(objection));
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionOpen.selector, id));
        awards.lodgeObjection(objection, signature);
    }

    function test_RevertWhen_AStrangerSigns() public {
        _publish();
        _submit(1);
        IAwardLedger.LodgeObjection memory objection = _objection(IAwardLedger.Stage.DOCUMENTS, 1);
        bytes memory signature = _signed(_bidderKey(2), awards.objectionDigest(objection));
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.BidSignatureInvalid.selector, _bidder(1)));
        awards.lodgeObjection(objection, signature);
    }

    function test_RevertWhen_ItIsAnsweredTwice() public {
        _publish();
        _submit(1);
        bytes32 id = _lodge(IAwardLedger.Stage.DOCUMENTS, 1);
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionClosed.selector, id));
        _answer(id, IAwardLedger.Outcome.UPHELD);
    }

    function test_When_SomebodyAsks() public {
        _publish();
        VM.prank(ANYBODY);
        awards.ask(tenderId, DOCS);
        VM.prank(TENDERER);
        awards.answer(tenderId, DOCS, DIGEST);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        awards.ask(tenderId, DOCS);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.QuestionUnknown.selector, DIGEST));
        VM.prank(TENDERER);
        awards.answer(tenderId, DIGEST, DIGEST);
        VM.warp(_ends().submitEnd);
        _expectPhase(ITenderLedger.Phase.LISTING);
        awards.ask(tenderId, DIGEST);
    }

    function _expectLodge(IAwardLedger.Stage stage, uint256 bidder, bytes memory refusal) private {
        IAwardLedger.LodgeObjection memory objection = _objection(stage, bidder);
        bytes memory signature = _signed(_bidderKey(bidder), awards.objectionDigest(objection));
        VM.expectRevert(refusal);
        awards.lodgeObjection(objection, signature);
    }
}
