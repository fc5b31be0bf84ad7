"""Moves to a new device: the new key asks, the old one orders, and nobody else does either."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.health import moves, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.moves import MAX_KEYS, MoveOrder, MoveRequest
from ledger.health.signed import SignedMalformed
from ledger.keys import PrivateKey, SignatureInvalid

OLD, NEW, THIEF = (PrivateKey.from_secret(bytes([n]) * 32) for n in (0x61, 0x62, 0x63))
KEYS = tuple(PrivateKey.from_secret(bytes([n]) * 32).public_key for n in (0x71, 0x72))
REQUEST = MoveRequest(1_800_000_000, NEW.public_key, b"n" * 16, KEYS, b"a" * 32)
ASKED = moves.sign_request(REQUEST, NEW)
ORDER = MoveOrder(1_800_000_060, b"h" * 16, ASKED)


class TestRequest:
    def test_comes_back(self) -> None:
        assert moves.verify_request(ASKED) == REQUEST

    def test_by_another_key_than_it_names_is_refused(self) -> None:
        with pytest.raises(SignatureInvalid):
            moves.verify_request(moves.sign_request(REQUEST, THIEF))

    def test_of_bytes_that_are_none_is_refused(self) -> None:
        with pytest.raises(SignedMalformed):
            moves.verify_request(ASKED[:-1])
        with pytest.raises(ClaimsInvalid):
            moves.verify_request(moves.sign_order(ORDER, NEW))

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"keys": ()}, "keys"),
            ({"keys": KEYS[:1] * (MAX_KEYS + 1)}, "keys"),
            ({"nonce": b""}, "nonce"),
            ({"answer_key": b"a" * 31}, "answer"),
            ({"asked_at": -1}, "iat"),
        ],
    )
    def test_that_none_may_ask_is_not_signed(self, change: dict[str, Any], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            moves.sign_request(replace(REQUEST, **change), NEW)
        assert refused.value.claim == claim


class TestOrder:
    ENVELOPE = signed.read(moves.sign_order(ORDER, OLD))

    def test_comes_back_with_the_request_in_it(self) -> None:
        moves.verify_order(self.ENVELOPE, OLD.public_key)
        assert moves.read_order(self.ENVELOPE) == ORDER
        assert moves.verify_request(moves.read_order(self.ENVELOPE).request) == REQUEST

    def test_by_another_is_refused(self) -> None:
        for key in (NEW, THIEF):
            with pytest.raises(SignatureInvalid):
                moves.verify_order(self.ENVELOPE, key.public_key)

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"name": b""}, "holder"),
            ({"request": b""}, "request"),
            ({"request": bytes(16_385)}, "request"),
            ({"ordered_at": -1}, "iat"),
        ],
    )
    def test_that_none_may_give_is_not_signed(self, change: dict[str, Any], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            moves.sign_order(replace(ORDER, **change), OLD)
        assert refused.value.claim == claim
