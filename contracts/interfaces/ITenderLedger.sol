// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Sealed tenders from publication to opening
/// @notice Times are Unix seconds of the block; a start is inside its window, an end outside. States follow from times: nobody
/// closes anything. While a tender is suspended its clock stands at the second at which that began, and what lay ahead
/// moves by as long at the end. Bids are EIP-712 messages of one-time keys, which anybody may send; so are secrets.
/// Policies stand in {ITenderPolicies}. What follows the opening, objections and complaints stand in {IAwardLedger}, whose
/// phases are the later ones of {Phase}.
interface ITenderLedger {
    /// @notice Where a lot, or one part of its opening, stands.
    enum Phase {
        UNKNOWN,
        RECEIVING, // until submitEnd
        LISTING, // until listEnd: what was anchored in the mailbox before submitEnd
        WAITING, // part 2, not yet scheduled
        DISCLOSURE, // until discloseEnd: bidders' secrets
        RELEASE, // until releaseEnd: trustees' secrets
        FALLBACK, // until fallbackEnd: both trustees and bidders
        OPENED,
        FAILED_FEW, // final: too few bids, or too few disclosed
        NOT_OPENED, // final: no bid could be opened
        COMMITTED, // committee
        EVALUATED, // report
        ALL_REJECTED, // final
        NOTICE,
        AWARDED,
        CONTRACTED,
        TERMINATED, // final
        VOIDED // final
    }

    enum BidState {
        NONE,
        LIVE,
        WITHDRAWN
    }

    /// @notice The number that breaks the policy, or a bound of the ledger itself.
    enum Rule {
        SUBMISSION, // seconds
        AMENDMENT, // seconds
        NOTICE, // seconds
        LIST_WINDOW, // seconds, as the next three
        DISCLOSE_WINDOW,
        RELEASE_WINDOW,
        FALLBACK_WINDOW,
        BIDS,
        DISCLOSED,
        LOTS,
        PARTS,
        TRUSTEES,
        THRESHOLD,
        GROUP, // trustees of one group
        MAILBOX,
        BOND_AUTHORITY,
        START, // of part 2
        SEATS,
        BIDDERS,
        CANDIDATES,
        OPENED
    }

    /// @notice Seconds, both inside.
    struct Range {
        uint32 least;
        uint32 most;
    }

    /// @notice What a jurisdiction demands of its tenders. `id` = keccak256(abi.encode(policy)).
    struct Policy {
        uint40 minSubmission; // from publication to submitEnd, in seconds, as all of these
        uint40 minAmendment; // from an amendment that affects bids to submitEnd
        uint40 minNotice;
        uint40 objectionLead; // objections to the documents end so long before submitEnd
        uint40 answerWithin; // after which an objection is overdue
        uint40 longestSuspension; // after which anybody ends a supervisor's; 0 = no cap
        Range listWindow; // lengths of the windows; not for tenders without mailbox, whose listEnd is submitEnd
        Range discloseWindow;
        Range releaseWindow;
        Range fallbackWindow;
        uint16 minBids; // of a lot
        uint16 minDisclosed;
        uint8 minTrustees; // of a part
        uint8 minThreshold;
        bool dropsStaleBids; // an amendment that affects bids uncounts earlier ones until a new version
        bool takesBidsWhileSuspended; // direct ones, when suspended before submitEnd; what a mailbox's root hides always counts
        bool needsMailbox;
        bool needsBondAuthority;
        bool complaintBlocksAward;
    }

    /// @notice `submitEnd <= listEnd < discloseEnd < releaseEnd < fallbackEnd`. Part 2's `listEnd` is when its disclosure begins.
    struct Ends {
        uint40 submitEnd;
        uint40 listEnd;
        uint40 discloseEnd;
        uint40 releaseEnd;
        uint40 fallbackEnd;
    }

