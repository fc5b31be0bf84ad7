// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IRecordLedger} from "./interfaces/IRecordLedger.sol";
import {CoSignatures} from "./libraries/CoSignatures.sol";
import {RollingCount} from "./libraries/RollingCount.sol";
import {StatusWords} from "./libraries/StatusWords.sol";
import {Times} from "./libraries/Times.sol";

/// @title Batch roots and status bits
contract RecordLedger is IRecordLedger, EIP712 {
    /// @dev An order without its words, read from calldata once: every further read of a field costs a tenth so.
    struct Terms {
        bytes32 agency;
        uint32 list;
        uint8 status;
        uint16 reason;
        uint40 effectiveAt;
        uint40 until;
        uint256 sources; // statuses it may start from
    }

    /// @notice Words that one order may touch: 512 fresh ones cost about 14.1 M gas, under the 2^24 of one transaction.
    uint256 private constant MAX_WORDS = 512;

    /// @notice Words that one {wordsOf} may read.
    uint256 private constant MAX_READ = 1_024;

    /// @notice Records that an agency may revoke without co-signature in any 24 hours.
    uint256 public constant UNCOSIGNED_LIMIT = RollingCount.LIMIT;

    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    mapping(bytes32 agency => mapping(bytes32 root => Batch batch)) private _batches;
    mapping(bytes32 agency => mapping(uint256 list => mapping(uint256 word => uint256 bits))) private _words;
    mapping(bytes32 agency => uint256 rollingCount) private _uncosigned;
    mapping(address approver => mapping(uint256 group => uint256 bits)) private _usedNonces;

    constructor(IAuthority authority) EIP712("Suizheng RecordLedger", "1") {
        AUTHORITY = authority;
    }

    /// @inheritdoc IRecordLedger
    function anchor(bytes32 agency, uint16 kind, bytes32 root, uint32 size) external {
        if (kind == 0) revert KindUnknown(kind);
        if (root == 0) revert RootEmpty();
        if (size == 0) revert BatchEmpty();
        AUTHORITY.requireRole(agency, IAuthority.Role.ISSUER, msg.sender);
        Batch storage batch = _batches[agency][root];
        if (batch.anchoredAt != 0) revert RootAlreadyAnchored(root, batch.anchoredAt);
        uint40 blockTime = Times.blockTime();
        uint40 blockNumber = SafeCast.toUint40(block.number);
        batch.anchoredAt = blockTime;
        batch.blockNumber = blockNumber;
        batch.size = size;
        batch.kind = kind;
        emit BatchAnchored(agency, root, kind, size);
    }

    /// @inheritdoc IRecordLedger
    function changeStatus(StatusOrder calldata order) external {
        WordChange[] calldata changes = order.changes;
        uint40 blockTime = Times.blockTime();
        Terms memory terms = _lawfulTerms(order, changes.length, blockTime);
        if (StatusWords.needsCoSignature(terms.sources)) {
            revert CoSignatureRequired(terms.reason, 0, UNCOSIGNED_LIMIT);
        }
        if (terms.status == StatusWords.REVOKED) _countUncosigned(terms, changes, blockTime);
        _carryOut(terms, changes);
    }

    /// @inheritdoc IRecordLedger
    function changeStatusCosigned(StatusOrder calldata order, CoSignature calldata coSignature) external {
        WordChange[] calldata changes = order.changes;
        uint40 blockTime = Times.blockTime();
        Terms memory terms = _lawfulTerms(order, changes.length, blockTime);
        _useCoSignature(order, coSignature, blockTime);
        _carryOut(terms, changes);
    }

    /// @inheritdoc IRecordLedger
    function batchOf(bytes32 agency, bytes32 root) external view returns (Batch memory) {
        return _batches[agency][root];
    }

    /// @inheritdoc IRecordLedger
    function wordAt(bytes32 agency, uint32 list, uint16 word) external view returns (uint256) {
        if (word >= StatusWords.WORDS) revert WordOutOfRange(word);
        return _words[agency][list][word];
    }

    /// @inheritdoc IRecordLedger
    function wordsOf(bytes32 agency, uint32 list, uint16 from, uint16 count)
        external
        view
        returns (uint256[] memory words)
    {
        if (count > MAX_READ) revert TooManyWords(count, MAX_READ);
        uint256 end = uint256(from) + count;
        if (end > StatusWords.WORDS) revert WordOutOfRange(end - 1);
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = _words[agency][list][from + i];
        }
    }

    /// @inheritdoc IRecordLedger
    function statusOf(bytes32 agency, uint32 list, uint32 index) external view returns (Status) {
        uint256 word = index >> 7;
        if (word >= StatusWords.WORDS) revert WordOutOfRange(word);
        return StatusWords.statusIn(_words[agency][list][word], index & 127);
    }

    /// @inheritdoc IRecordLedger
    function uncosignedRevocations(bytes32 agency, uint40 blockTime) external view returns (uint256) {
        return RollingCount.countAt(_uncosigned[agency], blockTime);
    }

    /// @inheritdoc IRecordLedger
    function coSignatureDigest(StatusOrder calldata order, uint256 nonce, uint40 deadline)
        external
        view
        returns (bytes32)
    {
        _requireBounded(order.changes.length);
        return _digestOf(order, nonce, deadline);
    }

    /// @inheritdoc IRecordLedger
    function isNonceUsed(address approver, uint256 nonce) external view returns (bool) {
        return _usedNonces[approver][nonce >> 8] & _nonceBit(nonce) != 0;
    }

    /// @dev Sets the entries, with one event a word. The caller bounds `changes`.
    function _carryOut(Terms memory terms, WordChange[] calldata changes) private {
        mapping(uint256 word => uint256 bits) storage words = _words[terms.agency][terms.list];
        uint256 filled = StatusWords.filledWith(terms.status);
        for (uint256 i = 0; i < changes.length; ++i) {
            WordChange calldata change = changes[i];
            uint16 word = change.word;
            uint256 mask = change.mask;
            StatusWords.requireMask(word, mask);
            uint256 present = words[word];
            StatusWords.requireTransition(present, word, mask, terms.sources, terms.status);
            words[word] = (present & ~mask) | (filled & mask);
            _emitChange(terms, word, mask);
        }
    }

    function _emitChange(Terms memory terms, uint16 word, uint256 mask) private {
        emit StatusChanged(
            terms.agency,
            terms.list,
            word,
            mask,
            Status(terms.status),
            terms.reason,
            terms.effectiveAt,
            terms.until
        );
    }

    function _countUncosigned(Terms memory terms, WordChange[] calldata changes, uint40 blockTime) private {
        uint256 entries = 0;
        for (uint256 i = 0; i < changes.length; ++i) {
            entries += StatusWords.count(changes[i].mask);
        }
        (uint256 next, uint256 total) = RollingCount.add(_uncosigned[terms.agency], blockTime, entries);
        if (total > UNCOSIGNED_LIMIT) revert CoSignatureRequired(terms.reason, total, UNCOSIGNED_LIMIT);
        _uncosigned[terms.agency] = next;
    }

    function _useCoSignature(StatusOrder calldata order, CoSignature calldata coSignature, uint40 blockTime)
        private
    {
        address approver = coSignature.approver;
        uint256 nonce = coSignature.nonce;
        if (approver == msg.sender) revert CoSignatureByActor(approver);
        Times.requireNotExpired(coSignature.deadline, blockTime);
        uint256 used = _usedNonces[approver][nonce >> 8];
        if (used & _nonceBit(nonce) != 0) revert CoSignatureUsed(approver, nonce);
        if (!AUTHORITY.holdsRole(order.agency, IAuthority.Role.APPROVER, approver)) {
            revert IAuthority.RoleMissing(order.agency, IAuthority.Role.APPROVER, approver);
        }
        bytes32 digest = _digestOf(order, nonce, coSignature.deadline);
        if (!_isSignedBy(approver, digest, coSignature.signature)) revert CoSignatureInvalid(approver);
        _usedNonces[approver][nonce >> 8] = used | _nonceBit(nonce);
        emit ChangeCosigned(order.agency, approver, nonce);
    }

    /// @dev All that can be said of an order before its words are looked at.
    function _lawfulTerms(StatusOrder calldata order, uint256 words, uint40 blockTime)
        private
        view
        returns (Terms memory)
    {
        _requireBounded(words);
        uint8 status = uint8(order.status);
        uint16 reason = order.reason;
        uint40 effectiveAt = order.effectiveAt;
        uint40 until = order.until;
        uint256 sources = StatusWords.sourcesOf(status, reason);
        Times.requireEffective(reason, effectiveAt, StatusWords.annuls(sources), blockTime);
        if (until != 0) Times.requireUntil(until, effectiveAt, status == StatusWords.SUSPENDED);
        _requireActor(order.agency, status, sources);
        return Terms({
            agency: order.agency,
            list: order.list,
            status: status,
            reason: reason,
            effectiveAt: effectiveAt,
            until: until,
            sources: sources
        });
    }

    function _requireActor(bytes32 agency, uint8 status, uint256 sources) private view {
        if (StatusWords.isSupervisable(status, sources) && AUTHORITY.supervises(agency, msg.sender)) return;
        AUTHORITY.requireRole(agency, IAuthority.Role.REGISTRAR, msg.sender);
    }

    function _digestOf(StatusOrder calldata order, uint256 nonce, uint40 deadline)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(CoSignatures.hashOf(order, nonce, deadline));
    }

    /// @dev By the account's key, or else by ERC-1271; asking for code first would cost each key 2,600 gas.
    function _isSignedBy(address approver, bytes32 digest, bytes calldata signature)
        private
        view
        returns (bool)
    {
        // slither-disable-next-line unused-return - which detail made it fail does not matter
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        return (failure == ECDSA.RecoverError.NoError && signer == approver)
            || SignatureChecker.isValidERC1271SignatureNowCalldata(approver, digest, signature);
    }

    function _requireBounded(uint256 words) private pure {
        if (words == 0) revert OrderEmpty();
        if (words > MAX_WORDS) revert TooManyWords(words, MAX_WORDS);
    }

    function _nonceBit(uint256 nonce) private pure returns (uint256) {
        return uint256(1) << (nonce & 255);
    }
}
