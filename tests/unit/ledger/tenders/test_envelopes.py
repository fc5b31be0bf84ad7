import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.envelopes import (
    ENVELOPE_BYTES,
    EnvelopeBroken,
    PointMalformed,
    cut,
    open_,
    seal,
)
from ledger.tenders.errors import SharesMismatch
from ledger.tenders.ids import Context
from tests.support.sealing import KNOWN, public

ENVELOPE = KNOWN["envelope1"]
SECRET = KNOWN["trusteeKeys"][0]


class TestOpen:
    @given(st.binary(min_size=32, max_size=32), st.integers(1, 9))
    def test_gives_the_share(self, share: bytes, index: int) -> None:
        sealed = seal(share, public(SECRET), KNOWN.context, index, b"\x71" * 32)
        assert len(sealed) == ENVELOPE_BYTES
        assert open_(sealed, SECRET, KNOWN.context, index) == share

    @given(st.integers(0, ENVELOPE_BYTES * 8 - 1))
    def test_never_after_one_bit_was_changed(self, bit: int) -> None:
        changed = bytearray(ENVELOPE)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EnvelopeBroken):
            open_(bytes(changed), SECRET, KNOWN.context, 1)

    @pytest.mark.parametrize(
        ("secret", "context", "index"),
        [
            (KNOWN["trusteeKeys"][1], KNOWN.context, 1),
            (SECRET, Context(KNOWN["constantContext"]), 1),
            (SECRET, KNOWN.context, 2),
        ],
        ids=["another trustee", "another bid", "another number"],
    )
    def test_never_elsewhere(self, secret: bytes, context: Context, index: int) -> None:
        with pytest.raises(EnvelopeBroken):
            open_(ENVELOPE, secret, context, index)

    @pytest.mark.parametrize("envelope", [b"", ENVELOPE[:-1], ENVELOPE + b"\x00"])
    def test_one_byte_short_or_long(self, envelope: bytes) -> None:
        with pytest.raises(EnvelopeBroken):
            open_(envelope, SECRET, KNOWN.context, 1)


class TestSeal:
    @pytest.mark.parametrize("point", [b"", bytes(33), b"\x02" + b"\xff" * 32, b"\x04" * 65])
    def test_refuses_what_is_no_key(self, point: bytes) -> None:
        with pytest.raises(PointMalformed):
            seal(bytes(32), point, KNOWN.context, 1, b"\x71" * 32)


class TestCut:
    def test_gives_one_for_each_trustee(self) -> None:
        assert cut(ENVELOPE * 3, 3, 1) == [ENVELOPE] * 3

    @pytest.mark.parametrize("envelopes", [ENVELOPE * 3 + b"\x00", (ENVELOPE * 3)[:-1], b""])
    def test_refuses_one_byte_more_or_less(self, envelopes: bytes) -> None:
        with pytest.raises(SharesMismatch):
            cut(envelopes, 3, 1)