    /// @notice A trustee of one part: `key` is the address of the secret that it will release.
    struct Trustee {
        address key;
        bytes32 group; // whose it is; the buyer's group is the agency's id
    }

    /// @notice What {publish} lays down. Trustee i of part p is `trustees[(p - 1) * n + i - 1]`, with n for each part.
    struct Announcement {
        bytes32 agency;
        bytes32 ref; // SHA-256 of the project number in UTF-8
        bytes32 policy;
        bytes32 docs; // SHA-256 of the documents' manifest
        bytes32 previous; // the tender that this one repeats; 0 = none
        bytes32 mailbox; // the agency that anchors the mailbox; 0 = none
        address bondAuthority; // whose signature each bid's bond needs; 0 = none
        uint16 lots; // numbered from 0; at most 64
        uint8 parts; // 1; or 2: technical, then price
        uint8 threshold; // t of n
        Ends ends;
        Trustee[] trustees;
    }

    /// @notice A tender as it stands.
    struct Tender {
        bytes32 agency; // 0: there is no such tender
        bytes32 docs;
        bytes32 policy;
        bytes32 mailbox;
        bytes32 objection; // the open one that suspends; 0 = none
        address bondAuthority;
        uint32 version; // of the documents, from 1
        uint32 basis; // version of the last amendment that affects bids
        uint16 lots;
        uint8 parts;
        uint8 trustees; // n
        uint8 threshold;
        uint16 minBids;
        uint16 minDisclosed;
        bool dropsStaleBids;
        bool takesBidsWhileSuspended;
        uint16 failedLots; // that {closeLot} found
        uint16 settledLots; // whose technical report is in, or that ended otherwise after part 1
        uint16 awardedLots;
        Phase ended; // UNKNOWN, TERMINATED or VOIDED
        uint40 suspendedAt; // 0 = running
        uint40 orderedAt; // when a supervisor's suspension was ordered; 0 = none
    }

    /// @notice One bidder's place in a lot.
    struct Bid {
        bytes32 digest; // of the message with the highest version: a bid's or a withdrawal's
        uint40 submittedAt; // when it was anchored, if it was listed
        uint32 version;
        uint32 docsVersion; // that the bid names
        BidState state;
        uint8 disclosed; // bit p - 1: secret of part p
        uint8 recovered;
        bool isRejected; // by the technical report
    }

    /// @notice One lot. `1` and `2` are its parts.
    struct Lot {
        uint32 live; // bids that count, as of `basis`
        uint32 basis;
        uint32 disclosed1;
        uint32 disclosed2;
        uint32 recovered1;
        uint32 recovered2;
        uint8 recorded; // bit p - 1: opening recorded
        uint8 empty; // bit p - 1: its record says that no bid opened
        bool isClosed; // {LotFailed} was emitted
        bool isSettled; // {LotSettled} was emitted
        Phase ended; // after part 1: ALL_REJECTED, TERMINATED or VOIDED; else UNKNOWN
        uint40 recordedAt; // when its last opening was recorded
    }

    /// @notice How far the opening of one part is.
    struct Part {
        uint8 released; // trustees' secrets
        bool hasBegun; // a secret of a trustee, or a second one of a bidder, is out
        uint16 openable; // lots with enough disclosed
        uint16 recorded; // lots whose opening is recorded
    }

    /// @notice A trustee's place.
    struct TrusteeState {
        address key;
        bool isBuyers;
        bool hasReleased;
    }

    /// @notice What one part of a bid commits to. The formulas are in {contextOf}.
    struct SealedPart {
        bytes32 file; // SHA-256 of the age file
        uint64 size; // its bytes
        bytes32 cB; // keccak256(0x01 ‖ context ‖ s_b)
        bytes32 cC; // keccak256(0x02 ‖ context ‖ s_c)
        bytes32 shares; // keccak256 of the part's n envelopes of 81 bytes
        bytes32 manifest; // keccak256(0x03 ‖ context ‖ SHA-256 of the manifest)
    }

