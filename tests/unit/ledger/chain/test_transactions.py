from typing import Any

import pytest
import rlp as other  # type: ignore[import-untyped]  # it has no stubs
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.transactions import number, rlp, signed
from ledger.secp256k1 import ORDER, checksum, private_key

secrets = st.integers(1, ORDER - 1).map(lambda found: found.to_bytes(32))
wei = st.integers(0, 2**96)
receivers = st.binary(min_size=20, max_size=20).map(checksum) | st.just("")
contents = {
    "chainId": st.integers(1, 2**53),
    "nonce": st.integers(0, 2**64 - 1),
    "gas": st.integers(0, 2**24),
    "to": receivers,
    "value": wei,
    "data": st.binary(max_size=70) | st.binary(min_size=250, max_size=300),
}
dynamic = st.fixed_dictionaries(
    {**contents, "maxFeePerGas": wei, "maxPriorityFeePerGas": wei, "type": st.just(2)}
)
legacy = st.fixed_dictionaries({**contents, "gasPrice": wei})
items: Any = st.recursive(st.binary(max_size=70), st.lists, max_leaves=40)


class TestSigned:
    @given(st.one_of(dynamic, legacy), secrets)
    def test_gives_eth_accounts_bytes(self, fields: dict[str, Any], secret: bytes) -> None:
        expected = Account.sign_transaction(fields, secret)
        found = signed(fields, private_key(secret))
        assert found.raw == bytes(expected.raw_transaction)
        assert found.hash == bytes(expected.hash)


class TestRlp:
    @given(items)
    def test_gives_the_other_librarys_bytes(self, item: Any) -> None:
        assert rlp(item) == other.encode(item)

    def test_of_long_lists_and_strings(self) -> None:
        item: Any = [b"x" * 70_000, [b"y" * 55, b"z" * 56]]
        assert rlp(item) == other.encode(item)


class TestNumber:
    @pytest.mark.parametrize(("value", "octets"), [(0, b""), (1, b"\1"), (256, b"\1\0")])
    def test_has_no_leading_zeros(self, value: int, octets: bytes) -> None:
        assert number(value) == octets
