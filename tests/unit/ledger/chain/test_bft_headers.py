"""Headers of chains of validators hash without their seals, as their clients have it.

The reference is Besu's codecs (QbftExtraDataCodec, IbftExtraDataCodec: excluding committed seals
and round number), written down here apart from ours, byte by byte.
"""

from typing import Any, cast

import pytest
from eth_hash.auto import keccak

from ledger.chain.bft_headers import hashed_extras
from ledger.chain.block_gathering import BlockNotProvable, gather_headers
from ledger.chain.block_proofs import BLOOM_BYTES, read_header

VANITY = b"besu".rjust(32, b"\x00")
VALIDATORS = [bytes([each]) * 20 for each in (1, 2, 3, 4)]
SEALS = [bytes([each]) * 65 for each in (5, 6, 7)]
VOTE = [b"\x09" * 20, b"\xff"]


def rlp_of(value: Any) -> bytes:
    """Yellow Paper, appendix B."""
    if isinstance(value, list):
        return _headed(b"".join(map(rlp_of, value)), 0xC0)
    if len(value) == 1 and value[0] < 0x80:
        return bytes(value)
    return _headed(value, 0x80)


def _headed(body: bytes, offset: int) -> bytes:
    if len(body) < 56:
        return bytes([offset + len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([offset + 55 + len(length)]) + length + body


def qbft(round_: bytes, seals: list[bytes], vote: list[Any]) -> bytes:
    return rlp_of([VANITY, VALIDATORS, vote, round_, seals])


class Chain:
    """A node that gives one block, whose hash is that of its header with another extraData."""

    def __init__(self, extra: bytes, hashed: bytes) -> None:
        fields: dict[str, bytes] = {
            "parentHash": b"\x0a" * 32,
            "sha3Uncles": b"\x0b" * 32,
            "miner": VALIDATORS[0],
            "stateRoot": b"\x0c" * 32,
            "transactionsRoot": b"\x0d" * 32,
            "receiptsRoot": b"\x0e" * 32,
            "logsBloom": bytes(BLOOM_BYTES),
            "difficulty": b"\x01",
            "number": b"\x07",
            "gasLimit": b"\x01\xc9\xc3\x80",
            "gasUsed": b"",
            "timestamp": b"\x6a\x1c\x00\x00",
            "extraData": hashed,
            "mixHash": b"\x63" * 32,
            "nonce": bytes(8),
            "baseFeePerGas": b"",
        }
        self.hash = keccak(rlp_of(list(fields.values())))
        numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
        shown = fields | {"extraData": extra}
        self.block = {
            name: hex(int.from_bytes(each)) if name in numbers else "0x" + each.hex()
            for name, each in shown.items()
        } | {"hash": "0x" + self.hash.hex()}

    def outcomes(self, requests: list[tuple[str, Any]]) -> list[Any]:
        return [self.block if name == "eth_getBlockByNumber" else None for name, _ in requests]

    batch = outcomes


def headers(chain: Chain) -> list[bytes]:
    return gather_headers(cast("Any", chain), 7, 7)


@pytest.mark.parametrize("vote", [[], VOTE], ids=["no-vote", "a-vote"])
@pytest.mark.parametrize("round_", [b"", b"\x02"], ids=["first-round", "third-round"])
def test_qbft_leaves_out_seals_and_round(round_: bytes, vote: list[Any]) -> None:
    chain = Chain(qbft(round_, SEALS, vote), qbft(b"", [], vote))
    (raw,) = headers(chain)
    assert read_header(raw).head.hash == chain.hash


@pytest.mark.parametrize("vote", [b"", VOTE], ids=["no-vote", "a-vote"])
def test_ibft_ends_after_the_vote(vote: Any) -> None:
    sealed = rlp_of([VANITY, VALIDATORS, vote, bytes(4), SEALS])
    chain = Chain(sealed, rlp_of([VANITY, VALIDATORS, vote]))
    (raw,) = headers(chain)
    assert read_header(raw).head.hash == chain.hash


def test_others_hash_as_they_are() -> None:
    for extra in (b"", b"plain words", bytes(32) + SEALS[0], qbft(b"", SEALS, [])):
        (raw,) = headers(Chain(extra, extra))
        assert next(iter(hashed_extras(extra))) == extra
        assert extra in raw


@pytest.mark.parametrize(
    "hashed",
    [
        qbft(b"\x02", [], []),
        qbft(b"", SEALS[:2], []),
        rlp_of([VANITY, VALIDATORS[:3], [], b"", []]),
        rlp_of([VANITY, VALIDATORS]),
    ],
    ids=["with-its-round", "with-some-seals", "other-validators", "no-vote-at-all"],
)
def test_what_no_such_chain_hashes_is_not_believed(hashed: bytes) -> None:
    with pytest.raises(BlockNotProvable):
        headers(Chain(qbft(b"\x02", SEALS, []), hashed))


@pytest.mark.parametrize(
    "extra",
    [
        rlp_of([VANITY, VALIDATORS, [], b""]),
        rlp_of([VANITY[1:], VALIDATORS, [], b"", SEALS]),
        rlp_of([VANITY, [b"\x01" * 19], [], b"", SEALS]),
        rlp_of([VANITY, b"", [], b"", SEALS]),
    ],
)
def test_what_is_of_no_such_form_stands_for_itself(extra: bytes) -> None:
    assert list(hashed_extras(extra)) == [extra]
