// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StatusWords} from "contracts/libraries/StatusWords.sol";

import {Fixture} from "../support/Fixture.sol";

/// @title Whole words against their entries one by one
contract StatusWordsTest is Fixture {
    uint16[25] private _reasons = [
        101,
        102,
        103,
        104,
        105,
        201,
        202,
        203,
        204,
        205,
        310,
        311,
        320,
        330,
        331,
        332,
        333,
        334,
        335,
        340,
        350,
        401,
        402,
        403,
        404
    ];

    function setUp() public override {}

    function sourcesOf(uint8 status, uint16 reason) external pure returns (uint256) {
        return StatusWords.sourcesOf(status, reason);
    }

    function requireTransition(uint256 present, uint256 mask, uint256 sources, uint8 to) external pure {
        StatusWords.requireTransition(present, 0, mask, sources, to);
    }

    function requireMask(uint16 word, uint256 mask) external pure {
        StatusWords.requireMask(word, mask);
    }

    function testFuzz_CountEqualsTheEntriesOneByOne(uint256 mask) public pure {
        uint256 entries = 0;
        for (uint256 i = 0; i < 128; ++i) {
            entries += (mask >> (2 * i)) & 1;
        }
        _same(StatusWords.count(mask), entries);
    }

    function test_CountOfAFullAndAnEmptyWord() public pure {
        _same(StatusWords.count(type(uint256).max), 128);
        _same(StatusWords.count(0), 0);
    }

    function testFuzz_AMaskIsWholeOrRefused(uint256 mask, bool repaired) public view {
        if (repaired) mask = (mask & (type(uint256).max / 3)) * 3;
        bool whole = mask != 0;
        for (uint256 i = 0; i < 128; ++i) {
            uint256 entry = (mask >> (2 * i)) & 3;
            if (entry == 1 || entry == 2) whole = false;
        }
        try this.requireMask(0, mask) {
            _check(whole);
        } catch {
            _check(!whole);
        }
    }

    /// @dev Which status may follow which for which reason, entry by entry.
    function testFuzz_TransitionsFollowTheTable(uint256 present, uint8 reasonSeed, uint256 chosen)
        public
        view
    {
        uint16 reason = _reasons[reasonSeed % 25];
        uint8 to = _statusOf(reason);
        uint256 mask = 0;
        bool lawful = true;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 entry = (chosen >> (8 * i)) % 128;
            // Every other run takes lawful entries alone: at random hardly any order would be.
            bool allowed = _isLawful(uint8((present >> (2 * entry)) & 3), reason);
            if (chosen >> 255 == 1 && !allowed) continue;
            lawful = lawful && allowed;
            mask |= uint256(3) << (2 * entry);
        }
        try this.requireTransition(present, mask, StatusWords.sourcesOf(to, reason), to) {
            _check(lawful);
        } catch {
            _check(!lawful);
        }
    }

    function testFuzz_AReasonFitsOneStatusAtMost(uint16 reason) public view {
        if (reason % 8 != 0) reason %= 512; // the known ones lie below
        uint256 fits = 0;
        for (uint8 status = 0; status < 4; ++status) {
            try this.sourcesOf(status, reason) returns (uint256 sources) {
                ++fits;
                _same(status, _statusOf(reason));
                _check(sources & 2 == 0); // never from REVOKED
                bool asks = reason == 205 || reason == 310 || reason == 311;
                _check(StatusWords.needsCoSignature(sources) == asks);
                _check(StatusWords.annuls(sources) == (reason == 310 || reason == 311));
            } catch {}
        }
        _same(fits, _isKnown(reason) ? 1 : 0);
    }

    function test_FilledWords() public pure {
        for (uint8 status = 0; status < 4; ++status) {
            uint256 word = StatusWords.filledWith(status);
            for (uint256 i = 0; i < 128; ++i) {
                _same(uint8(StatusWords.statusIn(word, i)), status);
            }
        }
    }

    function _statusOf(uint16 reason) private pure returns (uint8) {
        return reason < 200 ? 2 : reason < 300 ? 0 : reason < 400 ? 1 : 3;
    }

    function _isLawful(uint8 from, uint16 reason) private pure returns (bool) {
        if (from == 0) return reason < 200 || reason > 300;
        if (from == 1) return false;
        if (from == 2) return reason != 205;
        return reason == 205 || reason == 310 || reason == 311;
    }

    function _isKnown(uint16 reason) private pure returns (bool) {
        if (reason >= 101 && reason <= 105) return true;
        if (reason >= 201 && reason <= 205) return true;
        if (reason == 310 || reason == 311 || reason == 320 || reason == 340 || reason == 350) return true;
        return (reason >= 330 && reason <= 335) || (reason >= 401 && reason <= 406);
    }
}
