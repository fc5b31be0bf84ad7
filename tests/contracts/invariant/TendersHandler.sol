// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title Bids, amends, opens, suspends and ends one tender, lawfully or not, and remembers what it was told
contract TendersHandler is Tenders {
    uint256 private constant BIDDERS = 4;

    /// @notice Set once a rule was seen broken, with the number of its sentence.
    mapping(uint256 sentence => bool broken) public broken;

    mapping(uint256 bidder => uint32 version) private _version; // highest accepted
    mapping(uint256 bidder => bytes32 digest) private _digest;
    mapping(uint256 bidder => uint32 docsVersion) private _named; // by what is stored of the bidder
    mapping(uint32 docsVersion => bytes32 docs) private _docs;
    uint32 private _docsVersion = 1;
    uint32 private _basis = 1; // the last version that affects bids
    mapping(uint256 bidder => bool isLive) private _isLive;
    mapping(uint256 bidder => bool isDisclosed) private _isDisclosed;
    mapping(uint8 index => bool hasReleased) private _hasReleased;
    uint256 private _released;
    ITenderLedger.Ends private _last;
    uint40 private _lastSeen;
    bool private _wasEnded;

    function setUp() public override {
        super.setUp();
        _publish();
        _docs[1] = DOCS;
        _submitMany(3);
        for (uint256 bidder = 1; bidder <= 3; ++bidder) {
            (_version[bidder], _isLive[bidder], _named[bidder]) = (1, true, 1);
            _digest[bidder] = tenders.bidDigest(_bid(bidder, 1));
        }
        (_last, _lastSeen) = (_ends(), _from(0));
    }

    /// @notice New documents; the ends stay, move on, or move where they must not.
    function amend(uint256 seed, bool affectsBids) external {
        if (seed % 3 == 0) return; // else bids would not be taken to any end
        bytes32 docs = keccak256(abi.encode(seed));
        ITenderLedger.Ends memory ends = _amendedEnds((seed >> 8) % 6);
        VM.prank(TENDERER);
        try tenders.amend(tenderId, docs, affectsBids, ends) {
            if (_clock() >= _last.submitEnd) broken[46] = true;
            if (affectsBids && ends.submitEnd < _clock() + 15 days) broken[46] = true;
            _docs[++_docsVersion] = docs;
            if (affectsBids) _outdate();
        } catch {}
        _observe();
    }

    function submit(uint256 seed, uint32 version) external {
        uint256 bidder = _pick(seed);
        uint32 named = _pickDocs(seed);
        ITenderLedger.SubmitBid memory bid = _bidOn(bidder, _version[bidder] + version % 3, named);
        bytes memory shares = _shares(1);
        bytes memory signature = _signed(_bidderKey(bidder), tenders.bidDigest(bid));
        if (_bring(abi.encodeCall(tenders.submit, (bid, shares, signature, "")), seed)) {
            if (_clock() >= _last.submitEnd) broken[21] = true;
            if (named < _basis) broken[47] = true;
            _named[bidder] = named;
            _accept(bidder, bid.version, tenders.bidDigest(bid), true);
        }
        _observe();
    }

    function list(uint256 seed, bool isAnchored) external {
        uint256 bidder = _pick(seed);
        uint32 named = _pickDocs(seed);
        ITenderLedger.SubmitBid memory bid = _bidOn(bidder, _version[bidder] + 1, named);
        ITenderLedger.MailboxProof memory proof = _proof(tenders.bidDigest(bid));
        if (isAnchored && ledger.batchOf(agency, proof.root).anchoredAt == 0) _anchor(proof.root);
        bytes memory shares = _shares(1);
        bytes memory signature = _signed(_bidderKey(bidder), tenders.bidDigest(bid));
        if (_bring(abi.encodeCall(tenders.list, (bid, shares, signature, "", proof)), seed)) {
            if (ledger.batchOf(agency, proof.root).anchoredAt >= _last.submitEnd) broken[21] = true;
            if (_isSuspended()) broken[30] = true;
            if (_policy().dropsStaleBids && named < _basis) broken[47] = true;
            _named[bidder] = named;
            _accept(bidder, bid.version, tenders.bidDigest(bid), true);
        }
        _observe();
    }

    function withdraw(uint256 seed, uint32 version) external {
        uint256 bidder = _pick(seed);
        ITenderLedger.WithdrawBid memory withdrawal = _withdrawal(bidder, _version[bidder] + version % 2);
        bytes32 digest = _withdrawalDigest(withdrawal);
        bytes memory signature = _signed(_bidderKey(bidder), digest);
        if (seed % 5 != 0) return; // else nobody is left to open
        if (_bring(abi.encodeCall(tenders.withdraw, (withdrawal, signature)), seed)) {
            if (_clock() >= _last.submitEnd) broken[21] = true;
            _accept(bidder, withdrawal.version, digest, false);
        }
        _observe();
    }

    function disclose(uint256 seed, bool isWrong) external {
        uint256 bidder = _pick(seed);
        uint32 version = _version[bidder];
        ITenderLedger.SubmitBid memory bid = _bidOn(bidder, version, _named[bidder]);
        bytes32 secret = _secret(bidder, version, 1, isWrong ? 2 : 1);
        if (_bring(abi.encodeCall(tenders.disclose, (bid, 1, secret)), seed)) {
            if (isWrong) broken[24] = true;
            if (_from(0) < _last.listEnd || _from(0) >= _last.discloseEnd) broken[25] = true;
            if (tenders.lotOf(tenderId, 0).live < 3) broken[25] = true;
            if (!_isLive[bidder] || _isDisclosed[bidder]) broken[28] = true;
            if (_isSuspended()) broken[30] = true;
            _isDisclosed[bidder] = true;
        }
        _observe();
    }

    function release(uint8 seed, bool isWrong) external {
        uint8 index = 1 + seed % 3;
        bytes32 secret = bytes32(_trusteeKey(isWrong ? 2 : 1, index));
        if (_bring(abi.encodeCall(tenders.release, (tenderId, 1, index, secret)), seed)) {
            if (isWrong || _from(0) < _last.discloseEnd || _hasReleased[index]) broken[26] = true;
            if (_isSuspended()) broken[30] = true;
            _hasReleased[index] = true;
            ++_released;
        }
        _observe();
    }

    function recover(uint256 seed) external {
        uint256 bidder = _pick(seed);
        uint32 version = _version[bidder];
        bytes32 secret = _secret(bidder, version, 1, 2);
        ITenderLedger.SubmitBid memory bid = _bidOn(bidder, version, _named[bidder]);
        if (_bring(abi.encodeCall(tenders.recover, (bid, 1, secret)), seed)) {
            if (_released < 2 && _from(0) < _last.releaseEnd) broken[27] = true;
            if (!_isDisclosed[bidder]) broken[27] = true;
            if (_isSuspended()) broken[30] = true;
        }
        _observe();
    }

    function suspend() external {
        bool isOpening =
            _released != 0 && _from(0) < _last.fallbackEnd && tenders.partOf(tenderId, 1).recorded == 0;
        VM.prank(SUPERVISOR);
        try tenders.suspend(tenderId, DIGEST) {
            if (isOpening) broken[31] = true;
        } catch {}
        _observe();
    }

    function resume(bool byAnybody) external {
        uint40 since = tenders.tenderOf(tenderId).suspendedAt;
        VM.prank(byAnybody ? ANYBODY : SUPERVISOR);
        try tenders.resume(tenderId) {
            if (!_areSame(_ends(), _moved(_last, since, _from(0) - since))) broken[30] = true;
        } catch {}
        _observe();
    }

    function record(uint32 opened) external {
        VM.prank(TENDERER);
        try tenders.recordOpening(tenderId, 0, 1, DIGEST, opened % 5) {
            if (_isSuspended()) broken[30] = true;
        } catch {}
        _observe();
    }

    function end(uint256 seed) external {
        if (seed % 97 != 0) return;
        VM.prank(TENDERER);
        try tenders.terminate(tenderId, DIGEST) {
            _wasEnded = true;
        } catch {}
        _observe();
    }

    function wait(uint256 seed) external {
        uint40[6] memory steps = [uint40(1), 10 minutes, 30 minutes, 1 days, 3 days, 10 days];
        VM.warp(_from(int256(uint256(steps[seed % 6]))));
        _observe();
    }

    /// @notice To the next end, where everything is decided; seldom to the first, before which most may happen.
    function waitForEnd(uint8 before) external {
        if (_from(1) < _last.submitEnd && before % 4 != 0) return;
        uint40[5] memory ends =
            [_last.submitEnd, _last.listEnd, _last.discloseEnd, _last.releaseEnd, _last.fallbackEnd];
        for (uint256 i = 0; i < 5; ++i) {
            if (ends[i] > _from(1)) {
                VM.warp(ends[i] - (before >> 2) % 2);
                break;
            }
        }
        _observe();
    }

    function isCounted() external view returns (bool) {
        ITenderLedger.Lot memory lot = tenders.lotOf(tenderId, 0);
        (uint256 live, uint256 disclosed) = (0, 0);
        for (uint256 bidder = 1; bidder <= BIDDERS; ++bidder) {
            if (_isLive[bidder]) ++live;
            if (_isDisclosed[bidder]) ++disclosed;
        }
        return lot.live == live && lot.disclosed1 == disclosed && disclosed <= live;
    }

    function areDigestsKept() external view returns (bool) {
        for (uint256 bidder = 1; bidder <= BIDDERS; ++bidder) {
            ITenderLedger.Bid memory bid = tenders.bidOf(tenderId, 0, _bidder(bidder));
            if (bid.version != _version[bidder] || bid.digest != _digest[bidder]) return false;
            if (bid.docsVersion != _named[bidder]) return false;
        }
        return true;
    }

    function isOpenedByTheThreshold() external view returns (bool) {
        ITenderLedger.Phase phase = tenders.phaseAt(tenderId, 0, 1, _from(0));
        bool isOpened = phase == ITenderLedger.Phase.OPENED || phase == ITenderLedger.Phase.NOT_OPENED;
        bool isDue = tenders.tenderOf(tenderId).suspendedAt != 0 || _from(0) >= _last.fallbackEnd;
        return tenders.partOf(tenderId, 1).released == _released && (isDue || !isOpened || _released >= 2);
    }

    function isEndFinal() external view returns (bool) {
        return !_wasEnded || tenders.phaseAt(tenderId, 0, 1, _from(0)) == ITenderLedger.Phase.TERMINATED;
    }

    /// @dev Has one account make the call and then, as if that had not been, another; what they are told must be the same.
    function _bring(bytes memory call, uint256 seed) private returns (bool isTaken) {
        uint256 before = VM.snapshotState();
        (bool wasTaken, bytes memory told) = _callAs(ANYBODY, call);
        VM.revertToState(before);
        // forge-lint: disable-next-line(unsafe-typecast) - below 2^65
        address stranger = address(uint160(2 ** 32 + seed % 2 ** 64));
        address[4] memory others = [TENDERER, SUPERVISOR, _bidder(1), stranger];
        bytes memory toldOther;
        (isTaken, toldOther) = _callAs(others[seed % 4], call);
        if (isTaken != wasTaken || keccak256(told) != keccak256(toldOther)) broken[37] = true;
    }

    function _callAs(address sender, bytes memory call) private returns (bool, bytes memory) {
        VM.prank(sender);
        return address(tenders).call(call);
    }

    function _accept(uint256 bidder, uint32 version, bytes32 digest, bool isLive) private {
        if (version <= _version[bidder]) broken[22] = true;
        (_version[bidder], _digest[bidder], _isLive[bidder]) = (version, digest, isLive);
    }

    /// @dev Bids of before are dropped, where the policy says so.
    function _outdate() private {
        _basis = _docsVersion;
        if (!_policy().dropsStaleBids) return;
        for (uint256 bidder = 1; bidder <= BIDDERS; ++bidder) {
            _isLive[bidder] = false;
        }
    }

    function _observe() private {
        ITenderLedger.Ends memory found = _ends();
        _observeEnd(_last.submitEnd, found.submitEnd);
        _observeEnd(_last.listEnd, found.listEnd);
        _observeEnd(_last.discloseEnd, found.discloseEnd);
        _observeEnd(_last.releaseEnd, found.releaseEnd);
        _observeEnd(_last.fallbackEnd, found.fallbackEnd);
        (_last, _lastSeen) = (found, _clock());
    }

    function _observeEnd(uint40 present, uint40 found) private {
        if (found < present || (found != present && present <= _lastSeen)) broken[29] = true;
    }

    /// @dev As they are, a second later, all of them or one of them earlier, and about the least time that bids need anew.
    function _amendedEnds(uint256 kind) private view returns (ITenderLedger.Ends memory ends) {
        ends = _last;
        if (kind == 1) ends = _moved(ends, 0, 1);
        if (kind == 2) ends = _endsFrom(ends.submitEnd - 1);
        if (kind == 3) ends.fallbackEnd -= 1;
        if (kind == 4) ends = _endsFrom(_clock() + 15 days - 1);
        if (kind == 5) ends = _endsFrom(_clock() + 15 days);
    }

    /// @dev The present documents, or now and then some of before.
    function _pickDocs(uint256 seed) private view returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast) - at most the present version
        return (seed >> 8) % 4 == 0 ? uint32(1 + (seed >> 16) % _docsVersion) : _docsVersion;
    }

    function _bidOn(uint256 bidder, uint32 version, uint32 docsVersion)
        private
        view
        returns (ITenderLedger.SubmitBid memory bid)
    {
        bid = _bid(bidder, version);
        bid.docs = _docs[docsVersion];
    }

    function _pick(uint256 seed) private pure returns (uint256) {
        return 1 + seed % BIDDERS;
    }

    function _isSuspended() private view returns (bool) {
        return tenders.tenderOf(tenderId).suspendedAt != 0;
    }

    /// @dev What the tender's clock shows.
    function _clock() private view returns (uint40) {
        uint40 since = tenders.tenderOf(tenderId).suspendedAt;
        return since == 0 ? _from(0) : since;
    }

    /// @dev Each that was still ahead at `since`, `shift` later.
    function _moved(ITenderLedger.Ends memory present, uint40 since, uint40 shift)
        private
        pure
        returns (ITenderLedger.Ends memory)
    {
        return ITenderLedger.Ends({
            submitEnd: _moved(present.submitEnd, since, shift),
            listEnd: _moved(present.listEnd, since, shift),
            discloseEnd: _moved(present.discloseEnd, since, shift),
            releaseEnd: _moved(present.releaseEnd, since, shift),
            fallbackEnd: _moved(present.fallbackEnd, since, shift)
        });
    }

    function _moved(uint40 present, uint40 since, uint40 shift) private pure returns (uint40) {
        return present > since ? present + shift : present;
    }

    function _areSame(ITenderLedger.Ends memory one, ITenderLedger.Ends memory other)
        private
        pure
        returns (bool)
    {
        return keccak256(abi.encode(one)) == keccak256(abi.encode(other));
    }
}
