// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "contracts/interfaces/ITenderPolicies.sol";

import {Fixture} from "./Fixture.sol";

/// @dev The contracts are known by their interfaces alone, see foundry.toml.
interface ITenderLedgerWithAwards is ITenderLedger {
    function AWARDS() external view returns (IAwardLedger);
}

/// @title A policy, a tender of two lots under it, its trustees and bidders
abstract contract Tenders is Fixture {
    uint256 internal constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint40 internal constant LISTING = 10 minutes;
    uint40 internal constant WINDOW = 30 minutes;
    uint16 internal constant MAILBOX = 12;
    uint256 internal constant GUARANTOR_KEY = 0x6a;
    address internal constant TENDERER = address(0x7e4);
    address internal constant ANYBODY = address(0xa11);
    bytes32 internal constant REF = keccak256("ref");
    bytes32 internal constant DOCS = keccak256("docs");
    bytes32 internal constant DIGEST = keccak256("digest");
    bytes32 internal constant BLIND = keccak256("blind");

    ITenderPolicies internal policies;
    ITenderLedgerWithAwards internal tenders;
    IAwardLedger internal awards;
    bytes32 internal policyId;
    bytes32 internal tenderId;

    function setUp() public virtual override {
        super.setUp();
        policies = ITenderPolicies(VM.deployCode("TenderPolicies.sol:TenderPolicies", abi.encode(authority)));
        tenders = ITenderLedgerWithAwards(
            VM.deployCode("TenderLedger.sol:TenderLedger", abi.encode(authority, ledger, policies))
        );
        awards = tenders.AWARDS();
        _grant(IAuthority.Role.TENDERER, TENDERER);
        policyId = _register(_policy());
        tenderId = tenders.tenderIdOf(agency, REF);
    }

    function _policy() internal pure virtual returns (ITenderLedger.Policy memory policy) {
        policy.minSubmission = 20 days;
        policy.minAmendment = 15 days;
        policy.minNotice = 3 days;
        policy.objectionLead = 10 days;
        policy.answerWithin = 3 days;
        policy.longestSuspension = 30 days;
        policy.listWindow = ITenderLedger.Range({least: 5 minutes, most: 1 hours});
        policy.discloseWindow = ITenderLedger.Range({least: 10 minutes, most: 2 hours});
        policy.releaseWindow = ITenderLedger.Range({least: 10 minutes, most: 2 hours});
        policy.fallbackWindow = ITenderLedger.Range({least: 10 minutes, most: 2 hours});
        policy.minBids = 3;
        policy.minDisclosed = 2;
        policy.minTrustees = 3;
        policy.minThreshold = 2;
        policy.takesBidsWhileSuspended = true;
        policy.complaintBlocksAward = true;
    }

    function _register(ITenderLedger.Policy memory policy) internal returns (bytes32) {
        VM.prank(SUPERVISOR);
        return policies.registerPolicy(jurisdiction, policy);
    }

    /// @dev Two lots, one part, three trustees of whom two open, with a mailbox; submitEnd in 21 days.
    function _announcement() internal view returns (ITenderLedger.Announcement memory announcement) {
        return _announcement(1);
    }

    function _announcement(uint8 parts) internal view returns (ITenderLedger.Announcement memory) {
        return ITenderLedger.Announcement({
            agency: agency,
            ref: REF,
            policy: policyId,
            docs: DOCS,
            previous: 0,
            mailbox: agency,
            bondAuthority: address(0),
            lots: 2,
            parts: parts,
            threshold: 2,
            ends: _endsFrom(_from(21 days)),
            trustees: _trustees(parts)
        });
    }

    function _endsFrom(uint40 submitEnd) internal pure returns (ITenderLedger.Ends memory) {
        return ITenderLedger.Ends({
            submitEnd: submitEnd,
            listEnd: submitEnd + LISTING,
            discloseEnd: submitEnd + LISTING + WINDOW,
            releaseEnd: submitEnd + LISTING + 2 * WINDOW,
            fallbackEnd: submitEnd + LISTING + 3 * WINDOW
        });
    }

    function _trustees(uint8 parts) internal view returns (ITenderLedger.Trustee[] memory trustees) {
        trustees = new ITenderLedger.Trustee[](3 * uint256(parts));
        for (uint256 i = 0; i < trustees.length; ++i) {
            trustees[i] = ITenderLedger.Trustee({
                key: VM.addr(_trusteeKey(uint8(i / 3 + 1), uint8(i % 3 + 1))),
                group: i % 3 == 0 ? agency : bytes32(i % 3)
            });
        }
    }

    function _trusteeKey(uint8 part, uint8 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("trustee", part, index))) % N;
    }

    function _publish() internal {
        _publish(_announcement());
    }

    function _publish(ITenderLedger.Announcement memory announcement) internal {
        VM.prank(TENDERER);
        tenders.publish(announcement);
    }

    /// @dev The one-time key of a bidder, counted from 1.
    function _bidderKey(uint256 bidder) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("bidder", bidder))) % N;
    }

    function _bidder(uint256 bidder) internal pure returns (address) {
        return VM.addr(_bidderKey(bidder));
    }

    /// @dev The secret of a bid: tag 1 its own, tag 2 the trustees'.
    function _secret(uint256 bidder, uint32 version, uint8 part, uint8 tag) internal pure returns (bytes32) {
        return keccak256(abi.encode("secret", bidder, version, part, tag));
    }

    function _shares(uint8 parts) internal view returns (bytes memory shares) {
        shares = new bytes(parts * 81 * uint256(tenders.tenderOf(tenderId).trustees));
        for (uint256 i = 0; i < shares.length; i += 81) {
            shares[i] = bytes1(uint8(i / 81 + 1));
        }
    }

    function _bid(uint256 bidder, uint32 version) internal view returns (ITenderLedger.SubmitBid memory bid) {
        uint8 parts = tenders.tenderOf(tenderId).parts;
        bid.tenderId = tenderId;
        bid.bidder = _bidder(bidder);
        bid.version = version;
        bid.docs = tenders.tenderOf(tenderId).docs;
        bid.identity = keccak256("identity");
        bid.validUntil = START + 300 days;
        bid.parts = new ITenderLedger.SealedPart[](parts);
        for (uint8 part = 1; part <= parts; ++part) {
            _seal(bid, bidder, part);
        }
    }

    function _seal(ITenderLedger.SubmitBid memory bid, uint256 bidder, uint8 part) private view {
        bytes32 context = tenders.contextOf(tenderId, bid.lot, part, bid.bidder, bid.version);
        bytes memory shares = _shares(uint8(bid.parts.length));
        uint256 length = shares.length / bid.parts.length;
        bytes memory own = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            own[i] = shares[(part - 1) * length + i];
        }
        bid.parts[part - 1] = ITenderLedger.SealedPart({
            file: keccak256("file"),
            size: 1_048_576,
            cB: keccak256(abi.encodePacked(uint8(1), context, _secret(bidder, bid.version, part, 1))),
            cC: keccak256(abi.encodePacked(uint8(2), context, _secret(bidder, bid.version, part, 2))),
            shares: keccak256(own),
            manifest: keccak256("manifest")
        });
    }

    function _signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _submit(uint256 bidder) internal {
        _submit(_bid(bidder, 1), _bidderKey(bidder));
    }

    function _submit(ITenderLedger.SubmitBid memory bid, uint256 key) internal {
        bytes memory shares = _shares(uint8(bid.parts.length));
        bytes memory signature = _signed(key, tenders.bidDigest(bid));
        VM.prank(ANYBODY);
        tenders.submit(bid, shares, signature, "");
    }

    /// @dev Bids of the first bidders, at version 1.
    function _submitMany(uint256 bidders) internal {
        for (uint256 bidder = 1; bidder <= bidders; ++bidder) {
            _submit(bidder);
        }
    }

    function _withdrawal(uint256 bidder, uint32 version)
        internal
        view
        returns (ITenderLedger.WithdrawBid memory)
    {
        return ITenderLedger.WithdrawBid({
            tenderId: tenderId,
            lot: 0,
            bidder: _bidder(bidder),
            version: version,
            validUntil: START + 300 days
        });
    }

    /// @dev EIP-712, as a wallet computes it.
    function _withdrawalDigest(ITenderLedger.WithdrawBid memory withdrawal) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "WithdrawBid(bytes32 tenderId,uint16 lot,address bidder,uint32 version,uint64 validUntil)"
        );
        return keccak256(abi.encodePacked("\x19\x01", _domain(), keccak256(abi.encode(typeHash, withdrawal))));
    }

    function _domain() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Suizheng TenderLedger"),
                keccak256("1"),
                block.chainid,
                address(tenders)
            )
        );
    }

    function _withdraw(uint256 bidder, uint32 version) internal {
        ITenderLedger.WithdrawBid memory withdrawal = _withdrawal(bidder, version);
        bytes memory signature = _signed(_bidderKey(bidder), _withdrawalDigest(withdrawal));
        VM.prank(ANYBODY);
        tenders.withdraw(withdrawal, signature);
    }

    /// @dev A mailbox whose every place but the first holds nothing, and the proof of the first.
    function _proof(bytes32 digest) internal pure returns (ITenderLedger.MailboxProof memory proof) {
        proof.blind = BLIND;
        bytes32 node = sha256(abi.encodePacked(uint8(0), sha256(abi.encodePacked(digest, BLIND))));
        for (uint256 i = 0; i < 6; ++i) {
            proof.path[i] = keccak256(abi.encode("sibling", i));
            node = sha256(abi.encodePacked(uint8(1), node, proof.path[i]));
        }
        proof.root = node;
    }

    function _anchor(bytes32 root) internal {
        VM.prank(ISSUER);
        ledger.anchor(agency, MAILBOX, root, 64);
    }

    function _ends() internal view returns (ITenderLedger.Ends memory) {
        return tenders.endsOf(tenderId, 1);
    }

    function _disclose(uint256 bidder) internal {
        _disclose(_bid(bidder, 1), 1, _secret(bidder, 1, 1, 1));
    }

    function _disclose(ITenderLedger.SubmitBid memory bid, uint8 part, bytes32 secret) internal {
        VM.prank(ANYBODY);
        tenders.disclose(bid, part, secret);
    }

    function _release(uint8 index) internal {
        _release(1, index, bytes32(_trusteeKey(1, index)));
    }

    function _release(uint8 part, uint8 index, bytes32 secret) internal {
        VM.prank(ANYBODY);
        tenders.release(tenderId, part, index, secret);
    }

    function _recover(uint256 bidder) internal {
        _recover(_bid(bidder, 1), 1, _secret(bidder, 1, 1, 2));
    }

    function _recover(ITenderLedger.SubmitBid memory bid, uint8 part, bytes32 secret) internal {
        VM.prank(ANYBODY);
        tenders.recover(bid, part, secret);
    }

    function _record(uint32 opened) internal {
        VM.prank(TENDERER);
        tenders.recordOpening(tenderId, 0, 1, DIGEST, opened);
    }

    /// @dev Three bids of lot 0, and the clock at the first second of disclosure.
    function _toDisclosure() internal {
        _publish();
        _submitMany(3);
        VM.warp(_ends().listEnd);
    }

    /// @dev All three disclosed, and the clock at the first second of release.
    function _toRelease() internal {
        _toDisclosure();
        for (uint256 bidder = 1; bidder <= 3; ++bidder) {
            _disclose(bidder);
        }
        VM.warp(_ends().discloseEnd);
    }

    /// @dev Opened by two trustees.
    function _toOpened() internal {
        _toRelease();
        _release(1);
        _release(2);
    }

    function _suspend() internal {
        VM.prank(SUPERVISOR);
        tenders.suspend(tenderId, DIGEST);
    }

    function _resume() internal {
        VM.prank(SUPERVISOR);
        tenders.resume(tenderId);
    }

    function _phase() internal view returns (ITenderLedger.Phase) {
        return tenders.phaseAt(tenderId, 0, 1, _from(0));
    }

    function _is(ITenderLedger.Phase wanted) internal view {
        _same(uint256(_phase()), uint256(wanted));
    }

    function _expectPhase(ITenderLedger.Phase phase) internal {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TenderNotOpen.selector, phase));
    }

    function _expectViolated(ITenderLedger.Rule rule, uint256 required, uint256 given) internal {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.PolicyViolated.selector, rule, required, given));
    }

    function _expectTendererMissing(address account) internal {
        _expectRoleMissing(agency, IAuthority.Role.TENDERER, account);
    }

    function _expectSupervisorMissing(address account) internal {
        _expectRoleMissing(jurisdiction, IAuthority.Role.SUPERVISOR, account);
    }

    function _expectTooEarly(uint40 opensAt) internal {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.WindowNotOpen.selector, opensAt, _from(0)));
    }

    function _expectTooLate(uint40 closedAt) internal {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.WindowClosed.selector, closedAt, _from(0)));
    }

    function _expectLate(uint40 at_) internal {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.BidLate.selector, _ends().submitEnd, at_));
    }

    function _expectSuspended(uint40 since) internal {
        VM.expectRevert(abi.encodeWithSelector(ITenderLedger.TenderSuspended.selector, since));
    }
}
