"""Our own pass: one encoding, one signature, claims within their bounds."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import cbor, cose, passes, qr_text, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.passes import HealthPass, Mode, Recognition
from ledger.health.qr_text import PrefixUnknown, TextMalformed
from ledger.health.signed import Signed, SignedMalformed
from ledger.keys import CURVE_ORDER, PrivateKey, PublicKey, SignatureInvalid

AGENCY = PrivateKey.from_secret(b"\x07" * 32)
OTHER = PrivateKey.from_secret(b"\x08" * 32)
HOLDER = PrivateKey.from_secret(b"\x09" * 32)
NOON = 1_795_262_400
PASS = HealthPass(
    jurisdiction="XB",
    cti=bytes(range(16)),
    issued_at=NOON,
    not_before=NOON,
    expires_at=NOON + 3600,
    grade=0,
    list=2,
    index=77,
    modes=Mode.DYNAMIC | Mode.CHALLENGE,
    purposes=1,
    holder=HOLDER.public_key,
    recognition=Recognition("XA", 3),
    binding=b"\x05" * 16,
    hint="C L 07-23",
    max_uses=2,
)
PAPER = replace(PASS, modes=Mode.PAPER, holder=None, recognition=None, binding=None, max_uses=0)
ENCODED = passes.sign(PASS, AGENCY)
KID = signed.kid_of(AGENCY.public_key.key_id)


def resigned(claims: Any, headers: dict[int, Any] | None = None) -> Signed:
    payload = claims if type(claims) is bytes else cbor.encode(claims)
    return signed.read(cose.sign(payload, AGENCY, {cose.KID: KID} | (headers or {})))


def claims_of(encoded: bytes = ENCODED) -> dict[Any, Any]:
    claims = cbor.decode(cose.read(encoded).payload)
    assert isinstance(claims, dict)
    return claims


texts = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=16)
uint32 = st.integers(0, 2**32 - 1)
contents = st.builds(
    HealthPass,
    jurisdiction=texts,
    cti=st.binary(min_size=16, max_size=16),
    issued_at=st.integers(0, 2**40 - 1),
    not_before=st.integers(0, 2**39),
    expires_at=st.integers(2**39 + 1, 2**40 - 1),
    grade=st.integers(0, 7),
    list=uint32,
    index=st.integers(0, 2**20 - 1),
    modes=st.sampled_from([Mode.DYNAMIC, Mode.CHALLENGE, Mode(3), Mode(5), Mode(7)]),
    purposes=uint32,
    holder=st.just(HOLDER.public_key),
    recognition=st.none() | st.builds(Recognition, texts, st.integers(1, 2**32 - 1)),
    binding=st.none() | st.binary(min_size=16, max_size=16),
    hint=st.none() | texts,
    max_uses=uint32,
)


class TestWritten:
    @given(contents)
    def test_is_read_again(self, content: HealthPass) -> None:
        found = passes.from_text(passes.to_text(passes.sign(content, AGENCY)))
        assert found.kid == KID
        assert passes.verify(found, AGENCY.public_key) == content

    def test_on_paper_has_no_holder(self) -> None:
        found = signed.read(passes.sign(PAPER, AGENCY))
        assert passes.verify(found, AGENCY.public_key) == PAPER
        assert len(passes.to_text(found.encoded)) < len(passes.to_text(ENCODED))

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"jurisdiction": ""}, "iss"),
            ({"jurisdiction": "X" * 17}, "iss"),
            ({"cti": b"\0" * 15}, "cti"),
            ({"grade": 8}, "grade"),
            ({"grade": True}, "grade"),
            ({"index": 2**20}, "status"),
            ({"list": -1}, "status"),
            ({"modes": 0}, "modes"),
            ({"modes": 8}, "modes"),
            ({"purposes": 2**32}, "purposes"),
            ({"expires_at": NOON}, "exp"),
            ({"expires_at": 2**40}, "exp"),
            ({"binding": b"\0" * 17}, "binding"),
            ({"hint": "a\nb"}, "hint"),
            ({"hint": "a" * 25}, "hint"),
            ({"max_uses": -1}, "uses"),
            ({"recognition": Recognition("XA", 0)}, "agreement"),
            ({"holder": None}, "cnf"),
            ({"modes": Mode.PAPER}, "cnf"),
            ({"holder": PublicKey(b"\x01" * 32, b"\x01" * 32)}, "cnf"),
        ],
    )
    def test_is_never_what_no_pass_may_say(self, change: dict[str, Any], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            passes.sign(replace(PASS, **change), AGENCY)
        assert refused.value.claim == claim


class TestEnvelope:
    @given(st.binary(max_size=400))
    def test_of_any_bytes_is_refused(self, data: bytes) -> None:
        with pytest.raises(SignedMalformed):
            signed.read(data)

    @given(st.data())
    def test_changed_in_one_byte_never_passes(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(ENCODED) - 1))
        byte = data.draw(st.integers(0, 255).filter(lambda value: value != ENCODED[at]))
        changed = ENCODED[:at] + bytes([byte]) + ENCODED[at + 1 :]
        with pytest.raises((SignedMalformed, SignatureInvalid)):
            passes.verify(signed.read(changed), AGENCY.public_key)

    @given(st.data())
    def test_changed_in_one_character_never_passes(self, data: st.DataObject) -> None:
        text = passes.to_text(ENCODED)
        at = data.draw(st.integers(0, len(text) - 1))
        digit = data.draw(
            st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:a\n").filter(
                lambda value: value != text[at]
            )
        )
        with pytest.raises((PrefixUnknown, TextMalformed, SignedMalformed, SignatureInvalid)):
            passes.verify(passes.from_text(text[:at] + digit + text[at + 1 :]), AGENCY.public_key)

    def test_with_the_other_signature_of_the_pair_is_refused(self) -> None:
        message = cose.read(ENCODED)
        s = CURVE_ORDER - int.from_bytes(message.signature[32:])
        twin = message.signature[:32] + s.to_bytes(32)
        changed = ENCODED.replace(message.signature, twin)
        cose.verify(cose.read(changed), AGENCY.public_key.loaded())  # it is a signature
        with pytest.raises(SignedMalformed) as refused:
            signed.read(changed)
        assert refused.value.reason == "signature"

    def test_with_an_unprotected_header_is_refused(self) -> None:
        with pytest.raises(SignedMalformed) as refused:
            signed.read(ENCODED.replace(b"\xa0" + b"\x58", b"\xa1\x05\x01\x58", 1))
        assert refused.value.reason == "not deterministic"

    def test_in_a_longer_form_is_refused(self) -> None:
        assert ENCODED[:2] == b"\xd2\x84"
        with pytest.raises(SignedMalformed) as refused:
            signed.read(b"\xd2\x98\x04" + ENCODED[2:])
        assert refused.value.reason == "not deterministic"

    def test_with_more_headers_is_refused(self) -> None:
        with pytest.raises(SignedMalformed) as refused:
            resigned(claims_of(), {3: 0})
        assert refused.value.reason == "headers"

    @pytest.mark.parametrize("kid", [b"\0" * 7, b"\0" * 9, 5])
    def test_with_a_kid_of_another_size_is_refused(self, kid: bytes) -> None:
        with pytest.raises(SignedMalformed) as refused:
            resigned(claims_of(), {cose.KID: kid})
        assert refused.value.reason == "kid"

    def test_of_a_tail_is_refused(self) -> None:
        with pytest.raises(SignedMalformed) as refused:
            signed.read(ENCODED + b"\0")
        assert refused.value.reason == "trailing bytes"


class TestVerify:
    def test_another_key_is_refused_before_the_claims_are_looked_at(self) -> None:
        with pytest.raises(SignatureInvalid):
            passes.verify(resigned({"any": "thing"}), OTHER.public_key)

    @pytest.mark.parametrize(
        "claims",
        [
            {},
            [],
            b"\xa1",
            b"\x18\x05",
            b"\xd8\x1c\x83\xd8\x1d\x00\x01\x02",  # contains itself
            claims_of() | {9: 1},
            {key: value for key, value in claims_of().items() if key != 7},
            claims_of() | {4: str(NOON)},
            claims_of() | {8: {1: {1: 2, -1: 2, -2: b"\0" * 32, -3: b"\0" * 32}}},
            claims_of() | {-65537: claims_of()[-65537] | {9: 1}},
            claims_of() | {-65537: claims_of()[-65537] | {3: [1]}},
            claims_of() | {-65537: claims_of()[-65537] | {8: 0}},
        ],
    )
    def test_signed_claims_of_another_shape_are_refused(self, claims: Any) -> None:
        with pytest.raises(ClaimsInvalid):
            passes.verify(resigned(claims), AGENCY.public_key)

    def test_the_digest_is_that_of_the_bytes(self) -> None:
        assert signed.read(ENCODED).digest == hashlib.sha256(ENCODED).digest()


class TestBinding:
    def test_depends_on_every_part_and_on_where_they_part(self) -> None:
        cti = bytes(16)
        bindings = {
            passes.binding_of(*parts, salt)
            for parts, salt in [
                (("P", "XA", "E1"), cti),
                (("P", "XA", "E2"), cti),
                (("P", "XAE", "1"), cti),
                (("PX", "A", "E1"), cti),
                (("P", "XA", "E1"), b"\1" * 16),
            ]
        }
        assert len(bindings) == 5
        assert all(len(each) == 16 for each in bindings)


class TestText:
    def test_of_another_kind_is_told_by_its_prefix(self) -> None:
        with pytest.raises(PrefixUnknown):
            passes.from_text("sz1:" + passes.to_text(ENCODED)[4:])

    @pytest.mark.parametrize("tail", ["\n", "A", ":::", "GGW", "a", "é", "０"])
    def test_with_anything_after_it_is_refused(self, tail: str) -> None:
        with pytest.raises((TextMalformed, SignedMalformed)):
            passes.from_text(passes.to_text(ENCODED) + tail)

    def test_longer_than_any_code_is_refused(self) -> None:
        with pytest.raises(TextMalformed) as refused:
            qr_text.decode("SZ1:", "SZ1:" + "0" * 4_293)
        assert refused.value.reason == "too long"
        assert qr_text.decode("SZ1:", "SZ1:" + "0" * 4_292)[:2] == b"\0\0"

    @given(st.binary(max_size=300))
    def test_keeps_every_byte_and_space(self, data: bytes) -> None:
        assert qr_text.decode("SZ1:", qr_text.encode("SZ1:", data)) == data
