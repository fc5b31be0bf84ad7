// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "../interfaces/IRecordLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Bids} from "../libraries/Bids.sol";
import {Rosters} from "../libraries/Rosters.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {Trustees} from "../libraries/Trustees.sol";
import {TenderFiles} from "./TenderFiles.sol";

/// @title Openings: secrets of bidders and trustees, and their record
abstract contract TenderOpenings is TenderFiles {
    /// @inheritdoc ITenderLedger
    function closeLot(bytes32 tenderId, uint16 lot) external {
        File storage file = _file(tenderId);
        _requireRunning(file.terms);
        uint8 part = _currentPart(file);
        Phase phase = _phase(file, lot, part, Times.blockTime());
        if (phase != Phase.FAILED_FEW && phase != Phase.NOT_OPENED) revert TenderNotOpen(phase);
        Lot storage record = file.lots[lot];
        if (record.isClosed) revert AlreadyDone();
        record.isClosed = true;
        ++file.terms.failedLots;
        (uint32 disclosed,) = _tallyOf(record, part);
        emit LotFailed(tenderId, lot, part, phase, _live(file, lot), disclosed);
    }

    /// @inheritdoc ITenderLedger
    function disclose(SubmitBid calldata bid, uint8 part, bytes32 secret) external {
        File storage file = _file(bid.tenderId);
        Clock storage clock = _requireScheduled(file, part);
        _requireLot(file.terms, bid.lot);
        TenderTimes.requireInside(clock.listEnd, clock.discloseEnd, Times.blockTime());
        _requireEntered(file, bid.lot, part);
        Bid storage stored = _storedBid(file, bid);
        _requireAdmitted(file, stored, bid.bidder, part);
        if (stored.disclosed & part != 0) revert AlreadyDone();
        Bids.requireCommitment(bid, part, 1, bid.parts[part - 1].cB, secret);
        stored.disclosed |= part;
        if (_countDisclosed(file.lots[bid.lot], part) == file.terms.minDisclosed) {
            ++clock.openable;
        }
        emit SecretDisclosed(bid.tenderId, bid.lot, bid.bidder, part, secret);
    }

    /// @inheritdoc ITenderLedger
    function release(bytes32 tenderId, uint8 part, uint8 index, bytes32 secret) external {
        File storage file = _file(tenderId);
        Clock storage clock = _requireScheduled(file, part);
        TenderTimes.requireInside(clock.discloseEnd, clock.fallbackEnd, Times.blockTime());
        if (clock.openable == 0) revert TooFewBids(_mostDisclosed(file, part), file.terms.minDisclosed);
        // slither-disable-next-line unused-return - whose trustee it is does not matter
        (address key,) = Rosters.placeOf(file.roster, file.terms.trustees, part, index);
        if (!Trustees.isOf(secret, key)) revert TrusteeKeyInvalid(part, index);
        uint16 bit = Rosters.bitOf(index);
        if (clock.hasReleased & bit != 0) revert AlreadyDone();
        clock.hasReleased |= bit;
        clock.hasBegun = true;
        ++clock.released;
        emit TrusteeReleased(tenderId, part, index, secret);
    }

    /// @inheritdoc ITenderLedger
    function recover(SubmitBid calldata bid, uint8 part, bytes32 secret) external {
        File storage file = _file(bid.tenderId);
        Clock storage clock = _requireScheduled(file, part);
        _requireLot(file.terms, bid.lot);
        uint40 moment = Times.blockTime();
        if (!TenderTimes.isRecoverable(clock.releaseEnd, clock.released >= file.terms.threshold, moment)) {
            revert WindowNotOpen(clock.releaseEnd, moment);
        }
        TenderTimes.requireOpen(clock.fallbackEnd, moment);
        Lot storage lot = file.lots[bid.lot];
        _requireDisclosed(file.terms, lot, part);
        Bid storage stored = _storedBid(file, bid);
        if (stored.disclosed & part == 0) revert NotDisclosed(bid.bidder);
        if (stored.recovered & part != 0) revert AlreadyDone();
        Bids.requireCommitment(bid, part, 2, bid.parts[part - 1].cC, secret);
        stored.recovered |= part;
        clock.hasBegun = true;
        if (part == FIRST) ++lot.recovered1;
        else ++lot.recovered2;
        emit SecretRecovered(bid.tenderId, bid.lot, bid.bidder, part, secret);
    }

    /// @inheritdoc ITenderLedger
    function recordOpening(bytes32 tenderId, uint16 lot, uint8 part, bytes32 digest, uint32 opened) external {
        File storage file = _file(tenderId);
        _requireTenderer(file.terms);
        _requireDigest(digest);
        Clock storage clock = _requireScheduled(file, part);
        _requireLot(file.terms, lot);
        Lot storage record = file.lots[lot];
        if (record.recorded & part != 0) revert AlreadyDone();
        uint40 moment = Times.blockTime();
        Phase phase = _phase(file, lot, part, moment);
        if (phase != Phase.OPENED) revert TenderNotOpen(phase);
        _requireAllOpened(file.terms, record, part, clock, opened);
        record.recorded |= part;
        record.recordedAt = moment;
        if (opened == 0) record.empty |= part;
        ++clock.recorded;
        emit OpeningRecorded(tenderId, lot, part, digest, opened);
    }

    /// @inheritdoc ITenderLedger
    function schedulePart(bytes32 tenderId, uint40 from) external {
        File storage file = _file(tenderId);
        Tender storage terms = file.terms;
        _requireTenderer(terms);
        _requireRunning(terms);
        if (terms.parts != SECOND) revert PartUnknown(SECOND);
        if (file.clocks[SECOND].listEnd != 0) revert AlreadyDone();
        uint16 settled = terms.settledLots + terms.failedLots;
        if (settled != terms.lots) revert LotsUnsettled(settled, terms.lots);
        uint40 moment = Times.blockTime();
        TenderTimes.requireAtLeast(Rule.START, moment, from);
        Ends memory ends = _endsOf(file.clocks[FIRST]);
        POLICIES.requireShown(terms.policy, ends.fallbackEnd, _lastRecord(file), moment);
        uint40 shift = from - ends.listEnd;
        ends = Ends({
            submitEnd: ends.submitEnd,
            listEnd: from,
            discloseEnd: ends.discloseEnd + shift,
            releaseEnd: ends.releaseEnd + shift,
            fallbackEnd: ends.fallbackEnd + shift
        });
        _setEnds(file.clocks[SECOND], ends);
        emit PartScheduled(tenderId, SECOND, ends);
    }

    /// @inheritdoc ITenderLedger
    function extendDisclosure(
        bytes32 tenderId,
        uint8 part,
        uint40 discloseEnd,
        uint8 index,
        bytes calldata signature
    ) external {
        File storage file = _file(tenderId);
        _requireSupervisor(file.terms.agency);
        Clock storage clock = _requireScheduled(file, part);
        if (clock.hasBegun) revert OpeningInProgress(part);
        Ends memory ends = _endsOf(clock);
        TenderTimes.requireOpen(ends.discloseEnd, Times.blockTime());
        TenderTimes.requireLater(ends.discloseEnd, discloseEnd);
        (address key, bool isBuyers) = Rosters.placeOf(file.roster, file.terms.trustees, part, index);
        if (isBuyers) revert TrusteeOfBuyer(index);
        address signer = _signerOf(extensionDigest(tenderId, part, discloseEnd), signature);
        if (signer != key || signer == address(0)) {
            revert IRecordLedger.CoSignatureInvalid(key);
        }
        uint40 shift = discloseEnd - ends.discloseEnd;
        ends.discloseEnd = discloseEnd;
        ends.releaseEnd += shift;
        ends.fallbackEnd += shift;
        _setEnds(clock, ends);
        emit DisclosureExtended(tenderId, part, index, signature, ends);
    }

    /// @inheritdoc ITenderLedger
    function extensionDigest(bytes32 tenderId, uint8 part, uint40 discloseEnd) public view returns (bytes32) {
        return _hashTypedDataV4(Bids.extensionHash(tenderId, part, discloseEnd));
    }

    function _countDisclosed(Lot storage lot, uint8 part) private returns (uint32) {
        return part == FIRST ? ++lot.disclosed1 : ++lot.disclosed2;
    }

    function _storedBid(File storage file, SubmitBid calldata bid) private view returns (Bid storage stored) {
        stored = file.bids[bid.lot][bid.bidder];
        bytes32 digest = _hashTypedDataV4(Bids.hashOf(bid));
        if (stored.digest != digest) revert DigestMismatch(stored.digest, digest);
    }

    /// @dev Reverts unless the lot has come as far as this part's disclosure.
    function _requireEntered(File storage file, uint16 lot, uint8 part) private view {
        if (part == FIRST) {
            uint32 live = _live(file, lot);
            if (live < file.terms.minBids) revert TooFewBids(live, file.terms.minBids);
        } else {
            Phase phase = _phase(file, lot, part, Times.blockTime());
            if (phase != Phase.DISCLOSURE) revert TenderNotOpen(phase);
        }
    }

    /// @dev Reverts unless the bid counts, and has come to part 2 if that is what it discloses.
    function _requireAdmitted(File storage file, Bid storage stored, address bidder, uint8 part)
        private
        view
    {
        if (_isStale(file.terms, stored.docsVersion)) revert DocumentsOutdated(file.terms.docs);
        if (part == FIRST) return;
        if (stored.disclosed & FIRST == 0) revert NotDisclosed(bidder);
        if (stored.isRejected) revert BidRejected(bidder);
    }

    /// @dev The bids disclosed in the lot that has most; asked only where a release is refused, of at most 64 lots.
    function _mostDisclosed(File storage file, uint8 part) private view returns (uint32 most) {
        for (uint16 number = 0; number < file.terms.lots; ++number) {
            (uint32 disclosed,) = _tallyOf(file.lots[number], part);
            if (disclosed > most) most = disclosed;
        }
    }

    /// @dev When the last of at most 64 lots was recorded; 0: none.
    function _lastRecord(File storage file) private view returns (uint40 last) {
        for (uint16 number = 0; number < file.terms.lots; ++number) {
            last = TenderTimes.later(last, file.lots[number].recordedAt);
        }
    }

    function _requireDisclosed(Tender storage terms, Lot storage lot, uint8 part) private view {
        (uint32 disclosed,) = _tallyOf(lot, part);
        if (disclosed < terms.minDisclosed) revert TooFewBids(disclosed, terms.minDisclosed);
    }

    /// @dev Reverts unless as many opened as disclosed, or nobody can open any more.
    function _requireAllOpened(
        Tender storage terms,
        Lot storage lot,
        uint8 part,
        Clock storage clock,
        uint32 opened
    ) private view {
        (uint32 disclosed, uint32 recovered) = _tallyOf(lot, part);
        uint32 most = clock.released >= terms.threshold ? disclosed : recovered;
        if (opened > most) revert PolicyViolated(Rule.OPENED, most, opened);
        uint40 moment = Times.blockTime();
        if (opened != disclosed && !TenderTimes.isReached(clock.fallbackEnd, moment)) {
            revert WindowNotOpen(clock.fallbackEnd, moment);
        }
    }
}
