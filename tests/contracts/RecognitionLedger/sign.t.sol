// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.sign, by its tree
contract SignTest is Parties {
    function test_RevertGiven_NothingWasProposed() public {
        _expectState(IRecognitionLedger.State.UNKNOWN);
        _sign(1);
    }

    function test_RevertGiven_ItIsSignedAlready() public {
        _schedule(1);
        _expectState(IRecognitionLedger.State.SCHEDULED);
        _sign(1);
    }

    function test_RevertGiven_ItWasWithdrawn() public {
        _propose(_terms(1));
        VM.prank(THERE);
        recognition.withdraw(agreement, 1);
        _expectState(IRecognitionLedger.State.WITHDRAWN);
        _sign(1);
    }

    function test_RevertWhen_TheProposerSignsItsOwnProposal() public {
        _propose(_terms(1));
        _expectNotParty(to, THERE);
        VM.prank(THERE);
        recognition.sign(agreement, 1, POLICY, BUNDLE);
    }

    function test_RevertWhen_ThePolicyIsAnother() public {
        _propose(_terms(1));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.PolicyMismatch.selector, FOOD, POLICY));
        VM.prank(here);
        recognition.sign(agreement, 1, FOOD, BUNDLE);
    }

    function test_RevertWhen_TheBundleIsAnother() public {
        _propose(_terms(1));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.PolicyMismatch.selector, FOOD, BUNDLE));
        VM.prank(here);
        recognition.sign(agreement, 1, POLICY, FOOD);
    }

    function test_RevertWhen_LessThan48HoursAreLeft() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        _propose(terms);
        VM.warp(terms.validFrom - 48 hours + 1);
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.LeadTimeTooShort.selector, terms.validFrom, terms.validFrom + 1
            )
        );
        _sign(1);
    }

    function test_RevertWhen_MoreThan14DaysAreLeft() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.validFrom = START + 14 days + 1;
        _propose(terms);
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.LeadTimeTooLong.selector, terms.validFrom, START + 14 days
            )
        );
        _sign(1);
    }

    function test_RevertGiven_ALaterVersionWasSigned() public {
        _propose(_terms(1));
        _propose(_terms(2));
        _sign(2);
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.VersionNotGreater.selector, 1, 2));
        _sign(1);
    }

    function test_RevertGiven_TheVersionBeforeComesIntoForceLater() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.validFrom += 1;
        _propose(terms);
        _sign(1);
        _propose(_terms(2));
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.LeadTimeTooShort.selector, terms.validFrom - 1, terms.validFrom
            )
        );
        _sign(2);
    }

    function test_RevertGiven_16VersionsWait() public {
        for (uint32 i = 1; i <= 16; ++i) {
            _schedule(i);
        }
        _propose(_terms(17));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.TooManyScheduled.selector, 16));
        _sign(17);
    }

    function test_When_Exactly48HoursAreLeft() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        _propose(terms);
        VM.warp(terms.validFrom - 48 hours);
        VM.expectEmit();
        emit IRecognitionLedger.AgreementSigned(agreement, 1);
        _sign(1);
        _is(1, IRecognitionLedger.State.SCHEDULED);
        _same(recognition.agreementOf(agreement, 1).signedAt, terms.validFrom - 48 hours);
        VM.warp(terms.validFrom - 1);
        _is(1, IRecognitionLedger.State.SCHEDULED);
        VM.warp(terms.validFrom);
        _is(1, IRecognitionLedger.State.IN_FORCE);
    }
}
