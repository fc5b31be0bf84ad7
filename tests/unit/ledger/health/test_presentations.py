"""Passes as shown: by the holder's key, for a moment or for one gate."""

import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import cbor, cose, passes, presentations, qr_text
from ledger.health.presentations import PresentationMalformed
from ledger.health.qr_text import PrefixUnknown, TextMalformed
from ledger.keys import SignatureInvalid
from tests.unit.ledger.health.test_passes import AGENCY, HOLDER, NOON, OTHER, PASS

NONCE = bytes(range(8))
ONE = passes.sign(PASS, AGENCY)
GROUP = [
    passes.sign(replace(PASS, cti=bytes([number]) * 16, index=number), AGENCY)
    for number in range(8)
]


def shown(content: Any, prefix: str = "SZ2:", headers: dict[int, Any] | None = None) -> str:
    return qr_text.encode(prefix, cose.sign(cbor.encode(content), HOLDER, headers or {}))


class TestShown:
    @pytest.mark.parametrize("count", [1, 2, 4, 8])
    def test_passes_come_back_with_time_and_nonce(self, count: int) -> None:
        text = presentations.present(GROUP[:count], NOON, NONCE, HOLDER)
        assert text[:4] == ("SZ2:" if count == 1 else "SZ4:")
        found = presentations.read(text)
        assert (found.passes, found.time, found.nonce) == (tuple(GROUP[:count]), NOON, NONCE)
        found.verify(HOLDER.public_key)
        with pytest.raises(SignatureInvalid):
            found.verify(OTHER.public_key)

    @pytest.mark.parametrize("group", [[], [ONE] * 9])
    def test_no_pass_and_nine_are_refused(self, group: list[bytes]) -> None:
        with pytest.raises(PresentationMalformed):
            presentations.present(group, NOON, NONCE, HOLDER)

    @given(st.data())
    def test_changed_in_one_character_is_never_the_holders(self, data: st.DataObject) -> None:
        text = presentations.present([ONE], NOON, NONCE, HOLDER)
        at = data.draw(st.integers(0, len(text) - 1))
        digit = data.draw(st.sampled_from("0AZ $:").filter(lambda value: value != text[at]))
        with pytest.raises((PrefixUnknown, TextMalformed, PresentationMalformed, SignatureInvalid)):
            presentations.read(text[:at] + digit + text[at + 1 :]).verify(HOLDER.public_key)


class TestHostile:
    @given(st.text(max_size=200))
    def test_text_is_refused(self, text: str) -> None:
        for prefix in ("", "SZ2:", "SZ4:"):
            with pytest.raises((PrefixUnknown, TextMalformed, PresentationMalformed)):
                presentations.read(prefix + text)

    @pytest.mark.parametrize(
        "content",
        [
            [],
            [[], NOON, NONCE],
            [[ONE], NOON],
            [[ONE], -1, NONCE],
            [[ONE], 2**40, NONCE],
            [[ONE], NOON, NONCE + b"\0"],
            [["text"], NOON, NONCE],
            [[ONE, ONE], NOON, NONCE],
            [GROUP[:2], NOON, NONCE],  # a group in the form of one
            [ONE, NOON, NONCE],
        ],
    )
    def test_contents_of_another_shape_are_refused(self, content: Any) -> None:
        with pytest.raises(PresentationMalformed):
            presentations.read(shown(content))

    def test_another_spelling_of_the_same_is_refused(self) -> None:
        good = cbor.encode([[ONE], NOON, NONCE])
        head, time = cbor.encode(ONE)[: -len(ONE)], NOON.to_bytes(4)
        begin, at, end = b"\x83\x81", b"\x1a" + time, b"\x48" + NONCE
        assert good == begin + head + ONE + at + end
        for other in (
            b"\x98\x03\x81" + head + ONE + at + end,
            b"\x83\x98\x01" + head + ONE + at + end,
            b"\x9f\x81" + head + ONE + at + end + b"\xff",
            begin + b"\x5a" + len(ONE).to_bytes(4) + ONE + at + end,
            begin + head + ONE + b"\x1b" + bytes(4) + time + end,
            begin + head + ONE + b"\xc2\x44" + time + end,
            begin + head + ONE + at + b"\x58\x08" + NONCE,
            good + b"\0",
            *(good[:size] for size in range(len(good))),
        ):
            text = qr_text.encode("SZ2:", cose.sign(other, HOLDER, {}))
            with pytest.raises(PresentationMalformed):
                presentations.read(text)

    def test_a_list_that_contains_itself_is_refused(self) -> None:
        cyclic = b"\xd8\x1c\x83\xd8\x1d\x00\x01\x02"  # tags 28 and 29
        text = qr_text.encode("SZ2:", cose.sign(cyclic, HOLDER, {}))
        with pytest.raises(PresentationMalformed):
            presentations.read(text)

    def test_headers_of_another_shape_are_refused(self) -> None:
        with pytest.raises(PresentationMalformed) as refused:
            presentations.read(shown([[ONE], NOON, NONCE], headers={4: b"\0" * 8}))
        assert refused.value.reason == "envelope"

    def test_a_group_that_swells_is_refused(self) -> None:
        bomb = zlib.compress(bytes(3_000_000), 9)
        assert len(bomb) < 3_000
        with pytest.raises((PresentationMalformed, TextMalformed)):
            presentations.read(qr_text.encode("SZ4:", bomb[:2_860]))
        with pytest.raises(PresentationMalformed) as refused:
            presentations.read(qr_text.encode("SZ4:", zlib.compress(bytes(8_193), 9)))
        assert refused.value.reason == "zlib"

    @pytest.mark.parametrize("tail", [b"\0", b""])
    def test_a_group_cut_or_longer_than_its_stream_is_refused(self, tail: bytes) -> None:
        text = presentations.present(GROUP, NOON, NONCE, HOLDER)
        data = qr_text.decode("SZ4:", text)
        with pytest.raises(PresentationMalformed):
            presentations.read(qr_text.encode("SZ4:", data + tail if tail else data[:-1]))


class TestChallenge:
    def test_is_answered_by_the_first_eight_bytes_of_its_digest(self) -> None:
        text = presentations.challenge(b"certificate", NOON, b"\x11" * 16, 3, OTHER)
        asked = presentations.read_challenge(text)
        assert (asked.certificate, asked.time, asked.purpose) == (b"certificate", NOON, 3)
        asked.verify(OTHER.public_key)
        with pytest.raises(SignatureInvalid):
            asked.verify(HOLDER.public_key)
        answer = presentations.present([ONE], NOON, asked.answer, HOLDER)
        assert presentations.read(answer).nonce == presentations.answer_to(asked.encoded)

    @pytest.mark.parametrize(
        "content",
        [
            [b"", NOON, b"\0" * 16, 0],
            [b"c", NOON, b"\0" * 15, 0],
            [b"c", NOON, b"\0" * 16, 32],
            [b"c", "noon", b"\0" * 16, 0],
            [b"c", NOON, b"\0" * 16],
        ],
    )
    def test_of_another_shape_is_refused(self, content: Any) -> None:
        with pytest.raises(PresentationMalformed):
            presentations.read_challenge(shown(content, "SZ3:"))
