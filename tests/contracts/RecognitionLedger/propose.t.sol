// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.propose, by its tree
contract ProposeTest is Parties {
    function test_RevertWhen_ThePartyNamesItself() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.to = from;
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.PartiesInvalid.selector, from, from));
        _propose(terms);
    }

    function test_RevertWhen_APartyWasNeverAdmitted() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.to = keccak256("nowhere");
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.PartiesInvalid.selector, from, terms.to));
        _propose(terms);
    }

    function test_RevertWhen_ThePolicyIsEmpty() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.policyHash = 0;
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.PolicyEmpty.selector));
        _propose(terms);
    }

    function test_RevertWhen_TheTermIsOneSecondShortOf72Hours() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.validTo = terms.validFrom + 72 hours - 1;
        VM.expectRevert(
            abi.encodeWithSelector(IRecognitionLedger.TermTooShort.selector, 72 hours - 1, 72 hours)
        );
        _propose(terms);
    }

    function test_RevertWhen_TheEndLiesBeforeTheStart() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.validTo = terms.validFrom - 1;
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.TermTooShort.selector, 0, 72 hours));
        _propose(terms);
    }

    function test_RevertWhen_TheNoticeIsShorterThanTheLedgerAllows() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.notice = NOTICE - 1;
        VM.expectRevert(
            abi.encodeWithSelector(IRecognitionLedger.NoticeTooShort.selector, NOTICE - 1, NOTICE)
        );
        _propose(terms);
    }

    function test_RevertWhen_TheCallerIsAThirdJurisdictionSSupervisor() public {
        _expectNotParty(from, SUPERVISOR);
        VM.prank(SUPERVISOR);
        recognition.propose(_terms(1), from);
    }

    function test_RevertWhen_TheCallerSpeaksForAJurisdictionThatIsNoParty() public {
        _expectNotParty(jurisdiction, SUPERVISOR);
        VM.prank(SUPERVISOR);
        recognition.propose(_terms(1), jurisdiction);
    }

    function test_RevertGiven_TheVersionWasProposedBefore() public {
        _propose(_terms(2));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.VersionNotGreater.selector, 2, 2));
        _propose(_terms(2));
    }

    function test_RevertWhen_TheVersionIs0() public {
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.VersionNotGreater.selector, 0, 0));
        _propose(_terms(0));
    }

    function test_When_APartyProposesANewVersion() public {
        IRecognitionLedger.Terms memory terms = _terms(3);
        VM.expectEmit();
        emit IRecognitionLedger.AgreementProposed(
            from, to, PASS, 3, to, POLICY, BUNDLE, terms.validFrom, terms.validTo, NOTICE
        );
        VM.prank(here);
        recognition.propose(terms, to);
        IRecognitionLedger.Agreement memory kept = recognition.agreementOf(agreement, 3);
        _same(kept.policyHash, POLICY);
        _same(kept.bundleHash, BUNDLE);
        _same(kept.proposer, to);
        _same(kept.validFrom, terms.validFrom);
        _same(kept.validTo, terms.validTo);
        _same(kept.notice, NOTICE);
        _same(kept.proposedAt, START);
        _same(kept.signedAt, 0);
        (bytes32 first, bytes32 second) = recognition.partiesOf(agreement);
        _same(first, from);
        _same(second, to);
        _is(3, IRecognitionLedger.State.PROPOSED);
    }
}
