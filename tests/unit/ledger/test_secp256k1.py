"""Accounts' signatures: eth-account makes and reads the same, and OpenZeppelin's rules refuse."""

from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_hash.auto import keccak
from eth_utils.address import is_checksum_address, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from ledger.keys import SignatureInvalid
from ledger.secp256k1 import (
    ORDER,
    AccountKeyInvalid,
    address_of,
    checksum,
    is_checksummed,
    private_key,
    recover,
    sign,
    text_digest,
)
from ledger.values import Address

SECRET = b"\x11" * 32
ADDRESS = Address(Account.from_key(SECRET).address)
COW = Address("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826")
secrets = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32))

# EIP-712, "Example": Cow writes to Bob.
MAIL: dict[str, Any] = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        ],
        "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
        "Mail": [
            {"name": "from", "type": "Person"},
            {"name": "to", "type": "Person"},
            {"name": "contents", "type": "string"},
        ],
    },
    "primaryType": "Mail",
    "domain": {
        "name": "Ether Mail",
        "version": "1",
        "chainId": 1,
        "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
    },
    "message": {
        "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
        "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
        "contents": "Hello, Bob!",
    },
}
MAIL_DIGEST = bytes.fromhex("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
MAIL_SIGNATURE = bytes.fromhex(
    "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
    "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
    "1c"
)


class TestMail:
    """The specification's own numbers."""

    def test_has_its_digest(self) -> None:
        message = encode_typed_data(full_message=MAIL)
        assert keccak(b"\x19" + message.version + message.header + message.body) == MAIL_DIGEST

    def test_has_its_signature(self) -> None:
        assert sign(private_key(keccak(b"cow")), MAIL_DIGEST) == MAIL_SIGNATURE

    def test_is_the_cows(self) -> None:
        assert recover(MAIL_DIGEST, MAIL_SIGNATURE) == COW


class TestPrivateKey:
    @given(secrets)
    def test_has_the_address_that_eth_account_gives_it(self, secret: bytes) -> None:
        assert address_of(private_key(secret).public_key) == Account.from_key(secret).address

    @pytest.mark.parametrize("secret", [b"", bytes(32), ORDER.to_bytes(32), b"1" * 31, b"1" * 33])
    def test_is_in_range(self, secret: bytes) -> None:
        with pytest.raises(AccountKeyInvalid):
            private_key(secret)


class TestChecksum:
    @given(st.binary(min_size=20, max_size=20))
    def test_is_eip_55(self, account: bytes) -> None:
        assert str(checksum(account)) == str(to_checksum_address(account))
        assert is_checksummed(checksum(account))

    @given(st.one_of(st.text(max_size=44), st.binary(min_size=20, max_size=20).map(bytes.hex)))
    def test_is_asked_for_as_eth_utils_does(self, text: str) -> None:
        for spelt in (text, "0x" + text, "0X" + text, "0x" + text.upper()):
            assert is_checksummed(spelt) == is_checksum_address(spelt)


class TestSign:
    @given(secrets, st.text(max_size=300))
    def test_gives_eth_accounts_bytes(self, secret: bytes, text: str) -> None:
        expected = Account.sign_message(encode_defunct(text=text), secret)
        assert text_digest(text) == bytes(expected.message_hash)
        assert sign(private_key(secret), text_digest(text)) == bytes(expected.signature)


class TestRecover:
    digest = text_digest("hello")
    good = bytes(Account.sign_message(encode_defunct(text="hello"), SECRET).signature)

    def test_finds_the_account(self) -> None:
        assert recover(self.digest, self.good) == ADDRESS

    @pytest.mark.parametrize("v", [0, 1, 26, 29, 35, 36, 255])
    def test_refuses_another_v(self, v: int) -> None:
        with pytest.raises(SignatureInvalid):
            recover(self.digest, self.good[:64] + bytes([v]))

    def test_refuses_the_same_signature_with_high_s(self) -> None:
        high = ORDER - int.from_bytes(self.good[32:64])
        with pytest.raises(SignatureInvalid):
            recover(self.digest, self.good[:32] + high.to_bytes(32) + bytes([55 - self.good[64]]))

    @pytest.mark.parametrize("length", [0, 64, 66])
    def test_refuses_another_length(self, length: int) -> None:
        with pytest.raises(SignatureInvalid):
            recover(self.digest, (self.good * 2)[:length])

    @pytest.mark.parametrize("number", [0, ORDER, 2**256 - 1])
    def test_refuses_halves_out_of_range(self, number: int) -> None:
        part = number.to_bytes(32)
        for spoiled in (part + self.good[32:], self.good[:32] + part + self.good[64:]):
            with pytest.raises(SignatureInvalid):
                recover(self.digest, spoiled)

    @given(st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
    def test_any_bytes_give_an_account_or_a_refusal(self, raw: bytes, v: int) -> None:
        try:
            found = recover(self.digest, raw + bytes([v]))
        except SignatureInvalid:
            return
        assert found != ADDRESS
