// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Batch roots and status bits
/// @notice A batch is an RFC 9162 §2.1 tree over 32-byte document digests. A status list has 2^20 entries of 2 bits: entry i
/// stands in word `i >> 7` at bit `2 * (i & 127)`, which is the IETF Token Status List byte for byte.
interface IRecordLedger {
    /// @notice The values of a status list entry.
    enum Status {
        VALID,
        REVOKED,
        SUSPENDED,
        SUPERSEDED
    }

    struct Batch {
        uint40 anchoredAt; // 0: no such batch
        uint40 blockNumber;
        uint32 size;
        uint16 kind; // of its records, as {anchor} lists them
    }

    /// @notice Sets the entries of one word whose both bits are set in `mask`.
    struct WordChange {
        uint16 word;
        uint256 mask;
    }

    /// @notice What an order does to the entries of one list that its word changes, 1 to 512, name.
    /// @dev Fields stand so that the two functions that take it come early in the dispatcher: 150 gas a call.
    struct StatusOrder {
        Status status;
        uint16 reason;
        bytes32 agency;
        uint32 list;
        uint40 effectiveAt; // Unix seconds, not in the future; 0 = from the beginning, for reasons 310 and 311 only
        uint40 until; // end of a suspension; 0 = none
    }

    /// @notice The EIP-712 signature by an APPROVER's key over the order, its changes, `nonce` and `deadline`.
    struct CoSignature {
        address approver;
        uint256 nonce; // any unused number; used ones are kept in a bitmap
        uint40 deadline; // last second at which it counts
        bytes32 r;
        bytes32 vs; // ERC-2098: s, which lies in the lower half, with v - 27 as its highest bit
    }

    event BatchAnchored(bytes32 indexed agency, bytes32 indexed root, uint16 indexed kind, uint32 size);
    event StatusChanged(
        bytes32 indexed agency,
        uint32 indexed list,
        uint16 indexed word,
        uint256 mask,
        Status status,
        uint16 reason,
        uint40 effectiveAt,
        uint40 until
    );
    event ChangeCosigned(bytes32 indexed agency, address indexed approver, uint256 nonce);

    /// @notice The root is zero.
    error RootEmpty();
    /// @notice The batch holds nothing.
    error BatchEmpty();
    /// @notice The kind of record is unknown.
    error KindUnknown(uint16 kind);
    /// @notice The agency anchored this root already.
    error RootAlreadyAnchored(bytes32 root, uint40 anchoredAt);
    /// @notice The order changes nothing.
    error OrderEmpty();
    /// @notice The call touches more words than allowed.
    error TooManyWords(uint256 words, uint256 limit);
    /// @notice The word lies outside the status list.
    error WordOutOfRange(uint256 word);
    /// @notice The mask touches no entry.
    error MaskEmpty(uint16 word);
    /// @notice The mask touches half an entry.
    error MaskHalfEntry(uint16 word, uint256 mask);
    /// @notice Records are revoked, and that is final. `entries` has both bits of each offending entry, here and below.
    error StatusFinal(uint16 word, uint256 entries);
    /// @notice The status may not change that way.
    error StatusTransitionIllegal(uint16 word, uint256 entries, Status from, Status to);
    /// @notice The reason does not belong to that status.
    error ReasonOutsideClass(uint16 reason, Status status);
    /// @notice The change would take effect in the future.
    error EffectiveInFuture(uint40 effectiveAt, uint40 blockTime);
    /// @notice Only an annulment, and every annulment, takes effect from the beginning.
    error EffectiveFromBeginning(uint16 reason, uint40 effectiveAt);
    /// @notice Only a suspension has an end.
    error UntilWithoutSuspension(uint40 until);
    /// @notice The suspension would end before it takes effect.
    error UntilNotAfterEffective(uint40 until, uint40 effectiveAt);
    /// @notice This needs the signature of a second person: by its reason alone (`uncosigned` 0), or because the agency
    /// would with it have revoked `uncosigned` records alone within 24 hours, where `limit` are allowed.
    error CoSignatureRequired(uint16 reason, uint256 uncosigned, uint256 limit);
    /// @notice The second person is the same as the first.
    error CoSignatureByActor(address approver);
    /// @notice The second person's signature is too old.
    error CoSignatureExpired(uint40 deadline, uint40 blockTime);
    /// @notice The second person's signature does not match the order.
    error CoSignatureInvalid(address approver);
    /// @notice The second person's signature was used already.
    error CoSignatureUsed(address approver, uint256 nonce);

    /// @notice Anchors a batch of `size` documents of one kind. ISSUER of an ACTIVE agency only; for health scans, which a
    /// checkpoint writes, GATE.
    /// @param kind 1 licence, 2 decision, 3 approval, 4 answer, 5 use, 6 health pass, 7 health transfer, 8 health consent,
    /// 9 health allow list, 10 health scan, 11 health custody event, 12 tender mailbox
    function anchor(bytes32 agency, uint16 kind, bytes32 root, uint32 size) external;

    /// @notice Carries out an order. REGISTRAR of an ACTIVE agency; its jurisdiction's SUPERVISOR may suspend and reinstate.
    function changeStatus(StatusOrder calldata order, WordChange[] calldata changes) external;

    /// @notice The same with a second pair of eyes: needed for reasons 205, 310 and 311, and for every revocation beyond
    /// the number of records that an agency revokes alone within 24 hours of block time.
    function changeStatusCosigned(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        CoSignature calldata coSignature
    ) external;

    /// @notice The same where the APPROVER is a contract account, which judges `signature` by ERC-1271.
    function changeStatusCosignedByContract(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        address approver,
        uint256 nonce,
        uint40 deadline,
        bytes calldata signature
    ) external;

    /// @notice The batch that `agency` anchored under `root`; `anchoredAt` 0 when there is none.
    function batchOf(bytes32 agency, bytes32 root) external view returns (Batch memory);

    function wordAt(bytes32 agency, uint32 list, uint16 word) external view returns (uint256);

    /// @notice Words `from` to `from + count - 1`, at most 1,024 a call, to recompute a list from the chain.
    function wordsOf(bytes32 agency, uint32 list, uint16 from, uint16 count)
        external
        view
        returns (uint256[] memory);

    function statusOf(bytes32 agency, uint32 list, uint32 index) external view returns (Status);

    /// @notice Records revoked without co-signature in the 24 hours before `blockTime`, counted in whole hours and never low.
    /// A time before the last such revocation is answered as of that revocation.
    function uncosignedRevocations(bytes32 agency, uint40 blockTime) external view returns (uint256);

    /// @notice What an APPROVER signs.
    function coSignatureDigest(
        StatusOrder calldata order,
        WordChange[] calldata changes,
        uint256 nonce,
        uint40 deadline
    ) external view returns (bytes32);

    function isNonceUsed(address approver, uint256 nonce) external view returns (bool);
}
