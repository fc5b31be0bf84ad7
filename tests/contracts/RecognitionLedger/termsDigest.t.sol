// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Parties} from "../support/Parties.sol";

/// @title RecognitionLedger.termsDigest, by its tree
contract TermsDigestTest is Parties {
    function test_When_AnyFieldDiffers() public view {
        bytes32 digest = recognition.termsDigest(_terms(1));
        IRecognitionLedger.Terms memory terms = _terms(1);
        terms.notice += 1;
        _check(recognition.termsDigest(terms) != digest);
        _check(recognition.termsDigest(_terms(2)) != digest);
    }

    function test_When_ItIsComputedByAnotherImplementation() public {
        string memory vectors = _vectors("recognition_terms.json");
        VM.chainId(VM.parseJsonUint(vectors, ".domain.chainId"));
        address place = VM.parseJsonAddress(vectors, ".domain.verifyingContract");
        VM.etch(place, address(recognition).code);
        IRecognitionLedger.Terms memory terms = IRecognitionLedger.Terms({
            from: VM.parseJsonBytes32(vectors, ".terms.from"),
            to: VM.parseJsonBytes32(vectors, ".terms.to"),
            recordType: VM.parseJsonBytes32(vectors, ".terms.recordType"),
            version: uint32(VM.parseJsonUint(vectors, ".terms.version")),
            policyHash: VM.parseJsonBytes32(vectors, ".terms.policyHash"),
            bundleHash: VM.parseJsonBytes32(vectors, ".terms.bundleHash"),
            validFrom: uint40(VM.parseJsonUint(vectors, ".terms.validFrom")),
            validTo: uint40(VM.parseJsonUint(vectors, ".terms.validTo")),
            notice: uint40(VM.parseJsonUint(vectors, ".terms.notice"))
        });
        _same(IRecognitionLedger(place).termsDigest(terms), VM.parseJsonBytes32(vectors, ".digest"));
    }
}
