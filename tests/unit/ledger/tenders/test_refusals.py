"""Signed refusals: what they say, and what is none."""

import pytest

from ledger import jws
from ledger.jws import TypeRefused
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.tenders import receipts, refusals
from ledger.tenders.refusals import Refusal, RefusalMalformed

KEY = PrivateKey.from_secret(b"\x07" * 32)
REFUSAL = Refusal("https://a.example", "id", 10, b"\x01" * 32, 9, "BidLate", 7, 11)


class TestRefusal:
    def test_says_what_was_signed(self) -> None:
        assert refusals.read(refusals.sign(REFUSAL, KEY), KEY.public_key) == REFUSAL

    def test_of_another_key_or_type_is_none(self) -> None:
        token = refusals.sign(REFUSAL, KEY)
        with pytest.raises(SignatureInvalid):
            refusals.read(token, PrivateKey.from_secret(b"\x08" * 32).public_key)
        with pytest.raises(TypeRefused):
            receipts.read(token, KEY.public_key)

    @pytest.mark.parametrize("change", [{"block": -1}, {"digest": "0x01"}, {"more": 1}])
    def test_of_another_form_is_refused(self, change: dict[str, object]) -> None:
        payload = jws.parse(refusals.sign(REFUSAL, KEY), refusals.TYPE).payload
        token = jws.sign(refusals.TYPE, payload | change, KEY)
        with pytest.raises(RefusalMalformed):
            refusals.read(token, KEY.public_key)
