// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.advance to TERMINATE and VOID, by its tree
contract EndLotTest is Awards {
    function test_When_ItIsTerminatedFromEveryPhaseBeforeTheAward() public {
        for (uint256 turn = 0; turn < 4; ++turn) {
            _begin(turn);
            _to(turn);
            VM.expectEmit();
            emit IAwardLedger.LotTerminated(tenderId, 0, DIGEST);
            _step(IAwardLedger.Step.TERMINATE);
            _isFinal(ITenderLedger.Phase.TERMINATED);
        }
    }

    function test_When_ItIsVoidedFromEveryPhaseAfterTheOpening() public {
        for (uint256 turn = 0; turn < 6; ++turn) {
            _begin(turn);
            _to(turn);
            VM.expectEmit();
            emit IAwardLedger.LotVoided(tenderId, 0, DIGEST);
            _void();
            _isFinal(ITenderLedger.Phase.VOIDED);
        }
    }

    function test_Given_TheLotIsSuspended() public {
        _toNotice();
        _suspendLot();
        _step(IAwardLedger.Step.TERMINATE);
        _stands(ITenderLedger.Phase.TERMINATED);
    }

    function test_Given_ThereAreTwoParts() public {
        _toReported();
        VM.expectEmit();
        emit ITenderLedger.LotSettled(tenderId, 0, ITenderLedger.Phase.TERMINATED);
        _step(IAwardLedger.Step.TERMINATE);
        _same(tenders.tenderOf(tenderId).settledLots, 1);
        tenders.closeLot(tenderId, 1);
        VM.warp(_ends().fallbackEnd);
        _schedule(_from(0));
        _stands(ITenderLedger.Phase.TERMINATED);
        ITenderLedger.SubmitBid memory bid = _bid(2, 1);
        _expectPhase(ITenderLedger.Phase.TERMINATED);
        _disclose(bid, 2, _secret(2, 1, 2, 1));
    }

    function test_Given_ThePricesAreOpened() public {
        _toScheduled();
        VM.warp(_from(1 days));
        _disclose(_bid(2, 1), 2, _secret(2, 1, 2, 1));
        _disclose(_bid(3, 1), 2, _secret(3, 1, 2, 1));
        VM.warp(_from(int256(uint256(WINDOW))));
        _release(2, 1, bytes32(_trusteeKey(2, 1)));
        _release(2, 2, bytes32(_trusteeKey(2, 2)));
        _void();
        _stands(ITenderLedger.Phase.VOIDED);
        _same(uint256(tenders.lotOf(tenderId, 0).ended), uint256(ITenderLedger.Phase.UNKNOWN));
        _same(tenders.tenderOf(tenderId).settledLots, 1);
    }

    function test_Given_ItIsAwarded() public {
        _toNotice();
        VM.warp(_from(3 days));
        _award(1, 0);
        _expectForbidden(IAwardLedger.Step.TERMINATE, ITenderLedger.Phase.AWARDED);
        _step(IAwardLedger.Step.TERMINATE);
        _void();
        _same(uint256(uint160(awards.courseOf(tenderId, 0).winner)), uint256(uint160(_bidder(1))));
    }

    function test_RevertGiven_TheLotIsNotOpened() public {
        _toRelease();
        _expectForbidden(IAwardLedger.Step.TERMINATE, ITenderLedger.Phase.RELEASE);
        _step(IAwardLedger.Step.TERMINATE);
        _expectForbidden(IAwardLedger.Step.VOID, ITenderLedger.Phase.RELEASE);
        _void();
    }

    function test_RevertGiven_TheWholeTenderHasEnded() public {
        _toRecorded();
        VM.warp(_ends().fallbackEnd);
        VM.prank(SUPERVISOR);
        tenders.voidTender(tenderId, DIGEST);
        _expectForbidden(IAwardLedger.Step.VOID, ITenderLedger.Phase.VOIDED);
        _void();
    }

    function test_RevertWhen_AReasonBesidesTheDigestIsGiven() public {
        _toRecorded();
        IAwardLedger.Act memory act = _act();
        act.reason = DIGEST;
        _expectMalformed(act);
    }

    function test_RevertWhen_NoDigestIsGiven() public {
        _toRecorded();
        IAwardLedger.Act memory act = _act();
        act.digest = 0;
        _expectMalformed(act);
    }

    function test_RevertWhen_ATendererVoids() public {
        _toRecorded();
        _expectSupervisorMissing(TENDERER);
        _step(IAwardLedger.Step.VOID);
    }

    function test_RevertWhen_ASupervisorTerminates() public {
        _toRecorded();
        _expectTendererMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        awards.advance(tenderId, 0, IAwardLedger.Step.TERMINATE, _act());
    }

    function _expectMalformed(IAwardLedger.Act memory act) private {
        VM.expectRevert(
            abi.encodeWithSelector(IAwardLedger.ActMalformed.selector, IAwardLedger.Step.TERMINATE)
        );
        _advance(IAwardLedger.Step.TERMINATE, act);
    }

    /// @dev Nothing leads out of it, and it stays at any time.
    function _isFinal(ITenderLedger.Phase phase) private {
        _stands(phase);
        for (uint8 i = 0; i < uint8(IAwardLedger.Step.VOID); ++i) {
            _expectForbidden(IAwardLedger.Step(i), phase);
            _step(IAwardLedger.Step(i));
        }
        _expectForbidden(IAwardLedger.Step.VOID, phase);
        _void();
        _same(uint256(awards.phaseAt(tenderId, 0, _from(400 days))), uint256(phase));
    }

    /// @dev A tender of its own for each turn.
    function _begin(uint256 turn) private {
        VM.warp(START);
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.ref = keccak256(abi.encode("turn", turn));
        tenderId = tenders.tenderIdOf(agency, announcement.ref);
        _publish(announcement);
    }

    /// @dev Opened, committed, evaluated, in notice, awarded, contracted.
    function _to(uint256 phase) private {
        _openPublished();
        if (phase > 0) _seat(IAwardLedger.Step.COMMITTEE, 1);
        if (phase > 1) _seat(IAwardLedger.Step.SCORE, 1);
        if (phase > 1) _report(2);
        if (phase > 2) _notice(_from(3 days));
        if (phase < 4) return;
        VM.warp(_from(3 days));
        _award(1, 0);
        if (phase == 4) return;
        IAwardLedger.Act memory act = _act();
        act.reason = DIGEST;
        _advance(IAwardLedger.Step.CONTRACT, act);
    }
}