    /// @notice EIP-712 `SubmitBid(bytes32 tenderId,uint16 lot,address bidder,uint32 version,bytes32 docs,Part[] parts,bytes32
    /// identity,bytes32 bond,uint64 validUntil)Part(bytes32 file,uint64 size,bytes32 cB,bytes32 cC,bytes32 shares,bytes32 manifest)`.
    struct SubmitBid {
        bytes32 tenderId;
        uint16 lot;
        address bidder; // a one-time key
        uint32 version; // one sequence of bids and withdrawals; the highest counts
        bytes32 docs;
        SealedPart[] parts;
        bytes32 identity;
        bytes32 bond;
        uint64 validUntil; // first second at which it is too late to bring it
    }

    /// @notice EIP-712 `WithdrawBid(bytes32 tenderId,uint16 lot,address bidder,uint32 version,uint64 validUntil)`.
    struct WithdrawBid {
        bytes32 tenderId;
        uint16 lot;
        address bidder;
        uint32 version;
        uint64 validUntil;
    }

    /// @notice That SHA-256(digest ‖ blind) stands under a root of 64 (RFC 9162 §2.1.3.2), which the mailbox's agency anchored.
    struct MailboxProof {
        bytes32 root;
        uint8 index; // 0 to 63
        bytes32[6] path; // leaf first
        bytes32 blind;
    }

    event TenderPublished(bytes32 indexed tenderId, bytes32 indexed agency, Announcement announcement);
    event TenderAmended(bytes32 indexed tenderId, uint32 version, bytes32 docs, bool affectsBids, Ends ends);
    /// @notice `docsVersion` is that of the documents that the bid names; `root` 0 when it came direct.
    event BidSubmitted(
        bytes32 indexed tenderId,
        uint16 indexed lot,
        address indexed bidder,
        SubmitBid bid,
        uint32 docsVersion,
        bytes shares,
        bytes signature,
        bytes bondSignature,
        bytes32 root
    );
    event BidWithdrawn(
        bytes32 indexed tenderId,
        uint16 indexed lot,
        address indexed bidder,
        uint32 version,
        uint64 validUntil,
        bytes signature,
        bytes32 root
    );
    event LotFailed(
        bytes32 indexed tenderId,
        uint16 indexed lot,
        uint8 indexed part,
        Phase phase,
        uint32 live,
        uint32 disclosed
    );
    event SecretDisclosed(
        bytes32 indexed tenderId, uint16 indexed lot, address indexed bidder, uint8 part, bytes32 secret
    );
    event TrusteeReleased(bytes32 indexed tenderId, uint8 indexed part, uint8 indexed index, bytes32 secret);
    event SecretRecovered(
        bytes32 indexed tenderId, uint16 indexed lot, address indexed bidder, uint8 part, bytes32 secret
    );
    event OpeningRecorded(
        bytes32 indexed tenderId, uint16 indexed lot, uint8 indexed part, bytes32 digest, uint32 opened
    );
    event BidsRejected(bytes32 indexed tenderId, uint16 indexed lot, address[] bidders);
    event PartScheduled(bytes32 indexed tenderId, uint8 indexed part, Ends ends);
    event DisclosureExtended(
        bytes32 indexed tenderId, uint8 indexed part, uint8 trustee, bytes signature, Ends ends
    );
    /// @notice One ground more to stand still: an objection, or a supervisor's order (`objection` 0). The clock stands from
    /// the first ground on.
    event TenderHeld(bytes32 indexed tenderId, bytes32 indexed objection, bytes32 digest);
    /// @notice One ground less.
    event HoldLifted(bytes32 indexed tenderId, bytes32 indexed objection);
    /// @notice No ground is left: every end that lay later than the beginning moved by `shift` seconds.
    event TenderResumed(bytes32 indexed tenderId, uint40 shift);
    event TenderTerminated(bytes32 indexed tenderId, bytes32 digest);
    event TenderVoided(bytes32 indexed tenderId, bytes32 digest);
    /// @notice A lot ended after part 1, or its technical report is in.
    event LotSettled(bytes32 indexed tenderId, uint16 indexed lot, Phase ended);
    event LotAwarded(bytes32 indexed tenderId, uint16 indexed lot);

