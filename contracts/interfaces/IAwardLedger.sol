// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "./ITenderLedger.sol";

/// @title Sealed tenders from the opening to the contract, with questions, objections and complaints
/// @notice Reads phases, ends and bids from {ITenderLedger} and writes there what stops or continues an opening.
interface IAwardLedger {
    /// @notice What {advance} does to a lot. The last part's unless it says otherwise.
    enum Step {
        COMMITTEE, // OPENED → COMMITTED: digest of the members, seats
        SCORE, // COMMITTED: digest of one seat's sheets
        REPLACE, // COMMITTED: a seat's score is void, for a reason
        REPORT, // COMMITTED → EVALUATED, all seats scored: bidders = up to 3 candidates, ranked; of part 1 of 2: rejected bids
        REJECT, // EVALUATED, part 1 of 2: more rejected bids
        REJECT_ALL, // COMMITTED → ALL_REJECTED
        NOTICE, // EVALUATED → NOTICE: until
        REVIEW, // NOTICE → COMMITTED: an objection or complaint on the result was upheld; all scores are void
        AWARD, // NOTICE → AWARDED: bidders = the winner, reason unless it is the first candidate
        CONTRACT, // AWARDED → CONTRACTED: reason = digest of the OCDS record
        TERMINATE, // from OPENED, before AWARDED
        VOID // from OPENED; SUPERVISOR
    }

    /// @notice What an objection is about, and thus when it may be lodged.
    enum Stage {
        DOCUMENTS, // until the policy's time before submitEnd; suspends the tender
        OPENING, // from discloseEnd until fallbackEnd, or the policy's least fallback window after it is recorded, if that is later
        RESULT, // inside the notice; suspends the lot
        OTHER // complaints only, without objection
    }

    enum Outcome {
        OPEN,
        DISMISSED,
        UPHELD
    }

    /// @notice ACCEPTED from PENDING; INVALID from PENDING; DECLINED, SATISFIED, STOPPED from ACCEPTED; RESOLVED from SATISFIED.
    enum ComplaintState {
        NONE,
        PENDING,
        MISTAKEN,
        ACCEPTED,
        INVALID,
        DECLINED,
        SATISFIED,
        STOPPED,
        RESOLVED
    }

    /// @notice How far a draw of experts is, each state from the one before.
    enum DrawState {
        NONE,
        BEGUN, // the setting is fixed: pool, recusals, quotas
        JOINED, // each drawer's secret is fixed, by its address
        DEALT, // every drawer holds a good share of every secret, and none is out
        REVEALED // all secrets are
    }

    /// @notice A lot's last draw.
    struct Draw {
        uint8 part; // that its committee is for
        DrawState state;
        uint8 hidden; // secrets not revealed yet
        uint32 round; // from 1; the lot's, over its parts
    }

    /// @notice What a step brings; what it does not use must be 0.
    struct Act {
        bytes32 digest;
        bytes32 reason;
        uint40 until;
        uint8 seat; // COMMITTEE: how many, at most 64; SCORE, REPLACE: which, from 1
        address[] bidders; // at most 32
    }

    /// @notice A lot after its opening.
    struct Course {
        ITenderLedger.Phase phase; // COMMITTED or later; UNKNOWN before
        uint8 part; // that `phase` is of
        uint8 seats;
        uint64 scored; // bit seat - 1
        uint40 noticeEnd;
        uint40 suspendedAt; // 0 = running
        uint40 orderedAt; // when a supervisor's suspension was ordered
        bool hasGround; // for REVIEW
        bytes32 objection; // the open one that suspends; 0 = none
        address[] candidates;
        address winner;
    }

    /// @notice EIP-712 `LodgeObjection(bytes32 tenderId,uint16 lot,uint8 stage,address bidder,bytes32 digest)`, domain {name "Suizheng
    /// AwardLedger", version "1", chainId, verifyingContract}.
    struct LodgeObjection {
        bytes32 tenderId;
        uint16 lot;
        Stage stage;
        address bidder; // the key of a live bid
        bytes32 digest;
    }

