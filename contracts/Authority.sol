// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {IAuthority} from "./interfaces/IAuthority.sol";
import {Times} from "./libraries/Times.sol";

/// @title Who may act
/// @notice The council holds DEFAULT_ADMIN_ROLE and grants SUPERVISOR; a SUPERVISOR grants ADMIN in its jurisdiction; an
/// ADMIN grants its agency's other roles. All by {AccessControl-grantRole} with {roleId}.
contract Authority is IAuthority, AccessControl {
    using Checkpoints for Checkpoints.Trace208;

    /// @notice Accreditation windows kept for one agency and record type; bounds every loop over them.
    uint256 public constant MAX_ACCREDITATIONS = 64;

    uint8 private constant ALL_USAGES = 31;

    mapping(bytes32 jurisdiction => Jurisdiction record) private _jurisdictions;
    mapping(bytes32 agency => Agency record) private _agencies;
    mapping(bytes32 agency => Checkpoints.Trace208 statuses) private _statusHistory;
    mapping(bytes32 agency => mapping(bytes32 keyId => DocumentKey key)) private _keys;
    mapping(bytes32 agency => mapping(bytes32 keyId => Checkpoints.Trace208 freezes)) private _freezeHistory;
    // Written through a storage pointer, which slither does not follow.
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 agency => mapping(bytes32 recordType => Window[] windows)) private _accreditations;

    /// @param council the account that admits jurisdictions: a multi-signature wallet in production
    constructor(address council) {
        _grantRole(DEFAULT_ADMIN_ROLE, council);
    }

    /// @inheritdoc IAuthority
    function admitJurisdiction(string calldata code, address supervisor)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
        returns (bytes32 jurisdiction)
    {
        if (bytes(code).length == 0) revert CodeEmpty();
        jurisdiction = jurisdictionId(code);
        Jurisdiction storage record = _jurisdictions[jurisdiction];
        if (record.admittedAt != 0) revert JurisdictionAlreadyAdmitted(jurisdiction, record.admittedAt);
        record.code = code;
        record.admittedAt = Times.blockTime();
        emit JurisdictionAdmitted(jurisdiction, code);
        _grantRole(roleId(jurisdiction, Role.SUPERVISOR), supervisor);
    }

    /// @inheritdoc IAuthority
    function admitAgency(bytes32 jurisdiction, string calldata code, string calldata name, address admin)
        external
        returns (bytes32 agency)
    {
        if (_jurisdictions[jurisdiction].admittedAt == 0) revert JurisdictionUnknown(jurisdiction);
        _requireRole(jurisdiction, Role.SUPERVISOR, msg.sender);
        if (bytes(code).length == 0 || bytes(name).length == 0) revert CodeEmpty();
        agency = agencyId(jurisdiction, code);
        Agency storage record = _agencies[agency];
        if (record.status != AgencyStatus.UNKNOWN) revert AgencyAlreadyAdmitted(agency);
        record.jurisdiction = jurisdiction;
        record.code = code;
        record.name = name;
        emit AgencyAdmitted(agency, jurisdiction, code, name);
        _setStatus(agency, AgencyStatus.ACTIVE);
        _setRoleAdmins(agency, jurisdiction);
        _grantRole(roleId(agency, Role.ADMIN), admin);
    }

    /// @inheritdoc IAuthority
    function renameAgency(bytes32 agency, string calldata name) external {
        _requireSupervisor(agency);
        if (bytes(name).length == 0) revert CodeEmpty();
        _agencies[agency].name = name;
        emit AgencyRenamed(agency, name);
    }

    /// @inheritdoc IAuthority
    function setAgencyStatus(bytes32 agency, AgencyStatus status) external {
        _requireSupervisor(agency);
        AgencyStatus present = _agencies[agency].status;
        if (present == AgencyStatus.RETIRED) revert AgencyStatusFinal(agency);
        if (status == present || status == AgencyStatus.UNKNOWN) {
            revert AgencyStatusUnchanged(agency, status);
        }
        _setStatus(agency, status);
    }

    /// @inheritdoc IAuthority
    function announceKey(
        bytes32 agency,
        bytes32 x,
        bytes32 y,
        uint8 usage,
        uint40 signFrom,
        uint40 signUntil,
        uint40 verifyUntil
    ) external returns (bytes32 keyId) {
        requireHolder(agency, Role.ADMIN, msg.sender);
        if (usage == 0 || usage > ALL_USAGES) revert KeyUsageInvalid(usage);
        if (!P256.isValidPublicKey(x, y)) revert KeyPointInvalid(x, y);
        keyId = keyIdOf(x, y);
        uint40 announcedAt = _keys[agency][keyId].announcedAt;
        if (announcedAt != 0) revert KeyAlreadyAnnounced(agency, keyId, announcedAt);
        announcedAt = Times.blockTime();
        if (signFrom == 0) signFrom = announcedAt;
        Times.requireKeyWindow(signFrom, signUntil, verifyUntil, announcedAt);
        DocumentKey memory key = DocumentKey({
            x: x,
            y: y,
            usage: usage,
            announcedAt: announcedAt,
            signFrom: signFrom,
            signUntil: signUntil,
            verifyUntil: verifyUntil,
            distrustFrom: 0,
            frozen: false
        });
        _keys[agency][keyId] = key;
        emit KeyAnnounced(agency, keyId, key);
    }

    /// @inheritdoc IAuthority
    function retireKey(bytes32 agency, bytes32 keyId, uint40 signUntil) external {
        _requireAdmitted(agency);
        _requireRole(agency, Role.ADMIN, msg.sender);
        DocumentKey storage key = _trustedKey(agency, keyId);
        Times.requireEarlierEnd(key, signUntil, Times.blockTime());
        key.signUntil = signUntil;
        emit KeyRetired(agency, keyId, signUntil);
    }

    /// @inheritdoc IAuthority
    function freezeKey(bytes32 agency, bytes32 keyId) external {
        _setFrozen(agency, keyId, true);
        emit KeyFrozen(agency, keyId);
    }

    /// @inheritdoc IAuthority
    function unfreezeKey(bytes32 agency, bytes32 keyId) external {
        _setFrozen(agency, keyId, false);
        emit KeyUnfrozen(agency, keyId);
    }

    /// @inheritdoc IAuthority
    function reportKeyCompromised(bytes32 agency, bytes32 keyId, uint40 distrustFrom) external {
        _requireAdminOrSupervisor(agency);
        DocumentKey storage key = _announcedKey(agency, keyId);
        Times.requireDistrustNotInFuture(distrustFrom, Times.blockTime());
        uint40 from = Times.latest(distrustFrom, key.announcedAt);
        uint40 present = key.distrustFrom;
        if (!Times.isEarlierDistrust(from, present)) revert KeyCompromiseFinal(agency, keyId, present);
        key.distrustFrom = from;
        emit KeyCompromised(agency, keyId, from);
    }

    /// @inheritdoc IAuthority
    function accredit(bytes32 agency, bytes32 recordType, uint40 start, uint40 end) external {
        _requireSupervisor(agency);
        if (_agencies[agency].status == AgencyStatus.RETIRED) revert AgencyStatusFinal(agency);
        Window[] storage windows = _accreditations[agency][recordType];
        uint256 length = windows.length;
        if (length >= MAX_ACCREDITATIONS) {
            revert TooManyAccreditations(agency, recordType, MAX_ACCREDITATIONS);
        }
        uint40 notBefore = Times.blockTime();
        if (length != 0) notBefore = Times.latest(notBefore, windows[length - 1].end);
        if (start == 0) start = Times.blockTime();
        if (end == 0) end = Times.OPEN_END;
        Times.requireAccreditationWindow(start, end, notBefore);
        windows.push(Window({start: start, end: end}));
        emit Accredited(agency, recordType, start, end);
    }

    /// @inheritdoc IAuthority
    function withdrawAccreditation(bytes32 agency, bytes32 recordType) external {
        _requireSupervisor(agency);
        Window[] storage windows = _accreditations[agency][recordType];
        uint40 end = Times.blockTime();
        bool struck = false;
        // At most MAX_ACCREDITATIONS turns: each takes one window away.
        while (windows.length != 0 && !Times.isPast(windows[windows.length - 1].start, end)) {
            windows.pop();
            struck = true;
        }
        if (windows.length != 0 && Times.isInside(windows[windows.length - 1], end)) {
            windows[windows.length - 1].end = end;
            struck = true;
        }
        if (!struck) revert AccreditationMissing(agency, recordType);
        emit AccreditationWithdrawn(agency, recordType, end);
    }

    /// @inheritdoc IAuthority
    function supervises(bytes32 agency, address account) external view returns (bool) {
        return _supervises(agency, account);
    }

    /// @inheritdoc IAuthority
    function rolesOf(bytes32 agency, address account) external view returns (uint8 bits) {
        for (uint8 i = uint8(Role.ADMIN); i <= uint8(Role.GATE); ++i) {
            if (hasRole(roleId(agency, Role(i)), account)) bits |= uint8(1) << i;
        }
        if (_supervises(agency, account)) bits |= uint8(1) << uint8(Role.SUPERVISOR);
    }

    /// @inheritdoc IAuthority
    function jurisdictionOf(bytes32 jurisdiction) external view returns (Jurisdiction memory) {
        return _jurisdictions[jurisdiction];
    }

    /// @inheritdoc IAuthority
    function agencyOf(bytes32 agency) external view returns (Agency memory) {
        return _agencies[agency];
    }

    /// @inheritdoc IAuthority
    function agencyStatusAt(bytes32 agency, uint40 blockTime) external view returns (AgencyStatus) {
        return AgencyStatus(uint8(_statusHistory[agency].upperLookupRecent(blockTime)));
    }

    /// @inheritdoc IAuthority
    function keyOf(bytes32 agency, bytes32 keyId) external view returns (DocumentKey memory) {
        return _keys[agency][keyId];
    }

    /// @inheritdoc IAuthority
    function keyAt(bytes32 agency, bytes32 keyId, uint40 blockTime) external view returns (KeyState state) {
        DocumentKey memory key = _keys[agency][keyId];
        state = Times.keyState(key, blockTime);
        if (state == KeyState.UNKNOWN) return state;
        if (Times.isDistrusted(key.distrustFrom, blockTime)) return KeyState.COMPROMISED;
        if (_freezeHistory[agency][keyId].upperLookupRecent(blockTime) != 0) return KeyState.FROZEN;
    }

    /// @inheritdoc IAuthority
    function accreditationsOf(bytes32 agency, bytes32 recordType) external view returns (Window[] memory) {
        return _accreditations[agency][recordType];
    }

    /// @inheritdoc IAuthority
    function accreditedAt(bytes32 agency, bytes32 recordType, uint40 blockTime) external view returns (bool) {
        Window[] storage windows = _accreditations[agency][recordType];
        // Newest first, since most questions are about now; at most MAX_ACCREDITATIONS turns.
        for (uint256 i = windows.length; i != 0; --i) {
            if (Times.isInside(windows[i - 1], blockTime)) return true;
        }
        return false;
    }

    /// @inheritdoc IAuthority
    function holdsRole(bytes32 subject, Role role, address account) public view returns (bool) {
        return hasRole(roleId(subject, role), account);
    }

    /// @inheritdoc IAuthority
    function requireHolder(bytes32 agency, Role role, address account) public view {
        _requireActive(agency);
        _requireRole(agency, role, account);
    }

    /// @inheritdoc IAuthority
    function requireSupervisor(bytes32 agency, address account) external view {
        _requireAdmitted(agency);
        _requireRole(_agencies[agency].jurisdiction, Role.SUPERVISOR, account);
    }

    /// @inheritdoc IAuthority
    function requireFourEyes(address registrar, address approver, bytes32 agency) external view {
        _requireActive(agency);
        _requireRole(agency, Role.REGISTRAR, registrar);
        _requireRole(agency, Role.APPROVER, approver);
    }

    /// @inheritdoc IAuthority
    function jurisdictionId(string calldata code) public pure returns (bytes32) {
        return keccak256(abi.encode(code));
    }

    /// @inheritdoc IAuthority
    function agencyId(bytes32 jurisdiction, string calldata code) public pure returns (bytes32) {
        return keccak256(abi.encode(jurisdiction, code));
    }

    /// @inheritdoc IAuthority
    function roleId(bytes32 subject, Role role) public pure returns (bytes32) {
        return Hashes.efficientKeccak256(subject, bytes32(uint256(role)));
    }

    /// @inheritdoc IAuthority
    function keyIdOf(bytes32 x, bytes32 y) public pure returns (bytes32) {
        return sha256(abi.encode(x, y));
    }

    function _setStatus(bytes32 agency, AgencyStatus status) private {
        uint40 since = Times.blockTime();
        Agency storage record = _agencies[agency];
        record.status = status;
        record.statusSince = since;
        // slither-disable-next-line unused-return - the former value is known
        _statusHistory[agency].push(since, uint8(status));
        emit AgencyStatusChanged(agency, status);
    }

    /// @dev SUPERVISOR needs none: an unset admin is DEFAULT_ADMIN_ROLE, the council.
    function _setRoleAdmins(bytes32 agency, bytes32 jurisdiction) private {
        bytes32 admin = roleId(agency, Role.ADMIN);
        _setRoleAdmin(admin, roleId(jurisdiction, Role.SUPERVISOR));
        for (uint8 i = uint8(Role.ISSUER); i <= uint8(Role.GATE); ++i) {
            _setRoleAdmin(roleId(agency, Role(i)), admin);
        }
    }

    function _setFrozen(bytes32 agency, bytes32 keyId, bool frozen) private {
        _requireAdminOrSupervisor(agency);
        DocumentKey storage key = _trustedKey(agency, keyId);
        if (key.frozen == frozen) revert KeyFreezeUnchanged(agency, keyId, frozen);
        key.frozen = frozen;
        // slither-disable-next-line unused-return - the former value is known
        _freezeHistory[agency][keyId].push(Times.blockTime(), frozen ? 1 : 0);
    }

    function _announcedKey(bytes32 agency, bytes32 keyId) private view returns (DocumentKey storage key) {
        key = _keys[agency][keyId];
        if (key.announcedAt == 0) revert KeyUnknown(agency, keyId);
    }

    function _trustedKey(bytes32 agency, bytes32 keyId) private view returns (DocumentKey storage key) {
        key = _announcedKey(agency, keyId);
        if (key.distrustFrom != 0) revert KeyCompromiseFinal(agency, keyId, key.distrustFrom);
    }

    function _supervises(bytes32 agency, address account) private view returns (bool) {
        bytes32 jurisdiction = _agencies[agency].jurisdiction;
        return jurisdiction != 0 && holdsRole(jurisdiction, Role.SUPERVISOR, account);
    }

    function _requireAdmitted(bytes32 agency) private view {
        if (_agencies[agency].status == AgencyStatus.UNKNOWN) revert AgencyUnknown(agency);
    }

    function _requireActive(bytes32 agency) private view {
        AgencyStatus status = _agencies[agency].status;
        if (status != AgencyStatus.ACTIVE) revert AgencyNotActive(agency, status);
    }

    function _requireRole(bytes32 subject, Role role, address account) private view {
        if (!holdsRole(subject, role, account)) revert RoleMissing(subject, role, account);
    }

    function _requireSupervisor(bytes32 agency) private view {
        _requireAdmitted(agency);
        _requireRole(_agencies[agency].jurisdiction, Role.SUPERVISOR, msg.sender);
    }

    function _requireAdminOrSupervisor(bytes32 agency) private view {
        _requireAdmitted(agency);
        if (!_supervises(agency, msg.sender)) _requireRole(agency, Role.ADMIN, msg.sender);
    }
}
