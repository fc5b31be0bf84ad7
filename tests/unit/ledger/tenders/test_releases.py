import pytest

from ledger.secp256k1 import ORDER
from ledger.tenders.errors import TrusteeKeyInvalid
from ledger.tenders.releases import require_released
from tests.support.sealing import account, trustee_secret

SECRET = trustee_secret(1)
SMALL = (7).to_bytes(32)


class TestRequireReleased:
    def test_passes_the_trustees_own(self) -> None:
        require_released(SECRET, account(SECRET), 1, 1)

    @pytest.mark.parametrize(
        "secret", [bytes(32), ORDER.to_bytes(32), trustee_secret(2), SECRET[:-1], b""]
    )
    def test_refuses_others(self, secret: bytes) -> None:
        with pytest.raises(TrusteeKeyInvalid) as caught:
            require_released(secret, account(SECRET), 2, 3)
        assert caught.value.values() == {"part": 2, "index": 3}

    def test_refuses_the_second_spelling(self) -> None:
        require_released(SMALL, account(SMALL), 1, 1)
        with pytest.raises(TrusteeKeyInvalid):
            require_released((ORDER + 7).to_bytes(32), account(SMALL), 1, 1)
