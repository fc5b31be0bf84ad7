// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Agreements by which one jurisdiction recognises another's documents
/// @notice An agreement says: TO recognises the documents of one record type that FROM issues; mutual recognition is two
/// agreements. Its versions are agreed one by one. Times are Unix seconds; starts are inside, ends outside a window.
interface IRecognitionLedger {
    /// @notice What a version is at a time. Of several ends the first counts; at the same second TERMINATED, then EXPIRED,
    /// then SUPERSEDED. SUSPENDED hides TERMINATING.
    enum State {
        UNKNOWN,
        PROPOSED,
        WITHDRAWN, // by its proposer, before the other party signed; final
        SCHEDULED,
        CANCELLED, // by either party, before it came into force; final
        IN_FORCE,
        SUSPENDED, // as a whole; narrower suspensions leave it IN_FORCE
        TERMINATING,
        TERMINATED, // final
        SUPERSEDED, // by a later version that has begun; final
        EXPIRED // final
    }

    /// @notice What a suspension covers.
    enum Scope {
        ALL,
        KEY,
        GRADE,
        PORT,
        AGENCY
    }

    /// @notice What both parties sign.
    struct Terms {
        bytes32 from; // jurisdiction whose documents are recognised
        bytes32 to; // jurisdiction that recognises them
        bytes32 recordType;
        uint32 version; // greater than any proposed before
        bytes32 policyHash; // SHA-256 of the policy document
        bytes32 bundleHash; // SHA-256 of the manifest of rules, value sets and texts
        uint40 validFrom;
        uint40 validTo;
        uint40 notice; // seconds between a termination's notice and its effect
    }

    /// @notice A version as it stands. A time of 0 means: never.
    struct Agreement {
        bytes32 policyHash;
        bytes32 bundleHash;
        bytes32 proposer; // jurisdiction
        uint40 validFrom;
        uint40 validTo;
        uint40 notice;
        uint40 proposedAt; // 0: there is no such version
        uint40 signedAt;
        uint40 endedAt; // withdrawn, if it was never signed, or cancelled
        uint40 noticeAt; // when its termination was announced
        uint40 terminatesAt;
    }

    /// @notice In effect for `start <= t < end`; `end` moves earlier when the suspension is lifted or replaced.
    struct Suspension {
        uint40 start;
        uint40 end;
        uint16 cause;
        Scope scopeKind;
        bytes32 scope; // keyId, grade, port or agency; 0 for ALL
    }

    event AgreementProposed(
        bytes32 indexed from,
        bytes32 indexed to,
        bytes32 indexed recordType,
        uint32 version,
        bytes32 proposer,
        bytes32 policyHash,
        bytes32 bundleHash,
        uint40 validFrom,
        uint40 validTo,
        uint40 notice
    );
    event AgreementWithdrawn(bytes32 indexed agreement, uint32 indexed version);
    event AgreementSigned(bytes32 indexed agreement, uint32 indexed version);
    event AgreementCancelled(bytes32 indexed agreement, uint32 indexed version, bytes32 party);
    event AgreementSuspended(
        bytes32 indexed agreement,
        uint32 indexed version,
        uint256 index,
        uint40 until,
        uint16 cause,
        Scope scopeKind,
        bytes32 scope
    );
    event SuspensionLifted(bytes32 indexed agreement, uint32 indexed version, uint256 index);
    event TerminationAnnounced(
        bytes32 indexed agreement, uint32 indexed version, bytes32 party, uint40 terminatesAt
    );

