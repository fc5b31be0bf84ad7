// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordLedger} from "contracts/interfaces/IRecordLedger.sol";

import {Orders} from "../support/Orders.sol";

/// @title Gives lawful and unlawful orders over word 5 and keeps accounts of its own
/// @dev The accounts go entry by entry and hour by second on purpose: nothing of the contract's arithmetic is used.
contract RecordsHandler is Orders {
    struct Revocation {
        uint40 moment;
        uint256 entries;
    }

    /// @notice What each of the 128 entries should be.
    uint8[128] public expected;

    /// @notice Set once a rule was seen broken, with the number of its sentence.
    mapping(uint256 sentence => bool broken) public broken;

    /// @notice How often each act was accepted, so that a run that does nothing shows.
    mapping(bytes32 act => uint256 times) public accepted;

    Revocation[] private _uncosignedRevocations;
    mapping(bytes32 root => IRecordLedger.Batch batch) private _anchored;
    bytes32[] private _roots;
    uint256 private _nextNonce;
    uint16 private _nextWord = 100;

    function anchor(uint8 rootSeed, uint16 kind, uint32 size) external {
        bytes32 root = keccak256(abi.encode(rootSeed % 16));
        bool known = _anchored[root].anchoredAt != 0;
        VM.prank(ISSUER);
        try ledger.anchor(agency, kind, root, size) {
            if (known || kind == 0 || size == 0) broken[2] = true;
            _roots.push(root);
            _anchored[root] = IRecordLedger.Batch({
                anchoredAt: uint40(block.timestamp), blockNumber: uint40(block.number), size: size, kind: kind
            });
            ++accepted["anchor"];
        } catch {}
    }

    function suspend(uint256 seed) external {
        _attempt(_entries(seed, 2, 2), IRecordLedger.Status.SUSPENDED, 101, false);
    }

    function reinstate(uint256 seed) external {
        _attempt(_matching(seed, 2), IRecordLedger.Status.VALID, 201, false);
    }

    function supersede(uint256 seed) external {
        _attempt(_entries(seed, 1, 2), IRecordLedger.Status.SUPERSEDED, 402, false);
    }

    function revokeFew(uint256 seed) external {
        _attempt(_entries(seed, 4, 4), IRecordLedger.Status.REVOKED, 331, false);
    }

    /// @notice Up to 100 records of a word that nothing else touches, so that the limit is reached again and again.
    function revokeMany(uint256 seed) external {
        uint256 entries = 1 + seed % 100;
        Draft memory order = _revocation(_first(entries));
        order.changes[0].word = _nextWord++;
        VM.prank(REGISTRAR);
        try ledger.changeStatus(order.terms, order.changes) {
            _accountUncosigned(entries);
        } catch {}
    }

    function annulAlone(uint256 seed) external {
        _attempt(_entries(seed, 1, 1), IRecordLedger.Status.REVOKED, 311, false);
    }

    function annulCosigned(uint256 seed) external {
        _attempt(_entries(seed, 1, 1), IRecordLedger.Status.REVOKED, 311, true);
    }

    function restore(uint256 seed, bool cosigned) external {
        _attempt(_matching(seed, 3), IRecordLedger.Status.VALID, 205, cosigned);
    }

    /// @notice Any class of order over any entries, most of them unlawful.
    function orderAnything(uint256 seed, uint8 status, uint16 reason, bool cosigned) external {
        _attempt(_entries(seed, 3, 128), IRecordLedger.Status(status % 4), 100 + (reason % 310), cosigned);
    }

    /// @notice The same co-signature twice: the second must fail.
    function replay(uint256 seed) external {
        Draft memory order = _suspension(_entries(seed, 1, 8));
        IRecordLedger.CoSignature memory coSignature = _cosign(order, _nextNonce++);
        if (!_send(order, coSignature)) return;
        _account(order, true);
        ++accepted["replay"];
        if (_send(order, coSignature)) broken[6] = true;
    }

    /// @notice An approver who is also the registrar may not co-sign its own order.
    function cosignAlone(uint256 seed) external {
        Draft memory order = _annulment(_entries(seed, 1, 1));
        IRecordLedger.CoSignature memory coSignature = _cosign(order, _nextNonce++);
        VM.prank(approver);
        try ledger.changeStatusCosigned(order.terms, order.changes, coSignature) {
            broken[5] = true;
        } catch {}
    }

    function wait(uint256 seed) external {
        uint256[5] memory steps = [uint256(1), 3_599, 3_600, 86_399, 86_400];
        VM.warp(block.timestamp + steps[seed % 5]);
        VM.roll(block.number + 1);
    }

    /// @notice Records revoked without co-signature now and in the 24 hours before, both ends inside.
    function lastDay() public view returns (uint256 sum) {
        for (uint256 i = _uncosignedRevocations.length; i != 0; --i) {
            Revocation memory one = _uncosignedRevocations[i - 1];
            if (one.moment + DAY < block.timestamp) break;
            sum += one.entries;
        }
    }

    function counted() external view returns (uint256) {
        return ledger.uncosignedRevocations(agency, uint40(block.timestamp));
    }

    function wordsAgree() external view returns (bool) {
        uint256 word = 0;
        for (uint256 i = 0; i < 128; ++i) {
            word |= uint256(expected[i]) << (2 * i);
        }
        return ledger.wordAt(agency, 0, 5) == word;
    }

    function batchesAgree() external view returns (bool) {
        for (uint256 i = 0; i < _roots.length; ++i) {
            bytes memory found = abi.encode(ledger.batchOf(agency, _roots[i]));
            if (keccak256(found) != keccak256(abi.encode(_anchored[_roots[i]]))) return false;
        }
        return true;
    }

    function _attempt(uint256 mask, IRecordLedger.Status status, uint16 reason, bool cosigned) private {
        Draft memory order = _order(mask, status, reason);
        IRecordLedger.CoSignature memory coSignature;
        if (cosigned) coSignature = _cosign(order, _nextNonce++);
        if (!_send(order, coSignature)) return;
        bool annuls = reason == 310 || reason == 311;
        if (!cosigned && (annuls || reason == 205)) broken[5] = true;
        _account(order, cosigned);
        ++accepted[bytes32(uint256(uint8(status)))];
    }

    function _send(Draft memory order, IRecordLedger.CoSignature memory coSignature) private returns (bool) {
        VM.prank(REGISTRAR);
        if (coSignature.approver == address(0)) {
            try ledger.changeStatus(order.terms, order.changes) {
                return true;
            } catch {
                return false;
            }
        }
        try ledger.changeStatusCosigned(order.terms, order.changes, coSignature) {
            return true;
        } catch {
            return false;
        }
    }

    function _account(Draft memory order, bool cosigned) private {
        uint256 revoked = 0;
        for (uint256 i = 0; i < 128; ++i) {
            if ((order.changes[0].mask >> (2 * i)) & 3 == 0) continue;
            if (expected[i] == 1) broken[1] = true;
            bool leavesSuperseded =
                order.terms.reason == 205 || order.terms.reason == 310 || order.terms.reason == 311;
            if (expected[i] == 3 && !leavesSuperseded) broken[8] = true;
            expected[i] = uint8(order.terms.status);
            if (order.terms.status == IRecordLedger.Status.REVOKED) ++revoked;
        }
        if (revoked != 0 && !cosigned) _accountUncosigned(revoked);
    }

    function _accountUncosigned(uint256 entries) private {
        _uncosignedRevocations.push(Revocation({moment: uint40(block.timestamp), entries: entries}));
        if (lastDay() > 100) broken[3] = true; // the busiest 24 hours end with a revocation
    }

    /// @dev A run of `least` to `most` entries that are not revoked yet, as far as there are any.
    function _entries(uint256 seed, uint256 least, uint256 most) private view returns (uint256 mask) {
        uint256 wanted = least + (seed % (most - least + 1));
        for (uint256 i = 0; i < 128 && wanted != 0; ++i) {
            uint256 entry = ((seed >> 8) + i) % 128;
            if (expected[entry] == 1 && (seed >> 16) % 8 != 0) continue; // now and then one that is
            mask |= _entry(entry);
            --wanted;
        }
    }

    function _matching(uint256 seed, uint8 status) private view returns (uint256 mask) {
        for (uint256 i = 0; i < 128; ++i) {
            uint256 entry = (seed % 128 + i) % 128;
            if (expected[entry] == status) return _entry(entry);
        }
        return _entry(seed % 128);
    }
}
