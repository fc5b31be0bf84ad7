"""CBOR: one item, bounded, plain; and one spelling for what is ours."""

from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.cbor import (
    MAX_COSTLY,
    MAX_DEPTH,
    MAX_NODES,
    CborMalformed,
    check_plain,
    decode,
    decode_deterministic,
    encode,
)

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**64), 2**64 - 1), st.text(), st.binary()
)
KEYS = st.one_of(st.integers(-(2**64), 2**64 - 1), st.text())
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


def nested(depth: int) -> bytes:
    return b"\x81" * depth + b"\x00"


class TestDecode:
    @given(PLAIN)
    def test_reads_what_was_encoded(self, value: Any) -> None:
        assert decode(encode(value)) == value

    @given(st.binary(max_size=64))
    def test_no_input_raises_anything_else(self, data: bytes) -> None:
        try:
            value = decode(data)
        except CborMalformed:
            return
        try:
            check_plain(value)
        except CborMalformed:
            return
        cbor2.dumps(value)  # what passed is data

    @pytest.mark.parametrize("tail", [b"\x00", b"\xf6", b"tail"])
    def test_bytes_after_the_item_are_refused(self, tail: bytes) -> None:
        with pytest.raises(CborMalformed, match="trailing"):
            decode(encode([1, 2]) + tail)

    @pytest.mark.parametrize(
        "hexadecimal",
        [
            "",
            "81",
            "1c",
            "62ff00",
            "c4821b7fffffffffffffff01",
            "5bffffffffffffffff",
            "d82461",
            "d81c81d81d00",
        ],
    )
    def test_undecodable(self, hexadecimal: str) -> None:
        with pytest.raises(CborMalformed):
            decode(bytes.fromhex(hexadecimal))

    @pytest.mark.parametrize("head", ["d823", "d90023", "da00000023", "db0000000000000023"])
    def test_a_regular_expression_is_refused_before_it_is_compiled(self, head: str) -> None:
        pattern = bytes.fromhex(head) + cbor2.dumps("(?i:[\u0000-\U0010ffff])")
        with pytest.raises(CborMalformed, match="costly"):
            decode(b"\x81" + pattern)

    @pytest.mark.parametrize("head", ["d81c", "d9001c", "da0000001c", "db000000000000001c"])
    def test_shared_values_are_refused_before_they_are_hashed(self, head: str) -> None:
        # Each level refers to the one before 20 times: the hash of the key would visit 20^15 items.
        levels = [b"\x81\x01", *(b"\x94" + bytes((0xD8, 29, n)) * 20 for n in range(15))]
        key = b"\x90" + b"".join(bytes.fromhex(head) + level for level in levels)
        with pytest.raises(CborMalformed, match="costly"):
            decode(b"\xa1" + key + b"\x00")

    @pytest.mark.parametrize("tag", [2, 4, 5, 30, 258])
    def test_a_long_document_has_no_tags_that_compute(self, tag: int) -> None:
        long = [CBORTag(tag, [0, 1] if tag > 3 else b"\x01"), bytes(MAX_COSTLY)]
        with pytest.raises(CborMalformed, match="costly"):
            decode(cbor2.dumps(long))
        assert decode(cbor2.dumps([CBORTag(18, 7), bytes(MAX_COSTLY)]))[0] == CBORTag(18, 7)

    def test_the_same_bytes_inside_a_string_pass(self) -> None:
        assert decode(encode(b"\xd8\x23")) == b"\xd8\x23"


class TestCheckPlain:
    @pytest.mark.parametrize(
        "hexadecimal",
        [
            pytest.param("d901028101", id="a set"),
            pytest.param("f97e00", id="not a number"),
            pytest.param("f97c00", id="infinity"),
            pytest.param("c249ffffffffffffffffff", id="a bignum"),
            pytest.param("c48201187b", id="a decimal"),
            pytest.param("d81e820103", id="a fraction"),
            pytest.param("f7", id="undefined"),
            pytest.param("f0", id="a simple value"),
            pytest.param("d9fffe00", id="a tag"),
            pytest.param("a1a000", id="a key that is a map"),
            pytest.param("a1f500", id="a key that is true"),
            pytest.param("a1f93c0000", id="a key that is a float"),
        ],
    )
    def test_no_plain_data(self, hexadecimal: str) -> None:
        for data in (bytes.fromhex(hexadecimal), b"\x81" + bytes.fromhex(hexadecimal)):
            value = decode(data)
            with pytest.raises(CborMalformed):
                check_plain(value)

    def test_depth(self) -> None:
        check_plain(decode(nested(MAX_DEPTH)))
        with pytest.raises(CborMalformed, match="deep"):
            check_plain(decode(nested(MAX_DEPTH + 1)))

    def test_nodes(self) -> None:
        check_plain([0] * (MAX_NODES - 1))
        with pytest.raises(CborMalformed, match="many"):
            check_plain([0] * MAX_NODES)

    def test_keys_count(self) -> None:
        check_plain(dict.fromkeys(range((MAX_NODES - 1) // 2), 0))
        with pytest.raises(CborMalformed, match="many"):
            check_plain(dict.fromkeys(range(MAX_NODES // 2), 0))


class TestDeterministic:
    @given(PLAIN)
    def test_one_spelling(self, value: Any) -> None:
        assert decode_deterministic(encode(value)) == value

    @given(st.lists(KEYS, min_size=1, max_size=12))
    def test_members_are_ordered_by_their_encoded_keys(self, keys: list[Any]) -> None:
        encoded = [encode(key) for key in dict.fromkeys(keys)]
        members = b"".join(key + b"\x00" for key in sorted(encoded))
        assert encode(dict.fromkeys(keys, 0)) == bytes([0xA0 | len(encoded)]) + members

    def test_a_tag_outside_is_kept(self) -> None:
        data = encode(CBORTag(18, [b"", {}, b"", b""]))
        assert decode_deterministic(data).tag == 18

    @pytest.mark.parametrize(
        "hexadecimal",
        [
            pytest.param("1801", id="a long form"),
            pytest.param("a201000100", id="a duplicate key"),
            pytest.param("a202000100", id="another order"),
            pytest.param("a22000181800", id="shorter before longer"),
            pytest.param("9f00ff", id="indefinite length"),
            pytest.param("f93c00", id="a float"),
            pytest.param("d903ec6a323032312d30312d3031", id="a date"),
        ],
    )
    def test_any_other_spelling_is_refused(self, hexadecimal: str) -> None:
        with pytest.raises(CborMalformed):
            decode_deterministic(bytes.fromhex(hexadecimal))

    @pytest.mark.parametrize("value", [1.5, {1.5: 0}, {None: 0}, {(1,): 0}, 2**64, {1, 2}])
    def test_what_has_no_spelling(self, value: object) -> None:
        with pytest.raises(CborMalformed):
            encode(value)
