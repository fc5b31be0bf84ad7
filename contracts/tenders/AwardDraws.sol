// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "../interfaces/IAwardLedger.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Times} from "../libraries/Times.sol";
import {Trustees} from "../libraries/Trustees.sol";
import {AwardDockets} from "./AwardDockets.sol";

/// @title The draw of a lot's experts: in which order it was made, and with secrets that were fixed before
abstract contract AwardDraws is AwardDockets {
    uint256 private constant LEAST_DRAWERS = 2;
    uint256 private constant MOST_DRAWERS = 9;

    /// @dev In the place of the draw that a key is of.
    bytes32 private constant IS_OUT = bytes32(uint256(1));

    /// @inheritdoc IAwardLedger
    function beginDraw(bytes32 tenderId, uint16 lot, bytes32 setting) external {
        _requireDigest(setting);
        Draw storage draw = _buyersDraw(tenderId, lot);
        uint8 part = TENDERS.currentPart(tenderId);
        if (draw.part == part && draw.state >= DrawState.DEALT) _forbid(draw);
        uint32 round = draw.round + 1;
        (draw.part, draw.state, draw.round) = (part, DrawState.BEGUN, round);
        emit DrawBegun(tenderId, lot, round, part, setting);
    }

    /// @inheritdoc IAwardLedger
    function joinDraw(bytes32 tenderId, uint16 lot, address[] calldata keys) external {
        uint256 count = keys.length;
        if (count < LEAST_DRAWERS || count > MOST_DRAWERS) revert DrawersInvalid(count);
        Draw storage draw = _buyersDraw(tenderId, lot);
        uint32 round = _requireState(draw, tenderId, DrawState.BEGUN);
        for (uint256 i = 0; i < count; ++i) {
            if (keys[i] == address(0) || _drawers[keys[i]] != 0) revert DrawerKeyUsed(keys[i]);
            _drawers[keys[i]] = _placeOf(tenderId, lot, round);
        }
        // forge-lint: disable-next-line(unsafe-typecast) - at most nine
        (draw.state, draw.hidden) = (DrawState.JOINED, uint8(count));
        emit DrawJoined(tenderId, lot, round, keys);
    }

    /// @inheritdoc IAwardLedger
    function dealDraw(bytes32 tenderId, uint16 lot, bytes32 deals) external {
        _requireDigest(deals);
        Draw storage draw = _buyersDraw(tenderId, lot);
        uint32 round = _requireState(draw, tenderId, DrawState.JOINED);
        draw.state = DrawState.DEALT;
        emit DrawDealt(tenderId, lot, round, deals);
    }

    /// @inheritdoc IAwardLedger
    function revealDraw(bytes32 tenderId, uint16 lot, address key, bytes32 secret) external {
        if (_drawers[key] == IS_OUT) revert ITenderLedger.AlreadyDone();
        Draw storage draw = _draw(_tender(tenderId, lot), tenderId, lot);
        uint32 round = _requireState(draw, tenderId, DrawState.DEALT);
        if (_drawers[key] != _placeOf(tenderId, lot, round) || !Trustees.isOf(secret, key)) {
            revert SecretForeign(key);
        }
        _drawers[key] = IS_OUT;
        if (--draw.hidden == 0) draw.state = DrawState.REVEALED;
        emit DrawRevealed(tenderId, lot, round, key, secret);
    }

    /// @inheritdoc IAwardLedger
    function drawOf(bytes32 tenderId, uint16 lot) external view returns (Draw memory) {
        return _dockets[tenderId][lot].draw;
    }

    function _buyersDraw(bytes32 tenderId, uint16 lot) private view returns (Draw storage) {
        ITenderLedger.Tender memory tender = _tender(tenderId, lot);
        _requireTenderer(tender.agency);
        return _draw(tender, tenderId, lot);
    }

    /// @dev Experts are drawn for a committee that does not sit yet.
    function _draw(ITenderLedger.Tender memory tender, bytes32 tenderId, uint16 lot)
        private
        view
        returns (Draw storage)
    {
        Docket storage docket = _dockets[tenderId][lot];
        _requireRunning(tender, docket.course);
        ITenderLedger.Phase phase = _phase(tenderId, lot, Times.blockTime());
        if (phase > ITenderLedger.Phase.OPENED) revert StepForbidden(Step.COMMITTEE, phase);
        return docket.draw;
    }

    /// @dev Returns the round; a draw for the part before is over.
    function _requireState(Draw storage draw, bytes32 tenderId, DrawState state)
        private
        view
        returns (uint32)
    {
        if (draw.state != state || draw.part != TENDERS.currentPart(tenderId)) _forbid(draw);
        return draw.round;
    }

    function _forbid(Draw storage draw) private view {
        revert DrawForbidden(draw.round, draw.state);
    }

    function _placeOf(bytes32 tenderId, uint16 lot, uint32 round) private pure returns (bytes32) {
        return keccak256(abi.encode(tenderId, lot, round));
    }
}
