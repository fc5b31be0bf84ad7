// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "./IAuthority.sol";
import {IRecognitionLedger} from "./IRecognitionLedger.sol";
import {IRecordLedger} from "./IRecordLedger.sol";

/// @title Everything that one verification needs, in one call
interface IVerificationLens {
    /// @notice What a document and its proof name.
    struct Query {
        bytes32 agency;
        bytes32 root;
        bytes32 keyId;
        bytes32 recordType;
        uint32 list;
        uint16 word;
    }

    /// @notice The ledger's answer as of its last block. Facts "then" are those of the block that anchored the root, or of
    /// the last block when the root is not anchored.
    struct Reading {
        uint256 chainId;
        uint40 blockNumber;
        uint40 blockTime;
        IRecordLedger.Batch batch;
        IAuthority.Agency agency;
        string jurisdictionCode;
        IAuthority.AgencyStatus agencyStatusThen;
        IAuthority.DocumentKey key;
        bool accreditedThen;
        uint256 statusWord;
    }

    /// @notice What holds between two jurisdictions, as of the ledger's last block. Version 0: nothing is in force.
    struct Recognition {
        uint256 chainId;
        uint40 blockNumber;
        uint40 blockTime;
        uint32 version;
        IRecognitionLedger.State state;
        IRecognitionLedger.Agreement agreement;
        IRecognitionLedger.Suspension[] suspensions; // in effect, in the order of the acts
    }

    function read(Query calldata query) external view returns (Reading memory);

    /// @notice {IRecognitionLedger.inForceAt} with the block that it is read at.
    function inForceAt(bytes32 from, bytes32 to, bytes32 recordType, uint40 moment)
        external
        view
        returns (Recognition memory);
}
