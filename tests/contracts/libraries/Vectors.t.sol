// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "contracts/interfaces/IAuthority.sol";
import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";
import {StatusWords} from "contracts/libraries/StatusWords.sol";

import {Orders} from "../support/Orders.sol";

/// @title The golden vectors that Python reads too
contract VectorsTest is Orders {
    function test_KeyIds() public view {
        string memory json = _vectors("ids.json");
        uint256 cases = 0;
        for (
            string memory path = _at(".keys", 0); VM.keyExistsJson(json, path); path = _at(".keys", ++cases)) {
            bytes32 x = VM.parseJsonBytes32(json, string.concat(path, ".x"));
            bytes32 y = VM.parseJsonBytes32(json, string.concat(path, ".y"));
            _same(authority.keyIdOf(x, y), VM.parseJsonBytes32(json, string.concat(path, ".keyId")));
        }
        _same(cases, 2);
    }

    function test_AgencyAndRoleIds() public view {
        string memory json = _vectors("ids.json");
        for (uint256 i = 0; i < 3; ++i) {
            string memory path = _at(".agencies", i);
            string memory code = VM.parseJsonString(json, string.concat(path, ".jurisdiction"));
            bytes32 id = authority.jurisdictionId(code);
            _same(id, VM.parseJsonBytes32(json, string.concat(path, ".jurisdictionId")));
            bytes32 one = authority.agencyId(id, VM.parseJsonString(json, string.concat(path, ".code")));
            _same(one, VM.parseJsonBytes32(json, string.concat(path, ".agencyId")));
            for (uint8 role = 0; role < 7; ++role) {
                bytes32 subject = role == uint8(IAuthority.Role.SUPERVISOR) ? id : one;
                bytes32 wanted = VM.parseJsonBytes32(json, _at(string.concat(path, ".roleIds"), role));
                _same(authority.roleId(subject, IAuthority.Role(role)), wanted);
            }
        }
    }

    /// @dev The code is put where the vectors want the ledger, so the domain is not the one of its deployment.
    function test_CoSignatureDigests() public {
        string memory json = _vectors("co_signatures.json");
        IRecordLedger elsewhere = IRecordLedger(VM.parseJsonAddress(json, ".ledger"));
        VM.etch(address(elsewhere), address(ledger).code);
        for (uint256 i = 0; i < 4; ++i) {
            string memory path = _at(".cases", i);
            VM.chainId(VM.parseJsonUint(json, string.concat(path, ".chainId")));
            uint256 nonce = VM.parseJsonUint(json, string.concat(path, ".nonce"));
            uint40 deadline = uint40(VM.parseJsonUint(json, string.concat(path, ".deadline")));
            bytes32 digest = _digestOf(elsewhere, _read(json, path), nonce, deadline);
            _same(digest, VM.parseJsonBytes32(json, string.concat(path, ".digest")));
        }
    }

    function test_StatusWords() public view {
        string memory json = _vectors("status_words.json");
        for (uint256 i = 0; i < 7; ++i) {
            uint256 word = uint256(VM.parseJsonBytes32(json, string.concat(_at(".cases", i), ".word")));
            bytes memory entries =
                bytes(VM.parseJsonString(json, string.concat(_at(".cases", i), ".entries")));
            _same(entries.length, 128);
            for (uint256 j = 0; j < 128; ++j) {
                _same(uint8(StatusWords.statusIn(word, j)), uint8(entries[j]) - 48);
            }
        }
    }

    function _digestOf(IRecordLedger elsewhere, Draft memory order, uint256 nonce, uint40 deadline)
        private
        view
        returns (bytes32)
    {
        return elsewhere.coSignatureDigest(order.terms, order.changes, nonce, deadline);
    }

    function _read(string memory json, string memory path) private view returns (Draft memory order) {
        string memory root = string.concat(path, ".order");
        order.terms.agency = VM.parseJsonBytes32(json, string.concat(root, ".agency"));
        order.terms.list = uint32(VM.parseJsonUint(json, string.concat(root, ".list")));
        order.terms.status = IRecordLedger.Status(VM.parseJsonUint(json, string.concat(root, ".status")));
        order.terms.reason = uint16(VM.parseJsonUint(json, string.concat(root, ".reason")));
        order.terms.effectiveAt = uint40(VM.parseJsonUint(json, string.concat(root, ".effectiveAt")));
        order.terms.until = uint40(VM.parseJsonUint(json, string.concat(root, ".until")));
        uint256 words = VM.keyExistsJson(json, string.concat(root, ".changes[1]")) ? 2 : 1;
        order.changes = new IRecordLedger.WordChange[](words);
        for (uint256 i = 0; i < words; ++i) {
            string memory change = _at(string.concat(root, ".changes"), i);
            order.changes[i].word = uint16(VM.parseJsonUint(json, string.concat(change, ".word")));
            order.changes[i].mask = VM.parseJsonUint(json, string.concat(change, ".mask"));
        }
    }

    function _at(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(list, "[", VM.toString(i), "]");
    }
}
