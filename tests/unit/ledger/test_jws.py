"""Compact JWS: one algorithm, one spelling, and nothing trusted before `verify`."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import Refused
from ledger.jws import AlgorithmRefused, Jws, JwsMalformed, TypeRefused, parse, sign
from ledger.keys import PrivateKey, SignatureInvalid

SIGNER = PrivateKey.from_secret(b"\x01" * 32)
OTHER = PrivateKey.from_secret(b"\x02" * 32)
PAYLOAD = {"iss": "https://licences.example", "holder_name": "示例市蓝鲸小吃店", "list": [1, None]}
TOKEN = sign("dc+sd-jwt", PAYLOAD, SIGNER)
HEADER, BODY, SIGNATURE = TOKEN.split(".")


def encoded(value: Any) -> str:
    return b64url_encode(value if isinstance(value, bytes) else orjson.dumps(value))


def with_header(header: Any) -> str:
    return f"{encoded(header)}.{BODY}.{SIGNATURE}"


def with_payload(payload: Any) -> str:
    return f"{HEADER}.{encoded(payload)}.{SIGNATURE}"


class TestSign:
    def test_is_read_back_and_verifies(self) -> None:
        token = parse(TOKEN, "dc+sd-jwt")
        assert token.header == {"alg": "ES256", "typ": "dc+sd-jwt", "kid": SIGNER.public_key.kid}
        assert token.payload == PAYLOAD
        assert token.kid == SIGNER.public_key.kid
        token.verify(SIGNER.public_key)

    def test_may_leave_out_the_kid(self) -> None:
        token = parse(sign("kb+jwt", PAYLOAD, SIGNER, with_kid=False), "kb+jwt")
        assert "kid" not in token.header
        assert token.kid == ""

    def test_signs_the_bytes_that_travel(self) -> None:
        assert parse(TOKEN, "dc+sd-jwt").signing_input == f"{HEADER}.{BODY}".encode()


class TestParse:
    @pytest.mark.parametrize("typ", ["dc+sd-jwt", "vc+sd-jwt"])
    def test_accepts_each_of_the_types(self, typ: str) -> None:
        assert parse(sign(typ, PAYLOAD, SIGNER), "dc+sd-jwt", "vc+sd-jwt").header["typ"] == typ

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="empty"),
            pytest.param(f"{HEADER}.{BODY}", id="two parts"),
            pytest.param(f"{TOKEN}.", id="four parts"),
            pytest.param("..", id="three empty parts"),
            pytest.param(f".{BODY}.{SIGNATURE}", id="no header"),
            pytest.param(f"{HEADER}..{SIGNATURE}", id="no payload"),
            pytest.param(f" {TOKEN}", id="space before"),
            pytest.param(f"{TOKEN}\n", id="LF after"),
            pytest.param(f"{TOKEN}=", id="padded signature"),
            pytest.param(f"{HEADER}=.{BODY}.{SIGNATURE}", id="padded header"),
            pytest.param(f"{HEADER}.{BODY}.{SIGNATURE[:-1]}", id="signature cut"),
            pytest.param(f"{HEADER}.{BODY}.{SIGNATURE[:-2]}+/", id="other alphabet"),
            pytest.param(f"{HEADER}.{BODY}.{SIGNATURE[:-1]}é", id="not ASCII"),
            pytest.param(f"{HEADER}.{BODY[:-1]}\ud800.{SIGNATURE}", id="lone surrogate"),
            pytest.param(with_header([1]), id="header a list"),
            pytest.param(with_header(b"{"), id="header no JSON"),
            pytest.param(with_header(b"\xff{}"), id="header no UTF-8"),
            pytest.param(
                with_header(b'{"alg":"none","alg":"ES256","typ":"dc+sd-jwt"}'), id="alg twice"
            ),
            pytest.param(with_payload([]), id="payload a list"),
            pytest.param(with_payload(b"{}{}"), id="two payloads"),
            pytest.param(with_payload(b'{"a":1,"a":1}'), id="claim twice"),
            pytest.param(with_payload(b'{"a":NaN}'), id="NaN"),
            pytest.param(with_payload(b'{"a":' * 40 + b"1" + b"}" * 40), id="deep"),
        ],
    )
    def test_refuses_another_shape(self, text: str) -> None:
        with pytest.raises(JwsMalformed):
            parse(text, "dc+sd-jwt")

    def test_refuses_the_other_spellings_of_a_signature(self) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        position = alphabet.index(SIGNATURE[-1])
        for last in alphabet[position + 1 : position + 16]:  # same 64 bytes to a lenient reader
            with pytest.raises(JwsMalformed):
                parse(f"{HEADER}.{BODY}.{SIGNATURE[:-1]}{last}", "dc+sd-jwt")

    @pytest.mark.parametrize(
        "alg",
        ["none", "NONE", "es256", "ES384", "ES256K", "HS256", "RS256", "", None, ["ES256"], 7],
    )
    def test_refuses_another_algorithm(self, alg: object) -> None:
        with pytest.raises(AlgorithmRefused) as refused:
            parse(with_header({"alg": alg, "typ": "dc+sd-jwt"}), "dc+sd-jwt")
        assert refused.value.algorithm == str(alg)

    def test_refuses_a_header_without_algorithm(self) -> None:
        with pytest.raises(AlgorithmRefused):
            parse(with_header({"typ": "dc+sd-jwt"}), "dc+sd-jwt")

    def test_refuses_critical_extensions(self) -> None:
        header = {"alg": "ES256", "typ": "dc+sd-jwt", "crit": ["b64"], "b64": False}
        with pytest.raises(AlgorithmRefused):
            parse(with_header(header), "dc+sd-jwt")

    @pytest.mark.parametrize("typ", ["JWT", "DC+SD-JWT", "", None, ["dc+sd-jwt"], {}])
    def test_refuses_another_type(self, typ: object) -> None:
        with pytest.raises(TypeRefused):
            parse(with_header({"alg": "ES256", "typ": typ}), "dc+sd-jwt")

    def test_refuses_every_type_when_none_is_asked_for(self) -> None:
        with pytest.raises(TypeRefused):
            parse(TOKEN)

    @pytest.mark.parametrize("kid", [None, 7, ["x"], {}])
    def test_a_kid_that_is_no_text_is_empty(self, kid: object) -> None:
        header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": kid}
        assert parse(with_header(header), "dc+sd-jwt").kid == ""

    @given(st.text(max_size=80) | st.text("abcAZ09-_.{}=", max_size=80))
    def test_raises_nothing_else(self, text: str) -> None:
        with pytest.raises(Refused):
            parse(text, "dc+sd-jwt")


class TestVerify:
    token: Jws = parse(TOKEN, "dc+sd-jwt")

    def test_refuses_another_key(self) -> None:
        with pytest.raises(SignatureInvalid):
            self.token.verify(OTHER.public_key)

    def test_refuses_another_payload(self) -> None:
        body = encoded(PAYLOAD | {"list": [2, None]})
        with pytest.raises(SignatureInvalid):
            parse(f"{HEADER}.{body}.{SIGNATURE}", "dc+sd-jwt").verify(SIGNER.public_key)

    def test_refuses_another_header(self) -> None:
        header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": OTHER.public_key.kid}
        with pytest.raises(SignatureInvalid):
            parse(with_header(header), "dc+sd-jwt").verify(SIGNER.public_key)

    def test_refuses_the_same_content_written_otherwise(self) -> None:
        body = encoded(orjson.dumps(PAYLOAD, option=orjson.OPT_INDENT_2))
        token = parse(f"{HEADER}.{body}.{SIGNATURE}", "dc+sd-jwt")
        assert token.payload == PAYLOAD
        with pytest.raises(SignatureInvalid):
            token.verify(SIGNER.public_key)

    @pytest.mark.parametrize(
        "signature",
        [b"", b"\x00" * 64, b64url_decode(SIGNATURE) + b"\x00"],
        ids=["none", "zeros", "a byte too many"],
    )
    def test_refuses_other_bytes(self, signature: bytes) -> None:
        token = parse(f"{HEADER}.{BODY}.{b64url_encode(signature)}", "dc+sd-jwt")
        with pytest.raises(SignatureInvalid):
            token.verify(SIGNER.public_key)
