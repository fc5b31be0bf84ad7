// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.release, by its tree
contract ReleaseTest is Tenders {
    function test_When_TwoTrusteesRelease() public {
        _toRelease();
        VM.expectEmit();
        emit ITenderLedger.TrusteeReleased(tenderId, 1, 3, bytes32(_trusteeKey(1, 3)));
        _release(3);
        _is(ITenderLedger.Phase.RELEASE);
        _release(1);
        _is(ITenderLedger.Phase.OPENED);
        _same(tenders.partOf(tenderId, 1).released, 2);
    }

    function test_When_ItIsTheLastSecondOfTheFallback() public {
        _toRelease();
        VM.warp(_ends().fallbackEnd - 1);
        _release(1);
    }

    function test_RevertWhen_DisclosureHasASecondLeft() public {
        _toRelease();
        VM.warp(_from(-1));
        _expectTooEarly(_from(1));
        _release(1);
    }

    function test_RevertWhen_TheFallbackEndsNow() public {
        _toRelease();
        VM.warp(_ends().fallbackEnd);
        _expectTooLate(_from(0));
        _release(1);
    }

    function test_RevertGiven_NoLotHasEnoughDisclosed() public {
        _toDisclosure();
        _disclose(1);
        VM.warp(_ends().discloseEnd);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TooFewBids.selector, 1, 2));
        _release(1);
    }

    function test_RevertWhen_TheSecretIsZero() public {
        _toRelease();
        _expectInvalid(1);
        _release(1, 1, 0);
    }

    function test_RevertWhen_TheSecretIsTheOrder() public {
        _toRelease();
        _expectInvalid(1);
        _release(1, 1, bytes32(N));
    }

    function test_RevertWhen_TheSecretIsSpeltBeyondTheOrder() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.trustees[0].key = VM.addr(7);
        _publish(announcement);
        _submitMany(3);
        VM.warp(_ends().listEnd);
        _disclose(1);
        _disclose(2);
        VM.warp(_ends().discloseEnd);
        _expectInvalid(1);
        _release(1, 1, bytes32(N + 7));
    }

    function test_RevertWhen_ItIsAnotherTrusteeS() public {
        _toRelease();
        _expectInvalid(1);
        _release(1, 1, bytes32(_trusteeKey(1, 2)));
    }

    function test_RevertWhen_ThereIsNoSuchTrustee() public {
        _toRelease();
        _expectInvalid(4);
        _release(1, 4, bytes32(_trusteeKey(1, 1)));
    }

    function test_RevertGiven_ItWasReleased() public {
        _toRelease();
        _release(1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.AlreadyDone.selector));
        _release(1);
    }

    function testFuzz_OneSpellingOpens(uint256 secret) public {
        _toRelease();
        VM.assume(secret != _trusteeKey(1, 1));
        _expectInvalid(1);
        _release(1, 1, bytes32(secret));
    }

    function _expectInvalid(uint8 index) private {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TrusteeKeyInvalid.selector, 1, index));
    }
}