    /// @notice A jurisdiction does not recognise itself, and both must be admitted.
    error PartiesInvalid(bytes32 from, bytes32 to);
    /// @notice A digest that must be given is zero.
    error PolicyEmpty();
    /// @notice The version comes into force too soon after its signature, or before the one it follows.
    error LeadTimeTooShort(uint40 validFrom, uint40 earliest);
    /// @notice The version comes into force too long after its signature.
    error LeadTimeTooLong(uint40 validFrom, uint40 latest);
    /// @notice The version would be in force for too short a time.
    error TermTooShort(uint40 span, uint40 minimum);
    /// @notice The notice of a termination is shorter than the ledger, or the agreement, allows.
    error NoticeTooShort(uint40 notice, uint40 minimum);
    /// @notice The version is not greater than the last one.
    error VersionNotGreater(uint32 version, uint32 last);
    /// @notice The two parties do not speak of the same documents.
    error PolicyMismatch(bytes32 offered, bytes32 proposed);
    /// @notice The caller does not speak for the jurisdiction, or the jurisdiction has no say in this.
    error NotParty(bytes32 jurisdiction, address caller);
    /// @notice The other party's signature is not its supervisor's, or not over these terms.
    error TermsSignatureInvalid(address signer);
    /// @notice Every suspension must end.
    error SuspensionWithoutLapse();
    /// @notice The suspension lasts longer than one act may make it.
    error SuspensionTooLong(uint40 until, uint40 latest);
    /// @notice A suspension as a whole names no scope; a narrower one does.
    error ScopeInvalid(Scope scopeKind, bytes32 scope);
    /// @notice There is no such suspension in effect.
    error SuspensionUnknown(uint256 index);
    /// @notice More suspensions of one version than the ledger keeps.
    error TooManySuspensions(uint256 limit);
    /// @notice More versions are scheduled than the ledger keeps in order.
    error TooManyScheduled(uint256 limit);
    /// @notice The version is not in a state that allows this.
    error WrongAgreementState(State state);

    /// @notice Proposes a version. SUPERVISOR of `proposer`, which is FROM or TO, only.
    function propose(Terms calldata terms, bytes32 proposer) external;

    /// @notice Proposes a version and signs it for the other party, whose SUPERVISOR `signer` signed {termsDigest}. A
    /// contract signs by ERC-1271.
    function agree(Terms calldata terms, bytes32 proposer, address signer, bytes calldata signature) external;

    /// @notice Takes a proposal back. SUPERVISOR of its proposer only; final.
    function withdraw(bytes32 agreement, uint32 version) external;

    /// @notice Signs a proposal: it comes into force at `validFrom`, 48 hours to 14 days from now. SUPERVISOR of the party
    /// that did not propose only.
    function sign(bytes32 agreement, uint32 version, bytes32 policyHash, bytes32 bundleHash) external;

    /// @notice Ends a version before it comes into force. SUPERVISOR of either party.
    function cancel(bytes32 agreement, uint32 version, bytes32 party) external;

    /// @notice Suspends a version, in force or terminating, at once. SUPERVISOR of TO only. Another suspension as a whole
    /// takes the place of the one in effect, so that it may be made longer or shorter.
    /// @param until when it ends of itself; never 0
    function suspend(
        bytes32 agreement,
        uint32 version,
        uint16 cause,
        uint40 until,
        Scope scopeKind,
        bytes32 scope
    ) external returns (uint256 index);

    /// @notice Ends a suspension in effect. SUPERVISOR of TO only.
    function lift(bytes32 agreement, uint32 version, uint256 index) external;

    /// @notice Ends a version at `terminatesAt`: after its notice; at once, given any time, while it is suspended as a
    /// whole. SUPERVISOR of either party.
    function terminate(bytes32 agreement, uint32 version, bytes32 party, uint40 terminatesAt) external;

    /// @notice keccak256(abi.encode(from, to, recordType)).
    function agreementId(bytes32 from, bytes32 to, bytes32 recordType) external pure returns (bytes32);

    /// @notice The EIP-712 digest of terms, which the other party signs for {agree}.
    function termsDigest(Terms calldata terms) external view returns (bytes32);

    /// @notice FROM and TO of an agreement; 0 when nothing was ever proposed.
    function partiesOf(bytes32 agreement) external view returns (bytes32 from, bytes32 to);

    function agreementOf(bytes32 agreement, uint32 version) external view returns (Agreement memory);

    /// @notice The version's state at a past time; at a later one, if nobody acts until then.
    function stateAt(bytes32 agreement, uint32 version, uint40 moment) external view returns (State);

    /// @notice The version that is in force, suspended or terminating at a time, and which; version 0 when none is.
    function inForceAt(bytes32 from, bytes32 to, bytes32 recordType, uint40 moment)
        external
        view
        returns (uint32 version, State state, Agreement memory agreement, Suspension[] memory suspensions);

    /// @notice Every suspension of a version, ended ones too, in the order of the acts.
    function suspensionsOf(bytes32 agreement, uint32 version) external view returns (Suspension[] memory);
}
