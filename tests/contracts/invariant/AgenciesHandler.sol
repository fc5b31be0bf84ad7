// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";

import {Fixture} from "../support/Fixture.sol";

/// @title Acts for three agencies with one key each, lawfully or not, and remembers every answer
contract AgenciesHandler is Fixture {
    struct Answer {
        bytes32 agency;
        uint40 moment;
        bool accredited;
        IAuthority.AgencyStatus status;
    }

    /// @notice Set once a rule was seen broken, with the number of its sentence.
    mapping(uint256 sentence => bool broken) public broken;

    bytes32[] public agencies;
    bytes32 public keyId;

    Answer[] private _answers;
    mapping(bytes32 agency => IAuthority.DocumentKey key) private _keys;
    mapping(bytes32 agency => bool retired) private _retired;

    function setUp() public override {
        super.setUp();
        keyId = sha256(bytes.concat(X, Y));
        agencies.push(agency);
        for (uint256 i = 1; i < 3; ++i) {
            VM.prank(SUPERVISOR);
            agencies.push(authority.admitAgency(jurisdiction, VM.toString(i), "Other", ADMIN));
        }
    }

    function changeStatus(uint256 seed, uint8 status) external {
        bytes32 which = agencies[seed % 3];
        if (seed % 5 == 0) status = uint8(IAuthority.AgencyStatus.RETIRED);
        VM.prank(SUPERVISOR);
        try authority.setAgencyStatus(which, IAuthority.AgencyStatus(status % 4)) {
            if (_retired[which]) broken[13] = true;
            _retired[which] = status % 4 == uint8(IAuthority.AgencyStatus.RETIRED);
        } catch {}
    }

    function accredit(uint256 seed, int16 startsIn, uint16 lasts) external {
        uint40 start = _from(startsIn);
        VM.prank(SUPERVISOR);
        try authority.accredit(agencies[seed % 3], FOOD, start, lasts == 0 ? 0 : start + lasts) {} catch {}
    }

    function withdraw(uint256 seed) external {
        VM.prank(SUPERVISOR);
        try authority.withdrawAccreditation(agencies[seed % 3], FOOD) {} catch {}
    }

    function announce(uint256 seed, uint16 startsIn, uint16 lasts, uint16 verifies) external {
        bytes32 which = agencies[seed % 3];
        uint40 start = uint40(block.timestamp) + startsIn;
        bool known = _keys[which].announcedAt != 0;
        VM.prank(ADMIN);
        try authority.announceKey(which, X, Y, 1, start, start + lasts, start + lasts + verifies) {
            if (known) broken[12] = true;
            if (_retired[which]) broken[13] = true;
            _keys[which] = authority.keyOf(which, keyId);
        } catch {}
    }

    function retire(uint256 seed, int16 endsIn) external {
        bytes32 which = agencies[seed % 3];
        uint40 end = _from(endsIn);
        VM.prank(ADMIN);
        try authority.retireKey(which, keyId, end) {
            if (end >= _keys[which].signUntil) broken[12] = true;
            _keys[which].signUntil = end;
        } catch {}
    }

    function freeze(uint256 seed) external {
        bytes32 which = agencies[seed % 3];
        VM.prank(seed % 2 == 0 ? ADMIN : SUPERVISOR);
        if (seed % 4 < 2) {
            try authority.freezeKey(which, keyId) {
                _keys[which].frozen = true;
            } catch {}
        } else {
            try authority.unfreezeKey(which, keyId) {
                _keys[which].frozen = false;
            } catch {}
        }
    }

    function reportCompromised(uint256 seed, uint16 ago) external {
        if (seed % 4 != 0) return; // a compromised key does little else
        bytes32 which = agencies[(seed >> 8) % 3];
        uint40 present = _keys[which].distrustFrom;
        VM.prank(SUPERVISOR);
        try authority.reportKeyCompromised(which, keyId, uint40(block.timestamp) - ago) {
            uint40 from = authority.keyOf(which, keyId).distrustFrom;
            if (from == 0 || from < _keys[which].announcedAt) broken[11] = true;
            if (present != 0 && from >= present) broken[11] = true;
            _keys[which].distrustFrom = from;
        } catch {}
    }

    function actForRetired(uint256 seed, uint8 role) external {
        bytes32 which = agencies[seed % 3];
        if (!_retired[which]) return;
        try authority.requireHolder(which, IAuthority.Role(role % 7), ADMIN) {
            broken[13] = true;
        } catch {}
    }

    function remember(uint256 seed) external {
        bytes32 which = agencies[seed % 3];
        uint40 moment = uint40(block.timestamp);
        VM.warp(block.timestamp + 1); // the block is over: what it said is past
        if (_answers.length < 50) {
            _answers.push(
                Answer({
                    agency: which,
                    moment: moment,
                    accredited: authority.accreditedAt(which, FOOD, moment),
                    status: authority.agencyStatusAt(which, moment)
                })
            );
        }
    }

    function wait(uint16 seconds_) external {
        VM.warp(block.timestamp + seconds_);
    }

    function accreditationsAgree() external view returns (bool) {
        for (uint256 i = 0; i < _answers.length; ++i) {
            Answer memory one = _answers[i];
            if (authority.accreditedAt(one.agency, FOOD, one.moment) != one.accredited) return false;
        }
        return true;
    }

    function statusesAgree() external view returns (bool) {
        for (uint256 i = 0; i < _answers.length; ++i) {
            Answer memory one = _answers[i];
            if (authority.agencyStatusAt(one.agency, one.moment) != one.status) return false;
        }
        return true;
    }

    function keysAgree() external view returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory found = abi.encode(authority.keyOf(agencies[i], keyId));
            if (keccak256(found) != keccak256(abi.encode(_keys[agencies[i]]))) return false;
        }
        return true;
    }

    function compromisedStayCompromised() external view returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            uint40 from = _keys[agencies[i]].distrustFrom;
            if (from == 0) continue;
            if (authority.keyAt(agencies[i], keyId, from) != IAuthority.KeyState.COMPROMISED) return false;
            if (authority.keyAt(agencies[i], keyId, type(uint40).max) != IAuthority.KeyState.COMPROMISED) {
                return false;
            }
        }
        return true;
    }

    function retiredStayRetired() external view returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            bool retired = authority.agencyOf(agencies[i]).status == IAuthority.AgencyStatus.RETIRED;
            if (retired != _retired[agencies[i]]) return false;
        }
        return true;
    }

    function windowsAreOrdered() external view returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            IAuthority.Window[] memory windows = authority.accreditationsOf(agencies[i], FOOD);
            if (windows.length > 64) return false;
            for (uint256 j = 0; j < windows.length; ++j) {
                if (windows[j].start >= windows[j].end) return false;
                if (j != 0 && windows[j].start < windows[j - 1].end) return false;
            }
        }
        return true;
    }
}
