// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IRecognitionLedger} from "./interfaces/IRecognitionLedger.sol";
import {Agreements} from "./libraries/Agreements.sol";
import {Times} from "./libraries/Times.sol";

/// @title Agreements by which one jurisdiction recognises another's documents
contract RecognitionLedger is IRecognitionLedger, EIP712 {
    using Agreements for Agreement;
    using Agreements for Suspension;
    using Checkpoints for Checkpoints.Trace208;

    /// @dev One version and what its receiver did to it.
    struct Version {
        Agreement terms;
        Suspension[] suspensions;
        Checkpoints.Trace208 suspendedUntil; // as a whole; an act later than the end before it, or 0 when lifted
        uint256 whole; // 1 + index of the last suspension as a whole
    }

    /// @dev All versions between two parties. Signed ones that were not cancelled stand in `line`, in which neither
    /// version nor `validFrom` falls: the last one that has begun is the only one that may be in force.
    struct Book {
        bytes32 from;
        bytes32 to;
        uint32 lastProposed;
        uint32[] line;
        mapping(uint32 version => Version record) versions;
    }

    /// @notice Suspensions kept for one version; bounds every loop over them.
    uint256 public constant MAX_SUSPENSIONS = 1_024;

    /// @notice Versions that may wait for their `validFrom`; bounds every loop over them.
    uint256 public constant MAX_SCHEDULED = 16;

    /// @notice Where supervisors are decided.
    IAuthority public immutable AUTHORITY;

    /// @notice Seconds that one act may suspend for.
    uint40 public immutable LONGEST_SUSPENSION;

    /// @notice The least notice, in seconds, that an agreement may foresee.
    uint40 public immutable SHORTEST_NOTICE;

    mapping(bytes32 agreement => Book book) private _books;

    constructor(IAuthority authority, uint40 longestSuspension, uint40 shortestNotice)
        EIP712("Suizheng RecognitionLedger", "1")
    {
        AUTHORITY = authority;
        LONGEST_SUSPENSION = longestSuspension;
        SHORTEST_NOTICE = shortestNotice;
    }

    /// @inheritdoc IRecognitionLedger
    function propose(Terms calldata terms, bytes32 proposer) external {
        _propose(terms, proposer);
    }

    /// @inheritdoc IRecognitionLedger
    function agree(Terms calldata terms, bytes32 proposer, address signer, bytes calldata signature)
        external
    {
        bytes32 agreement = _propose(terms, proposer);
        bytes32 other = proposer == terms.from ? terms.to : terms.from;
        bool isSigned = SignatureChecker.isValidSignatureNowCalldata(signer, termsDigest(terms), signature);
        if (!isSigned || !_speaksFor(other, signer)) revert TermsSignatureInvalid(signer);
        _sign(agreement, terms.version);
    }

    /// @inheritdoc IRecognitionLedger
    function withdraw(bytes32 agreement, uint32 version) external {
        Agreement storage terms = _inState(agreement, version, State.PROPOSED);
        _requireSpeaks(terms.proposer);
        terms.endedAt = Times.blockTime();
        emit AgreementWithdrawn(agreement, version);
    }

    /// @inheritdoc IRecognitionLedger
    function sign(bytes32 agreement, uint32 version, bytes32 policyHash, bytes32 bundleHash) external {
        Agreement storage terms = _inState(agreement, version, State.PROPOSED);
        Book storage book = _books[agreement];
        _requireSpeaks(terms.proposer == book.from ? book.to : book.from);
        if (policyHash != terms.policyHash) revert PolicyMismatch(policyHash, terms.policyHash);
        if (bundleHash != terms.bundleHash) revert PolicyMismatch(bundleHash, terms.bundleHash);
        _sign(agreement, version);
    }

    /// @inheritdoc IRecognitionLedger
    function cancel(bytes32 agreement, uint32 version, bytes32 party) external {
        _requireParty(agreement, party);
        Agreement storage terms = _inState(agreement, version, State.SCHEDULED);
        terms.endedAt = Times.blockTime();
        _takeFromLine(_books[agreement].line, version);
        emit AgreementCancelled(agreement, version, party);
    }

    /// @inheritdoc IRecognitionLedger
    function suspend(
        bytes32 agreement,
        uint32 version,
        uint16 cause,
        uint40 until,
        Scope scopeKind,
        bytes32 scope
    ) external returns (uint256 index) {
        _requireSpeaks(_books[agreement].to);
        _requireLive(agreement, version);
        if ((scopeKind == Scope.ALL) != (scope == 0)) revert ScopeInvalid(scopeKind, scope);
        uint40 moment = Times.blockTime();
        Agreements.requireLapse(until, LONGEST_SUSPENSION, moment);
        Version storage record = _books[agreement].versions[version];
        index = record.suspensions.length;
        if (index >= MAX_SUSPENSIONS) revert TooManySuspensions(MAX_SUSPENSIONS);
        if (scopeKind == Scope.ALL) _replaceWhole(record, moment, until, index + 1);
        record.suspensions
            .push(Suspension({start: moment, end: until, cause: cause, scopeKind: scopeKind, scope: scope}));
        emit AgreementSuspended(agreement, version, index, until, cause, scopeKind, scope);
    }

    /// @inheritdoc IRecognitionLedger
    function lift(bytes32 agreement, uint32 version, uint256 index) external {
        _requireSpeaks(_books[agreement].to);
        Version storage record = _books[agreement].versions[version];
        if (index >= record.suspensions.length) revert SuspensionUnknown(index);
        uint40 moment = Times.blockTime();
        Suspension storage suspension = record.suspensions[index];
        if (!suspension.isInEffect(moment)) revert SuspensionUnknown(index);
        if (suspension.scopeKind == Scope.ALL) _replaceWhole(record, moment, 0, 0);
        else suspension.end = moment;
        emit SuspensionLifted(agreement, version, index);
    }

    /// @inheritdoc IRecognitionLedger
    function terminate(bytes32 agreement, uint32 version, bytes32 party, uint40 terminatesAt) external {
        _requireParty(agreement, party);
        Agreement storage terms = _books[agreement].versions[version].terms;
        uint40 moment = Times.blockTime();
        State state = stateAt(agreement, version, moment);
        if (state == State.SUSPENDED) terminatesAt = moment;
        else if (state != State.IN_FORCE) revert WrongAgreementState(state);
        else Agreements.requireNotice(terminatesAt, terms.notice, moment);
        if (terms.noticeAt == 0) terms.noticeAt = moment;
        terms.terminatesAt = terminatesAt;
        emit TerminationAnnounced(agreement, version, party, terminatesAt);
    }

    /// @inheritdoc IRecognitionLedger
    function partiesOf(bytes32 agreement) external view returns (bytes32 from, bytes32 to) {
        return (_books[agreement].from, _books[agreement].to);
    }

    /// @inheritdoc IRecognitionLedger
    function agreementOf(bytes32 agreement, uint32 version) external view returns (Agreement memory) {
        return _books[agreement].versions[version].terms;
    }

    /// @inheritdoc IRecognitionLedger
    function inForceAt(bytes32 from, bytes32 to, bytes32 recordType, uint40 moment)
        external
        view
        returns (uint32 version, State state, Agreement memory agreement, Suspension[] memory suspensions)
    {
        bytes32 id = agreementId(from, to, recordType);
        uint256 begun = _begunAt(_books[id], moment);
        if (begun == 0) return (0, State.UNKNOWN, agreement, suspensions);
        version = _books[id].line[begun - 1];
        state = stateAt(id, version, moment);
        if (!_isLive(state)) return (0, State.UNKNOWN, agreement, suspensions);
        Version storage record = _books[id].versions[version];
        return (version, state, record.terms, _inEffect(record.suspensions, moment));
    }

    /// @inheritdoc IRecognitionLedger
    function suspensionsOf(bytes32 agreement, uint32 version) external view returns (Suspension[] memory) {
        return _books[agreement].versions[version].suspensions;
    }

    /// @inheritdoc IRecognitionLedger
    function stateAt(bytes32 agreement, uint32 version, uint40 moment) public view returns (State state) {
        Book storage book = _books[agreement];
        Version storage record = book.versions[version];
        state = record.terms.stateAt(_successorFrom(book, version), moment);
        bool holds = state == State.IN_FORCE || state == State.TERMINATING;
        if (holds && Times.isPast(moment, uint40(record.suspendedUntil.upperLookupRecent(moment)))) {
            return State.SUSPENDED;
        }
    }

    /// @inheritdoc IRecognitionLedger
    function termsDigest(Terms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(Agreements.hashOf(terms));
    }

    /// @inheritdoc IRecognitionLedger
    function agreementId(bytes32 from, bytes32 to, bytes32 recordType) public pure returns (bytes32) {
        return keccak256(abi.encode(from, to, recordType));
    }

    function _propose(Terms calldata terms, bytes32 proposer) private returns (bytes32 agreement) {
        _requireTerms(terms);
        if (proposer != terms.from && proposer != terms.to) revert NotParty(proposer, msg.sender);
        _requireSpeaks(proposer);
        agreement = agreementId(terms.from, terms.to, terms.recordType);
        Book storage book = _books[agreement];
        if (terms.version <= book.lastProposed) revert VersionNotGreater(terms.version, book.lastProposed);
        book.from = terms.from;
        book.to = terms.to;
        book.lastProposed = terms.version;
        Agreement storage record = book.versions[terms.version].terms;
        record.policyHash = terms.policyHash;
        record.bundleHash = terms.bundleHash;
        record.proposer = proposer;
        record.validFrom = terms.validFrom;
        record.validTo = terms.validTo;
        record.notice = terms.notice;
        record.proposedAt = Times.blockTime();
        emit AgreementProposed(
            terms.from,
            terms.to,
            terms.recordType,
            terms.version,
            proposer,
            terms.policyHash,
            terms.bundleHash,
            terms.validFrom,
            terms.validTo,
            terms.notice
        );
    }

    /// @dev The caller has checked who signs.
    function _sign(bytes32 agreement, uint32 version) private {
        Book storage book = _books[agreement];
        Agreement storage terms = book.versions[version].terms;
        uint40 moment = Times.blockTime();
        uint256 length = book.line.length;
        uint40 previous = 0;
        if (length != 0) {
            uint32 last = book.line[length - 1];
            if (version <= last) revert VersionNotGreater(version, last);
            previous = book.versions[last].terms.validFrom;
        }
        Agreements.requireLead(terms.validFrom, previous, moment);
        if (length - _begunAt(book, moment) >= MAX_SCHEDULED) revert TooManyScheduled(MAX_SCHEDULED);
        terms.signedAt = moment;
        book.line.push(version);
        emit AgreementSigned(agreement, version);
    }

    /// @dev Ends the suspension as a whole that is in effect, if any, and begins another, or none.
    function _replaceWhole(Version storage record, uint40 moment, uint40 until, uint256 next) private {
        uint256 present = record.whole;
        if (present != 0 && record.suspensions[present - 1].isInEffect(moment)) {
            record.suspensions[present - 1].end = moment;
        }
        record.whole = next;
        // slither-disable-next-line unused-return - the former value is known
        record.suspendedUntil.push(moment, until);
    }

    /// @dev At most MAX_SCHEDULED turns: what has begun cannot be cancelled.
    function _takeFromLine(uint32[] storage line, uint32 version) private {
        uint256 last = line.length - 1;
        uint32 moved = line[last];
        for (uint256 i = last; moved != version; --i) {
            uint32 next = line[i - 1];
            line[i - 1] = moved;
            moved = next;
        }
        line.pop();
    }

    /// @dev How many of the line have begun.
    function _begunAt(Book storage book, uint40 moment) private view returns (uint256 low) {
        uint256 high = book.line.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (Times.isPast(moment, book.versions[book.line[middle]].terms.validFrom)) high = middle;
            else low = middle + 1;
        }
    }

    /// @dev When the version after this one in the line begins; 0 when none is signed, or this one was cancelled.
    function _successorFrom(Book storage book, uint32 version) private view returns (uint40) {
        uint256 length = book.line.length;
        uint256 low = 0;
        uint256 high = length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (book.line[middle] > version) high = middle;
            else low = middle + 1;
        }
        return low < length ? book.versions[book.line[low]].terms.validFrom : 0;
    }

    function _inEffect(Suspension[] storage all, uint40 moment)
        private
        view
        returns (Suspension[] memory found)
    {
        uint256 count = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            if (all[i].isInEffect(moment)) ++count;
        }
        found = new Suspension[](count);
        for (uint256 i = all.length; count != 0; --i) {
            if (all[i - 1].isInEffect(moment)) found[--count] = all[i - 1];
        }
    }

    function _inState(bytes32 agreement, uint32 version, State wanted)
        private
        view
        returns (Agreement storage terms)
    {
        State state = stateAt(agreement, version, Times.blockTime());
        if (state != wanted) revert WrongAgreementState(state);
        return _books[agreement].versions[version].terms;
    }

    function _requireLive(bytes32 agreement, uint32 version) private view {
        State state = stateAt(agreement, version, Times.blockTime());
        if (!_isLive(state)) revert WrongAgreementState(state);
    }

    function _requireTerms(Terms calldata terms) private view {
        bool isKnown = AUTHORITY.jurisdictionOf(terms.from).admittedAt != 0
            && AUTHORITY.jurisdictionOf(terms.to).admittedAt != 0;
        if (!isKnown || terms.from == terms.to) revert PartiesInvalid(terms.from, terms.to);
        if (terms.recordType == 0 || terms.policyHash == 0 || terms.bundleHash == 0) revert PolicyEmpty();
        Agreements.requireTerm(terms.validFrom, terms.validTo);
        if (terms.notice < SHORTEST_NOTICE) revert NoticeTooShort(terms.notice, SHORTEST_NOTICE);
    }

    function _requireParty(bytes32 agreement, bytes32 party) private view {
        Book storage book = _books[agreement];
        if (party != book.from && party != book.to) revert NotParty(party, msg.sender);
        _requireSpeaks(party);
    }

    function _requireSpeaks(bytes32 jurisdiction) private view {
        if (!_speaksFor(jurisdiction, msg.sender)) revert NotParty(jurisdiction, msg.sender);
    }

    function _speaksFor(bytes32 jurisdiction, address account) private view returns (bool) {
        return AUTHORITY.holdsRole(jurisdiction, IAuthority.Role.SUPERVISOR, account);
    }

    function _isLive(State state) private pure returns (bool) {
        return state == State.IN_FORCE || state == State.SUSPENDED || state == State.TERMINATING;
    }
}
