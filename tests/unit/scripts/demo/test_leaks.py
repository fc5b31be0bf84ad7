"""What the search for personal values finds, and what it passes over."""

import base64
import hashlib

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import base45
from scripts.demo.leaks import Leak, Net, spellings

NAME = "样本旅客"
NUMBER = "E77310429"


def net(*values: str | bytes) -> Net:
    made = Net()
    for value in values:
        made.add("value", value)
    return made


class TestNet:
    @pytest.mark.parametrize("value", [NAME, NUMBER, bytes(range(32))])
    def test_finds_every_spelling_that_is_planted(self, value: str | bytes) -> None:
        made = net(value)
        for spelling, text in spellings(value):
            found = made.leaks_in(b'{"a":"' + text + b'"}')
            assert found, spelling

    @pytest.mark.parametrize(
        "planted",
        [
            NAME.encode(),
            NAME.encode("utf-16-le"),
            NAME.encode("utf-16-be"),
            NAME.encode().hex().encode(),
            hashlib.sha256(NAME.encode()).digest(),
            hashlib.sha256(NAME.encode()).hexdigest().encode(),
            keccak(NAME.encode()),
            base64.urlsafe_b64encode(keccak(NAME.encode())),
        ],
    )
    def test_finds_what_others_would_write(self, planted: bytes) -> None:
        assert net(NAME).leaks_in(b"before" + planted + b"after")

    @given(before=st.binary(max_size=8), after=st.binary(max_size=8))
    def test_finds_a_value_within_something_encoded(self, before: bytes, after: bytes) -> None:
        whole = before + NUMBER.encode() + after
        made = net(NUMBER)
        assert made.leaks_in(base64.b64encode(whole))
        assert made.leaks_in(base64.urlsafe_b64encode(whole))
        assert made.leaks_in(base45.encode(whole).encode())
        assert made.leaks_in(whole.hex().encode())

    def test_finds_nothing_where_nothing_is(self) -> None:
        made = net(NAME, NUMBER, b"\x07" * 16)
        assert made.size > 50
        log = b'{"event":"request","route":"/v1/health/transfers","status":201}' * 100
        assert made.leaks_in(log + b"E77310428" + b"\x07" * 15) == set()
        assert made.leaks_in(b"") == set()

    def test_passes_over_what_is_too_short_to_mean_anything(self) -> None:
        assert not net("P").leaks_in(b"POST /v1/passes")
        assert net("P").leaks_in(hashlib.sha256(b"P").digest())

    @pytest.mark.parametrize("value", ["Li W", "Ma Li"])
    def test_finds_a_short_text_where_it_stands_alone(self, value: str) -> None:
        made = net(value)
        assert made.leaks_in(b'{"name":"' + value.encode() + b'"}')
        assert not made.leaks_in(b'{"name":"' + value.encode() + b'nfang"}')
        assert made.leaks_in(value.encode().hex().encode())

    @pytest.mark.parametrize(
        "planted",
        [
            b'{"sampledAt":"2026-11-21T09:42:48Z"}',
            b"2026-11-21T09:42:48.250+00:00",
            b"2026-11-21 09:42:48",
            b'"sampled":1795254168,',
            b"1795254168000",
            (1_795_254_168).to_bytes(32),
            (1_795_254_168).to_bytes(32).hex().encode(),
        ],
    )
    def test_finds_a_moment(self, planted: bytes) -> None:
        made = Net()
        made.add("sampled at", 1_795_254_168)
        assert made.leaks_in(b"before" + planted + b"after") == made.leaks_in(planted) != set()
        other = Net()
        other.add("sampled at", 1_795_254_169)
        assert not other.leaks_in(b"before" + planted + b"after")

    def test_finds_every_spelling_of_a_moment_that_is_planted(self) -> None:
        made = Net()
        made.add("sampled at", 1_795_254_168)
        for spelling, text in spellings(1_795_254_168):
            assert made.leaks_in(b"..." + text + b"..."), spelling

    def test_names_what_and_how_but_not_whom(self) -> None:
        made = Net()
        made.add("documentNumber", NUMBER)
        assert made.leaks_in(NUMBER.encode()) == {Leak("documentNumber", "plain")}