    /// @notice `id` = keccak256(abi.encode(tenderId, lot, stage, bidder, digest)).
    struct Objection {
        bytes32 tenderId;
        uint16 lot;
        Stage stage;
        Outcome outcome;
        uint40 lodgedAt; // 0: there is none
        uint40 dueAt; // OPEN from then on is overdue
        uint40 answeredAt;
        address bidder; // 0: admitted by the buyer
    }

    /// @notice `id` = keccak256(abi.encode(tenderId, lot, stage, objection, digest)).
    struct Complaint {
        bytes32 tenderId;
        uint16 lot;
        Stage stage;
        ComplaintState state;
        bytes32 objection;
    }

    event QuestionAsked(bytes32 indexed tenderId, bytes32 indexed question);
    event QuestionAnswered(bytes32 indexed tenderId, bytes32 indexed question, bytes32 answer);
    /// @notice `setting` is SHA-256 of the paper that tells pool, recusals and quotas. A round not dealt before it is given up.
    event DrawBegun(
        bytes32 indexed tenderId, uint16 indexed lot, uint32 indexed round, uint8 part, bytes32 setting
    );
    /// @notice `keys` are the addresses of the drawers' secrets, in their order.
    event DrawJoined(bytes32 indexed tenderId, uint16 indexed lot, uint32 indexed round, address[] keys);
    /// @notice `deals` is SHA-256 of the paper of all deals with all acknowledgements.
    event DrawDealt(bytes32 indexed tenderId, uint16 indexed lot, uint32 indexed round, bytes32 deals);
    event DrawRevealed(
        bytes32 indexed tenderId, uint16 indexed lot, uint32 indexed round, address key, bytes32 secret
    );
    event CommitteeCommitted(
        bytes32 indexed tenderId, uint16 indexed lot, uint8 indexed part, bytes32 digest, uint8 seats
    );
    event ScoreCommitted(
        bytes32 indexed tenderId, uint16 indexed lot, uint8 indexed part, bytes32 digest, uint8 seat
    );
    event ExpertReplaced(
        bytes32 indexed tenderId,
        uint16 indexed lot,
        uint8 indexed part,
        bytes32 digest,
        uint8 seat,
        bytes32 reason
    );
    /// @notice `bidders` are the candidates by rank; of part 1 of 2 they are the rejected bids.
    event ReportRecorded(
        bytes32 indexed tenderId, uint16 indexed lot, uint8 indexed part, bytes32 digest, address[] bidders
    );
    event AllRejected(bytes32 indexed tenderId, uint16 indexed lot, uint8 indexed part, bytes32 digest);
    event NoticePublished(bytes32 indexed tenderId, uint16 indexed lot, bytes32 digest, uint40 until);
    event ReviewOrdered(bytes32 indexed tenderId, uint16 indexed lot, bytes32 digest);
    event Awarded(
        bytes32 indexed tenderId, uint16 indexed lot, address indexed winner, bytes32 digest, bytes32 reason
    );
    event Contracted(bytes32 indexed tenderId, uint16 indexed lot, bytes32 digest, bytes32 record);
    event LotTerminated(bytes32 indexed tenderId, uint16 indexed lot, bytes32 digest);
    event LotVoided(bytes32 indexed tenderId, uint16 indexed lot, bytes32 digest);
    /// @notice `bidder` and `signature` are empty for one that the buyer admits.
    event ObjectionLodged(
        bytes32 indexed tenderId,
        uint16 indexed lot,
        bytes32 indexed objection,
        Stage stage,
        address bidder,
        bytes32 digest,
        uint40 dueAt,
        bytes signature
    );
    event ObjectionAnswered(
        bytes32 indexed tenderId, bytes32 indexed objection, Outcome outcome, bytes32 digest
    );
    event ComplaintFiled(
        bytes32 indexed tenderId,
        uint16 indexed lot,
        bytes32 indexed complaint,
        Stage stage,
        bytes32 objection,
        bytes32 digest
    );
    event ComplaintMoved(
        bytes32 indexed tenderId, bytes32 indexed complaint, ComplaintState state, bytes32 digest
    );
    /// @notice As {ITenderLedger-TenderHeld}, for a lot after its last opening.
    event LotHeld(bytes32 indexed tenderId, uint16 indexed lot, bytes32 indexed objection, bytes32 digest);
    event LotHoldLifted(bytes32 indexed tenderId, uint16 indexed lot, bytes32 indexed objection);
    event LotResumed(bytes32 indexed tenderId, uint16 indexed lot, uint40 shift);

