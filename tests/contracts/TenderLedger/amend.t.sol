// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITenderLedger} from "contracts/interfaces/ITenderLedger.sol";

import {Tenders} from "../support/Tenders.sol";

/// @title TenderLedger.amend, by its tree
contract AmendTest is Tenders {
    function test_When_BidsAreAffectedInGoodTime() public {
        _publish();
        _submitMany(1);
        ITenderLedger.Ends memory ends = _endsFrom(_from(40 days));
        _amend(true, ends);
        _same(tenders.tenderOf(tenderId).version, 2);
        _same(tenders.tenderOf(tenderId).basis, 2);
        _same(_ends().submitEnd, ends.submitEnd);
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_Given_ThePolicyDropsStaleBids() public {
        ITenderLedger.Policy memory dropping = _policy();
        dropping.dropsStaleBids = true;
        policyId = _register(dropping);
        _publish();
        _submitMany(2);
        _amend(true, _ends());
        _same(tenders.lotOf(tenderId, 0).live, 0);
        _submit(_bid(1, 2), _bidderKey(1));
        _same(tenders.lotOf(tenderId, 0).live, 1);
    }

    function test_When_BidsAreNotAffected() public {
        _publish();
        VM.warp(_from(7 days));
        _amend(false, _ends());
    }

    function test_RevertWhen_FourteenDaysAreLeft() public {
        _publish();
        ITenderLedger.Ends memory ends = _ends();
        VM.warp(_from(7 days));
        _expectViolated(ITenderLedger.Rule.AMENDMENT, _from(15 days), ends.submitEnd);
        _amend(true, ends);
    }

    function test_RevertWhen_AnEndMovesEarlier() public {
        _publish();
        for (uint256 i = 0; i < 5; ++i) {
            ITenderLedger.Ends memory ends = _endsFrom(_ends().submitEnd + 1 days);
            uint40 end = _shorten(ends, i);
            VM.expectRevert(abi.encodeWithSelector(ITenderLedger.EndNotLater.selector, end, end - 1));
            _amend(false, ends);
        }
    }

    function test_RevertWhen_ReceivingIsOver() public {
        _publish();
        ITenderLedger.Ends memory ends = _ends();
        VM.warp(ends.submitEnd);
        _expectPhase(ITenderLedger.Phase.LISTING);
        _amend(false, ends);
    }

    function test_RevertWhen_TheCallerIsNoTenderer() public {
        _publish();
        ITenderLedger.Ends memory ends = _ends();
        _expectTendererMissing(STRANGER);
        VM.prank(STRANGER);
        tenders.amend(tenderId, DIGEST, false, ends);
    }

    function _amend(bool affectsBids, ITenderLedger.Ends memory ends) private {
        VM.prank(TENDERER);
        tenders.amend(tenderId, DIGEST, affectsBids, ends);
    }

    /// @dev Lets one end come a second before its present one, which is returned.
    function _shorten(ITenderLedger.Ends memory ends, uint256 which) private view returns (uint40 end) {
        ITenderLedger.Ends memory present = _ends();
        if (which == 0) ends.submitEnd = (end = present.submitEnd) - 1;
        if (which == 1) ends.listEnd = (end = present.listEnd) - 1;
        if (which == 2) ends.discloseEnd = (end = present.discloseEnd) - 1;
        if (which == 3) ends.releaseEnd = (end = present.releaseEnd) - 1;
        if (which == 4) ends.fallbackEnd = (end = present.fallbackEnd) - 1;
    }
}