    /// @notice A digest that must be given is zero.
    error DigestEmpty();
    /// @notice A number breaks the policy or a bound of the ledger.
    error PolicyViolated(Rule rule, uint256 required, uint256 given);
    /// @notice The agency published under this reference already.
    error TenderAlreadyPublished(bytes32 tenderId);
    /// @notice There is no such tender.
    error TenderUnknown(bytes32 tenderId);
    /// @notice The tender has no such lot.
    error LotUnknown(uint16 lot);
    /// @notice The tender has no such part.
    error PartUnknown(uint8 part);
    /// @notice The phase does not allow this.
    error TenderNotOpen(Phase phase);
    /// @notice The tender, or lot, is suspended.
    error TenderSuspended(uint40 since);
    /// @notice The tender, or lot, is not suspended on that ground.
    error NotSuspended();
    /// @notice An opening, once begun, runs out.
    error OpeningInProgress(uint8 part);
    /// @notice An end may move later only.
    error EndNotLater(uint40 present, uint40 given);
    /// @notice The message came at or after the deadline; a listed one was anchored then.
    error BidLate(uint40 deadline, uint40 blockTime);
    /// @notice The message was kept too long.
    error MessageExpired(uint64 validUntil, uint40 blockTime);
    /// @notice The version is not higher than the stored one.
    error BidVersionStale(uint32 current, uint32 given);
    /// @notice The bid names documents that were never published, or amended since in a way that affects bids; one from a mailbox
    /// may name those too, unless the policy drops stale bids.
    error DocumentsOutdated(bytes32 current);
    /// @notice The signature is not the bidder's, or has a high s.
    error BidSignatureInvalid(address bidder);
    /// @notice The bid has another number of parts.
    error PartsMismatch(uint8 expected, uint256 given);
    /// @notice The part's share bytes have another length or hash.
    error SharesMismatch(uint8 part);
    /// @notice The bond lacks the signature of the tender's bond authority.
    error BondNotAttested();
    /// @notice The tender has no mailbox.
    error MailboxAbsent();
    /// @notice The root is none of 64 places that the mailbox's agency anchored.
    error MailboxRootUnknown(bytes32 root);
    /// @notice The path does not lead from the message to the root.
    error MailboxProofInvalid(bytes32 root);
    /// @notice It is too soon.
    error WindowNotOpen(uint40 opensAt, uint40 blockTime);
    /// @notice It is too late.
    error WindowClosed(uint40 closedAt, uint40 blockTime);
    /// @notice The message is not the stored one.
    error DigestMismatch(bytes32 expected, bytes32 given);
    /// @notice The secret is not the one that the bid commits to.
    error CommitmentMismatch(bytes32 expected, bytes32 given);
    /// @notice The bidder has not disclosed its secret of this part.
    error NotDisclosed(address bidder);
    /// @notice The technical report rejects the bid: its price stays sealed.
    error BidRejected(address bidder);
    /// @notice It is done.
    error AlreadyDone();
    /// @notice The trustee's key is zero, or the secret is 0, not below the curve's order, or another key's.
    error TrusteeKeyInvalid(uint8 part, uint8 index);
    /// @notice A trustee's key occurs twice.
    error TrusteeKeyRepeated(address key);
    /// @notice The trustee is the buyer's, and its co-signature does not count.
    error TrusteeOfBuyer(uint8 index);
    /// @notice Fewer bids than the policy demands.
    error TooFewBids(uint32 count, uint32 minimum);
    /// @notice Not every lot has a technical report or an end.
    error LotsUnsettled(uint16 settled, uint16 lots);
    /// @notice A lot is awarded; what it ends with is decided lot by lot.
    error LotsAwarded(uint16 lots);
    /// @notice Only the award ledger calls this.
    error NotAwardLedger(address caller);