    /// @notice The question was never asked.
    error QuestionUnknown(bytes32 question);
    /// @notice The opening of the part is not recorded.
    error OpeningNotRecorded(uint16 lot, uint8 part);
    /// @notice The phase does not allow the step.
    error StepForbidden(Step step, ITenderLedger.Phase phase);
    /// @notice The step uses no such value, or needs it.
    error ActMalformed(Step step);
    /// @notice The committee has no such seat.
    error SeatUnknown(uint8 seat, uint8 seats);
    /// @notice The last draw does not go on that way.
    error DrawForbidden(uint32 round, DrawState state);
    /// @notice Two to nine draw.
    error DrawersInvalid(uint256 count);
    /// @notice The address is no key, or was a drawer's before: each draw takes fresh secrets.
    error DrawerKeyUsed(address key);
    /// @notice The key is not one of this draw, or the secret is not the key's.
    error SecretForeign(address key);
    /// @notice Not every seat has scored.
    error ScoresMissing(uint64 scored, uint8 seats);
    /// @notice The bidder's bid did not come to the last opening, or is named twice.
    error CandidateInvalid(address bidder);
    /// @notice The bidder is no candidate.
    error NotCandidate(address bidder);
    /// @notice Another than the first candidate wins for a reason only (招标投标法实施条例 art. 55).
    error ReasonMissing(address bidder);
    /// @notice The notice runs.
    error NoticeRunning(uint40 until, uint40 blockTime);
    /// @notice An objection is not answered; or it was to the result and upheld, and no {Step-REVIEW} followed.
    error ObjectionOpen(bytes32 id);
    /// @notice There is no such objection.
    error ObjectionUnknown(bytes32 id);
    /// @notice The same was lodged already, or the key objected to this before: `id`.
    error ObjectionAlreadyLodged(bytes32 id);
    /// @notice The objection is answered.
    error ObjectionClosed(bytes32 id);
    /// @notice A complaint on this stage names an objection to it that is answered or overdue (招标投标法实施条例 art. 60).
    error ObjectionFirst();
    /// @notice The key has no live bid in the lot.
    error BidMissing(address bidder);
    /// @notice Nobody objects at this stage.
    error StageInvalid(Stage stage);
    /// @notice An answer upholds or dismisses.
    error OutcomeInvalid();
    /// @notice A complaint is not decided, and the policy lets it block the award.
    error ComplaintOpen(bytes32 id);
    /// @notice There is no such complaint.
    error ComplaintUnknown(bytes32 id);
    /// @notice The same was filed already.
    error ComplaintAlreadyFiled(bytes32 id);
    /// @notice A complaint does not move that way.
    error ComplaintTransitionIllegal(ComplaintState from, ComplaintState to);
    /// @notice Nothing on the result was upheld, so there is nothing to review.
    error GroundMissing();

    /// @notice Anchors a question on the documents before submitEnd. Anybody.
    function ask(bytes32 tenderId, bytes32 question) external;

    /// @notice Anchors the answer to a question before submitEnd, also while suspended; a later one adds to it. TENDERER only.
    function answer(bytes32 tenderId, bytes32 question, bytes32 digest) external;

    /// @notice Fixes from whom a lot's committee is drawn, before anybody draws. Begins another round while the last is not dealt, never
    /// after: a draw is not repeated until it pleases. Draws go on until the committee sits and while nothing is suspended. TENDERER only.
    function beginDraw(bytes32 tenderId, uint16 lot, bytes32 setting) external;

