// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.joinDraw, by its tree
contract JoinDrawTest is Awards {
    function test_Given_TheSettingIsFixed() public {
        _toRecorded();
        _begin();
        VM.expectEmit();
        emit IAwardLedger.DrawJoined(tenderId, 0, 1, _drawers(1, 9));
        _join(_drawers(1, 9));
        _draws(IAwardLedger.DrawState.JOINED, 1);
        _same(awards.drawOf(tenderId, 0).hidden, 9);
    }

    function test_RevertGiven_NoSettingIsFixed() public {
        _toRecorded();
        _expectDrawForbidden(0, IAwardLedger.DrawState.NONE);
        _join(_drawers(1, 3));
    }

    function test_RevertGiven_TheyHaveJoined() public {
        _toRecorded();
        _toJoined(1);
        _expectDrawForbidden(1, IAwardLedger.DrawState.JOINED);
        _join(_drawers(2, 3));
    }

    function test_RevertWhen_OneDraws() public {
        _toRecorded();
        _begin();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.DrawersInvalid.selector, 1));
        _join(_drawers(1, 1));
    }

    function test_RevertWhen_TenDraw() public {
        _toRecorded();
        _begin();
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.DrawersInvalid.selector, 10));
        _join(_drawers(1, 10));
    }

    function test_RevertWhen_AKeyIsTwiceThere() public {
        _toRecorded();
        _begin();
        address[] memory keys = _drawers(1, 3);
        keys[2] = keys[0];
        _expectUsed(keys[0]);
        _join(keys);
    }

    function test_RevertWhen_AKeyIsZero() public {
        _toRecorded();
        _begin();
        address[] memory keys = _drawers(1, 3);
        keys[1] = address(0);
        _expectUsed(address(0));
        _join(keys);
    }

    function test_RevertWhen_AKeyIsOfARoundGivenUp() public {
        _toRecorded();
        _toJoined(1);
        _begin();
        _expectUsed(_drawer(1, 1));
        _join(_drawers(1, 3));
    }

    function test_RevertWhen_AKeyIsOfAnotherLot() public {
        _publish();
        _toDealt(1);
        _reveal(1, 1);
        VM.prank(TENDERER);
        awards.beginDraw(tenderId, 1, DIGEST);
        _expectUsed(_drawer(1, 1));
        VM.prank(TENDERER);
        awards.joinDraw(tenderId, 1, _drawers(1, 3));
    }

    function test_RevertGiven_TheCommitteeSits() public {
        _toRecorded();
        _begin();
        _seat(IAwardLedger.Step.COMMITTEE, 2);
        _expectForbidden(IAwardLedger.Step.COMMITTEE, ITenderLedger.Phase.COMMITTED);
        _join(_drawers(1, 3));
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        _toRecorded();
        _begin();
        _expectTendererMissing(ANYBODY);
        VM.prank(ANYBODY);
        awards.joinDraw(tenderId, 0, _drawers(1, 3));
    }

    function _expectUsed(address key) private {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.DrawerKeyUsed.selector, key));
    }
}
