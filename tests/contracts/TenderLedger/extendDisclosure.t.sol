// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.extendDisclosure, by its tree
contract ExtendDisclosureTest is Tenders {
    function test_When_ATrusteeOfAnotherGroupCosigns() public {
        _toDisclosure();
        ITenderLedger.Ends memory before = _ends();
        _extend(before.discloseEnd + 1 hours, 2);
        _same(_ends().discloseEnd, before.discloseEnd + 1 hours);
        _same(_ends().fallbackEnd, before.fallbackEnd + 1 hours);
    }

    function test_RevertWhen_TheTrusteeIsTheBuyerS() public {
        _toDisclosure();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TrusteeOfBuyer.selector, 1));
        _extend(_from(2 hours), 1);
    }

    function test_RevertWhen_AnotherKeySigned() public {
        _toDisclosure();
        uint40 end = _from(2 hours);
        bytes memory signature = _signed(_trusteeKey(1, 3), tenders.extensionDigest(tenderId, 1, end));
        VM.expectRevert(
            abi.encodeWithSelector(IRecordLedger.CoSignatureInvalid.selector, VM.addr(_trusteeKey(1, 2)))
        );
        VM.prank(SUPERVISOR);
        tenders.extendDisclosure(tenderId, 1, end, 2, signature);
    }

    function test_RevertWhen_ItShortens() public {
        _toDisclosure();
        uint40 end = _ends().discloseEnd;
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.EndNotLater.selector, end, end));
        _extend(end, 2);
    }

    function test_RevertWhen_DisclosureIsOver() public {
        _toRelease();
        _expectTooLate(_from(0));
        _extend(_from(2 hours), 2);
    }

    function test_RevertGiven_ATrusteeReleased() public {
        _toRelease();
        _release(1);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.OpeningInProgress.selector, 1));
        _extend(_from(2 hours), 2);
    }

    function test_RevertWhen_TheCallerIsNoSupervisor() public {
        _toDisclosure();
        _expectSupervisorMissing(TENDERER);
        VM.prank(TENDERER);
        tenders.extendDisclosure(tenderId, 1, _from(2 hours), 2, "");
    }

    function _extend(uint40 end, uint8 index) private {
        bytes32 digest = keccak256(
            abi.encode(
                keccak256("ExtendDisclosure(bytes32 tenderId,uint8 part,uint40 discloseEnd)"),
                tenderId,
                1,
                end
            )
        );
        bytes memory signature =
            _signed(_trusteeKey(1, index), keccak256(abi.encodePacked("\x19\x01", _domain(), digest)));
        VM.prank(SUPERVISOR);
        tenders.extendDisclosure(tenderId, 1, end, index, signature);
    }
}
