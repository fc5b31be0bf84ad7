import json
from typing import Any

import pytest
from eth_account import Account as Wallet
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.keys import CURVE_ORDER, PrivateKey
from ledger.keystore import (
    MAX_WORK_FACTOR,
    KeyKind,
    KeystoreMalformed,
    PasswordWrong,
    SecretInvalid,
    lock,
    unlock,
)

QUICK = 2
SECRET = bytes(31) + b"\7"
PASSWORD = "correct horse 穗"  # noqa: S105  # a test's
# Another wallet's file: the scrypt vector of the Web3 Secret Storage Definition, password and all.
FOREIGN = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf": "scrypt",
        "kdfparams": {
            "dklen": 32,
            "n": 262144,
            "r": 1,
            "p": 8,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
        },
        "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
FOREIGN_SECRET = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"  # noqa: S105  # published


def changed(text: str, **members: Any) -> str:
    return json.dumps({**json.loads(text), **members})


def with_work(text: str, **members: Any) -> str:
    keystore = json.loads(text)
    keystore["crypto"]["kdfparams"].update(members)
    return json.dumps(keystore)


class TestLock:
    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, CURVE_ORDER - 1), st.text(max_size=20), st.sampled_from(KeyKind))
    def test_opens_to_the_same_secret(self, number: int, password: str, kind: KeyKind) -> None:
        secret = number.to_bytes(32)
        text = lock(secret, password, kind, QUICK)
        assert unlock(text, password) == secret
        assert ("address" in json.loads(text)) is (kind is KeyKind.ACCOUNT)

    def test_an_account_is_what_other_wallets_read(self) -> None:
        text = lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK)
        assert bytes(Wallet.decrypt(json.loads(text), PASSWORD)) == SECRET
        assert "0x" + json.loads(text)["address"].lower() == Wallet.from_key(SECRET).address.lower()

    def test_a_document_key_is_not_named_in_clear(self) -> None:
        text = lock(SECRET, PASSWORD, KeyKind.DOCUMENT, QUICK)
        public = PrivateKey.from_secret(SECRET).public_key
        assert "address" not in json.loads(text)
        assert public.kid not in text
        assert Wallet.from_key(SECRET).address[2:].lower() not in text.lower()

    def test_the_secret_does_not_lie_in_clear(self) -> None:
        secret = bytes(range(32))
        assert secret.hex() not in lock(secret, PASSWORD, KeyKind.DOCUMENT, QUICK)

    def test_two_files_of_one_key_differ(self) -> None:
        first, second = (lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK) for _ in range(2))
        assert json.loads(first)["crypto"] != json.loads(second)["crypto"]

    @pytest.mark.parametrize("secret", [b"", bytes(32), SECRET[1:], SECRET + b"\0", b"\xff" * 32])
    @pytest.mark.parametrize("kind", KeyKind)
    def test_what_is_no_key_is_refused(self, secret: bytes, kind: KeyKind) -> None:
        with pytest.raises(SecretInvalid):
            lock(secret, PASSWORD, kind, QUICK)

    def test_the_orders_of_the_two_curves_differ(self) -> None:
        beyond = CURVE_ORDER.to_bytes(32)
        assert unlock(lock(beyond, PASSWORD, KeyKind.ACCOUNT, QUICK), PASSWORD) == beyond
        with pytest.raises(SecretInvalid):
            lock(beyond, PASSWORD, KeyKind.DOCUMENT, QUICK)


class TestUnlock:
    def test_a_file_of_another_wallet(self) -> None:
        assert unlock(json.dumps(FOREIGN), "testpassword").hex() == FOREIGN_SECRET

    def test_a_file_that_eth_account_wrote(self) -> None:
        text = json.dumps(Wallet.encrypt(SECRET, PASSWORD, "scrypt", QUICK))
        assert unlock(text, PASSWORD) == SECRET

    @pytest.mark.parametrize("password", ["", "correct horse", PASSWORD + " ", "CORRECT HORSE 穗"])
    def test_a_wrong_password(self, password: str) -> None:
        with pytest.raises(PasswordWrong):
            unlock(lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK), password)

    def test_a_changed_ciphertext_counts_as_a_wrong_password(self) -> None:
        keystore = json.loads(lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK))
        keystore["crypto"]["ciphertext"] = "00" * 32
        with pytest.raises(PasswordWrong):
            unlock(json.dumps(keystore), PASSWORD)

    @pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"version": 3}', b"\xff"])
    def test_what_is_no_keystore(self, text: str | bytes) -> None:
        with pytest.raises(KeystoreMalformed):
            unlock(text, PASSWORD)

    def test_members_missing_or_of_another_version(self) -> None:
        text = lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK)
        crypto = json.loads(text)["crypto"]
        lacking = [
            {name: value for name, value in crypto.items() if name != gone} for gone in crypto
        ]
        for bad in (None, {**crypto, "cipher": "aes-256-ctr"}, *lacking):
            with pytest.raises(KeystoreMalformed):
                unlock(changed(text, crypto=bad), PASSWORD)
        with pytest.raises(KeystoreMalformed):
            unlock(changed(text, version=4), PASSWORD)

    def test_a_twin_member(self) -> None:
        text = lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK)
        with pytest.raises(KeystoreMalformed):
            unlock(text.replace("{", '{"version": 3,', 1), PASSWORD)

    @pytest.mark.parametrize(
        "work",
        [
            {"n": MAX_WORK_FACTOR * 2},
            {"n": 0},
            {"n": 3},
            {"n": "2"},
            {"r": 2**20},
            {"p": 2**20},
            {"dklen": 2**30},
            {"salt": "no hex"},
        ],
    )
    def test_work_without_bounds_is_not_begun(self, work: dict[str, Any]) -> None:
        text = lock(SECRET, PASSWORD, KeyKind.ACCOUNT, QUICK)
        with pytest.raises(KeystoreMalformed):
            unlock(with_work(text, **work), PASSWORD)
