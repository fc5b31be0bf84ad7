// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title AwardLedger.revealDraw, by its tree
contract RevealDrawTest is Awards {
    function test_Given_TheDrawIsDealt() public {
        _toRecorded();
        _toDealt(1);
        VM.expectEmit();
        emit IAwardLedger.DrawRevealed(tenderId, 0, 1, _drawer(1, 2), bytes32(_drawerKey(1, 2)));
        _reveal(1, 2);
        _reveal(1, 1);
        _draws(IAwardLedger.DrawState.DEALT, 1);
        _same(awards.drawOf(tenderId, 0).hidden, 1);
        _reveal(1, 3);
        _draws(IAwardLedger.DrawState.REVEALED, 1);
    }

    function test_RevertGiven_TheDealsAreNotAnchored() public {
        _toRecorded();
        _toJoined(1);
        _expectDrawForbidden(1, IAwardLedger.DrawState.JOINED);
        _reveal(1, 1);
    }

    function test_RevertGiven_ItWasRevealed() public {
        _toRecorded();
        _toDealt(1);
        _reveal(1, 1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _reveal(1, 1);
    }

    function test_RevertWhen_TheKeyIsNobodyS() public {
        _toRecorded();
        _toDealt(1);
        _expectForeign(_drawer(1, 4));
        _reveal(1, 4);
    }

    function test_RevertWhen_TheKeyIsOfARoundGivenUp() public {
        _toRecorded();
        _toJoined(1);
        _toDealt(2);
        _expectForeign(_drawer(1, 1));
        _reveal(1, 1);
    }

    function test_RevertWhen_TheKeyIsOfAnotherLot() public {
        _publish();
        _toDealt(1);
        VM.startPrank(TENDERER);
        awards.beginDraw(tenderId, 1, DIGEST);
        awards.joinDraw(tenderId, 1, _drawers(2, 3));
        awards.dealDraw(tenderId, 1, DIGEST);
        VM.stopPrank();
        _expectForeign(_drawer(2, 1));
        _reveal(2, 1);
    }

    function test_RevertWhen_TheSecretIsAnotherDrawerS() public {
        _toRecorded();
        _toDealt(1);
        _expectForeign(_drawer(1, 1));
        _reveal(_drawer(1, 1), bytes32(_drawerKey(1, 2)));
    }

    function test_RevertWhen_TheSecretIsZero() public {
        _toRecorded();
        _toDealt(1);
        _expectForeign(_drawer(1, 1));
        _reveal(_drawer(1, 1), 0);
    }

    function test_RevertWhen_TheSecretIsSpeltBeyondTheOrder() public {
        _toRecorded();
        _begin();
        address[] memory keys = _drawers(1, 3);
        keys[0] = VM.addr(7);
        _join(keys);
        _deal();
        _expectForeign(keys[0]);
        _reveal(keys[0], bytes32(N + 7));
    }

    function test_RevertGiven_TheCommitteeSits() public {
        _toRecorded();
        _toDealt(1);
        _seat(IAwardLedger.Step.COMMITTEE, 2);
        _expectForbidden(IAwardLedger.Step.COMMITTEE, ITenderLedger.Phase.COMMITTED);
        _reveal(1, 1);
    }

    function test_RevertGiven_TheTenderIsSuspended() public {
        _publish();
        _toDealt(1);
        _suspend();
        _expectSuspended(_from(0));
        _reveal(1, 1);
    }

    function _expectForeign(address key) private {
        VM.expectRevert(abi.encodeWithSelector(IAwardLedger.SecretForeign.selector, key));
    }
}
