// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title The known answers of sealed bids, put where they want the ledger
contract TenderVectorsTest is Tenders {
    bytes32 private constant CONTEXT = 0x7eeaab78650503762745af8af1c85fa11df0f93d3f4281bc5eabfc730e43c4eb;
    bytes32 private constant NO_OBJECT = sha256("{}");

    ITenderLedger private _elsewhere;
    bytes32 private _id;
    address private _known;

    function setUp() public override {
        super.setUp();
        _elsewhere = ITenderLedger(0x00000000000000000000000000000000000000AA);
        VM.etch(address(_elsewhere), address(tenders).code);
        VM.chainId(31_337);
        bytes32 ref = sha256("GZ-2026-0001");
        _id = _elsewhere.tenderIdOf(_filled(0x01), ref);
        _known = VM.addr(uint256(_filled(0x11)));
    }

    function test_TenderId() public view {
        _same(_id, 0xe27800a97ad2b8c2736c9a506ef9536e773407488c322aa755d27510d706d9db);
        _same(uint160(_known), uint160(0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A));
    }

    function test_Contexts() public view {
        _same(_elsewhere.contextOf(_id, 0, 1, _known, 1), CONTEXT);
        _same(
            _elsewhere.contextOf(_id, 0, 0, _known, 0),
            0x94ef02fba53d6426c520e40fa1e98c07bf04f63e528093c9b90ccedb7f837f38
        );
    }

    function test_Digest() public view {
        _same(
            _elsewhere.bidDigest(_message()),
            0x543e79c718a3110386b6f1d4011bb55b56b325aecac356d08cf1a102e1cecc96
        );
    }

    function test_Commitments() public view {
        ITenderLedger.SealedPart memory part = _message().parts[0];
        _same(part.cB, 0x9107f8c23469c2fcf0a73d4830f26e9959ff83350f95322442e24a912ca3c7bb);
        _same(part.cC, 0xf378c82515444a5f717d2fa5400510d3e8942aed6270b502807c1151af90b812);
    }

    function test_TrusteeKey() public pure {
        _same(uint160(VM.addr(uint256(_filled(0x61)))), uint160(0xeD5970f07eea5A9E7b359D3c5d3F82b34a8F1E15));
    }

    function _message() private view returns (ITenderLedger.SubmitBid memory bid) {
        bytes32 constant_ = _elsewhere.contextOf(_id, 0, 0, _known, 0);
        bid.tenderId = _id;
        bid.bidder = _known;
        bid.version = 1;
        bid.docs = _filled(0x02);
        bid.identity = _commit(4, constant_, NO_OBJECT);
        bid.bond = _commit(5, constant_, NO_OBJECT);
        bid.validUntil = 1_800_000_000;
        bid.parts = new ITenderLedger.SealedPart[](1);
        bid.parts[0] = ITenderLedger.SealedPart({
            file: _filled(0x05),
            size: 1_048_576,
            cB: _commit(1, CONTEXT, _filled(0x22)),
            cC: _commit(2, CONTEXT, _filled(0x33)),
            shares: 0xb3c9212a3243ec413e9d3da695117e0b018a9e7cc63423b89facc31f4c3140b0,
            manifest: _commit(3, CONTEXT, NO_OBJECT)
        });
    }

    function _commit(uint8 tag, bytes32 context, bytes32 secret) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(tag, context, secret));
    }

    function _filled(uint8 octet) private pure returns (bytes32) {
        return bytes32(type(uint256).max / 255 * octet);
    }
}
