// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";
import {Wallet} from "../support/Wallet.sol";

/// @title RecognitionLedger.agree, by its tree
contract AgreeTest is Parties {
    function test_RevertWhen_TheSignatureIsAStrangerS() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(APPROVER_KEY, recognition.termsDigest(terms));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.TermsSignatureInvalid.selector, approver));
        VM.prank(THERE);
        recognition.agree(terms, from, approver, abi.encodePacked(r, s, v));
    }

    function test_RevertWhen_TheSignatureIsOverOtherTerms() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(HERE_KEY, recognition.termsDigest(terms));
        terms.validTo += 1;
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.TermsSignatureInvalid.selector, here));
        VM.prank(THERE);
        recognition.agree(terms, from, here, abi.encodePacked(r, s, v));
    }

    function test_RevertWhen_TheProposerSignsForTheOtherParty() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(HERE_KEY, recognition.termsDigest(terms));
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.TermsSignatureInvalid.selector, here));
        VM.prank(here);
        recognition.agree(terms, to, here, abi.encodePacked(r, s, v));
    }

    function test_RevertWhen_TheLeadTimeIsTooShort() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.validFrom = START + 48 hours - 1;
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(HERE_KEY, recognition.termsDigest(terms));
        VM.expectRevert(
            abi.encodeWithSelector(
                IRecognitionLedger.LeadTimeTooShort.selector, terms.validFrom, START + 48 hours
            )
        );
        VM.prank(THERE);
        recognition.agree(terms, from, here, abi.encodePacked(r, s, v));
    }

    function test_When_TheOtherPartySSupervisorSignedTheseTerms() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(HERE_KEY, recognition.termsDigest(terms));
        VM.expectEmit();
        emit IRecognitionLedger.AgreementSigned(agreement, 1);
        VM.prank(THERE);
        recognition.agree(terms, from, here, abi.encodePacked(r, s, v));
        _is(1, IRecognitionLedger.State.SCHEDULED);
    }

    function test_When_TheOtherPartySSupervisorIsAContractThatAgrees() public {
        IRecognitionLedger.Terms memory terms = _terms(1);
        address wallet = address(new Wallet(recognition.termsDigest(terms)));
        bytes32 role = authority.roleId(to, IAuthority.Role.SUPERVISOR);
        VM.prank(COUNCIL);
        authority.grantRole(role, wallet);
        VM.prank(THERE);
        recognition.agree(terms, from, wallet, "");
        _is(1, IRecognitionLedger.State.SCHEDULED);
    }
}