    /// @notice Publishes a tender under a policy of the agency's jurisdiction. TENDERER of an ACTIVE agency only. Reverts with
    /// {PolicyViolated} unless 2 <= t <= n <= 9, fewer than t trustees of a part are of one group, and all is as the policy
    /// demands; with {TrusteeKeyRepeated} when an address occurs twice.
    function publish(Announcement calldata announcement) external returns (bytes32 tenderId);

    /// @notice Replaces the documents before submitEnd, also while suspended. No end moves earlier. TENDERER only.
    /// @param affectsBids then submitEnd is at least the policy's time away
    function amend(bytes32 tenderId, bytes32 docs, bool affectsBids, Ends calldata ends) external;

    /// @notice Brings a bid, or its replacement, before submitEnd. It may name documents since which no amendment affected bids; its
    /// `docsVersion` says so. Anybody.
    /// @param shares n envelopes of 81 bytes for each part, part 1's first
    /// @param signature the bidder's, 65 bytes, low s
    /// @param bondSignature the bond authority's over {bondDigest}; empty where the tender has none
    function submit(
        SubmitBid calldata bid,
        bytes calldata shares,
        bytes calldata signature,
        bytes calldata bondSignature
    ) external;

    /// @notice Takes a bid back before submitEnd. Anybody.
    function withdraw(WithdrawBid calldata withdrawal, bytes calldata signature) external;

    /// @notice Brings a bid from submitEnd to listEnd whose root the mailbox anchored before submitEnd, also while suspended. Unless the
    /// policy drops stale bids, it may name any earlier documents. Anybody.
    function list(
        SubmitBid calldata bid,
        bytes calldata shares,
        bytes calldata signature,
        bytes calldata bondSignature,
        MailboxProof calldata proof
    ) external;

    /// @notice The same for a withdrawal. Anybody.
    function listWithdrawal(
        WithdrawBid calldata withdrawal,
        bytes calldata signature,
        MailboxProof calldata proof
    ) external;

    /// @notice Tells once that a lot has failed; it fails without it. Anybody.
    function closeLot(bytes32 tenderId, uint16 lot) external;

    /// @notice Posts the bidder's secret s_b of one part, from listEnd (part 2: its start) to discloseEnd. Anybody.
    function disclose(SubmitBid calldata bid, uint8 part, bytes32 secret) external;

    /// @notice Posts a trustee's secret from discloseEnd to fallbackEnd, once a lot has enough disclosed. Anybody.
    /// @param index from 1
    function release(bytes32 tenderId, uint8 part, uint8 index, bytes32 secret) external;

    /// @notice Posts the bidder's secret s_c of a disclosed bid, from releaseEnd or the t-th trustee's secret to fallbackEnd. Anybody.
    function recover(SubmitBid calldata bid, uint8 part, bytes32 secret) external;

    /// @notice Anchors the opening record of one part of a lot once all disclosed bids opened, or from fallbackEnd. TENDERER only.
    /// @param opened how many bids opened; 0 makes the lot NOT_OPENED
    function recordOpening(bytes32 tenderId, uint16 lot, uint8 part, bytes32 digest, uint32 opened) external;

    /// @notice Sets part 2's windows, as long as part 1's, once every lot has a technical report or ended, and none's opening may
    /// be objected to on the spot any more ({WindowNotOpen}). TENDERER only.
    /// @param from when disclosure begins; not in the past
    function schedulePart(bytes32 tenderId, uint40 from) external;