    /// @notice Fixes the drawers' secrets by their addresses, which no draw had before. TENDERER only.
    function joinDraw(bytes32 tenderId, uint16 lot, address[] calldata keys) external;

    /// @notice Anchors that every drawer acknowledged every other's share, so that nobody can withhold a secret. TENDERER only.
    function dealDraw(bytes32 tenderId, uint16 lot, bytes32 deals) external;

    /// @notice Posts the secret of a drawer's key, or one rebuilt from shares. Anybody.
    function revealDraw(bytes32 tenderId, uint16 lot, address key, bytes32 secret) external;

    /// @notice Carries a lot one step on, by the table in the contract. Refused while the tender or lot is suspended, save TERMINATE
    /// and VOID. TENDERER of the ACTIVE agency; VOID: SUPERVISOR.
    function advance(bytes32 tenderId, uint16 lot, Step step, Act calldata act) external;

    /// @notice Lodges an objection of a live bid's key: in a lot one to each version of the documents, one to each part's opening and
    /// one to each notice, whatever else of that key is open (招标投标法实施条例 art. 22, 44, 54). Anybody may bring it.
    function lodgeObjection(LodgeObjection calldata objection, bytes calldata signature)
        external
        returns (bytes32 id);

    /// @notice Admits an objection of somebody without a live key, with the same effect. TENDERER only.
    function admitObjection(bytes32 tenderId, uint16 lot, Stage stage, bytes32 digest)
        external
        returns (bytes32 id);

    /// @notice Answers an objection and ends the suspension that it caused. TENDERER only. While one to the result is upheld and not
    /// reviewed, nothing is awarded (招标投标法实施条例 art. 54).
    function answerObjection(bytes32 id, Outcome outcome, bytes32 digest) external;

    /// @notice Ends the suspension by an objection that is overdue, which stays open and blocks the award until it is answered.
    /// SUPERVISOR; anybody once the policy's longest suspension has passed since.
    function liftObjection(bytes32 id) external;

    /// @notice Files a complaint as PENDING. SUPERVISOR only.
    /// @param objection the one to the same stage, answered or overdue; 0 for OTHER
    function fileComplaint(bytes32 tenderId, uint16 lot, Stage stage, bytes32 objection, bytes32 digest)
        external
        returns (bytes32 id);

    /// @notice Moves a complaint on. SUPERVISOR only.
    function moveComplaint(bytes32 id, ComplaintState state, bytes32 digest) external;

    /// @notice Orders a lot to stand still after its last opening and before its contract. SUPERVISOR only.
    function suspendLot(bytes32 tenderId, uint16 lot, bytes32 digest) external;

    /// @notice Lifts that order. SUPERVISOR; anybody after the policy's longest suspension.
    function resumeLot(bytes32 tenderId, uint16 lot) external;

    /// @notice When the question was asked; 0 = never.
    function askedAt(bytes32 tenderId, bytes32 question) external view returns (uint40);

    /// @notice The EIP-712 digest of an objection.
    function objectionDigest(LodgeObjection calldata objection) external view returns (bytes32);

    /// @notice Where a lot stands at a time not in the past, if nobody acts until then, in its current part.
    function phaseAt(bytes32 tenderId, uint16 lot, uint40 moment) external view returns (ITenderLedger.Phase);

    function drawOf(bytes32 tenderId, uint16 lot) external view returns (Draw memory);

    function courseOf(bytes32 tenderId, uint16 lot) external view returns (Course memory);

    function objectionOf(bytes32 id) external view returns (Objection memory);

    function complaintOf(bytes32 id) external view returns (Complaint memory);

    /// @notice Open objections of a lot, in no order.
    function openObjections(bytes32 tenderId, uint16 lot) external view returns (bytes32[] memory);

    /// @notice Complaints of a lot that block its award, in no order.
    function openComplaints(bytes32 tenderId, uint16 lot) external view returns (bytes32[] memory);
}
