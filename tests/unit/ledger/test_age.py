import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.age import (
    MAX_CONTENT_BYTES,
    RecipientMalformed,
    SealedForAnother,
    SealedMalformed,
    recipient_of,
    seal,
    unseal,
)
from tests.support.licences import counted_bytes

IDENTITY = bytes.fromhex("0d444aeba85d114f76ad63dd58f2835fa01e9ebbef9ee828a6facd2618160a45")
RECIPIENT = "age12n2dcyek72fhefmhac30ha89t4yywd3fus6xfyx3qs6nd8jd4evsmrmfrw"
FILE = base64.b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBObnNXMTlkR0xmMFhlRmVSWFpsTVZweVJ5c05Zekt3MldtclNPR1dL"
    "QjFJCjNSM1lyQkJMb3RiWEwxcDhBZHpoalJGaWZVQUtCZU43S1pZRnhXeXlMN2cKLT4gaHFwLWdyZWFzZQptb3M4cm9WaXZz"
    "S0VQZFR1elFUc3EzTzlFUWx5SEgyS1ZBL3VkVzBBVGNSY1V2akhmQjNRUlFDZUtIelllVFo4CnI1anhNK1A3T1ovNzUyY0ly"
    "SzNMbXJYd3lWdjB4cGo4cGo0WXVFbi9UMllYbDFzdjZRCi0tLSB2YmRTcjBxd1lvK3NtQndwUlBkSzVMNkovQ0FONFE5OXZ3"
    "NnFKdkFIeHBNCkP/OKQTxjCTPHho7OZBCyFhA9sCkTAQrP0DnnbFCDvL3QtQtTn14CToI8xKcfF1/Sor4g=="
)
"""Sealed by pyrage 1.4.0, which adds a stanza that means nothing."""


class TestRecipient:
    def test_is_spelt_as_age_spells_it(self) -> None:
        assert recipient_of(IDENTITY) == RECIPIENT

    @pytest.mark.parametrize(
        "text", ["", RECIPIENT[:-1], RECIPIENT[:-1] + "q", RECIPIENT.upper(), "age1" + "b" * 58]
    )
    def test_of_another_spelling_is_refused(self, text: str) -> None:
        with pytest.raises(RecipientMalformed):
            seal(b"", text, counted_bytes())


class TestUnseal:
    def test_opens_what_another_program_sealed(self) -> None:
        assert unseal(FILE, IDENTITY) == b"carried to the host"

    @given(st.binary(max_size=4096))
    def test_opens_what_was_sealed_here(self, content: bytes) -> None:
        assert unseal(seal(content, RECIPIENT, counted_bytes()), IDENTITY) == content

    def test_takes_one_chunk_and_no_more(self) -> None:
        full = bytes(MAX_CONTENT_BYTES)
        assert unseal(seal(full, RECIPIENT, counted_bytes()), IDENTITY) == full
        with pytest.raises(SealedMalformed):
            seal(full + b"\x00", RECIPIENT, counted_bytes())

    def test_stays_shut_for_another(self) -> None:
        with pytest.raises(SealedForAnother):
            unseal(FILE, b"\x07" * 32)

    @given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
    def test_stays_shut_after_any_change(self, place: int, bit: int) -> None:
        changed = bytearray(FILE)
        changed[place] ^= 1 << bit
        with pytest.raises((SealedMalformed, SealedForAnother)):
            unseal(bytes(changed), IDENTITY)

    @given(st.integers(0, len(FILE) - 1))
    def test_stays_shut_when_cut(self, length: int) -> None:
        with pytest.raises((SealedMalformed, SealedForAnother)):
            unseal(FILE[:length], IDENTITY)

    def test_refuses_a_second_recipient(self) -> None:
        stanza = FILE[FILE.index(b"-> X") : FILE.index(b"-> h")]
        with pytest.raises(SealedMalformed):
            unseal(FILE.replace(stanza, stanza * 2), IDENTITY)

    def test_refuses_a_point_that_every_key_agrees_with(self) -> None:
        low = base64.b64encode(bytes(32)).rstrip(b"=")
        share = FILE.split(b" ")[2].split(b"\n")[0]
        with pytest.raises(SealedMalformed):
            unseal(FILE.replace(share, low), IDENTITY)
