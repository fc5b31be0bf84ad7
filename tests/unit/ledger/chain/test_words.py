import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.wire import checksum
from ledger.chain.words import WORD_BYTES, read_words, word_readers

TYPES = ("uint8", "uint40", "uint256", "bytes32", "bytes4", "address", "bool")
EDGES = [bytes(32), b"\xff" * 32, (1).to_bytes(32), (2).to_bytes(32), bytes(12) + b"\x11" * 20]
WORDS = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**48).map(lambda n: n.to_bytes(32)))


def by_eth_abi(types: tuple[str, ...], octets: bytes) -> object:
    """What eth_abi reads, addresses with their check case; None where it refuses."""
    try:
        values = decode(types, octets)
    except DecodingError:
        return None
    return tuple(
        checksum(bytes.fromhex(value[2:])) if kind == "address" else value
        for kind, value in zip(types, values, strict=True)
    )


def by_words(types: tuple[str, ...], octets: bytes) -> object:
    readers = word_readers(types)
    assert readers is not None
    try:
        return read_words(readers, octets)
    except ValueError:
        return None


class TestReadWords:
    @given(
        st.lists(st.sampled_from(TYPES), max_size=6).map(tuple),
        st.lists(st.one_of(WORDS, st.binary(min_size=32, max_size=32)), max_size=7),
        st.binary(max_size=31),
    )
    def test_reads_and_refuses_as_eth_abi_does(
        self, types: tuple[str, ...], words: list[bytes], rest: bytes
    ) -> None:
        octets = b"".join(words) + rest
        assert by_words(types, octets) == by_eth_abi(types, octets)

    @pytest.mark.parametrize(
        ("kind", "value"),
        [("uint40", 2**40 - 1), ("bytes32", b"r" * 32), ("bool", True), ("bytes4", b"abcd")],
    )
    def test_reads_what_is_encoded(self, kind: str, value: object) -> None:
        readers = word_readers((kind,))
        assert readers is not None
        assert read_words(readers, encode([kind], [value])) == (value,)
        with pytest.raises(ValueError, match="few"):
            read_words(readers, bytes(WORD_BYTES - 1))


class TestWordReaders:
    @pytest.mark.parametrize("kind", ["string", "bytes", "uint8[]", "(uint8,bool)", "int8"])
    def test_leave_other_types_to_eth_abi(self, kind: str) -> None:
        assert word_readers(("uint8", kind)) is None
