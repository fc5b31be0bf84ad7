"""Disclosures: the published vectors, and every malformed one refused."""

import json

import pytest

from ledger.canonical import b64url_decode, b64url_encode
from ledger.licences.disclosures import (
    Disclosure,
    SdJwtMalformed,
    decoy_digest,
    digest_of,
    disclose,
    read_disclosures,
)

# RFC 9901 §4.2.3
RFC_TEXT = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
RFC_DIGEST = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
# the illustrated licence
NAME_TEXT = (
    "WyI4czdmTHNIaVdBbFZfNU1jTkxFTUVBIiwiaG9sZGVyX25hbWUiLCLnpLrkvovluILok53psrjlsI_lkIPlupciXQ"
)
NAME_DIGEST = "7p4EcX6H1wKxefMh5Ve4pTXdy_rdAngsyvNoOtB8jO4"
NAME_SALT = b64url_decode("8s7fLsHiWAlV_5McNLEMEA")


def encoded(text: str) -> str:
    return b64url_encode(text.encode())


class TestReadDisclosure:
    def test_the_specifications_own(self) -> None:
        (read,) = read_disclosures([RFC_TEXT])
        assert read == Disclosure(
            RFC_TEXT, "_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius", RFC_DIGEST
        )

    def test_an_array_element(self) -> None:
        (read,) = read_disclosures([encoded('["lklxF5jMYlGTPUovMNIvCA", "US"]')])
        assert (read.name, read.value) == (None, "US")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            RFC_TEXT + "=",
            RFC_TEXT[:-1] + "1",  # spare bits
            RFC_TEXT + "\n",
            encoded("{}"),
            encoded('"text"'),
            encoded("[]"),
            encoded('["salt"]'),
            encoded('["salt","name","value","more"]'),
            encoded('[1,"name","value"]'),
            encoded('["","name","value"]'),
            encoded('[null,"value"]'),
            encoded('["salt",1,"value"]'),
            encoded('["salt",null,"value"]'),
            encoded('["salt","name",{"a":1,"a":2}]'),
            encoded('["salt","name",NaN]'),
            encoded('["salt","name","value"'),
            b64url_encode(b'["salt","name","\xff"]'),
        ],
    )
    def test_malformed_ones_are_refused(self, text: str) -> None:
        with pytest.raises(SdJwtMalformed):
            read_disclosures([text])


class TestDisclose:
    def test_the_illustrated_one(self) -> None:
        made = disclose(NAME_SALT, "holder_name", "示例市蓝鲸小吃店")
        assert made == (NAME_TEXT, NAME_DIGEST)

    def test_an_array_element_has_two_parts(self) -> None:
        text, digest = disclose(NAME_SALT, None, {"a": 1})
        assert json.loads(b64url_decode(text)) == ["8s7fLsHiWAlV_5McNLEMEA", {"a": 1}]
        assert read_disclosures([text])[0].digest == digest


class TestDigestOf:
    def test_the_specifications_own(self) -> None:
        assert digest_of(RFC_TEXT) == RFC_DIGEST


class TestDecoyDigest:
    def test_looks_like_any_other(self) -> None:
        assert len(decoy_digest(b"\0" * 16)) == len(RFC_DIGEST)
        assert decoy_digest(b"\0" * 16) != decoy_digest(b"\1" * 16)
