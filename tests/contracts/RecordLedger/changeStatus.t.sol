// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {Orders} from "../support/Orders.sol";

/// @title RecordLedger.changeStatus, by its tree
contract ChangeStatusTest is Orders {
    function test_RevertWhen_TheOrderHasNoWords() public {
        Draft memory order = _revocation(FIRST);
        order.changes = new IRecordLedger.WordChange[](0);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.OrderEmpty.selector));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheOrderHas513Words() public {
        Draft memory order = _revocation(FIRST);
        order.changes = new IRecordLedger.WordChange[](513);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.TooManyWords.selector, 513, 512));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheReasonIsOfAnotherClass() public {
        Draft memory order = _order(FIRST, IRecordLedger.Status.REVOKED, 101);
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecordLedger.ReasonOutsideClass.selector, uint16(101), IRecordLedger.Status.REVOKED
            )
        );
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheEffectLiesInTheFuture() public {
        Draft memory order = _revocation(FIRST);
        order.terms.effectiveAt = START + 1;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.EffectiveInFuture.selector, START + 1, START));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ACancellationTakesEffectFromTheBeginning() public {
        Draft memory order = _revocation(FIRST);
        order.terms.effectiveAt = 0;
        VM.expectRevert(
            abi.encodeWithSelector(IRecordLedger.EffectiveFromBeginning.selector, uint16(331), uint40(0))
        );
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_AnAnnulmentTakesEffectLater() public {
        Draft memory order = _annulment(FIRST);
        order.terms.effectiveAt = START;
        VM.expectRevert(
            abi.encodeWithSelector(IRecordLedger.EffectiveFromBeginning.selector, uint16(311), START)
        );
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ARevocationHasAnEnd() public {
        Draft memory order = _revocation(FIRST);
        order.terms.until = START + DAY;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.UntilWithoutSuspension.selector, START + DAY));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ASuspensionEndsAsItBegins() public {
        Draft memory order = _suspension(FIRST);
        order.terms.until = START;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.UntilNotAfterEffective.selector, START, START));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheCallerIsNotARegistrar() public {
        Draft memory order = _revocation(FIRST);
        _expectRegistrarMissing(ISSUER);
        VM.prank(ISSUER);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_TheAgencyIsSuspended() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        Draft memory order = _suspension(FIRST);
        _expectNotActive(IAuthority.AgencyStatus.SUSPENDED);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ASupervisorRevokes() public {
        Draft memory order = _revocation(FIRST);
        _expectRegistrarMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ASupervisorSupersedes() public {
        Draft memory order = _supersession(FIRST);
        _expectRegistrarMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ASupervisorRestoresASupersededRecord() public {
        _give(_supersession(FIRST));
        Draft memory order = _order(FIRST, IRecordLedger.Status.VALID, 205);
        _expectRegistrarMissing(SUPERVISOR);
        VM.prank(SUPERVISOR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ASupervisorOfAnotherJurisdictionSuspends() public {
        VM.prank(COUNCIL);
        authority.admitJurisdiction("MO", STRANGER);
        Draft memory order = _suspension(FIRST);
        _expectRegistrarMissing(STRANGER);
        VM.prank(STRANGER);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheWordLiesOutsideTheList() public {
        Draft memory order = _revocation(FIRST);
        order.changes[0].word = 8_192;
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.WordOutOfRange.selector, 8_192));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheMaskIsEmpty() public {
        Draft memory order = _revocation(0);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.MaskEmpty.selector, uint16(5)));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheMaskHasHalfAnEntry() public {
        Draft memory order = _revocation(FIRST | 4);
        VM.expectRevert(abi.encodeWithSelector(IRecordLedger.MaskHalfEntry.selector, uint16(5), 7));
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_TheMaskHasTheOtherHalfOfAnEntry() public {
        Draft memory order = _revocation(FIRST | (1 << 255));
        VM.expectRevert(
            abi.encodeWithSelector(IRecordLedger.MaskHalfEntry.selector, uint16(5), 3 | (1 << 255))
        );
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ARecordIsAnnulled() public {
        Draft memory order = _annulment(FIRST);
        _expectRequired(311, 0);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ARecordIsAnnulledForTheAgencySFault() public {
        Draft memory order = _order(FIRST, IRecordLedger.Status.REVOKED, 310);
        _expectRequired(310, 0);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_ASupersededRecordIsRestored() public {
        _give(_supersession(FIRST));
        Draft memory order = _order(FIRST, IRecordLedger.Status.VALID, 205);
        _expectRequired(205, 0);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_101RecordsAreRevokedAtOnce() public {
        Draft memory order = _revocation(_first(101));
        _expectRequired(331, 101);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_100RecordsWereRevokedWithinTheDay() public {
        _give(_revocation(_first(100)));
        VM.warp(START + DAY);
        Draft memory order = _revocation(_first(101) ^ _first(100));
        _expectRequired(331, 101);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_ARecordIsRevoked() public {
        _give(_revocation(SECOND));
        Draft memory order = _suspension(FIRST | SECOND);
        _expectFinal(SECOND);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_ARevokedRecordWouldBeRevokedAgain() public {
        _give(_revocation(SECOND));
        Draft memory order = _revocation(SECOND);
        _expectFinal(SECOND);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_AValidRecordWouldBeReinstated() public {
        _give(_suspension(FIRST));
        Draft memory order = _reinstatement(FIRST | SECOND);
        _expectIllegal(SECOND, IRecordLedger.Status.VALID, IRecordLedger.Status.VALID);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_ASupersededRecordWouldBeReinstated() public {
        _give(_supersession(FIRST));
        Draft memory order = _reinstatement(FIRST);
        _expectIllegal(FIRST, IRecordLedger.Status.SUPERSEDED, IRecordLedger.Status.VALID);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_ASupersededRecordWouldBeSuspended() public {
        _give(_supersession(FIRST));
        Draft memory order = _suspension(FIRST | SECOND);
        _expectIllegal(FIRST, IRecordLedger.Status.SUPERSEDED, IRecordLedger.Status.SUSPENDED);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_ASupersededRecordWouldBeSupersededAgain() public {
        _give(_supersession(FIRST));
        Draft memory order = _supersession(FIRST);
        _expectIllegal(FIRST, IRecordLedger.Status.SUPERSEDED, IRecordLedger.Status.SUPERSEDED);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertGiven_ASupersededRecordWouldBeCancelled() public {
        _give(_supersession(FIRST));
        Draft memory order = _revocation(FIRST);
        _expectIllegal(FIRST, IRecordLedger.Status.SUPERSEDED, IRecordLedger.Status.REVOKED);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_RevertWhen_AWordComesTwiceAndAsksForTheSameAgain() public {
        Draft memory order = _revocation(FIRST);
        IRecordLedger.WordChange memory once = order.changes[0];
        order.changes = new IRecordLedger.WordChange[](2);
        order.changes[0] = once;
        order.changes[1] = once;
        _expectFinal(FIRST);
        VM.prank(REGISTRAR);
        ledger.changeStatus(order.terms, order.changes);
    }

    function test_Given_The100RecordsWereRevokedADayAndAnHourAgo() public {
        _give(_revocation(_first(100)));
        VM.warp(START + 25 * 1 hours);
        _same(ledger.uncosignedRevocations(agency, START + 25 * 1 hours - 1), 100);
        _same(ledger.uncosignedRevocations(agency, START + 25 * 1 hours), 0);
        _give(_revocation(_first(101) ^ _first(100)));
        _same(ledger.uncosignedRevocations(agency, START + 25 * 1 hours), 1);
    }

    function test_Given_ValidRecords() public {
        _give(_suspension(FIRST | SECOND));
        _same(_word(), 10);
        _give(_suspension(SECOND));
        _same(_word(), 10);
        _give(_reinstatement(FIRST));
        _same(_word(), 8);
        _give(_supersession(FIRST | SECOND));
        _same(_word(), 15);
        _give(_revocation(3 << 254));
        _same(_word(), 15 | (1 << 254));
        _check(ledger.statusOf(agency, 0, 5 * 128 + 1) == IRecordLedger.Status.SUPERSEDED);
        _check(ledger.statusOf(agency, 0, 5 * 128 + 127) == IRecordLedger.Status.REVOKED);
        _same(ledger.wordAt(agency, 1, 5), 0);
    }

    function test_When_ASupervisorSuspendsAndReinstatesForASuspendedAgency() public {
        _setStatus(IAuthority.AgencyStatus.SUSPENDED);
        Draft memory order = _suspension(FIRST);
        VM.prank(SUPERVISOR);
        ledger.changeStatus(order.terms, order.changes);
        _same(_word(), 2);
        order = _reinstatement(FIRST);
        VM.prank(SUPERVISOR);
        ledger.changeStatus(order.terms, order.changes);
        _same(_word(), 0);
    }

    function test_When_AnOrderTouchesTwoWords() public {
        Draft memory order = _suspension(FIRST);
        order.terms.until = START + DAY;
        order.changes = new IRecordLedger.WordChange[](2);
        order.changes[0] = IRecordLedger.WordChange({word: 0, mask: FIRST});
        order.changes[1] = IRecordLedger.WordChange({word: 8_191, mask: SECOND});
        VM.expectEmit();
        emit IRecordLedger.StatusChanged(agency, 0, 0, FIRST, order.terms.status, 101, START, START + DAY);
        VM.expectEmit();
        emit IRecordLedger.StatusChanged(
            agency, 0, 8_191, SECOND, order.terms.status, 101, START, START + DAY
        );
        _give(order);
        _same(ledger.wordAt(agency, 0, 0), 2);
        _same(ledger.wordAt(agency, 0, 8_191), 8);
    }
}
