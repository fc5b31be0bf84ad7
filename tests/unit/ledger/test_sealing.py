import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sealing import KEY_BYTES, SealBroken, open_sealed, seal
from tests.support.licences import counted_bytes

KEY, OTHER_KEY = b"k" * KEY_BYTES, b"o" * KEY_BYTES
LINK, OTHER_LINK = b"l" * 16, b"m" * 16


class TestSeal:
    @given(st.binary(max_size=4096))
    def test_opens_with_its_key_and_link(self, content: bytes) -> None:
        sealed = seal(content, KEY, LINK, counted_bytes())
        assert open_sealed(sealed, KEY, LINK) == content

    def test_never_uses_a_nonce_twice(self) -> None:
        randomness = counted_bytes()
        assert seal(b"x", KEY, LINK, randomness)[:12] != seal(b"x", KEY, LINK, randomness)[:12]

    @pytest.mark.parametrize(("key", "link"), [(OTHER_KEY, LINK), (KEY, OTHER_LINK)])
    def test_stays_shut_for_another_key_or_link(self, key: bytes, link: bytes) -> None:
        with pytest.raises(SealBroken):
            open_sealed(seal(b"x", KEY, LINK, counted_bytes()), key, link)

    @given(st.integers(0, 12 + 3 + 16 - 1))
    def test_stays_shut_after_any_change(self, at: int) -> None:
        sealed = bytearray(seal(b"abc", KEY, LINK, counted_bytes()))
        sealed[at] ^= 1
        with pytest.raises(SealBroken):
            open_sealed(bytes(sealed), KEY, LINK)

    @pytest.mark.parametrize("length", [0, 1, 12, 27])
    def test_stays_shut_when_cut(self, length: int) -> None:
        with pytest.raises(SealBroken):
            open_sealed(seal(b"", KEY, LINK, counted_bytes())[:length], KEY, LINK)
