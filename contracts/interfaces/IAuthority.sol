// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who may act: jurisdictions, agencies, roles, document keys and accreditations
/// @notice Every fact is answerable for a past time, given in Unix seconds; starts are inside, ends outside a window.
interface IAuthority {
    /// @notice RETIRED is final. UNKNOWN is what an agency that was never admitted has.
    enum AgencyStatus {
        UNKNOWN,
        ACTIVE,
        SUSPENDED,
        RETIRED
    }

    /// @notice What an account may do for a subject: SUPERVISOR for a jurisdiction, every other role for an agency.
    enum Role {
        ADMIN, // grants the agency's roles, announces its keys
        ISSUER, // anchors batches
        REGISTRAR, // changes status
        APPROVER, // the second pair of eyes
        TENDERER,
        GATE,
        SUPERVISOR // admits and accredits the jurisdiction's agencies
    }

    /// @notice Life of a document key: ANNOUNCED, ACTIVE, RETIRING, EXPIRED by its windows; FROZEN for a while; COMPROMISED for good.
    enum KeyState {
        UNKNOWN,
        ANNOUNCED,
        ACTIVE,
        RETIRING,
        EXPIRED,
        FROZEN,
        COMPROMISED
    }

    struct Jurisdiction {
        string code; // "CN-GD"
        uint40 admittedAt;
    }

    struct Agency {
        bytes32 jurisdiction; // its id
        string code; // the public organisation code, unique within the jurisdiction
        string name;
        AgencyStatus status;
        uint40 statusSince;
    }

    /// @notice A P-256 public key. `keyId` = sha256(x ‖ y), 32 bytes each, big-endian.
    struct DocumentKey {
        bytes32 x;
        bytes32 y;
        uint8 usage; // bits: 1 documents, 2 status lists, 4 bundles, 8 requests, 16 readers
        uint40 announcedAt; // 0: this agency never announced the key
        uint40 signFrom;
        uint40 signUntil;
        uint40 verifyUntil;
        uint40 distrustFrom; // 0 unless compromised; what was anchored earlier stands
        bool frozen; // now
    }

    /// @notice `start <= t < end`; `end` = 2^40 - 1 means open.
    struct Window {
        uint40 start;
        uint40 end;
    }

    event JurisdictionAdmitted(bytes32 indexed jurisdiction, string code);
    event AgencyAdmitted(bytes32 indexed agency, bytes32 indexed jurisdiction, string code, string name);
    event AgencyRenamed(bytes32 indexed agency, string name);
    event AgencyStatusChanged(bytes32 indexed agency, AgencyStatus status);
    event KeyAnnounced(bytes32 indexed agency, bytes32 indexed keyId, DocumentKey key);
    event KeyRetired(bytes32 indexed agency, bytes32 indexed keyId, uint40 signUntil);
    event KeyFrozen(bytes32 indexed agency, bytes32 indexed keyId);
    event KeyUnfrozen(bytes32 indexed agency, bytes32 indexed keyId);
    event KeyCompromised(bytes32 indexed agency, bytes32 indexed keyId, uint40 distrustFrom);
    event Accredited(bytes32 indexed agency, bytes32 indexed recordType, uint40 start, uint40 end);
    event AccreditationWithdrawn(bytes32 indexed agency, bytes32 indexed recordType, uint40 end);

    /// @notice The jurisdiction was never admitted.
    error JurisdictionUnknown(bytes32 jurisdiction);
    /// @notice The jurisdiction is admitted already.
    error JurisdictionAlreadyAdmitted(bytes32 jurisdiction, uint40 admittedAt);
    /// @notice The agency was never admitted.
    error AgencyUnknown(bytes32 agency);
    /// @notice The agency is admitted already.
    error AgencyAlreadyAdmitted(bytes32 agency);
    /// @notice The agency is suspended or retired.
    error AgencyNotActive(bytes32 agency, AgencyStatus status);
    /// @notice The agency is retired for good.
    error AgencyStatusFinal(bytes32 agency);
    /// @notice The agency has that status already.
    error AgencyStatusUnchanged(bytes32 agency, AgencyStatus status);
    /// @notice A code or name is empty.
    error CodeEmpty(); // a code or a name
    /// @notice The account does not hold the role that this needs.
    error RoleMissing(bytes32 subject, Role role, address account);
    /// @notice The agency never announced the key.
    error KeyUnknown(bytes32 agency, bytes32 keyId);
    /// @notice The agency announced the key already.
    error KeyAlreadyAnnounced(bytes32 agency, bytes32 keyId, uint40 announcedAt);
    /// @notice The point does not lie on P-256.
    error KeyPointInvalid(bytes32 x, bytes32 y);
    /// @notice The key's usage bits are empty or unknown.
    error KeyUsageInvalid(uint8 usage);
    /// @notice The key's times are out of order or in the past.
    error KeyWindowInvalid(uint40 signFrom, uint40 signUntil, uint40 verifyUntil, uint40 blockTime);
    /// @notice The key is reported compromised from that time on or earlier.
    error KeyCompromiseFinal(bytes32 agency, bytes32 keyId, uint40 distrustFrom);
    /// @notice The key is frozen, or not frozen, already.
    error KeyFreezeUnchanged(bytes32 agency, bytes32 keyId, bool frozen);
    /// @notice A key can be distrusted from a past moment only.
    error DistrustInFuture(uint40 distrustFrom, uint40 blockTime);
    /// @notice The accreditation's times are reversed or overlap the last window.
    error AccreditationWindowInvalid(uint40 start, uint40 end, uint40 notBefore);
    /// @notice The agency is not accredited for the record type.
    error AccreditationMissing(bytes32 agency, bytes32 recordType);
    /// @notice The agency has had as many accreditations for this type as the ledger keeps.
    error TooManyAccreditations(bytes32 agency, bytes32 recordType, uint256 limit);

