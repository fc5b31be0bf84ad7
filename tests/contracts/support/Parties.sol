// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecognitionLedger} from "contracts/interfaces/IRecognitionLedger.sol";

import {Fixture} from "./Fixture.sol";

/// @title Two jurisdictions: HERE recognises what THERE issues
abstract contract Parties is Fixture {
    bytes32 internal constant PASS = keccak256("health:pass");
    bytes32 internal constant POLICY = keccak256("policy");
    bytes32 internal constant BUNDLE = keccak256("bundle");
    bytes32 internal constant GREEN = bytes32(uint256(1) << 248);
    uint40 internal constant NOTICE = 7 days;
    uint40 internal constant LONGEST = 30 days;
    uint256 internal constant HERE_KEY = 0x4e4e;
    address internal constant THERE = address(0x7e);

    IRecognitionLedger internal recognition;
    bytes32 internal from;
    bytes32 internal to;
    bytes32 internal agreement;
    address internal here;

    function setUp() public virtual override {
        super.setUp();
        here = VM.addr(HERE_KEY);
        recognition = IRecognitionLedger(
            VM.deployCode("RecognitionLedger.sol:RecognitionLedger", abi.encode(authority, LONGEST, NOTICE))
        );
        VM.prank(COUNCIL);
        from = authority.admitJurisdiction("XA", THERE);
        VM.prank(COUNCIL);
        to = authority.admitJurisdiction("XB", here);
        agreement = recognition.agreementId(from, to, PASS);
    }

    /// @dev Version terms in force from 3 to 30 days after now.
    function _terms(uint32 version) internal view returns (IRecognitionLedger.Terms memory) {
        return IRecognitionLedger.Terms({
            from: from,
            to: to,
            recordType: PASS,
            version: version,
            policyHash: POLICY,
            bundleHash: BUNDLE,
            validFrom: _from(3 days),
            validTo: _from(30 days),
            notice: NOTICE
        });
    }

    function _propose(IRecognitionLedger.Terms memory terms) internal {
        VM.prank(THERE);
        recognition.propose(terms, from);
    }

    function _sign(uint32 version) internal {
        VM.prank(here);
        recognition.sign(agreement, version, POLICY, BUNDLE);
    }

    /// @dev A version that both sides signed now.
    function _schedule(uint32 version) internal {
        _propose(_terms(version));
        _sign(version);
    }

    /// @dev The same, and the clock at the first second at which it is in force.
    function _enforce(uint32 version) internal {
        _schedule(version);
        VM.warp(_from(3 days));
    }

    function _suspend(uint40 until) internal returns (uint256) {
        VM.prank(here);
        return recognition.suspend(agreement, 1, 7, until, IRecognitionLedger.Scope.ALL, 0);
    }

    function _state(uint32 version) internal view returns (IRecognitionLedger.State) {
        return recognition.stateAt(agreement, version, uint40(block.timestamp));
    }

    function _is(uint32 version, IRecognitionLedger.State wanted) internal view {
        _same(uint256(_state(version)), uint256(wanted));
    }

    function _was(uint40 moment, IRecognitionLedger.State wanted) internal view {
        _same(uint256(recognition.stateAt(agreement, 1, moment)), uint256(wanted));
    }

    function _expectNotParty(bytes32 party, address caller) internal {
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.NotParty.selector, party, caller));
    }

    function _expectState(IRecognitionLedger.State state) internal {
        VM.expectRevert(abi.encodeWithSelector(IRecognitionLedger.WrongAgreementState.selector, state));
    }
}
