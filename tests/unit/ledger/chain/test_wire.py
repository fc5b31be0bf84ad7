from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.wire import address, checksum, octets, quantity, record, rows, spell
from ledger.errors import ChainUnavailable

# From EIP-55 itself.
EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


class TestQuantity:
    @given(st.integers(0, 2**256 - 1))
    def test_reads_what_is_spelt(self, number: int) -> None:
        assert quantity(spell(number)) == number

    @pytest.mark.parametrize(
        "value",
        ["", "0x", "0x01", "1", "0xg", " 0x1", "0x1 ", "0x1\n", "-0x1", "0X1", "0x" + "f" * 65],
    )
    def test_refuses_any_other_spelling(self, value: Any) -> None:
        with pytest.raises(ChainUnavailable):
            quantity(value)

    @pytest.mark.parametrize("value", [None, 1, 1.0, [], {}, True])
    def test_refuses_what_is_no_text(self, value: Any) -> None:
        with pytest.raises(ChainUnavailable):
            quantity(value)


class TestOctets:
    @given(st.binary(max_size=64))
    def test_reads_what_is_spelt(self, raw: bytes) -> None:
        assert octets(spell(raw), len(raw)) == raw

    @given(st.binary(max_size=40))
    def test_refuses_another_length(self, raw: bytes) -> None:
        with pytest.raises(ChainUnavailable):
            octets(spell(raw), len(raw) + 1)

    @pytest.mark.parametrize("value", ["", "00", "0x0", "0xzz", "0x00\n", "0X00", None, 0, b"\0"])
    def test_refuses_any_other_spelling(self, value: Any) -> None:
        with pytest.raises(ChainUnavailable):
            octets(value)


class TestAddress:
    @pytest.mark.parametrize("spelt", EIP_55)
    def test_has_its_check_case(self, spelt: str) -> None:
        assert checksum(bytes.fromhex(spelt[2:])) == spelt
        assert address(spelt.lower()) == spelt
        assert address("0x" + spelt[2:].upper()) == spelt

    @pytest.mark.parametrize("value", [EIP_55[0][:-2], EIP_55[0] + "00", "", None])
    def test_refuses_what_is_none(self, value: Any) -> None:
        with pytest.raises(ChainUnavailable):
            address(value)


class TestShapes:
    def test_an_object_and_an_array(self) -> None:
        assert record({"a": 1}) == {"a": 1}
        assert rows([1]) == [1]

    @pytest.mark.parametrize("value", [None, "", 0, "x"])
    def test_refuse_each_others(self, value: Any) -> None:
        for read in (record, rows):
            with pytest.raises(ChainUnavailable):
                read(value)
        with pytest.raises(ChainUnavailable):
            record([])
        with pytest.raises(ChainUnavailable):
            rows({})
