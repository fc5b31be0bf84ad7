// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAwardLedger} from "contracts/interfaces/IAwardLedger.sol";
import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Awards} from "../support/Awards.sol";

/// @title Sentences 38 and 39 of the README
contract TenderCostsTest is Awards {
    uint256 private constant FEW = 4;
    uint256 private constant MANY = 30;
    uint256 private constant CALLS = 9;

    /// @dev Each is taken without ether, so that it is the ether that is refused.
    function test_38_NothingTakesEther() public {
        _publish();
        bytes[] memory calls = new bytes[](5);
        ITenderLedger.SubmitBid memory bid = _bid(1, 1);
        bytes memory signature = _signed(_bidderKey(1), tenders.bidDigest(bid));
        calls[0] = "";
        calls[1] = abi.encodeCall(tenders.submit, (bid, _shares(1), signature, ""));
        calls[2] = abi.encodeCall(awards.ask, (tenderId, DIGEST));
        calls[3] = abi.encodeCall(policies.policyOf, (policyId));
        calls[4] = abi.encodeCall(tenders.tenderOf, (tenderId));
        address[3] memory targets = [address(tenders), address(awards), address(policies)];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < calls.length; ++j) {
                VM.deal(ANYBODY, 1);
                VM.prank(ANYBODY);
                (bool isTaken,) = targets[i].call{value: 1}(calls[j]);
                _check(!isTaken);
                _same(targets[i].balance, 0);
            }
        }
        _check(_isTaken(address(tenders), calls[1]) && _isTaken(address(awards), calls[2]));
        _check(_isTaken(address(policies), calls[3]) && _isTaken(address(tenders), calls[4]));
    }

    /// @dev The last bid, its secrets, a trustee's, and what follows: once with few bids before it, once with many.
    function test_39_NoCallCostsMoreForMoreBids() public {
        uint256 before = VM.snapshotState();
        uint64[CALLS] memory few = _costsOf(FEW);
        VM.revertToState(before);
        uint64[CALLS] memory many = _costsOf(MANY);
        for (uint256 i = 0; i < CALLS; ++i) {
            _same(many[i], few[i]);
        }
    }

    function _costsOf(uint256 bidders) private returns (uint64[CALLS] memory costs) {
        _publish();
        _submitMany(bidders - 1);
        _submit(bidders);
        costs[0] = _cost();
        VM.warp(_ends().listEnd);
        for (uint256 bidder = 1; bidder < bidders; ++bidder) {
            _disclose(bidder);
        }
        _disclose(bidders);
        costs[1] = _cost();
        VM.warp(_ends().discloseEnd);
        _release(1);
        costs[2] = _cost();
        _release(2);
        for (uint256 bidder = 1; bidder < bidders; ++bidder) {
            _recover(bidder);
        }
        _recover(bidders);
        costs[3] = _cost();
        _lodge(IAwardLedger.Stage.OPENING, 1);
        costs[6] = _cost();
        _answer(awards.openObjections(tenderId, 0)[0], IAwardLedger.Outcome.DISMISSED);
        // forge-lint: disable-next-line(unsafe-typecast) - a few
        _record(uint32(bidders));
        costs[4] = _cost();
        _seat(IAwardLedger.Step.COMMITTEE, 1);
        _seat(IAwardLedger.Step.SCORE, 1);
        _report(2);
        costs[5] = _cost();
        _notice(_from(3 days));
        costs[7] = _cost();
        VM.warp(_from(3 days));
        _award(1, 0);
        costs[8] = _cost();
    }

    function _cost() private view returns (uint64) {
        return VM.lastCallGas().gasTotalUsed;
    }

    function _isTaken(address target, bytes memory call) private returns (bool isTaken) {
        (isTaken,) = target.call(call);
    }
}
