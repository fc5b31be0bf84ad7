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
    /// @dev 256 bits in one slot, as a struct because a storage pointer finds it again for nothing.
    struct Bits {
        uint256 bits;
    }

    /// @dev What an agency has done to its records.
    struct Book {
        uint256 uncosigned; // a RollingCount
        mapping(uint256 place => Bits word) words;
    }

    /// @notice Words that one order may touch: 512 fresh ones cost about 14.1 M gas, under the 2^24 of one transaction.
    uint256 private constant MAX_WORDS = 512;

    /// @notice Words that one {wordsOf} may read.
    uint256 private constant MAX_READ = 1_024;

    /// @notice The greatest kind of record that has a meaning.
    uint16 private constant LAST_KIND = 12;

    /// @notice The one kind that a checkpoint anchors.
    uint16 private constant HEALTH_SCAN = 10;

    /// @notice Records that an agency may revoke without co-signature in any 24 hours.
    uint256 public constant UNCOSIGNED_LIMIT = RollingCount.LIMIT;

    /// @notice Where roles and agencies are decided.
    IAuthority public immutable AUTHORITY;

    mapping(bytes32 agency => mapping(bytes32 root => Batch batch)) private _batches;
    mapping(bytes32 agency => Book book) private _books;
    mapping(address approver => mapping(uint256 group => Bits nonces)) private _usedNonces;

    constructor(IAuthority authority) EIP712("Suizheng RecordLedger", "1") {
        AUTHORITY = authority;
    }

    /// @inheritdoc IRecordLedger
    function anchor(bytes32 agency, uint16 kind, bytes32 root, uint32 size) external {
        if (kind == 0 || kind > LAST_KIND) revert KindUnknown(kind);
        if (root == 0) revert RootEmpty();
        if (size == 0) revert BatchEmpty();
        IAuthority.Role role = kind == HEALTH_SCAN ? IAuthority.Role.GATE : IAuthority.Role.ISSUER;
        AUTHORITY.requireHolder(agency, role, msg.sender);
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
    function changeStatus(StatusOrder calldata order, WordChange[] calldata changes) external {
        _requireBounded(changes.length);
        _change(order, changes, true, address(0));
    }

    /// @inheritdoc IRecordLedger
    function changeStatusCosigned(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        CoSignature calldata coSignature
    ) external {
        _requireBounded(changes.length);
        address approver = coSignature.approver;
        bytes32 digest = _useCoSignature(order, changes, approver, coSignature.nonce, coSignature.deadline);
        // slither-disable-next-line unused-return - which detail made it fail does not matter
        (address signer,,) = ECDSA.tryRecover(digest, coSignature.r, coSignature.vs);
        if (signer != approver || signer == address(0)) revert CoSignatureInvalid(approver);
        _change(order, changes, false, approver);
    }

    /// @inheritdoc IRecordLedger
    function changeStatusCosignedByContract(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        address approver,
        uint256 nonce,
        uint40 deadline,
        bytes calldata signature
    ) external {
        _requireBounded(changes.length);
        bytes32 digest = _useCoSignature(order, changes, approver, nonce, deadline);
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(approver, digest, signature)) {
            revert CoSignatureInvalid(approver);
        }
        _change(order, changes, false, approver);
    }

    /// @inheritdoc IRecordLedger
    function batchOf(bytes32 agency, bytes32 root) external view returns (Batch memory) {
        return _batches[agency][root];
    }

    /// @inheritdoc IRecordLedger
    function wordAt(bytes32 agency, uint32 list, uint16 word) external view returns (uint256) {
        if (word >= StatusWords.WORDS) revert WordOutOfRange(word);
        return _books[agency].words[StatusWords.placeOf(list, word)].bits;
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
            words[i] = _books[agency].words[StatusWords.placeOf(list, from + i)].bits;
        }
    }

    /// @inheritdoc IRecordLedger
    function statusOf(bytes32 agency, uint32 list, uint32 index) external view returns (Status) {
        uint256 word = index >> 7;
        if (word >= StatusWords.WORDS) revert WordOutOfRange(word);
        return StatusWords.statusIn(_books[agency].words[StatusWords.placeOf(list, word)].bits, index & 127);
    }

    /// @inheritdoc IRecordLedger
    function uncosignedRevocations(bytes32 agency, uint40 blockTime) external view returns (uint256) {
        return RollingCount.countAt(_books[agency].uncosigned, blockTime);
    }

    /// @inheritdoc IRecordLedger
    function coSignatureDigest(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        uint256 nonce,
        uint40 deadline
    ) external view returns (bytes32) {
        _requireBounded(changes.length);
        return _digestOf(order, changes, nonce, deadline);
    }

    /// @inheritdoc IRecordLedger
    function isNonceUsed(address approver, uint256 nonce) external view returns (bool) {
        return _usedNonces[approver][nonce >> 8].bits & _nonceBit(nonce) != 0;
    }

    /// @dev Carries out an order that the sender gives alone or that `approver` has signed.
    function _change(StatusOrder calldata order, WordChange[] calldata changes, bool alone, address approver)
        private
    {
        uint8 status = uint8(order.status);
        uint256 sources = StatusWords.sourcesOf(status, order.reason);
        _requireTimes(order, status, sources);
        _requireActors(order.agency, order.reason, alone, approver);
        Book storage book = _books[order.agency];
        if (alone) _requireAlone(book, order.reason, changes, status, sources);
        _carryOut(book, order, changes, status, sources);
    }

    /// @dev Sets the entries, with one event a word. The caller bounds `changes`.
    function _carryOut(
        Book storage book,
        StatusOrder calldata order,
        WordChange[] calldata changes,
        uint8 status,
        uint256 sources
    ) private {
        uint256 filled = StatusWords.filledWith(status);
        for (uint256 i = 0; i < changes.length; ++i) {
            WordChange calldata change = changes[i];
            uint16 word = change.word;
            uint256 mask = change.mask;
            StatusWords.requireMask(word, mask);
            Bits storage stored = book.words[StatusWords.placeOf(order.list, word)];
            uint256 present = stored.bits;
            StatusWords.requireTransition(present, word, mask, sources, status);
            stored.bits = (present & ~mask) | (filled & mask);
            emit StatusChanged(
                order.agency,
                order.list,
                word,
                mask,
                order.status,
                order.reason,
                order.effectiveAt,
                order.until
            );
        }
    }

    function _requireAlone(
        Book storage book,
        uint16 reason,
        WordChange[] calldata changes,
        uint8 status,
        uint256 sources
    ) private {
        if (StatusWords.needsCoSignature(sources)) {
            revert CoSignatureRequired(reason, 0, UNCOSIGNED_LIMIT);
        }
        if (status != StatusWords.REVOKED) return;
        uint256 entries = 0;
        for (uint256 i = 0; i < changes.length; ++i) {
            entries += StatusWords.count(changes[i].mask);
        }
        (uint256 next, uint256 total) = RollingCount.add(book.uncosigned, block.timestamp, entries);
        // slither-disable-next-line timestamp - the block's time is the law here
        if (total > UNCOSIGNED_LIMIT) revert CoSignatureRequired(reason, total, UNCOSIGNED_LIMIT);
        book.uncosigned = next;
    }

    /// @dev Uses the nonce up and returns what the approver must have signed.
    function _useCoSignature(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        address approver,
        uint256 nonce,
        uint40 deadline
    ) private returns (bytes32 digest) {
        if (approver == msg.sender) revert CoSignatureByActor(approver);
        Times.requireNotExpired(deadline);
        Bits storage nonces = _usedNonces[approver][nonce >> 8];
        uint256 used = nonces.bits;
        uint256 bit = _nonceBit(nonce);
        if (used & bit != 0) revert CoSignatureUsed(approver, nonce);
        nonces.bits = used | bit;
        emit ChangeCosigned(order.agency, approver, nonce);
        return _digestOf(order, changes, nonce, deadline);
    }

    function _requireTimes(StatusOrder calldata order, uint8 status, uint256 sources) private view {
        Times.requireEffective(order.reason, order.effectiveAt, StatusWords.annuls(sources));
        if (order.until != 0) {
            Times.requireUntil(order.until, order.effectiveAt, status == StatusWords.SUSPENDED);
        }
    }

    function _requireActors(bytes32 agency, uint16 reason, bool alone, address approver) private view {
        if (StatusWords.isSupervisable(reason) && AUTHORITY.supervises(agency, msg.sender)) {
            if (!alone && !AUTHORITY.holdsRole(agency, IAuthority.Role.APPROVER, approver)) {
                revert IAuthority.RoleMissing(agency, IAuthority.Role.APPROVER, approver);
            }
        } else if (alone) {
            AUTHORITY.requireHolder(agency, IAuthority.Role.REGISTRAR, msg.sender);
        } else {
            AUTHORITY.requireFourEyes(msg.sender, approver, agency);
        }
    }

    function _digestOf(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        uint256 nonce,
        uint40 deadline
    ) private view returns (bytes32) {
        return _hashTypedDataV4(CoSignatures.hashOf(order, changes, nonce, deadline));
    }

    function _requireBounded(uint256 words) private pure {
        if (words == 0) revert OrderEmpty();
        if (words > MAX_WORDS) revert TooManyWords(words, MAX_WORDS);
    }

    function _nonceBit(uint256 nonce) private pure returns (uint256) {
        return uint256(1) << (nonce & 255);
    }
}
