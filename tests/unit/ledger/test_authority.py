"""The state of a document key at a time, judged in the order of the contract."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.authority import DocumentKey
from ledger.keys import PrivateKey
from ledger.values import KeyState, KeyUsage

KEY = DocumentKey(
    PrivateKey.from_secret(b"\x01" * 32).public_key,
    KeyUsage.DOCUMENTS,
    announced_at=100,
    sign_from=200,
    sign_until=300,
    verify_until=400,
)


class TestStateAt:
    @pytest.mark.parametrize(
        ("at", "state"),
        [
            (0, KeyState.UNKNOWN),
            (99, KeyState.UNKNOWN),
            (100, KeyState.ANNOUNCED),
            (199, KeyState.ANNOUNCED),
            (200, KeyState.ACTIVE),
            (299, KeyState.ACTIVE),
            (300, KeyState.RETIRING),
            (399, KeyState.RETIRING),
            (400, KeyState.EXPIRED),
            (2**40, KeyState.EXPIRED),
        ],
    )
    def test_changes_at_each_edge(self, at: int, state: KeyState) -> None:
        assert KEY.state_at(at) is state

    @pytest.mark.parametrize(
        ("at", "state"),
        [
            (99, KeyState.UNKNOWN),
            (249, KeyState.ACTIVE),
            (250, KeyState.COMPROMISED),
            (500, KeyState.COMPROMISED),
        ],
    )
    def test_a_compromise_counts_from_its_moment_on(self, at: int, state: KeyState) -> None:
        assert replace(KEY, distrust_from=250).state_at(at) is state

    def test_a_key_unknown_then_is_not_compromised_then(self) -> None:
        assert replace(KEY, distrust_from=50).state_at(99) is KeyState.UNKNOWN
        assert replace(KEY, distrust_from=50).state_at(100) is KeyState.COMPROMISED

    def test_a_key_retired_before_its_first_day_never_signs(self) -> None:
        retired = replace(KEY, sign_until=150)
        assert retired.state_at(149) is KeyState.ANNOUNCED
        assert retired.state_at(150) is KeyState.RETIRING
        assert retired.state_at(250) is KeyState.RETIRING

    @given(st.integers(0, 500))
    def test_a_freeze_changes_no_window(self, at: int) -> None:
        assert replace(KEY, frozen=True).state_at(at) is KEY.state_at(at)
