import pytest
from eth_account import Account as Wallet
from eth_account.messages import encode_defunct
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.accounts import Account, AccountKeyInvalid
from ledger.chain.fees import Fees

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
COW = Account(bytes.fromhex("c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4"))


class TestAccount:
    def test_has_the_address_of_its_key(self) -> None:
        assert COW.address == "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"  # EIP-712's cow

    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, ORDER - 1))
    def test_agrees_with_another_library(self, number: int) -> None:
        secret = number.to_bytes(32)
        assert Account(secret).address == Wallet.from_key(secret).address

    @pytest.mark.parametrize("secret", [b"", bytes(32), ORDER.to_bytes(32), bytes(31), bytes(33)])
    def test_refuses_what_is_no_key(self, secret: bytes) -> None:
        with pytest.raises(AccountKeyInvalid):
            Account(secret)

    def test_never_shows_its_key(self) -> None:
        assert COW.private_key.hex() not in repr(COW)
        assert repr(COW.private_key) not in repr(COW)


class TestSign:
    @pytest.mark.parametrize("legacy", [False, True])
    def test_a_transaction_is_the_accounts(self, *, legacy: bool) -> None:
        fields = {"chainId": 1, "nonce": 0, "gas": 21_000, "to": COW.address, "value": 0}
        fees = Fees(2, 1).fields(legacy=legacy)
        signed = COW.sign_transaction({**fields, **fees, "data": b"\1"})
        assert Wallet.recover_transaction(signed.raw) == COW.address
        assert signed.hash.hex() not in signed.raw.hex()

    def test_a_message_is_the_accounts(self) -> None:
        signature = COW.sign_message("穗证")
        message = encode_defunct(text="穗证")
        assert Wallet.recover_message(message, signature=signature) == COW.address
        assert len(signature) == 65
