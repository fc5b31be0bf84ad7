// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

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
    /// @notice Words that one order may touch: 512 fresh ones cost about 14.1 M gas, under the 2^24 of one transaction.
    uint256 public constant MAX_WORDS = 512;

    /// @notice Words that one {wordsOf} may read.
    uint256 public constant MAX_READ = 1_024;

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
        _batches[agency][root] = Batch({
            anchoredAt: Times.blockTime(),
            blockNumber: SafeCast.toUint40(block.number),
            size: size,
            kind: kind
        });
        emit BatchAnchored(agency, root, kind, size);
    }

    /// @inheritdoc IRecordLedger
    function changeStatus(StatusOrder calldata order) external {
        _requireLawful(order);
        if (StatusWords.needsCoSignature(order.reason)) {
            revert CoSignatureRequired(order.reason, 0, UNCOSIGNED_LIMIT);
        }
        uint256 entries = _carryOut(order);
        if (order.status == Status.REVOKED) _countUncosigned(order, entries);
    }

    /// @inheritdoc IRecordLedger
    function changeStatusCosigned(StatusOrder calldata order, CoSignature calldata coSignature) external {
        _requireLawful(order);
        _useCoSignature(order, coSignature);
        _carryOut(order);
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

    /// @dev Sets the entries, one event a word, and counts them.
    function _carryOut(StatusOrder calldata order) private returns (uint256 entries) {
        mapping(uint256 word => uint256 bits) storage words = _words[order.agency][order.list];
        uint256 from = StatusWords.sources(order.status, order.reason);
        for (uint256 i = 0; i < order.changes.length; ++i) {
            WordChange calldata change = order.changes[i];
            uint256 touched = StatusWords.entriesOf(change.word, change.mask);
            uint256 present = words[change.word];
            StatusWords.requireTransition(present, change.word, touched, from, order.status);
            words[change.word] = StatusWords.set(present, touched, order.status);
            entries += StatusWords.count(touched);
            _emitChange(order, change);
        }
    }

    function _emitChange(StatusOrder calldata order, WordChange calldata change) private {
        emit StatusChanged(
            order.agency,
            order.list,
            change.word,
            change.mask,
            order.status,
            order.reason,
            order.effectiveAt,
            order.until
        );
    }

    function _countUncosigned(StatusOrder calldata order, uint256 entries) private {
        (uint256 next, uint256 total) =
            RollingCount.add(_uncosigned[order.agency], Times.blockTime(), entries);
        if (total > UNCOSIGNED_LIMIT) revert CoSignatureRequired(order.reason, total, UNCOSIGNED_LIMIT);
        _uncosigned[order.agency] = next;
    }

    function _useCoSignature(StatusOrder calldata order, CoSignature calldata coSignature) private {
        address approver = coSignature.approver;
        uint256 nonce = coSignature.nonce;
        if (approver == msg.sender) revert CoSignatureByActor(approver);
        Times.requireNotExpired(coSignature.deadline, Times.blockTime());
        uint256 used = _usedNonces[approver][nonce >> 8];
        if (used & _nonceBit(nonce) != 0) revert CoSignatureUsed(approver, nonce);
        if (!AUTHORITY.holdsRole(order.agency, IAuthority.Role.APPROVER, approver)) {
            revert IAuthority.RoleMissing(order.agency, IAuthority.Role.APPROVER, approver);
        }
        bytes32 digest = _digestOf(order, nonce, coSignature.deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(approver, digest, coSignature.signature)) {
            revert CoSignatureInvalid(approver);
        }
        _usedNonces[approver][nonce >> 8] = used | _nonceBit(nonce);
        emit ChangeCosigned(order.agency, approver, nonce);
    }

    /// @dev All that can be said of an order before its words are looked at.
    function _requireLawful(StatusOrder calldata order) private view {
        _requireBounded(order.changes.length);
        StatusWords.requireReason(order.status, order.reason);
        Times.requireOrderTimes(order, StatusWords.annuls(order.reason), Times.blockTime());
        if (
            !StatusWords.isSupervisable(order.status, order.reason)
                || !AUTHORITY.supervises(order.agency, msg.sender)
        ) {
            AUTHORITY.requireRole(order.agency, IAuthority.Role.REGISTRAR, msg.sender);
        }
    }

    function _digestOf(StatusOrder calldata order, uint256 nonce, uint40 deadline)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(CoSignatures.hashOf(order, nonce, deadline));
    }

    function _requireBounded(uint256 words) private pure {
        if (words == 0) revert OrderEmpty();
        if (words > MAX_WORDS) revert TooManyWords(words, MAX_WORDS);
    }

    function _nonceBit(uint256 nonce) private pure returns (uint256) {
        return uint256(1) << (nonce & 255);
    }
}
