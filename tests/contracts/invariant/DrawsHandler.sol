// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title Draws experts for both lots of a tender, in the right order or any other
contract DrawsHandler is Awards {
    /// @dev What the handler itself saw of a lot's draw.
    struct Ghost {
        IAwardLedger.DrawState state;
        uint32 round;
        uint256 hidden;
    }

    uint256 private constant KEYS = 40;

    /// @notice Set once a rule was seen broken, with the number of its sentence.
    mapping(uint256 sentence => bool broken) public broken;

    /// @notice How many draws were made to their end: a campaign without any would prove nothing.
    uint256 public revealed;

    mapping(uint16 lot => Ghost ghost) private _ghosts;
    mapping(address key => bytes32 place) private _joined; // lot and round

    function setUp() public override {
        super.setUp();
        _publish();
    }

    function begin(bool isSecond, bool byBuyer) external {
        uint16 lot = isSecond ? 1 : 0;
        Ghost storage ghost = _ghosts[lot];
        VM.prank(byBuyer ? TENDERER : ANYBODY);
        try awards.beginDraw(tenderId, lot, DIGEST) {
            if (!byBuyer) broken[43] = true;
            if (ghost.state >= IAwardLedger.DrawState.DEALT) broken[44] = true;
            ghost.state = IAwardLedger.DrawState.BEGUN;
            ++ghost.round;
        } catch {
            if (byBuyer && ghost.state < IAwardLedger.DrawState.DEALT) broken[43] = true;
        }
        _observe(lot);
    }

    function join(uint256 seed, bool isSecond, bool byBuyer) external {
        uint16 lot = isSecond ? 1 : 0;
        Ghost storage ghost = _ghosts[lot];
        address[] memory keys = new address[](1 + seed % 3);
        for (uint256 i = 0; i < keys.length; ++i) {
            keys[i] = _key((seed >> (8 * i + 8)) % KEYS);
        }
        VM.prank(byBuyer ? TENDERER : ANYBODY);
        try awards.joinDraw(tenderId, lot, keys) {
            if (!byBuyer || ghost.state != IAwardLedger.DrawState.BEGUN) broken[43] = true;
            for (uint256 i = 0; i < keys.length; ++i) {
                if (_joined[keys[i]] != 0) broken[45] = true;
                _joined[keys[i]] = keccak256(abi.encode(lot, ghost.round));
            }
            (ghost.state, ghost.hidden) = (IAwardLedger.DrawState.JOINED, keys.length);
        } catch {}
        _observe(lot);
    }

    function deal(bool isSecond, bool byBuyer) external {
        uint16 lot = isSecond ? 1 : 0;
        Ghost storage ghost = _ghosts[lot];
        VM.prank(byBuyer ? TENDERER : ANYBODY);
        try awards.dealDraw(tenderId, lot, DIGEST) {
            if (!byBuyer || ghost.state != IAwardLedger.DrawState.JOINED) broken[43] = true;
            ghost.state = IAwardLedger.DrawState.DEALT;
        } catch {}
        _observe(lot);
    }

    /// @notice Every secret there is, since one at random would seldom be of this draw; or one that is another's.
    function reveal(uint256 seed, bool isSecond, bool isFalse) external {
        uint16 lot = isSecond ? 1 : 0;
        Ghost storage ghost = _ghosts[lot];
        for (uint256 i = 0; i < KEYS; ++i) {
            address key = _key(i);
            bytes32 secret = _secretOf(isFalse ? (i + 1 + seed % (KEYS - 1)) % KEYS : i);
            VM.prank(ANYBODY);
            try awards.revealDraw(tenderId, lot, key, secret) {
                if (ghost.state != IAwardLedger.DrawState.DEALT) broken[43] = true;
                bool isOfRound = _joined[key] == keccak256(abi.encode(lot, ghost.round));
                if (isFalse || !isOfRound) broken[45] = true;
                if (--ghost.hidden != 0) continue;
                ghost.state = IAwardLedger.DrawState.REVEALED;
                ++revealed;
            } catch {}
        }
        _observe(lot);
    }

    function _observe(uint16 lot) private {
        IAwardLedger.Draw memory draw = awards.drawOf(tenderId, lot);
        Ghost storage ghost = _ghosts[lot];
        if (draw.state != ghost.state || draw.round != ghost.round) broken[43] = true;
    }

    function _secretOf(uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode("key", number));
    }

    function _key(uint256 number) private pure returns (address) {
        return VM.addr(uint256(_secretOf(number)));
    }
}
