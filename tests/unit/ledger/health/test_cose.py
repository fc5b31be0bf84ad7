"""COSE_Sign1: the strict shape, and signatures by the key's own algorithm."""

import contextlib
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import cose
from ledger.health.cose import CoseMalformed, KeyUnsupported
from ledger.keys import CURVE_ORDER, PrivateKey, SignatureInvalid

KEY = PrivateKey.from_secret(b"\x07" * 32)
KID = b"\x01" * 8
PAYLOAD = b"\xa0"
SIGNED = cose.sign(PAYLOAD, KEY, {cose.KID: KID})
RSA_KEY = rsa.generate_private_key(65537, 2048)


def parts() -> list[Any]:
    return list(cbor2.loads(SIGNED).value)


def by_rsa(headers: dict[int, Any], key: rsa.RSAPrivateKey = RSA_KEY, salt: int = 32) -> bytes:
    protected = cbor2.dumps(headers)
    signed = cbor2.dumps(["Signature1", protected, b"", PAYLOAD])
    signature = key.sign(signed, padding.PSS(padding.MGF1(SHA256()), salt), SHA256())
    return cbor2.dumps([protected, {}, PAYLOAD, signature])


class TestRead:
    def test_what_was_signed(self) -> None:
        message = cose.read(SIGNED)
        assert message.payload == PAYLOAD
        assert (message.header(cose.ALG), message.header(cose.KID)) == (cose.ES256, KID)
        assert message.tags == (18,)
        cose.verify(message, KEY.public_key.loaded())

    def test_untagged_and_tagged_as_a_token(self) -> None:
        assert cose.read(cbor2.dumps(parts())).tags == ()
        assert cose.read(cbor2.dumps(CBORTag(61, CBORTag(18, parts())))).tags == (61, 18)

    def test_a_protected_header_hides_the_other(self) -> None:
        value = parts()
        value[0], value[1] = cbor2.dumps({4: None}), {4: KID, 1: -7}
        message = cose.read(cbor2.dumps(value))
        assert message.header(cose.KID) is None
        assert message.header(cose.ALG) == cose.ES256

    @pytest.mark.parametrize(
        "value",
        [
            CBORTag(17, parts()),
            CBORTag(61, parts()),
            CBORTag(18, CBORTag(18, parts())),
            parts()[:3],
            [*parts(), b""],
            [b"", [], b"", b""],
            [b"", {}, None, b""],
            [{}, {}, b"", b""],
            [b"\x80", {}, b"", b""],
            [b"\xa0\x00", {}, b"", b""],
            [cbor2.dumps({4: b"x" * 256}), {}, b"", b""],
            [b"", {4: {1}}, b"", b""],
            [b"", {True: -7}, b"", b""],
            {},
            "text",
        ],
    )
    def test_refused(self, value: object) -> None:
        with pytest.raises(CoseMalformed):
            cose.read(cbor2.dumps(value))

    def test_bytes_after_the_message_are_refused(self) -> None:
        with pytest.raises(CoseMalformed):
            cose.read(SIGNED + b"\x00")

    @given(st.binary(max_size=80))
    def test_no_input_raises_anything_else(self, data: bytes) -> None:
        with contextlib.suppress(CoseMalformed):
            cose.read(data)


