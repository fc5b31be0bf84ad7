// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "../interfaces/IAuthority.sol";
import {ITenderLedger} from "../interfaces/ITenderLedger.sol";
import {Rosters} from "../libraries/Rosters.sol";
import {TenderTimes} from "../libraries/TenderTimes.sol";
import {Times} from "../libraries/Times.sol";
import {TenderFiles} from "./TenderFiles.sol";

/// @title Tenders as they are published and amended
abstract contract TenderPublication is TenderFiles {
    /// @inheritdoc ITenderLedger
    function publish(Announcement calldata announcement) external returns (bytes32 tenderId) {
        bytes32 agency = announcement.agency;
        AUTHORITY.requireHolder(agency, IAuthority.Role.TENDERER, msg.sender);
        _requireDigest(announcement.docs);
        tenderId = tenderIdOf(agency, announcement.ref);
        File storage file = _files[tenderId];
        if (file.terms.version != 0) revert TenderAlreadyPublished(tenderId);
        _lay(file.terms, announcement);
        _setEnds(file.clocks[FIRST], announcement.ends);
        file.roster = Rosters.keep(announcement.trustees, agency);
        emit TenderPublished(tenderId, agency, announcement);
    }

    /// @inheritdoc ITenderLedger
    function amend(bytes32 tenderId, bytes32 docs, bool affectsBids, Ends calldata ends) external {
        File storage file = _file(tenderId);
        _requireTenderer(file.terms);
        _requireDigest(docs);
        uint40 moment = _requireReceiving(file);
        POLICIES.requireAmendable(
            file.terms.policy, _endsOf(file.clocks[FIRST]), ends, file.terms.mailbox != 0, affectsBids, moment
        );
        uint32 version = file.terms.version;
        file.earlier[file.terms.docs] = version;
        file.terms.docs = docs;
        file.terms.version = ++version;
        if (affectsBids) file.terms.basis = version;
        _setEnds(file.clocks[FIRST], ends);
        emit TenderAmended(tenderId, version, docs, affectsBids, ends);
    }

    function _lay(Tender storage terms, Announcement calldata announcement) private {
        terms.agency = announcement.agency;
        terms.docs = announcement.docs;
        terms.policy = announcement.policy;
        if (announcement.mailbox != 0) terms.mailbox = announcement.mailbox;
        terms.bondAuthority = announcement.bondAuthority;
        (terms.version, terms.basis) = (1, 1);
        terms.lots = announcement.lots;
        terms.parts = announcement.parts;
        terms.threshold = announcement.threshold;
        (
            terms.trustees,
            terms.minBids,
            terms.minDisclosed,
            terms.dropsStaleBids,
            terms.takesBidsWhileSuspended
        ) = POLICIES.requireFollowed(announcement, Times.blockTime());
    }

    /// @dev For what is allowed while suspended; returns what the tender's clock shows.
    function _requireReceiving(File storage file) private view returns (uint40 moment) {
        moment = TenderTimes.clock(file.terms.suspendedAt, Times.blockTime());
        Phase phase = _phase(file, 0, FIRST, moment);
        if (phase != Phase.RECEIVING) revert TenderNotOpen(phase);
    }
}
