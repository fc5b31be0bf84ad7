import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bech32 import Bech32Malformed, decode, encode

LONG = "age-secret-key-1n52gms2cwrgm9sqft8qfut6843gtezuu20zw9j6syzu0ap0tc55q9wdmtl"


class TestBech32:
    def test_reads_the_specifications_own(self) -> None:
        """BIP 173 "Test vectors": the program of a P2WPKH address without its version."""
        assert decode("a", "a12uel5l") == b""
        split = "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"
        assert decode("split", split) == bytes.fromhex(
            "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"
        )

    def test_is_not_bound_to_a_length(self) -> None:
        raw = decode("age-secret-key-", LONG)
        assert len(raw) == 32
        assert encode("age-secret-key-", raw) == LONG

    @given(st.binary(max_size=64), st.sampled_from(["age", "age-secret-key-", "a"]))
    def test_gives_back_what_was_spelt(self, raw: bytes, prefix: str) -> None:
        assert decode(prefix, encode(prefix, raw)) == raw

    @given(st.integers(len("age-secret-key-1"), len(LONG) - 1), st.sampled_from("qpzry9x8b"))
    def test_one_letter_mistyped_is_refused(self, place: int, letter: str) -> None:
        typed = LONG[:place] + letter + LONG[place + 1 :]
        if typed == LONG:
            return
        with pytest.raises(Bech32Malformed):
            decode("age-secret-key-", typed)

    @pytest.mark.parametrize("text", ["", "a1", "a12uel5", "b12uel5l", "A12UEL5L", "a12uel5l "])
    def test_other_texts_are_refused(self, text: str) -> None:
        with pytest.raises(Bech32Malformed):
            decode("a", text)