class TestVerify:
    @pytest.mark.parametrize("place", [0, 2, 3])
    def test_another_byte_anywhere(self, place: int) -> None:
        value = parts()
        value[place] = value[place][:-1] + bytes([value[place][-1] ^ 1])
        with pytest.raises((SignatureInvalid, CoseMalformed)):
            cose.verify(cose.read(cbor2.dumps(value)), KEY.public_key.loaded())

    def test_another_key(self) -> None:
        other = PrivateKey.from_secret(b"\x08" * 32)
        with pytest.raises(SignatureInvalid):
            cose.verify(cose.read(SIGNED), other.public_key.loaded())

    def test_either_s_is_good_of_strangers(self) -> None:
        value = parts()
        s = CURVE_ORDER - int.from_bytes(value[3][32:])
        value[3] = value[3][:32] + s.to_bytes(32)
        cose.verify(cose.read(cbor2.dumps(value)), KEY.public_key.loaded())

    def test_der_is_no_signature(self) -> None:
        value = parts()
        r, s = int.from_bytes(value[3][:32]), int.from_bytes(value[3][32:])
        value[3] = encode_dss_signature(r, s)
        assert decode_dss_signature(value[3]) == (r, s)
        with pytest.raises(SignatureInvalid):
            cose.verify(cose.read(cbor2.dumps(value)), KEY.public_key.loaded())

    def test_rsa(self) -> None:
        cose.verify(cose.read(by_rsa({1: cose.PS256})), RSA_KEY.public_key())
        with pytest.raises(SignatureInvalid):
            cose.verify(cose.read(by_rsa({1: cose.PS256}, salt=20)), RSA_KEY.public_key())

    @pytest.mark.parametrize("named", [cose.ES256, -38, None, -37.0, "PS256"])
    def test_the_key_chooses_the_algorithm(self, named: object) -> None:
        with pytest.raises(SignatureInvalid):
            cose.verify(cose.read(by_rsa({1: named})), RSA_KEY.public_key())

    def test_an_elliptic_key_under_the_name_of_the_other(self) -> None:
        protected = cbor2.dumps({1: cose.PS256})
        signature = KEY.sign(cbor2.dumps(["Signature1", protected, b"", PAYLOAD]))
        with pytest.raises(SignatureInvalid):
            cose.verify(
                cose.read(cbor2.dumps([protected, {}, PAYLOAD, signature])),
                KEY.public_key.loaded(),
            )

    @pytest.mark.parametrize("empty", [b"", b"\xa0", b"\xbf\xff"])
    def test_an_empty_map_is_signed_as_no_bytes(self, empty: bytes) -> None:
        signature = KEY.sign(cbor2.dumps(["Signature1", b"", b"", PAYLOAD]))
        message = cose.read(cbor2.dumps([empty, {1: cose.ES256}, PAYLOAD, signature]))
        cose.verify(message, KEY.public_key.loaded())


class TestAlgorithmOf:
    def test_other_keys_are_not_supported(self) -> None:
        with pytest.raises(KeyUnsupported):
            cose.algorithm_of(ec.generate_private_key(ec.SECP384R1()).public_key())
        with pytest.raises(KeyUnsupported):
            cose.algorithm_of(rsa.generate_private_key(65537, 1024).public_key())  # noqa: S505  # that is the point


SIZES = (0, 1, 23, 24, 25, 255, 256, 257, 65_535, 65_536)


class TestFramed:
    @pytest.mark.parametrize("size", SIZES)
    def test_takes_what_was_spelt_apart(self, size: int) -> None:
        parts = b"\xa1\x01\x26", b"\x07" * size, b"\x09" * 64
        assert cose.framed(cose.spell(*parts), 3) == parts

    @given(st.sampled_from(SIZES[:8]), st.integers(0), st.binary(max_size=3), st.integers(0, 3))
    def test_nothing_else_has_a_frame(
        self, size: int, place: int, inserted: bytes, dropped: int
    ) -> None:
        data = cose.spell(b"\xa1\x01\x26", b"\x07" * size, b"\x09" * 64)
        place %= len(data)
        other = data[:place] + inserted + data[place + dropped :]
        found = cose.framed(other, 3)
        assert found is None or cose.spell(*found) == other

    @pytest.mark.parametrize(
        "head", [b"\x58\x05", b"\x59\x00\x05", b"\x5a\x00\x00\x00\x05", b"\x5f\x45", b"\x65"]
    )
    def test_only_the_shortest_head_of_bytes(self, head: bytes) -> None:
        data = cose.spell(b"\xa1\x01\x26", b"\x07" * 5, b"\x09" * 64)
        assert cose.framed(data.replace(b"\x45\x07", head + b"\x07"), 3) is None

    @given(st.binary(max_size=100))
    def test_never_raises(self, data: bytes) -> None:
        assert cose.framed(b"\xd2\x84\x43\xa1\x01\x26\xa0" + data, 3) is None or len(data) > 66


class TestSigned:
    @pytest.mark.parametrize("size", SIZES)
    def test_is_the_structure_that_is_signed(self, size: int) -> None:
        message = cose.Sign1(b"\xa1\x01\x26", {}, b"\x07" * size, b"", {1: -7})
        structure = ["Signature1", message.protected, b"", message.payload]
        assert message.signed == cbor2.dumps(structure)
