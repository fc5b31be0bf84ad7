from hypothesis import given
from hypothesis import strategies as st

from ledger.keys import PrivateKey
from wallet.health.one_time import SALT_BYTES, one_time_key

HOLDER = PrivateKey.from_secret(b"\x02" * 32)
OTHER = PrivateKey.from_secret(b"\x03" * 32)
SALTS = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)


class TestOneTimeKey:
    @given(SALTS)
    def test_is_the_same_again_and_signs(self, salt: bytes) -> None:
        key = one_time_key(HOLDER, salt)
        one_time_key(HOLDER, salt).public_key.verify(b"message", key.sign(b"message"))

    @given(SALTS, SALTS)
    def test_differs_by_salt_and_by_holder(self, one: bytes, two: bytes) -> None:
        keys = {one_time_key(HOLDER, salt).public_key for salt in (one, two)}
        assert len(keys) == len({one, two})
        assert one_time_key(OTHER, one).public_key not in keys
        assert HOLDER.public_key not in keys

    def test_is_drawn_as_ever(self) -> None:
        """Wallets keep salts alone: another way to draw would lose every pass in hand."""
        key = one_time_key(HOLDER, bytes(SALT_BYTES)).public_key
        assert key.kid == "qAmVZsFGWytoVp8qXCNrGSDNpBTuir6Avf43063BcZE"
