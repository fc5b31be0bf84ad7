"""One zlib stream: its whole content, and nothing that could be another spelling of it."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.inflation import DeflateMalformed, inflate

contents = st.binary(max_size=300) | st.text("ab", max_size=300).map(str.encode)


def reason(data: bytes, most: int = 1000) -> str:
    with pytest.raises(DeflateMalformed) as refused:
        inflate(data, most)
    return refused.value.reason


class TestInflate:
    @given(contents, st.integers(0, 9))
    def test_gives_the_content_back(self, content: bytes, level: int) -> None:
        assert inflate(zlib.compress(content, level), 300) == content

    @given(contents)
    def test_has_one_spelling_of_the_last_byte(self, content: bytes) -> None:
        data = zlib.compress(content, 9)
        for last in range(256):
            other = data[:-5] + bytes([last]) + data[-4:]
            if other != data:
                assert reason(other) in {"zlib", "spare bits"}

    def test_stops_at_the_most(self) -> None:
        data = zlib.compress(bytes(1000))
        assert inflate(data, 1000) == bytes(1000)
        assert reason(data, 999) == "too many bytes"
        assert reason(zlib.compress(bytes(10_000_000)), 999) == "too many bytes"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"x",
            zlib.compress(b"abc")[:-1],
            zlib.compress(b"abc") + b"\0",
            zlib.compress(b"abc") * 2,
            zlib.compress(b"abc", wbits=-15),
            zlib.compress(b"abc", wbits=31),
        ],
        ids=["nothing", "a byte", "cut off", "a tail", "two", "raw", "gzip"],
    )
    def test_refuses_what_is_not_one_stream(self, data: bytes) -> None:
        assert reason(data) == "zlib"
