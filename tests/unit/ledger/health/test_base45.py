"""Base45, held against the package of that name where both are strict."""

import base45 as oracle  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.base45 import Base45Malformed, decode, encode

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class TestBoth:
    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"AB", "BB8"),
            (b"Hello!!", "%69 VD92EX0"),
            (b"base-45", "UJCLQE7W581"),
            (b"ietf!", "QED8WEX0"),
        ],
    )
    def test_the_examples_of_rfc_9285(self, data: bytes, text: str) -> None:
        assert encode(data) == text
        assert decode(text) == data

    @given(st.binary(max_size=80))
    def test_there_and_back(self, data: bytes) -> None:
        assert encode(data) == oracle.b45encode(data).decode()
        assert decode(encode(data)) == data


class TestDecode:
    @given(st.text(ALPHABET, max_size=12))
    def test_accepts_what_the_other_does(self, text: str) -> None:
        try:
            wanted = oracle.b45decode(text.encode())
        except ValueError:
            with pytest.raises(Base45Malformed):
                decode(text)
        else:
            assert decode(text) == wanted

    @pytest.mark.parametrize(
        "text", ["GGW", ":::", "::", "A", "BB8A", "bb8", "BB8\n", "BB8é", "\ud800"]
    )
    def test_refuses(self, text: str) -> None:
        with pytest.raises(Base45Malformed):
            decode(text)

    @given(st.text(max_size=12))
    def test_no_text_raises_anything_else(self, text: str) -> None:
        try:
            assert encode(decode(text)) == text
        except Base45Malformed:
            return
