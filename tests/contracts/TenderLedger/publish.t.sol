// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "contracts/interfaces/ITenderPolicies.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.publish, by its tree
contract PublishTest is Tenders {
    function test_When_AllIsAsThePolicyDemands() public {
        ITenderLedger.Announcement memory announcement = _announcement(2);
        VM.expectEmit();
        emit ITenderLedger.TenderPublished(tenderId, agency, announcement);
        _publish(announcement);
        ITenderLedger.Tender memory found = tenders.tenderOf(tenderId);
        _same(found.agency, agency);
        _same(found.docs, DOCS);
        _same(found.trustees, 3);
        _same(found.version, 1);
        _same(tenders.endsOf(tenderId, 1).fallbackEnd, announcement.ends.fallbackEnd);
        for (uint8 i = 0; i < 6; ++i) {
            _hasTrustee(i / 3 + 1, i % 3 + 1);
        }
        _is(ITenderLedger.Phase.RECEIVING);
        _same(uint256(tenders.phaseAt(tenderId, 1, 2, _from(0))), uint256(ITenderLedger.Phase.WAITING));
    }

    function test_When_APlaceIsAskedForThatThereIsNot() public {
        _publish(_announcement(2)); // beyond the last of part 1 stands the first of part 2
        uint8[2][6] memory places = [[uint8(0), 1], [1, 0], [1, 4], [2, 4], [3, 1], [255, 255]];
        for (uint256 i = 0; i < places.length; ++i) {
            _hasNobody(tenderId, places[i][0], places[i][1]);
        }
        _hasNobody(keccak256("unknown"), 1, 1);
    }

    function test_When_TheTrusteesAreAskedForThemselves() public {
        _publish(_announcement(2));
        // The ledger made the award ledger first; RLP of the ledger's address and the number 2.
        bytes32 hash = keccak256(abi.encodePacked(hex"d694", address(tenders), hex"02"));
        address roster = address(uint160(uint256(hash)));
        _same(roster.code.length, 1 + 6 * 21);
        VM.deal(address(this), 1);
        (bool isTaken,) = roster.call{value: 1, gas: 100_000}("");
        _check(!isTaken);
        (isTaken,) = roster.call{gas: 100_000}(abi.encodeCall(tenders.tenderOf, (tenderId)));
        _check(!isTaken);
        (isTaken,) = roster.delegatecall{gas: 100_000}("");
        _check(!isTaken);
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        _expectTendererMissing(STRANGER);
        VM.prank(STRANGER);
        tenders.publish(announcement);
    }

    function test_RevertWhen_TheCallerIsASupervisor() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        _expectTendererMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        tenders.publish(announcement);
    }

    function test_RevertGiven_TheAgencyIsSuspended() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        ITenderLedger.Announcement memory announcement = _announcement();
        _expectNotActive(IAuthority.AgencyStatus.SUSPENDED);
        _publish(announcement);
    }

    function test_RevertGiven_TheReferenceIsUsed() public {
        _publish();
        ITenderLedger.Announcement memory announcement = _announcement();
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TenderAlreadyPublished.selector, tenderId));
        _publish(announcement);
    }

    function test_RevertWhen_TheDocumentsAreMissing() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.docs = 0;
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.DigestEmpty.selector));
        _publish(announcement);
    }

    function test_RevertWhen_ThePolicyIsOfAnotherJurisdiction() public {
        VM.prank(COUNCIL);
        bytes32 other = authority.admitJurisdiction("MO", STRANGER);
        ITenderLedger.Policy memory lax = _policy();
        lax.minSubmission = 0;
        VM.prank(STRANGER);
        bytes32 foreign = policies.registerPolicy(other, lax);
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.policy = foreign;
        VM.expectRevert(
            abi.encodeWithSelector(ITenderPolicies.PolicyNotRegistered.selector, jurisdiction, foreign)
        );
        _publish(announcement);
    }

    function test_RevertWhen_SubmissionIsASecondTooShort() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.ends = _endsFrom(_from(20 days) - 1);
        _expectViolated(ITenderLedger.Rule.SUBMISSION, _from(20 days), _from(20 days) - 1);
        _publish(announcement);
    }

    function test_RevertWhen_TheListingIsASecondTooShort() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.ends.listEnd = announcement.ends.submitEnd + 5 minutes - 1;
        _expectViolated(ITenderLedger.Rule.LIST_WINDOW, 5 minutes, 5 minutes - 1);
        _publish(announcement);
    }

    function test_RevertWhen_TheReleaseIsASecondTooLong() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.ends.releaseEnd = announcement.ends.discloseEnd + 2 hours + 1;
        _expectViolated(ITenderLedger.Rule.RELEASE_WINDOW, 2 hours, 2 hours + 1);
        _publish(announcement);
    }

    function test_RevertWhen_ThereAre65Lots() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.lots = 65;
        _expectViolated(ITenderLedger.Rule.LOTS, 64, 65);
        _publish(announcement);
    }

    function test_RevertWhen_ThereAreNoLots() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.lots = 0;
        _expectViolated(ITenderLedger.Rule.LOTS, 1, 0);
        _publish(announcement);
    }

    function test_RevertWhen_ThereAreThreeParts() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.parts = 3;
        _expectViolated(ITenderLedger.Rule.PARTS, 2, 3);
        _publish(announcement);
    }

    function test_RevertWhen_APartHasTenTrustees() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.trustees = new ITenderLedger.Trustee[](10);
        for (uint160 i = 0; i < 10; ++i) {
            announcement.trustees[i] =
                ITenderLedger.Trustee({key: address(i + 1), group: bytes32(uint256(i))});
        }
        _expectViolated(ITenderLedger.Rule.TRUSTEES, 9, 10);
        _publish(announcement);
    }

    function test_RevertWhen_TheTrusteesDoNotDivideByTheParts() public {
        ITenderLedger.Announcement memory announcement = _announcement(2);
        ITenderLedger.Trustee[] memory five = new ITenderLedger.Trustee[](5);
        for (uint256 i = 0; i < 5; ++i) {
            five[i] = announcement.trustees[i];
        }
        announcement.trustees = five;
        _expectViolated(ITenderLedger.Rule.TRUSTEES, 4, 5);
        _publish(announcement);
    }

    function test_RevertWhen_TIsOne() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.threshold = 1;
        _expectViolated(ITenderLedger.Rule.THRESHOLD, 2, 1);
        _publish(announcement);
    }

    function test_RevertWhen_TIsGreaterThanN() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.threshold = 4;
        _expectViolated(ITenderLedger.Rule.THRESHOLD, 3, 4);
        _publish(announcement);
    }

    function test_RevertWhen_TTrusteesAreOfOneGroup() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        announcement.trustees[2].group = announcement.trustees[0].group;
        _expectViolated(ITenderLedger.Rule.GROUP, 1, 2);
        _publish(announcement);
    }

    function test_RevertWhen_AKeyOccursTwice() public {
        ITenderLedger.Announcement memory announcement = _announcement();
        address key = announcement.trustees[0].key;
        announcement.trustees[2].key = key;
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TrusteeKeyRepeated.selector, key));
        _publish(announcement);
    }

    function test_RevertWhen_AKeyOccursInBothParts() public {
        ITenderLedger.Announcement memory announcement = _announcement(2);
        address key = announcement.trustees[1].key;
        announcement.trustees[4].key = key;
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TrusteeKeyRepeated.selector, key));
        _publish(announcement);
    }

    function test_RevertWhen_AKeyIsZero() public {
        ITenderLedger.Announcement memory announcement = _announcement(2);
        announcement.trustees[4].key = address(0);
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TrusteeKeyInvalid.selector, 2, 2));
        _publish(announcement);
    }

    function _hasTrustee(uint8 part, uint8 index) private view {
        ITenderLedger.TrusteeState memory found = tenders.trusteeOf(tenderId, part, index);
        _same(uint160(found.key), uint160(VM.addr(_trusteeKey(part, index))));
        _check(found.isBuyers == (index == 1));
        _check(!found.hasReleased);
    }

    function _hasNobody(bytes32 id, uint8 part, uint8 index) private view {
        ITenderLedger.TrusteeState memory found = tenders.trusteeOf(id, part, index);
        _same(uint160(found.key), 0);
        _check(!found.isBuyers && !found.hasReleased);
    }
}
