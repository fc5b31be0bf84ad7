// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.withdraw, by its tree
contract WithdrawTest is Tenders {
    function test_When_TheBidderSigned() public {
        _publish();
        _submitMany(2);
        _withdraw(1, 2);
        _same(tenders.lotOf(tenderId, 0).live, 1);
        _same(
            uint256(tenders.bidOf(tenderId, 0, _bidder(1)).state), uint256(ITenderLedger.BidState.WITHDRAWN)
        );
    }

    function test_Given_ThereIsNoBid() public {
        _publish();
        _submit(1);
        _withdraw(2, 1);
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_RevertWhen_ItIsReplayed() public {
        _publish();
        _submit(1);
        _withdraw(1, 2);
        _expect(_withdrawal(1, 2), 1, abi.encodeWithSelector(ITenderLedger.BidVersionStale.selector, 2, 2));
    }

    function test_RevertWhen_ItIsTheClosingSecond() public {
        _publish();
        _submit(1);
        VM.warp(_ends().submitEnd);
        _expect(
            _withdrawal(1, 2), 1, abi.encodeWithSelector(ITenderLedger.BidLate.selector, _from(0), _from(0))
        );
    }

    function test_RevertWhen_AStrangerSigns() public {
        _publish();
        _submit(1);
        _expect(
            _withdrawal(1, 2),
            2,
            abi.encodeWithSelector(ITenderLedger.BidSignatureInvalid.selector, _bidder(1))
        );
    }

    function _expect(ITenderLedger.WithdrawBid memory withdrawal, uint256 signer, bytes memory refusal)
        private
    {
        bytes memory signature = _signed(_bidderKey(signer), _withdrawalDigest(withdrawal));
        VM.expectRevert(refusal);
        tenders.withdraw(withdrawal, signature);
    }
}
