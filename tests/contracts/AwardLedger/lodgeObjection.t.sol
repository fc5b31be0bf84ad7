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
        _noticeOpened();
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

    function test_Given_TheKeysObjectionToTheOpeningIsUnanswered() public {
        _toOpened();
        _lodge(IAwardLedger.Stage.OPENING, 2);
        _noticeOpened();
        bytes32 id = _lodge(IAwardLedger.Stage.RESULT, 2);
        _same(uint256(awards.objectionOf(id).stage), uint256(IAwardLedger.Stage.RESULT));
        _same(awards.openObjections(tenderId, 0).length, 2);
    }

    function test_RevertGiven_TheKeyObjectedToItBefore() public {
        _publish();
        _submit(1);
        bytes32 id = _lodge(IAwardLedger.Stage.DOCUMENTS, 1);
        _answer(id, IAwardLedger.Outcome.DISMISSED);
        _expectOnce(IAwardLedger.Stage.DOCUMENTS, id);
    }

    function test_RevertGiven_TheKeysObjectionToItIsOpen() public {
        _toOpened();
        _expectOnce(IAwardLedger.Stage.OPENING, _lodge(IAwardLedger.Stage.OPENING, 1));
    }

    function test_Given_TheDocumentsWereAmendedSince() public {
        _publish();
        _submit(1);
        bytes32 id = _lodge(IAwardLedger.Stage.DOCUMENTS, 1);
        _answer(id, IAwardLedger.Outcome.UPHELD);
        ITenderLedger.Ends memory ends = _ends();
        VM.prank(TENDERER);
        tenders.amend(tenderId, DIGEST, false, ends);
        _lodgeOther(IAwardLedger.Stage.DOCUMENTS, 1);
        _same(tenders.tenderOf(tenderId).suspendedAt, _from(0));
    }

    function test_Given_AnotherNoticeFollowed() public {
        _toNotice();
        _answer(_lodge(IAwardLedger.Stage.RESULT, 2), IAwardLedger.Outcome.UPHELD);
        _step(IAwardLedger.Step.REVIEW);
        _seat(IAwardLedger.Step.SCORE, 1);
        _seat(IAwardLedger.Step.SCORE, 2);
        _report(1);
        _notice(_from(3 days));
        _lodgeOther(IAwardLedger.Stage.RESULT, 2);
        _same(awards.courseOf(tenderId, 0).suspendedAt, _from(0));
    }

    function test_Given_TheOpeningWasRecordedAfterItsLastWindow() public {
        _toOpened();
        VM.warp(_ends().fallbackEnd + 1 hours);
        _record(3);
        VM.warp(_from(10 minutes) - 1);
        _lodge(IAwardLedger.Stage.OPENING, 1);
        VM.warp(_from(1));
        _expectLodge(
            IAwardLedger.Stage.OPENING,
            2,
            abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0))
        );
    }

    function test_Given_ItWasRecordedInItsLastWindow() public {
        _toOpened();
        _record(3);
        VM.warp(_ends().fallbackEnd - 1);
        _lodge(IAwardLedger.Stage.OPENING, 1);
        VM.warp(_ends().fallbackEnd);
        _expectLodge(
            IAwardLedger.Stage.OPENING,
            2,
            abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, _from(0), _from(0))
        );
    }

    function test_Given_TheCommitteeCameAtOnce() public {
        _toCommitted();
        bytes32 id = _lodge(IAwardLedger.Stage.OPENING, 1);
        _same(awards.openObjections(tenderId, 0)[0], id);
        _stands(ITenderLedger.Phase.COMMITTED);
    }

    function test_Given_TheBuyerHoldsTheLotByAnotherObjection() public {
        _toNotice();
        VM.prank(TENDERER);
        awards.admitObjection(tenderId, 0, IAwardLedger.Stage.RESULT, DIGEST);
        uint40 held = awards.courseOf(tenderId, 0).suspendedAt;
        bytes32 id = _lodge(IAwardLedger.Stage.OPENING, 1);
        _same(awards.openObjections(tenderId, 0)[1], id);
        _same(awards.courseOf(tenderId, 0).suspendedAt, held);
    }

    function test_Given_TheRecordSaysThatNoneOpened() public {
        _toOpened();
        VM.warp(_ends().fallbackEnd);
        _record(0);
        _same(awards.openObjections(tenderId, 0).length, 0);
        _lodge(IAwardLedger.Stage.OPENING, 1);
        _same(awards.openObjections(tenderId, 0).length, 1);
        _stands(ITenderLedger.Phase.NOT_OPENED);
    }

    function test_RevertGiven_TheLotIsVoided() public {
        _toRecorded();
        _void();
        _expectLodge(
            IAwardLedger.Stage.OPENING,
            1,
            abi.encodeWithSelector(ITenderLedger.TenderNotOpen.selector, ITenderLedger.Phase.VOIDED)
        );
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

    /// @dev From an opening that is not recorded to a notice of three days.
    function _noticeOpened() private {
        _record(3);
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        _seat(IAwardLedger.Step.SCORE, 1);
        _report(2);
        _notice(_from(3 days));
    }

    function _lodgeOther(IAwardLedger.Stage stage, uint256 bidder) private {
        (IAwardLedger.LodgeObjection memory objection, bytes memory signature) = _other(stage, bidder);
        awards.lodgeObjection(objection, signature);
    }

    /// @dev Another paper of bidder 1 is refused: `id` is what its key said of this.
    function _expectOnce(IAwardLedger.Stage stage, bytes32 id) private {
        (IAwardLedger.LodgeObjection memory objection, bytes memory signature) = _other(stage, 1);
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.ObjectionAlreadyLodged.selector, id));
        awards.lodgeObjection(objection, signature);
    }

    /// @dev An objection of another paper, signed.
    function _other(IAwardLedger.Stage stage, uint256 bidder)
        private
        view
        returns (IAwardLedger.LodgeObjection memory objection, bytes memory signature)
    {
        objection = _objection(stage, bidder);
        objection.digest = DOCS;
        signature = _signed(_bidderKey(bidder), awards.objectionDigest(objection));
    }

    function _expectLodge(IAwardLedger.Stage stage, uint256 bidder, bytes memory refusal) private {
        IAwardLedger.LodgeObjection memory objection = _objection(stage, bidder);
        bytes memory signature = _signed(_bidderKey(bidder), awards.objectionDigest(objection));
        VM.expectRevert(refusal);
        awards.lodgeObjection(objection, signature);
    }
}
