"""A block proves what was logged in it to whoever believes its hash."""

from dataclasses import replace
from typing import Any

import pytest
from eth_hash.auto import keccak

from ledger.chain.block_proofs import (
    BLOOM_BYTES,
    BlockProof,
    BlockUnproven,
    encoded,
    read_header,
    receipts_root,
    require_linked,
)

LEDGER, OTHER = b"\xaa" * 20, b"\xbb" * 20
TENDER = b"\x07" * 32
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""The root of a trie without leaves (Yellow Paper §4.3.1): keccak of the RLP of nothing."""


def bloom_of(*values: bytes) -> bytes:
    """The filter as the Yellow Paper has it, written apart from ours: bit by bit, from the end."""
    bits = bytearray(BLOOM_BYTES)
    for value in values:
        hashed = keccak(value)
        for spot in (0, 2, 4):
            place = ((hashed[spot] << 8) + hashed[spot + 1]) & 2047
            bits[BLOOM_BYTES - 1 - place // 8] |= 1 << place % 8
    return bytes(bits)


def receipt(*logs: list[Any], kind: int = 2) -> bytes:
    body = encoded([1, 21_000, bytes(BLOOM_BYTES), list(logs)])
    return bytes([kind]) + body if kind else body


def header(root: bytes, *, parent: bytes = bytes(32), block: int = 7, bloom: bytes = b"") -> bytes:
    filled = bloom or bytes(BLOOM_BYTES)
    fields = [parent, bytes(32), bytes(20), bytes(32), bytes(32), root, filled]
    return encoded([*fields, 0, block, 30_000_000, 21_000, 1_780_000_000, b"", bytes(32), bytes(8)])


RECEIPTS = (
    receipt([LEDGER, [TENDER, b"\x01" * 32], b"data"], [OTHER, [], b""]),
    receipt(),
    receipt([LEDGER, [TENDER], b""], kind=0),
)
PROOF = BlockProof(
    header(receipts_root(RECEIPTS)), RECEIPTS, (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)
)


class TestLogs:
    def test_gives_every_log_with_its_place_in_the_block(self) -> None:
        head, logs = PROOF.logs()
        assert (head.block, head.time, head.hash) == (7, 1_780_000_000, keccak(PROOF.header))
        assert [each.log_index for each in logs] == [0, 1, 2]
        assert [each.transaction[:1] for each in logs] == [b"\x01", b"\x01", b"\x03"]
        assert (logs[0].topics, logs[0].octets) == ((TENDER, b"\x01" * 32), b"data")
        assert {each.block_hash for each in logs} == {head.hash}

    def test_an_empty_block_has_the_root_that_everybody_knows(self) -> None:
        assert receipts_root(()) == EMPTY_ROOT
        assert BlockProof(header(EMPTY_ROOT), (), ()).logs()[1] == ()

    @pytest.mark.parametrize(
        "proof",
        [
            replace(PROOF, receipts=RECEIPTS[:2], transactions=PROOF.transactions[:2]),
            replace(PROOF, receipts=(RECEIPTS[1], RECEIPTS[0], RECEIPTS[2])),
            replace(PROOF, receipts=(receipt(), *RECEIPTS[1:])),
            replace(PROOF, receipts=(b"", *RECEIPTS[1:])),
            replace(PROOF, transactions=PROOF.transactions[:2]),
            replace(PROOF, header=header(EMPTY_ROOT)),
            replace(PROOF, header=PROOF.header[:-1]),
            replace(PROOF, header=b"\xc0"),
            replace(PROOF, header=encoded([b"\x01"] * 15)),
        ],
    )
    def test_is_refused_for_anything_less_or_else(self, proof: BlockProof) -> None:
        with pytest.raises(BlockUnproven):
            proof.logs()

    @pytest.mark.parametrize(
        "strange",
        [
            b"\x02",
            b"\x02\xc0",
            b"\x02" + encoded([1, 1, b"", b"no list"]),
            receipt([LEDGER, [TENDER]]),
            receipt([b"\xaa" * 19, [TENDER], b""]),
            receipt([LEDGER, [b"short"], b""]),
        ],
    )
    def test_receipts_that_nobody_can_read(self, strange: bytes) -> None:
        with pytest.raises(BlockUnproven):
            BlockProof(header(receipts_root([strange])), (strange,), (bytes(32),)).logs()


class TestHeaders:
    def test_lead_up_to_a_head(self) -> None:
        first = read_header(header(EMPTY_ROOT))
        second = read_header(header(EMPTY_ROOT, parent=first.head.hash, block=8))
        require_linked([first, second], second.head.hash)
        for headers, head in (
            ([first, second], first.head.hash),
            ([second, first], second.head.hash),
            ([second, second], second.head.hash),
        ):
            with pytest.raises(BlockUnproven):
                require_linked(headers, head)

    def test_tell_which_blocks_may_hold_a_log(self) -> None:
        found = read_header(header(EMPTY_ROOT, bloom=bloom_of(LEDGER, TENDER)))
        assert found.may_hold(LEDGER, TENDER)
        assert found.may_hold(TENDER)
        assert not found.may_hold(OTHER, TENDER)
        assert not read_header(header(EMPTY_ROOT)).may_hold(TENDER)