    /// @notice Moves discloseEnd and what follows it later after an outage, before discloseEnd and before any trustee's secret.
    /// SUPERVISOR only, with the signature of a trustee of that part that is not the buyer's over {extensionDigest}; else
    /// {IRecordLedger-CoSignatureInvalid}.
    function extendDisclosure(
        bytes32 tenderId,
        uint8 part,
        uint40 discloseEnd,
        uint8 index,
        bytes calldata signature
    ) external;

    /// @notice Orders the tender to stand still; not inside an opening, and not after the last one. SUPERVISOR only.
    function suspend(bytes32 tenderId, bytes32 digest) external;

    /// @notice Lifts that order. SUPERVISOR; anybody after the policy's longest suspension.
    function resume(bytes32 tenderId) external;

    /// @notice Ends the tender before a lot is awarded; not inside an opening. TENDERER only.
    function terminate(bytes32 tenderId, bytes32 digest) external;

    /// @notice Voids the tender; not inside an opening. SUPERVISOR only.
    function voidTender(bytes32 tenderId, bytes32 digest) external;

    /// @notice Lets the tender stand still for an objection. Award ledger only.
    function hold(bytes32 tenderId, bytes32 objection, bytes32 digest) external;

    /// @notice Takes that objection's ground away, if it was one. Award ledger only.
    function lift(bytes32 tenderId, bytes32 objection) external;

    /// @notice Counts a lot as settled, once, and keeps how it ended, if it did. Award ledger only.
    function settle(bytes32 tenderId, uint16 lot, Phase ended) external;

    /// @notice Bars rejected bids from part 2. Award ledger only.
    function reject(bytes32 tenderId, uint16 lot, address[] calldata bidders) external;

    /// @notice Counts a lot as awarded. Award ledger only.
    function noteAward(bytes32 tenderId, uint16 lot) external;

    /// @notice keccak256(abi.encode(agency, ref)).
    function tenderIdOf(bytes32 agency, bytes32 ref) external pure returns (bytes32);

    /// @notice keccak256(abi.encode(uint256 chainId, address ledger, tenderId, lot, part, bidder, version)); part and version 0 for what
    /// stays the same over versions.
    function contextOf(bytes32 tenderId, uint16 lot, uint8 part, address bidder, uint32 version)
        external
        view
        returns (bytes32);

    /// @notice The EIP-712 digest of a bid, domain {name "Suizheng TenderLedger", version "1", chainId, verifyingContract}.
    function bidDigest(SubmitBid calldata bid) external view returns (bytes32);

    /// @notice The digest of `BondIssued(bytes32 tenderId,uint16 lot,bytes32 bond)`.
    function bondDigest(bytes32 tenderId, uint16 lot, bytes32 bond) external view returns (bytes32);

    /// @notice The digest of `ExtendDisclosure(bytes32 tenderId,uint8 part,uint40 discloseEnd)`.
    function extensionDigest(bytes32 tenderId, uint8 part, uint40 discloseEnd) external view returns (bytes32);

    function tenderOf(bytes32 tenderId) external view returns (Tender memory);

    /// @notice A part's ends as they stand: while the tender is suspended, without the time since. Part 2's are 0 until scheduled.
    function endsOf(bytes32 tenderId, uint8 part) external view returns (Ends memory);

    function partOf(bytes32 tenderId, uint8 part) external view returns (Part memory);

    function trusteeOf(bytes32 tenderId, uint8 part, uint8 index) external view returns (TrusteeState memory);

    function lotOf(bytes32 tenderId, uint16 lot) external view returns (Lot memory);

    function bidOf(bytes32 tenderId, uint16 lot, address bidder) external view returns (Bid memory);

    /// @notice Where one part of a lot stands at a time not in the past, if nobody acts until then; OPENED is as far as this goes.
    function phaseAt(bytes32 tenderId, uint16 lot, uint8 part, uint40 moment) external view returns (Phase);

    /// @notice The part that is being opened or was last: 2 once it is scheduled.
    function currentPart(bytes32 tenderId) external view returns (uint8);
}
