// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IRecordLedger} from "./interfaces/IRecordLedger.sol";
import {ITenderLedger} from "./interfaces/ITenderLedger.sol";
import {ITenderPolicies} from "./interfaces/ITenderPolicies.sol";
import {Bids} from "./libraries/Bids.sol";
import {Rosters} from "./libraries/Rosters.sol";
import {TenderBids} from "./tenders/TenderBids.sol";
import {TenderFiles} from "./tenders/TenderFiles.sol";
import {TenderOpenings} from "./tenders/TenderOpenings.sol";
import {TenderPublication} from "./tenders/TenderPublication.sol";
import {TenderSuspensions} from "./tenders/TenderSuspensions.sol";

/// @title Sealed tenders from publication to opening
contract TenderLedger is TenderPublication, TenderBids, TenderOpenings, TenderSuspensions {
    constructor(IAuthority authority, IRecordLedger records, ITenderPolicies policies)
        TenderFiles(authority, records, policies)
    {}

    /// @inheritdoc ITenderLedger
    function settle(bytes32 tenderId, uint16 lot, Phase ended) external onlyAwards {
        File storage file = _file(tenderId);
        Lot storage record = file.lots[lot];
        if (!record.isSettled) ++file.terms.settledLots;
        record.isSettled = true;
        record.ended = ended;
        emit LotSettled(tenderId, lot, ended);
    }

    /// @inheritdoc ITenderLedger
    function reject(bytes32 tenderId, uint16 lot, address[] calldata bidders) external onlyAwards {
        File storage file = _file(tenderId);
        // The award ledger gives at most 32.
        for (uint256 i = 0; i < bidders.length; ++i) {
            Bid storage bid = file.bids[lot][bidders[i]];
            if (bid.disclosed & FIRST == 0) revert NotDisclosed(bidders[i]);
            bid.isRejected = true;
        }
        emit BidsRejected(tenderId, lot, bidders);
    }

    /// @inheritdoc ITenderLedger
    function noteAward(bytes32 tenderId, uint16 lot) external onlyAwards {
        ++_file(tenderId).terms.awardedLots;
        emit LotAwarded(tenderId, lot);
    }

    /// @inheritdoc ITenderLedger
    function contextOf(bytes32 tenderId, uint16 lot, uint8 part, address bidder, uint32 version)
        external
        view
        returns (bytes32)
    {
        return Bids.contextOf(tenderId, lot, part, bidder, version);
    }

    /// @inheritdoc ITenderLedger
    function tenderOf(bytes32 tenderId) external view returns (Tender memory) {
        return _files[tenderId].terms;
    }

    /// @inheritdoc ITenderLedger
    function endsOf(bytes32 tenderId, uint8 part) external view returns (Ends memory) {
        return _endsOf(_files[tenderId].clocks[part]);
    }

    /// @inheritdoc ITenderLedger
    function partOf(bytes32 tenderId, uint8 part) external view returns (Part memory) {
        Clock storage clock = _files[tenderId].clocks[part];
        return Part({
            released: clock.released,
            hasBegun: clock.hasBegun,
            openable: clock.openable,
            recorded: clock.recorded
        });
    }

    /// @inheritdoc ITenderLedger
    function trusteeOf(bytes32 tenderId, uint8 part, uint8 index)
        external
        view
        returns (TrusteeState memory)
    {
        File storage file = _files[tenderId];
        (address key, bool isBuyers) = Rosters.placeOf(file.roster, file.terms.trustees, part, index);
        bool isPlace = key != address(0);
        return TrusteeState({
            key: key,
            isBuyers: isBuyers,
            hasReleased: isPlace && file.clocks[part].hasReleased & Rosters.bitOf(index) != 0
        });
    }

    /// @inheritdoc ITenderLedger
    function lotOf(bytes32 tenderId, uint16 lot) external view returns (Lot memory record) {
        record = _files[tenderId].lots[lot];
        record.live = _live(_files[tenderId], lot);
    }

    /// @inheritdoc ITenderLedger
    function bidOf(bytes32 tenderId, uint16 lot, address bidder) external view returns (Bid memory) {
        return _files[tenderId].bids[lot][bidder];
    }

    /// @inheritdoc ITenderLedger
    function phaseAt(bytes32 tenderId, uint16 lot, uint8 part, uint40 moment) external view returns (Phase) {
        return _phase(_file(tenderId), lot, part, moment);
    }

    /// @inheritdoc ITenderLedger
    function currentPart(bytes32 tenderId) external view returns (uint8) {
        return _currentPart(_files[tenderId]);
    }
}
