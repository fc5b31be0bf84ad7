"""Document keys: what is a point, what is a signature, and the id that everything else uses."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import b64url_encode
from ledger.keys import CURVE_ORDER, PointInvalid, PrivateKey, PublicKey, SignatureInvalid

# RFC 9901, the issuer's key of the examples (appendix A.5).
RFC_9901 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
    "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
}
KEY = PrivateKey.from_secret(b"\x01" * 32)
MESSAGE = b"signed bytes"
GOOD = KEY.sign(MESSAGE)

secrets = st.integers(1, CURVE_ORDER - 1).map(lambda d: d.to_bytes(32))


class TestPublicKey:
    def test_kid_of_the_example_of_rfc_9901(self) -> None:
        key = PublicKey.from_jwk(RFC_9901)
        assert key.kid == "XvkphFqZf-DOU1SgujFIE09BnZtOxDDq9YU4mPCgC04"
        assert key.key_id == hashlib.sha256(key.x + key.y).digest()

    def test_kid_is_not_the_thumbprint_of_rfc_7638(self) -> None:
        thumbprint = hashlib.sha256(
            f'{{"crv":"P-256","kty":"EC","x":"{RFC_9901["x"]}","y":"{RFC_9901["y"]}"}}'.encode()
        ).digest()
        assert b64url_encode(thumbprint).startswith("Q5yTSREA")
        assert PublicKey.from_jwk(RFC_9901).key_id != thumbprint

    @given(secrets)
    def test_jwk_is_read_back(self, secret: bytes) -> None:
        key = PrivateKey.from_secret(secret).public_key
        assert PublicKey.from_jwk(key.jwk()) == key

    def test_further_members_of_a_jwk_do_not_matter(self) -> None:
        assert PublicKey.from_jwk(RFC_9901 | {"kid": "x", "use": "sig"}).jwk() == RFC_9901

    @pytest.mark.parametrize(
        "jwk",
        [
            pytest.param(None, id="nothing"),
            pytest.param([], id="a list"),
            pytest.param("EC", id="a text"),
            pytest.param({}, id="empty"),
            pytest.param(RFC_9901 | {"kty": "OKP"}, id="other type"),
            pytest.param(RFC_9901 | {"crv": "P-384"}, id="other curve"),
            pytest.param(RFC_9901 | {"crv": ["P-256"]}, id="curve in a list"),
            pytest.param({k: v for k, v in RFC_9901.items() if k != "y"}, id="no y"),
            pytest.param(RFC_9901 | {"x": 7}, id="x a number"),
            pytest.param(RFC_9901 | {"x": RFC_9901["x"] + "="}, id="padding"),
            pytest.param(RFC_9901 | {"x": RFC_9901["x"][:-1] + "R"}, id="spare bits"),
            pytest.param(RFC_9901 | {"x": RFC_9901["y"], "y": RFC_9901["x"]}, id="x and y swapped"),
            pytest.param(RFC_9901 | {"x": "", "y": ""}, id="no bytes"),
        ],
    )
    def test_refuses_other_jwks(self, jwk: object) -> None:
        with pytest.raises(PointInvalid):
            PublicKey.from_jwk(jwk)

    @given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
    def test_refuses_points_off_the_curve(self, x: bytes, y: bytes) -> None:
        with pytest.raises(PointInvalid):
            PublicKey(x, y).loaded()

    @pytest.mark.parametrize("cut", [0, 31, 33, 64])
    def test_refuses_coordinates_of_other_lengths(self, cut: int) -> None:
        both = KEY.public_key.x + KEY.public_key.y
        assert PublicKey(both[:32], both[32:]).loaded() is not None
        with pytest.raises(PointInvalid):
            PublicKey(both[:cut], both[cut:]).loaded()

    def test_refuses_a_coordinate_beyond_the_field(self) -> None:
        field = 2**256 - 2**224 + 2**192 + 2**96 - 1
        y = bytes.fromhex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4")
        assert PublicKey(bytes(32), y).loaded() is not None
        with pytest.raises(PointInvalid):
            PublicKey(field.to_bytes(32), y).loaded()  # the same x, written otherwise

    def test_refuses_the_point_at_infinity(self) -> None:
        with pytest.raises(PointInvalid):
            PublicKey(bytes(32), bytes(32)).loaded()


class TestIsPoint:
    FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1

    @given(st.binary(min_size=31, max_size=33), st.binary(min_size=31, max_size=33))
    def test_no_other_pair_is_one(self, x: bytes, y: bytes) -> None:
        assert not PublicKey(x, y).is_point()

    @given(st.integers(1, CURVE_ORDER - 1), st.integers(0, 511))
    def test_agrees_with_loading(self, secret: int, bit: int) -> None:
        key = PrivateKey.from_secret(secret.to_bytes(32)).public_key
        assert key.is_point()
        flipped = (int.from_bytes(key.x + key.y) ^ 1 << bit).to_bytes(64)
        other = PublicKey(flipped[:32], flipped[32:])
        assert not other.is_point()
        with pytest.raises(PointInvalid):
            other.loaded()

    def test_a_coordinate_has_one_spelling(self) -> None:
        """Some x is so small that x + p still fits 32 bytes; that is another spelling of it."""
        x, p = 5, self.FIELD
        y = pow(
            x**3 - 3 * x + 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
            (p + 1) // 4,
            p,
        )
        assert PublicKey(x.to_bytes(32), y.to_bytes(32)).is_point()
        assert not PublicKey((x + p).to_bytes(32), y.to_bytes(32)).is_point()


class TestVerify:
    def test_accepts_its_own(self) -> None:
        KEY.public_key.verify(MESSAGE, GOOD)

    def test_refuses_high_s(self) -> None:
        high = GOOD[:32] + (CURVE_ORDER - int.from_bytes(GOOD[32:])).to_bytes(32)
        KEY.public_key.loaded().verify(  # the curve itself takes both
            encode_dss_signature(int.from_bytes(high[:32]), int.from_bytes(high[32:])),
            MESSAGE,
            ec.ECDSA(SHA256()),
        )
        with pytest.raises(SignatureInvalid):
            KEY.public_key.verify(MESSAGE, high)

    @pytest.mark.parametrize("number", [0, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1])
    def test_refuses_halves_out_of_range(self, number: int) -> None:
        part = number.to_bytes(32)
        for spoiled in (part + GOOD[32:], GOOD[:32] + part, part + part):
            with pytest.raises(SignatureInvalid):
                KEY.public_key.verify(MESSAGE, spoiled)

    @pytest.mark.parametrize("length", [0, 1, 63, 65, 70, 128])
    def test_refuses_other_lengths(self, length: int) -> None:
        with pytest.raises(SignatureInvalid):
            KEY.public_key.verify(MESSAGE, (GOOD * 2)[:length])

    def test_refuses_der(self) -> None:
        der = encode_dss_signature(int.from_bytes(GOOD[:32]), int.from_bytes(GOOD[32:]))
        with pytest.raises(SignatureInvalid):
            KEY.public_key.verify(MESSAGE, der)

    def test_refuses_another_message_and_another_key(self) -> None:
        with pytest.raises(SignatureInvalid):
            KEY.public_key.verify(MESSAGE + b".", GOOD)
        with pytest.raises(SignatureInvalid):
            PublicKey.from_jwk(RFC_9901).verify(MESSAGE, GOOD)

    @given(st.integers(0, 511))
    def test_refuses_every_changed_bit(self, bit: int) -> None:
        spoiled = (int.from_bytes(GOOD) ^ 1 << bit).to_bytes(64)
        with pytest.raises(SignatureInvalid):
            KEY.public_key.verify(MESSAGE, spoiled)

    @given(st.binary(max_size=70))
    def test_raises_nothing_else(self, signature: bytes) -> None:
        with pytest.raises(SignatureInvalid):
            KEY.public_key.verify(MESSAGE, signature)

    def test_a_key_off_the_curve_verifies_nothing(self) -> None:
        with pytest.raises(PointInvalid):
            PublicKey(b"\x01" * 32, b"\x01" * 32).verify(MESSAGE, GOOD)


class TestPrivateKey:
    @given(secrets, st.binary(max_size=50))
    def test_signs_with_low_s(self, secret: bytes, message: bytes) -> None:
        key = PrivateKey.from_secret(secret)
        signature = key.sign(message)
        assert len(signature) == 64
        assert int.from_bytes(signature[32:]) <= CURVE_ORDER // 2
        key.public_key.verify(message, signature)

    @pytest.mark.parametrize("number", [0, CURVE_ORDER, 2**256 - 1])
    def test_refuses_a_scalar_out_of_range(self, number: int) -> None:
        with pytest.raises(PointInvalid):
            PrivateKey.from_secret(number.to_bytes(32))

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_refuses_a_scalar_of_another_length(self, length: int) -> None:
        with pytest.raises(PointInvalid):
            PrivateKey.from_secret(b"\x01" * length)

    def test_does_not_show_its_secret(self) -> None:
        assert (b"\x01" * 32).hex() not in repr(KEY)