    /// @notice Admits a jurisdiction and makes `supervisor` its first SUPERVISOR. Council only.
    function admitJurisdiction(string calldata code, address supervisor)
        external
        returns (bytes32 jurisdiction);

    /// @notice Admits an agency as ACTIVE and makes `admin` its first ADMIN. SUPERVISOR of the jurisdiction only.
    function admitAgency(bytes32 jurisdiction, string calldata code, string calldata name, address admin)
        external
        returns (bytes32 agency);

    /// @notice Changes the public name. SUPERVISOR only.
    function renameAgency(bytes32 agency, string calldata name) external;

    /// @notice Moves an agency between ACTIVE and SUSPENDED, or to RETIRED for good. SUPERVISOR only. UNKNOWN, which
    /// nobody can be given, reverts like the present status with {AgencyStatusUnchanged}.
    function setAgencyStatus(bytes32 agency, AgencyStatus status) external;

    /// @notice Announces a document key before its first use: `now <= signFrom < signUntil <= verifyUntil`. ADMIN of an
    /// ACTIVE agency only.
    /// @param signFrom first second at which it signs; 0 = now
    function announceKey(
        bytes32 agency,
        bytes32 x,
        bytes32 y,
        uint8 usage,
        uint40 signFrom,
        uint40 signUntil,
        uint40 verifyUntil
    ) external returns (bytes32 keyId);

    /// @notice Ends signing earlier than announced: `now <= signUntil < the present end`. ADMIN only.
    function retireKey(bytes32 agency, bytes32 keyId, uint40 signUntil) external;

    /// @notice Freezes a key while it is examined. ADMIN or SUPERVISOR.
    function freezeKey(bytes32 agency, bytes32 keyId) external;

    /// @notice Ends a freeze. ADMIN or SUPERVISOR.
    function unfreezeKey(bytes32 agency, bytes32 keyId) external;

    /// @notice Distrusts a key for whatever was anchored at or after `distrustFrom`, for good; a repeat may only move the
    /// date earlier. ADMIN or SUPERVISOR.
    /// @param distrustFrom not in the future; a time before the announcement counts as the announcement
    function reportKeyCompromised(bytes32 agency, bytes32 keyId, uint40 distrustFrom) external;

    /// @notice Accredits an agency for a record type. Windows are appended in order and never overlap. SUPERVISOR only.
    /// @param start neither in the past, which stays as it was, nor before the end of the last window; 0 = now
    /// @param end 0 = open
    function accredit(bytes32 agency, bytes32 recordType, uint40 start, uint40 end) external;

    /// @notice Ends the current accreditation now and strikes those to come; the past stays as it was. SUPERVISOR only.
    function withdrawAccreditation(bytes32 agency, bytes32 recordType) external;

    /// @notice keccak256(abi.encode(code)).
    function jurisdictionId(string calldata code) external pure returns (bytes32);

    /// @notice keccak256(abi.encode(jurisdiction, code)).
    function agencyId(bytes32 jurisdiction, string calldata code) external pure returns (bytes32);

    /// @notice keccak256(abi.encode(subject, role)): the AccessControl role of `role` for an agency or a jurisdiction.
    function roleId(bytes32 subject, Role role) external pure returns (bytes32);

    /// @notice sha256(x ‖ y).
    function keyIdOf(bytes32 x, bytes32 y) external pure returns (bytes32);

    /// @notice Reverts with {AgencyNotActive} or {RoleMissing} unless the agency is ACTIVE and `account` holds `role` for it.
    function requireHolder(bytes32 agency, Role role, address account) external view;

    /// @notice Reverts with {AgencyNotActive} or {RoleMissing} unless the agency is ACTIVE, `registrar` holds REGISTRAR and
    /// `approver` APPROVER for it.
    function requireFourEyes(address registrar, address approver, bytes32 agency) external view;

    /// @notice Reverts with {AgencyUnknown} or {RoleMissing} unless `account` is a SUPERVISOR of the agency's jurisdiction,
    /// whatever the agency's status.
    function requireSupervisor(bytes32 agency, address account) external view;

    /// @notice Whether `account` holds `role` for `subject`, whatever the agency's status.
    function holdsRole(bytes32 subject, Role role, address account) external view returns (bool);

    /// @notice Whether `account` is a SUPERVISOR of the agency's jurisdiction; false for an agency never admitted.
    function supervises(bytes32 agency, address account) external view returns (bool);

    /// @notice Bit i is set when `account` holds Role(i) for the agency; SUPERVISOR stands for its jurisdiction.
    function rolesOf(bytes32 agency, address account) external view returns (uint8);

    function jurisdictionOf(bytes32 jurisdiction) external view returns (Jurisdiction memory);

    /// @notice The agency as it is now; `status` UNKNOWN when it was never admitted.
    function agencyOf(bytes32 agency) external view returns (Agency memory);

    function agencyStatusAt(bytes32 agency, uint40 blockTime) external view returns (AgencyStatus);

    /// @notice The key as it is now; `announcedAt` 0 when the agency never announced it.
    function keyOf(bytes32 agency, bytes32 keyId) external view returns (DocumentKey memory);

    /// @notice The key's state at a time, by what is known now: freezes by their history, compromise from `distrustFrom`.
    function keyAt(bytes32 agency, bytes32 keyId, uint40 blockTime) external view returns (KeyState);

    function accreditationsOf(bytes32 agency, bytes32 recordType) external view returns (Window[] memory);

    function accreditedAt(bytes32 agency, bytes32 recordType, uint40 blockTime) external view returns (bool);
}
