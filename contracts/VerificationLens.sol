// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IRecognitionLedger} from "./interfaces/IRecognitionLedger.sol";
import {IRecordLedger} from "./interfaces/IRecordLedger.sol";
import {IVerificationLens} from "./interfaces/IVerificationLens.sol";
import {Times} from "./libraries/Times.sol";

/// @title Everything that one verification needs, in one call
contract VerificationLens is IVerificationLens {
    /// @notice Where agencies, keys and accreditations are read.
    IAuthority public immutable AUTHORITY;

    /// @notice Where batches and status words are read.
    IRecordLedger public immutable LEDGER;

    /// @notice Where agreements are read.
    IRecognitionLedger public immutable RECOGNITION;

    constructor(IAuthority authority, IRecordLedger ledger, IRecognitionLedger recognition) {
        AUTHORITY = authority;
        LEDGER = ledger;
        RECOGNITION = recognition;
    }

    /// @inheritdoc IVerificationLens
    function read(Query calldata query) external view returns (Reading memory reading) {
        reading.chainId = block.chainid;
        reading.blockNumber = SafeCast.toUint40(block.number);
        reading.blockTime = Times.blockTime();
        reading.batch = LEDGER.batchOf(query.agency, query.root);
        uint40 then = reading.batch.anchoredAt != 0 ? reading.batch.anchoredAt : reading.blockTime;
        reading.agency = AUTHORITY.agencyOf(query.agency);
        reading.jurisdictionCode = AUTHORITY.jurisdictionOf(reading.agency.jurisdiction).code;
        reading.agencyStatusThen = AUTHORITY.agencyStatusAt(query.agency, then);
        reading.key = AUTHORITY.keyOf(query.agency, query.keyId);
        reading.accreditedThen = AUTHORITY.accreditedAt(query.agency, query.recordType, then);
        reading.statusWord = LEDGER.wordAt(query.agency, query.list, query.word);
    }

    /// @inheritdoc IVerificationLens
    function inForceAt(bytes32 from, bytes32 to, bytes32 recordType, uint40 moment)
        external
        view
        returns (Recognition memory recognition)
    {
        recognition.chainId = block.chainid;
        recognition.blockNumber = SafeCast.toUint40(block.number);
        recognition.blockTime = Times.blockTime();
        (recognition.version, recognition.state, recognition.agreement, recognition.suspensions) =
            RECOGNITION.inForceAt(from, to, recordType, moment);
    }
}
