// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Bids} from "../libraries/Bids.sol";
import {Mailbox} from "../libraries/Mailbox.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {TenderFiles} from "./TenderFiles.sol";

/// @title Bids and withdrawals, direct and from a mailbox
abstract contract TenderBids is TenderFiles {
    /// @dev How a bid came: direct (`root` 0) or listed.
    struct Arrival {
        uint40 time;
        bytes32 digest;
        bytes32 root;
    }

    /// @inheritdoc ITenderLedger
    function submit(
        SubmitBid calldata bid,
        bytes calldata shares,
        bytes calldata signature,
        bytes calldata bondSignature
    ) external {
        File storage file = _file(bid.tenderId);
        _requireInTime(file);
        Arrival memory arrival =
            Arrival({time: Times.blockTime(), digest: _hashTypedDataV4(Bids.hashOf(bid)), root: 0});
        _place(file, bid, shares, signature, bondSignature, arrival);
    }

    /// @inheritdoc ITenderLedger
    function withdraw(WithdrawBid calldata withdrawal, bytes calldata signature) external {
        File storage file = _file(withdrawal.tenderId);
        _requireInTime(file);
        Arrival memory arrival =
            Arrival({time: Times.blockTime(), digest: _hashTypedDataV4(Bids.hashOf(withdrawal)), root: 0});
        _remove(file, withdrawal, signature, arrival);
    }

    /// @inheritdoc ITenderLedger
    function list(
        SubmitBid calldata bid,
        bytes calldata shares,
        bytes calldata signature,
        bytes calldata bondSignature,
        MailboxProof calldata proof
    ) external {
        File storage file = _file(bid.tenderId);
        bytes32 digest = _hashTypedDataV4(Bids.hashOf(bid));
        Arrival memory arrival = _arrivalOf(file, digest, proof);
        _place(file, bid, shares, signature, bondSignature, arrival);
    }

    /// @inheritdoc ITenderLedger
    function listWithdrawal(
        WithdrawBid calldata withdrawal,
        bytes calldata signature,
        MailboxProof calldata proof
    ) external {
        File storage file = _file(withdrawal.tenderId);
        bytes32 digest = _hashTypedDataV4(Bids.hashOf(withdrawal));
        Arrival memory arrival = _arrivalOf(file, digest, proof);
        _remove(file, withdrawal, signature, arrival);
    }

    /// @inheritdoc ITenderLedger
    function bidDigest(SubmitBid calldata bid) external view returns (bytes32) {
        return _hashTypedDataV4(Bids.hashOf(bid));
    }

    /// @inheritdoc ITenderLedger
    function bondDigest(bytes32 tenderId, uint16 lot, bytes32 bond) public view returns (bytes32) {
        return _hashTypedDataV4(Bids.bondHash(tenderId, lot, bond));
    }

    /// @dev What {submit} and {list} have in common.
    function _place(
        File storage file,
        SubmitBid calldata bid,
        bytes calldata shares,
        bytes calldata signature,
        bytes calldata bondSignature,
        Arrival memory arrival
    ) private {
        _requireSealed(file, bid, shares, arrival);
        _requireSigned(bid.bidder, arrival.digest, signature);
        _requireBond(file.terms.bondAuthority, bid, bondSignature);
        uint32 docsVersion = _keep(file, bid, arrival);
        emit BidSubmitted(
            bid.tenderId,
            bid.lot,
            bid.bidder,
            bid,
            docsVersion,
            shares,
            signature,
            bondSignature,
            arrival.root
        );
    }

    function _keep(File storage file, SubmitBid calldata bid, Arrival memory arrival)
        private
        returns (uint32 docsVersion)
    {
        docsVersion = _docsVersion(file, bid.docs, arrival.root != 0);
        Bid storage stored = file.bids[bid.lot][bid.bidder];
        _requireNewer(stored.version, bid.version);
        _count(file, stored, bid.lot, true);
        stored.digest = arrival.digest;
        stored.submittedAt = arrival.time;
        stored.version = bid.version;
        stored.docsVersion = docsVersion;
        stored.state = BidState.LIVE;
    }

    /// @dev What {withdraw} and {listWithdrawal} have in common.
    function _remove(
        File storage file,
        WithdrawBid calldata withdrawal,
        bytes calldata signature,
        Arrival memory arrival
    ) private {
        _requireLot(file.terms, withdrawal.lot);
        TenderTimes.requireFresh(withdrawal.validUntil, arrival.time);
        _requireSigned(withdrawal.bidder, arrival.digest, signature);
        Bid storage stored = file.bids[withdrawal.lot][withdrawal.bidder];
        _requireNewer(stored.version, withdrawal.version);
        _count(file, stored, withdrawal.lot, false);
        stored.digest = arrival.digest;
        stored.submittedAt = arrival.time;
        stored.version = withdrawal.version;
        stored.state = BidState.WITHDRAWN;
        emit BidWithdrawn(
            withdrawal.tenderId,
            withdrawal.lot,
            withdrawal.bidder,
            withdrawal.version,
            withdrawal.validUntil,
            signature,
            arrival.root
        );
    }

    /// @dev Counts the bid's change in its lot's live ones; before `stored` changes.
    function _count(File storage file, Bid storage stored, uint16 number, bool isLive) private {
        bool wasLive = stored.state == BidState.LIVE && !_isStale(file.terms, stored.docsVersion);
        Lot storage lot = file.lots[number];
        uint32 live = _live(file, number);
        if (isLive && !wasLive) ++live;
        if (!isLive && wasLive) --live;
        lot.live = live;
        lot.basis = file.terms.basis;
    }

    function _arrivalOf(File storage file, bytes32 digest, MailboxProof calldata proof)
        private
        view
        returns (Arrival memory)
    {
        Tender storage terms = file.terms;
        _requireRunning(terms);
        if (terms.mailbox == 0) revert MailboxAbsent();
        Clock storage clock = file.clocks[FIRST];
        TenderTimes.requireInside(clock.submitEnd, clock.listEnd, Times.blockTime());
        uint40 anchoredAt = Mailbox.anchoredAt(RECORDS, terms.mailbox, digest, proof);
        TenderTimes.requireBefore(clock.submitEnd, anchoredAt);
        return Arrival({time: anchoredAt, digest: digest, root: proof.root});
    }

    /// @dev The version of the documents that a bid names. Clarified ones shut nobody out: they leave no time to seal anew. A listed
    /// bid was sealed and anchored before, so it stands like any other that came before an amendment.
    function _docsVersion(File storage file, bytes32 docs, bool isListed)
        private
        view
        returns (uint32 version)
    {
        Tender storage terms = file.terms;
        if (docs == terms.docs) return terms.version;
        version = file.earlier[docs];
        bool isOutdated = isListed ? _isStale(terms, version) : version < terms.basis;
        if (version == 0 || isOutdated) revert DocumentsOutdated(terms.docs);
    }

    /// @dev For bids and withdrawals that come direct.
    function _requireInTime(File storage file) private view {
        Tender storage terms = file.terms;
        _requireNotEnded(terms);
        uint40 since = terms.suspendedAt;
        TenderTimes.requireBefore(file.clocks[FIRST].submitEnd, TenderTimes.clock(since, Times.blockTime()));
        if (since != 0 && !terms.takesBidsWhileSuspended) revert TenderSuspended(since);
    }

    /// @dev Reverts unless the message is of this tender's shape, and came in time.
    function _requireSealed(
        File storage file,
        SubmitBid calldata bid,
        bytes calldata shares,
        Arrival memory arrival
    ) private view {
        Tender storage terms = file.terms;
        _requireLot(terms, bid.lot);
        TenderTimes.requireFresh(bid.validUntil, arrival.time);
        if (bid.parts.length != terms.parts) revert PartsMismatch(terms.parts, bid.parts.length);
        Bids.requireShares(bid, shares, terms.trustees);
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private pure {
        address found = _signerOf(digest, signature);
        if (found != signer || found == address(0)) revert BidSignatureInvalid(signer);
    }

    function _requireBond(address authority, SubmitBid calldata bid, bytes calldata signature) private view {
        if (authority == address(0)) {
            if (signature.length != 0) revert BondNotAttested();
            return;
        }
        bytes32 digest = bondDigest(bid.tenderId, bid.lot, bid.bond);
        address found = _signerOf(digest, signature);
        if (found != authority) revert BondNotAttested();
    }

    function _requireNewer(uint32 current, uint32 given) private pure {
        if (given <= current) revert BidVersionStale(current, given);
    }
}
