// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {TenderFiles} from "./TenderFiles.sol";

/// @title Tenders that stand still, and those that end as a whole
abstract contract TenderSuspensions is TenderFiles {
    /// @inheritdoc ITenderLedger
    function suspend(bytes32 tenderId, bytes32 digest) external {
        File storage file = _file(tenderId);
        _requireSupervisor(file.terms.agency);
        _requireDigest(digest);
        if (file.terms.orderedAt != 0) revert AlreadyDone();
        _requireSuspendable(file);
        file.terms.orderedAt = Times.blockTime();
        _hold(file.terms, tenderId, 0, digest);
    }

    /// @inheritdoc ITenderLedger
    function resume(bytes32 tenderId) external {
        File storage file = _file(tenderId);
        Tender storage terms = file.terms;
        uint40 orderedAt = terms.orderedAt;
        if (orderedAt == 0) revert NotSuspended();
        if (!POLICIES.hasLapsed(terms.policy, orderedAt, Times.blockTime())) {
            _requireSupervisor(terms.agency);
        }
        terms.orderedAt = 0;
        emit HoldLifted(tenderId, 0);
        if (terms.objection == 0) _run(file, tenderId);
    }

    /// @inheritdoc ITenderLedger
    function terminate(bytes32 tenderId, bytes32 digest) external {
        File storage file = _file(tenderId);
        _requireTenderer(file.terms);
        if (file.terms.awardedLots != 0) revert LotsAwarded(file.terms.awardedLots);
        _end(file, digest, Phase.TERMINATED);
        emit TenderTerminated(tenderId, digest);
    }

    /// @inheritdoc ITenderLedger
    function voidTender(bytes32 tenderId, bytes32 digest) external {
        File storage file = _file(tenderId);
        _requireSupervisor(file.terms.agency);
        _end(file, digest, Phase.VOIDED);
        emit TenderVoided(tenderId, digest);
    }

    /// @inheritdoc ITenderLedger
    function hold(bytes32 tenderId, bytes32 objection, bytes32 digest) external onlyAwards {
        File storage file = _file(tenderId);
        _requireSuspendable(file);
        file.terms.objection = objection;
        _hold(file.terms, tenderId, objection, digest);
    }

    /// @inheritdoc ITenderLedger
    function lift(bytes32 tenderId, bytes32 objection) external onlyAwards {
        File storage file = _file(tenderId);
        if (file.terms.objection != objection) return;
        file.terms.objection = 0;
        emit HoldLifted(tenderId, objection);
        if (file.terms.orderedAt == 0) _run(file, tenderId);
    }

    function _hold(Tender storage terms, bytes32 tenderId, bytes32 objection, bytes32 digest) private {
        if (terms.suspendedAt == 0) terms.suspendedAt = Times.blockTime();
        emit TenderHeld(tenderId, objection, digest);
    }

    function _run(File storage file, bytes32 tenderId) private {
        uint40 since = file.terms.suspendedAt;
        uint40 shift = Times.blockTime() - since;
        file.terms.suspendedAt = 0;
        for (uint8 part = FIRST; part <= SECOND; ++part) {
            Clock storage clock = file.clocks[part];
            _setEnds(clock, TenderTimes.shifted(_endsOf(clock), since, shift));
        }
        emit TenderResumed(tenderId, shift);
    }

    function _end(File storage file, bytes32 digest, Phase ended) private {
        _requireDigest(digest);
        // slither-disable-next-line unused-return - it may be over or not yet have begun
        _requireCalm(file);
        file.terms.ended = ended;
    }

    function _requireSuspendable(File storage file) private view {
        if (_requireCalm(file)) revert TenderNotOpen(Phase.OPENED);
    }

    /// @dev Reverts inside an opening and after the end; returns whether the last opening is over.
    function _requireCalm(File storage file) private view returns (bool) {
        Tender storage terms = file.terms;
        _requireNotEnded(terms);
        uint8 part = _currentPart(file);
        Clock storage clock = file.clocks[part];
        uint40 moment = TenderTimes.clock(terms.suspendedAt, Times.blockTime());
        bool isOver = TenderTimes.isOpeningOver(_endsOf(clock), clock.recorded == clock.openable, moment);
        if (!isOver && clock.hasBegun) revert OpeningInProgress(part);
        return isOver && part == terms.parts;
    }
}
