// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {AwardLedger} from "./AwardLedger.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {IRecordLedger} from "./interfaces/IRecordLedger.sol";
import {ITenderLedger} from "./interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "./interfaces/ITenderPolicies.sol";
import {Bids} from "./libraries/Bids.sol";
import {Mailbox} from "./libraries/Mailbox.sol";
import {TenderTimes} from "./libraries/TenderTimes.sol";
import {Times} from "./libraries/Times.sol";
import {Trustees} from "./libraries/Trustees.sol";

/// @title Sealed tenders from publication to opening
contract TenderLedger is ITenderLedger, EIP712 {
    /// @dev Everything of one tender.
    struct File {
        Tender terms;
        mapping(uint8 part => Ends ends) ends;
        mapping(uint8 part => Part progress) parts;
        mapping(uint8 part => mapping(uint8 index => TrusteeState trustee)) trustees;
        mapping(uint16 number => Lot lot) lots;
        mapping(uint16 number => mapping(address bidder => Bid bid)) bids;
        mapping(bytes32 docs => uint32 version) earlier; // documents before the present ones
    }

    /// @dev How a bid came: direct (`root` 0) or listed.
    struct Arrival {
        uint40 time;
        bytes32 digest;
        bytes32 root;
    }

    /// @dev A part's number is its bit too.
    uint8 private constant FIRST = 1;
    uint8 private constant SECOND = 2;

    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    /// @notice Where mailboxes are anchored.
    IRecordLedger public immutable RECORDS;

    /// @notice What tenders must follow.
    ITenderPolicies public immutable POLICIES;

    /// @notice What follows an opening.
    AwardLedger public immutable AWARDS;

    mapping(bytes32 tenderId => File file) private _files;

    constructor(IAuthority authority, IRecordLedger records, ITenderPolicies policies)
        EIP712("Suizheng TenderLedger", "1")
    {
        AUTHORITY = authority;
        RECORDS = records;
        POLICIES = policies;
        AWARDS = new AwardLedger(authority, this, policies);
    }

    modifier onlyAwards() {
        _requireAwards();
        _;
    }

    /// @inheritdoc ITenderLedger
    function publish(Announcement calldata announcement) external returns (bytes32 tenderId) {
        bytes32 agency = announcement.agency;
        AUTHORITY.requireHolder(agency, IAuthority.Role.TENDERER, msg.sender);
        _requireDigest(announcement.docs);
        tenderId = tenderIdOf(agency, announcement.ref);
        File storage file = _files[tenderId];
        if (file.terms.version != 0) revert TenderAlreadyPublished(tenderId);
        _lay(file.terms, announcement);
        file.ends[FIRST] = announcement.ends;
        _appoint(file, announcement);
        emit TenderPublished(tenderId, agency, announcement);
    }

    /// @inheritdoc ITenderLedger
    function amend(bytes32 tenderId, bytes32 docs, bool affectsBids, Ends calldata ends) external {
        File storage file = _file(tenderId);
        _requireTenderer(file.terms);
        _requireDigest(docs);
        uint40 clock = _requireReceiving(file);
        POLICIES.requireAmendable(
            file.terms.policy, file.ends[FIRST], ends, file.terms.mailbox != 0, affectsBids, clock
        );
        uint32 version = file.terms.version;
        file.earlier[file.terms.docs] = version;
        file.terms.docs = docs;
        file.terms.version = ++version;
        if (affectsBids) file.terms.basis = version;
        file.ends[FIRST] = ends;
        emit TenderAmended(tenderId, version, docs, affectsBids, ends);
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
        Ends memory ends = _requireScheduled(file, part);
        _requireLot(file.terms, bid.lot);
        TenderTimes.requireInside(ends.listEnd, ends.discloseEnd, Times.blockTime());
        _requireEntered(file, bid.lot, part);
        Bid storage stored = _storedBid(file, bid);
        _requireAdmitted(file, stored, bid.bidder, part);
        if (stored.disclosed & part != 0) revert AlreadyDone();
        Bids.requireCommitment(bid, part, 1, bid.parts[part - 1].cB, secret);
        stored.disclosed |= part;
        if (_countDisclosed(file.lots[bid.lot], part) == file.terms.minDisclosed) {
            ++file.parts[part].openable;
        }
        emit SecretDisclosed(bid.tenderId, bid.lot, bid.bidder, part, secret);
    }

    /// @inheritdoc ITenderLedger
    function release(bytes32 tenderId, uint8 part, uint8 index, bytes32 secret) external {
        File storage file = _file(tenderId);
        Ends memory ends = _requireScheduled(file, part);
        TenderTimes.requireInside(ends.discloseEnd, ends.fallbackEnd, Times.blockTime());
        Part storage progress = file.parts[part];
        if (progress.openable == 0) revert TooFewBids(0, file.terms.minDisclosed);
        TrusteeState storage trustee = file.trustees[part][index];
        if (!Trustees.isOf(secret, trustee.key)) revert TrusteeKeyInvalid(part, index);
        if (trustee.hasReleased) revert AlreadyDone();
        trustee.hasReleased = true;
        progress.hasBegun = true;
        ++progress.released;
        emit TrusteeReleased(tenderId, part, index, secret);
    }

    /// @inheritdoc ITenderLedger
    function recover(SubmitBid calldata bid, uint8 part, bytes32 secret) external {
        File storage file = _file(bid.tenderId);
        Ends memory ends = _requireScheduled(file, part);
        _requireLot(file.terms, bid.lot);
        uint40 moment = Times.blockTime();
        Part storage progress = file.parts[part];
        if (!TenderTimes.isRecoverable(ends, progress.released >= file.terms.threshold, moment)) {
            revert WindowNotOpen(ends.releaseEnd, moment);
        }
        TenderTimes.requireOpen(ends.fallbackEnd, moment);
        Lot storage lot = file.lots[bid.lot];
        _requireDisclosed(file.terms, lot, part);
        Bid storage stored = _storedBid(file, bid);
        if (stored.disclosed & part == 0) revert NotDisclosed(bid.bidder);
        if (stored.recovered & part != 0) revert AlreadyDone();
        Bids.requireCommitment(bid, part, 2, bid.parts[part - 1].cC, secret);
        stored.recovered |= part;
        progress.hasBegun = true;
        if (part == FIRST) ++lot.recovered1;
        else ++lot.recovered2;
        emit SecretRecovered(bid.tenderId, bid.lot, bid.bidder, part, secret);
    }

    /// @inheritdoc ITenderLedger
    function recordOpening(bytes32 tenderId, uint16 lot, uint8 part, bytes32 digest, uint32 opened) external {
        File storage file = _file(tenderId);
        _requireTenderer(file.terms);
        _requireDigest(digest);
        Ends memory ends = _requireScheduled(file, part);
        _requireLot(file.terms, lot);
        Lot storage record = file.lots[lot];
        if (record.recorded & part != 0) revert AlreadyDone();
        uint40 moment = Times.blockTime();
        Phase phase = _phase(file, lot, part, moment);
        if (phase != Phase.OPENED) revert TenderNotOpen(phase);
        _requireAllOpened(file, record, part, ends, opened);
        record.recorded |= part;
        if (opened == 0) record.empty |= part;
        ++file.parts[part].recorded;
        emit OpeningRecorded(tenderId, lot, part, digest, opened);
    }

    /// @inheritdoc ITenderLedger
    function schedulePart(bytes32 tenderId, uint40 from) external {
        File storage file = _file(tenderId);
        Tender storage terms = file.terms;
        _requireTenderer(terms);
        _requireRunning(terms);
        if (terms.parts != SECOND) revert PartUnknown(SECOND);
        if (file.ends[SECOND].listEnd != 0) revert AlreadyDone();
        uint16 settled = terms.settledLots + terms.failedLots;
        if (settled != terms.lots) revert LotsUnsettled(settled, terms.lots);
        TenderTimes.requireAtLeast(Rule.START, Times.blockTime(), from);
        Ends memory ends = file.ends[FIRST];
        uint40 shift = from - ends.listEnd;
        ends = Ends({
            submitEnd: ends.submitEnd,
            listEnd: from,
            discloseEnd: ends.discloseEnd + shift,
            releaseEnd: ends.releaseEnd + shift,
            fallbackEnd: ends.fallbackEnd + shift
        });
        file.ends[SECOND] = ends;
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
        Ends memory ends = _requireScheduled(file, part);
        if (file.parts[part].hasBegun) revert OpeningInProgress(part);
        TenderTimes.requireOpen(ends.discloseEnd, Times.blockTime());
        TenderTimes.requireLater(ends.discloseEnd, discloseEnd);
        TrusteeState memory trustee = file.trustees[part][index];
        if (trustee.isBuyers) revert TrusteeOfBuyer(index);
        address signer = _signerOf(extensionDigest(tenderId, part, discloseEnd), signature);
        if (signer != trustee.key || signer == address(0)) {
            revert IRecordLedger.CoSignatureInvalid(trustee.key);
        }
        uint40 shift = discloseEnd - ends.discloseEnd;
        ends.discloseEnd = discloseEnd;
        ends.releaseEnd += shift;
        ends.fallbackEnd += shift;
        file.ends[part] = ends;
        emit DisclosureExtended(tenderId, part, index, signature, ends);
    }

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

    /// @inheritdoc ITenderLedger
    function settle(bytes32 tenderId, uint16 lot, Phase ended) external onlyAwards {
        File storage file = _file(tenderId);
        Lot storage record = file.lots[lot];
        if (!record.isSettled) ++file.terms.settledLots;
        record.isSettled = true;
        record.ended = ended;
        emit LotSettled(tenderId, lot, ended);
    }

    /// @inheritdoc ITenderLedger
    function reject(bytes32 tenderId, uint16 lot, address[] calldata bidders) external onlyAwards {
        File storage file = _file(tenderId);
        // The award ledger gives at most 32.
        for (uint256 i = 0; i < bidders.length; ++i) {
            Bid storage bid = file.bids[lot][bidders[i]];
            if (bid.disclosed & FIRST == 0) revert NotDisclosed(bidders[i]);
            bid.isRejected = true;
        }
        emit BidsRejected(tenderId, lot, bidders);
    }

    /// @inheritdoc ITenderLedger
    function noteAward(bytes32 tenderId, uint16 lot) external onlyAwards {
        ++_file(tenderId).terms.awardedLots;
        emit LotAwarded(tenderId, lot);
    }

    /// @inheritdoc ITenderLedger
    function contextOf(bytes32 tenderId, uint16 lot, uint8 part, address bidder, uint32 version)
        external
        view
        returns (bytes32)
    {
        return Bids.contextOf(tenderId, lot, part, bidder, version);
    }

    /// @inheritdoc ITenderLedger
    function bidDigest(SubmitBid calldata bid) external view returns (bytes32) {
        return _hashTypedDataV4(Bids.hashOf(bid));
    }

    /// @inheritdoc ITenderLedger
    function tenderOf(bytes32 tenderId) external view returns (Tender memory) {
        return _files[tenderId].terms;
    }

    /// @inheritdoc ITenderLedger
    function endsOf(bytes32 tenderId, uint8 part) external view returns (Ends memory) {
        return _files[tenderId].ends[part];
    }

    /// @inheritdoc ITenderLedger
    function partOf(bytes32 tenderId, uint8 part) external view returns (Part memory) {
        return _files[tenderId].parts[part];
    }

    /// @inheritdoc ITenderLedger
    function trusteeOf(bytes32 tenderId, uint8 part, uint8 index)
        external
        view
        returns (TrusteeState memory)
    {
        return _files[tenderId].trustees[part][index];
    }

    /// @inheritdoc ITenderLedger
    function lotOf(bytes32 tenderId, uint16 lot) external view returns (Lot memory record) {
        record = _files[tenderId].lots[lot];
        record.live = _live(_files[tenderId], lot);
    }

    /// @inheritdoc ITenderLedger
    function bidOf(bytes32 tenderId, uint16 lot, address bidder) external view returns (Bid memory) {
        return _files[tenderId].bids[lot][bidder];
    }

    /// @inheritdoc ITenderLedger
    function phaseAt(bytes32 tenderId, uint16 lot, uint8 part, uint40 moment) external view returns (Phase) {
        return _phase(_file(tenderId), lot, part, moment);
    }

    /// @inheritdoc ITenderLedger
    function currentPart(bytes32 tenderId) external view returns (uint8) {
        return _currentPart(_files[tenderId]);
    }

    /// @inheritdoc ITenderLedger
    function bondDigest(bytes32 tenderId, uint16 lot, bytes32 bond) public view returns (bytes32) {
        return _hashTypedDataV4(Bids.bondHash(tenderId, lot, bond));
    }

    /// @inheritdoc ITenderLedger
    function extensionDigest(bytes32 tenderId, uint8 part, uint40 discloseEnd) public view returns (bytes32) {
        return _hashTypedDataV4(Bids.extensionHash(tenderId, part, discloseEnd));
    }

    /// @inheritdoc ITenderLedger
    function tenderIdOf(bytes32 agency, bytes32 ref) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(agency, ref);
    }

    function _lay(Tender storage terms, Announcement calldata announcement) private {
        terms.agency = announcement.agency;
        terms.docs = announcement.docs;
        terms.policy = announcement.policy;
        if (announcement.mailbox != 0) terms.mailbox = announcement.mailbox;
        terms.bondAuthority = announcement.bondAuthority;
        (terms.version, terms.basis) = (1, 1);
        terms.lots = announcement.lots;
        terms.parts = announcement.parts;
        terms.threshold = announcement.threshold;
        (
            terms.trustees,
            terms.minBids,
            terms.minDisclosed,
            terms.dropsStaleBids,
            terms.takesBidsWhileSuspended
        ) = POLICIES.requireFollowed(announcement, Times.blockTime());
    }

    /// @dev At most 18 turns, see {Trustees-requireSound}.
    function _appoint(File storage file, Announcement calldata announcement) private {
        uint8 trustees = file.terms.trustees;
        for (uint8 i = 0; i < announcement.trustees.length; ++i) {
            Trustee calldata trustee = announcement.trustees[i];
            file.trustees[i / trustees + FIRST][i % trustees + 1] = TrusteeState({
                key: trustee.key, isBuyers: trustee.group == announcement.agency, hasReleased: false
            });
        }
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

    function _countDisclosed(Lot storage lot, uint8 part) private returns (uint32) {
        return part == FIRST ? ++lot.disclosed1 : ++lot.disclosed2;
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
            file.ends[part] = TenderTimes.shifted(file.ends[part], since, shift);
        }
        emit TenderResumed(tenderId, shift);
    }

    function _end(File storage file, bytes32 digest, Phase ended) private {
        _requireDigest(digest);
        // slither-disable-next-line unused-return - it may be over or not yet have begun
        _requireCalm(file);
        file.terms.ended = ended;
    }

    function _arrivalOf(File storage file, bytes32 digest, MailboxProof calldata proof)
        private
        view
        returns (Arrival memory)
    {
        Tender storage terms = file.terms;
        _requireRunning(terms);
        if (terms.mailbox == 0) revert MailboxAbsent();
        Ends memory ends = file.ends[FIRST];
        TenderTimes.requireInside(ends.submitEnd, ends.listEnd, Times.blockTime());
        uint40 anchoredAt = Mailbox.anchoredAt(RECORDS, terms.mailbox, digest, proof);
        TenderTimes.requireBefore(ends.submitEnd, anchoredAt);
        return Arrival({time: anchoredAt, digest: digest, root: proof.root});
    }

    function _requireTenderer(Tender storage terms) private view {
        AUTHORITY.requireHolder(terms.agency, IAuthority.Role.TENDERER, msg.sender);
    }

    function _requireSupervisor(bytes32 agency) private view {
        AUTHORITY.requireSupervisor(agency, msg.sender);
    }

    function _requireAwards() private view {
        if (msg.sender != address(AWARDS)) revert NotAwardLedger(msg.sender);
    }

    function _requireNotEnded(Tender storage terms) private view {
        if (terms.ended != Phase.UNKNOWN) revert TenderNotOpen(terms.ended);
    }

    function _requireRunning(Tender storage terms) private view {
        _requireNotEnded(terms);
        if (terms.suspendedAt != 0) revert TenderSuspended(terms.suspendedAt);
    }

    /// @dev For what is allowed while suspended; returns what the tender's clock shows.
    function _requireReceiving(File storage file) private view returns (uint40 clock) {
        clock = TenderTimes.clock(file.terms.suspendedAt, Times.blockTime());
        Phase phase = _phase(file, 0, FIRST, clock);
        if (phase != Phase.RECEIVING) revert TenderNotOpen(phase);
    }

    /// @dev For bids and withdrawals that come direct.
    function _requireInTime(File storage file) private view {
        Tender storage terms = file.terms;
        _requireNotEnded(terms);
        uint40 since = terms.suspendedAt;
        TenderTimes.requireBefore(file.ends[FIRST].submitEnd, TenderTimes.clock(since, Times.blockTime()));
        if (since != 0 && !terms.takesBidsWhileSuspended) revert TenderSuspended(since);
    }

    function _requireSuspendable(File storage file) private view {
        if (_requireCalm(file)) revert TenderNotOpen(Phase.OPENED);
    }

    /// @dev Reverts inside an opening and after the end; returns whether the last opening is over.
    function _requireCalm(File storage file) private view returns (bool) {
        Tender storage terms = file.terms;
        _requireNotEnded(terms);
        uint8 part = _currentPart(file);
        uint40 clock = TenderTimes.clock(terms.suspendedAt, Times.blockTime());
        bool isOver = TenderTimes.isOpeningOver(file.ends[part], file.parts[part], clock);
        if (!isOver && file.parts[part].hasBegun) revert OpeningInProgress(part);
        return isOver && part == terms.parts;
    }

    /// @dev Reverts unless the part has its windows and the tender runs.
    function _requireScheduled(File storage file, uint8 part) private view returns (Ends memory ends) {
        _requireRunning(file.terms);
        if (part == 0 || part > file.terms.parts) revert PartUnknown(part);
        ends = file.ends[part];
        if (ends.listEnd == 0) revert TenderNotOpen(Phase.WAITING);
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

    function _requireDisclosed(Tender storage terms, Lot storage lot, uint8 part) private view {
        (uint32 disclosed,) = _tallyOf(lot, part);
        if (disclosed < terms.minDisclosed) revert TooFewBids(disclosed, terms.minDisclosed);
    }

    /// @dev Reverts unless as many opened as disclosed, or nobody can open any more.
    function _requireAllOpened(
        File storage file,
        Lot storage lot,
        uint8 part,
        Ends memory ends,
        uint32 opened
    ) private view {
        (uint32 disclosed, uint32 recovered) = _tallyOf(lot, part);
        uint32 most = file.parts[part].released >= file.terms.threshold ? disclosed : recovered;
        if (opened > most) revert PolicyViolated(Rule.OPENED, most, opened);
        uint40 moment = Times.blockTime();
        if (opened != disclosed && !TenderTimes.isReached(ends.fallbackEnd, moment)) {
            revert WindowNotOpen(ends.fallbackEnd, moment);
        }
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

    function _requireLot(Tender storage terms, uint16 lot) private view {
        if (lot >= terms.lots) revert LotUnknown(lot);
    }

    function _requireDigest(bytes32 digest) private pure {
        if (digest == 0) revert DigestEmpty();
    }

    function _file(bytes32 tenderId) private view returns (File storage file) {
        file = _files[tenderId];
        // Not by the agency: this slot is read by most that follows.
        if (file.terms.version == 0) revert TenderUnknown(tenderId);
    }

    function _storedBid(File storage file, SubmitBid calldata bid) private view returns (Bid storage stored) {
        stored = file.bids[bid.lot][bid.bidder];
        bytes32 digest = _hashTypedDataV4(Bids.hashOf(bid));
        if (stored.digest != digest) revert DigestMismatch(stored.digest, digest);
    }

    /// @dev The version of the documents that a bid names; a listed one may name earlier ones, where those still count.
    function _docsVersion(File storage file, bytes32 docs, bool isListed) private view returns (uint32) {
        Tender storage terms = file.terms;
        if (docs == terms.docs) return terms.version;
        uint32 version = isListed ? file.earlier[docs] : 0;
        if (version == 0 || _isStale(terms, version)) revert DocumentsOutdated(terms.docs);
        return version;
    }

    function _isStale(Tender storage terms, uint32 docsVersion) private view returns (bool) {
        return terms.dropsStaleBids && docsVersion < terms.basis;
    }

    function _live(File storage file, uint16 number) private view returns (uint32) {
        Lot storage lot = file.lots[number];
        return _isStale(file.terms, lot.basis) ? 0 : lot.live;
    }

    function _currentPart(File storage file) private view returns (uint8) {
        return file.ends[SECOND].listEnd == 0 ? FIRST : SECOND;
    }

    function _phase(File storage file, uint16 number, uint8 part, uint40 moment)
        private
        view
        returns (Phase)
    {
        Tender storage terms = file.terms;
        _requireLot(terms, number);
        if (part == 0 || part > terms.parts) revert PartUnknown(part);
        if (terms.ended != Phase.UNKNOWN) return terms.ended;
        uint40 clock = TenderTimes.clock(terms.suspendedAt, moment);
        Phase phase = _partPhase(file, number, FIRST, clock);
        if (part == FIRST || phase == Phase.FAILED_FEW || phase == Phase.NOT_OPENED) return phase;
        if (file.lots[number].ended != Phase.UNKNOWN) return file.lots[number].ended;
        if (file.ends[SECOND].listEnd == 0) return Phase.WAITING;
        return _partPhase(file, number, SECOND, clock);
    }

    function _partPhase(File storage file, uint16 number, uint8 part, uint40 clock)
        private
        view
        returns (Phase)
    {
        Tender storage terms = file.terms;
        Lot storage lot = file.lots[number];
        (uint32 disclosed, uint32 recovered) = _tallyOf(lot, part);
        TenderTimes.Facts memory facts = TenderTimes.Facts({
            live: _live(file, number),
            minBids: terms.minBids,
            disclosed: disclosed,
            minDisclosed: terms.minDisclosed,
            recovered: recovered,
            released: file.parts[part].released,
            threshold: terms.threshold,
            isRecorded: lot.recorded & part != 0,
            isEmpty: lot.empty & part != 0
        });
        return TenderTimes.phaseOf(file.ends[part], facts, part, clock);
    }

    function _tallyOf(Lot storage lot, uint8 part) private view returns (uint32 disclosed, uint32 recovered) {
        return part == FIRST ? (lot.disclosed1, lot.recovered1) : (lot.disclosed2, lot.recovered2);
    }

    function _signerOf(bytes32 digest, bytes calldata signature) private pure returns (address signer) {
        // slither-disable-next-line unused-return - which detail made it fail does not matter
        (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
