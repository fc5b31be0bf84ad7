"""Two independent SD-JWT libraries read what we write, and we read what they write."""

import time
from pathlib import Path
from typing import Any

import pytest
from openvc.errors import OpenvcError

from ledger.licences.sd_jwt import bind, check_key_binding, parse, present
from tests.support.licences import (
    AGENCY_KEY,
    FIELDS,
    HOLDER_KEY,
    ISSUED_AT,
    STRANGER_KEY,
    sample,
)
from tests.support.sd_jwt_oracles import (
    claims_by_sd_jwt,
    issue_with_openvc,
    issue_with_sd_jwt,
    present_with_openvc,
    present_with_sd_jwt,
    read_keys,
    read_specification,
    selective,
    verify_with_openvc,
)
from tests.support.vectors import VECTORS, needs_vectors

ISSUER, STRANGER = AGENCY_KEY.public_key, STRANGER_KEY.public_key
AUDIENCE, NONCE = "https://desk.example", "1234567890"
EXAMPLES: Path = VECTORS / "sd-jwt" / "examples"
EXAMPLE_NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/specification.yml"))


def shown(type_id: str) -> str:
    document = present(parse(sample(type_id).document), ["holder_name", "licence_number"])
    bound = bind(document, HOLDER_KEY, audience=AUDIENCE, nonce=NONCE, issued_at=ISSUED_AT)
    return bound.compact


@pytest.mark.parametrize("type_id", FIELDS)
class TestOurLicences:
    def test_sd_jwt_reads_them(self, type_id: str) -> None:
        document = sample(type_id).document
        assert claims_by_sd_jwt(document, ISSUER) == parse(document).claims

    def test_sd_jwt_reads_what_a_holder_shows(self, type_id: str) -> None:
        text = shown(type_id)
        claims = claims_by_sd_jwt(text, ISSUER, audience=AUDIENCE, nonce=NONCE)
        assert claims == parse(text).claims
        with pytest.raises(ValueError, match="nonce"):
            claims_by_sd_jwt(text, ISSUER, audience=AUDIENCE, nonce="other")

    def test_openvc_reads_them(self, type_id: str) -> None:
        document = sample(type_id).document
        verified = verify_with_openvc(document, ISSUER)
        assert verified.claims == parse(document).claims
        with pytest.raises(OpenvcError):
            verify_with_openvc(document, STRANGER)

    def test_openvc_reads_what_a_holder_shows(self, type_id: str) -> None:
        text = shown(type_id)
        verified = verify_with_openvc(text, ISSUER, audience=AUDIENCE, nonce=NONCE)
        assert verified.key_bound
        assert verified.claims == parse(text).claims
        with pytest.raises(OpenvcError):
            verify_with_openvc(text, ISSUER, audience=AUDIENCE, nonce="other")


CLAIMS: dict[str, Any] = {
    "iss": "https://licences.example/agencies/CN-GD/11440100MBEXAMPE7Y",
    "vct": "urn:example:licence",
    "iat": ISSUED_AT,
    "holder_name": "示例市蓝鲸小吃店",
    "items": ["热食", {"name": "冷食"}],
    "address": {"region": "示例区"},
}
HIDDEN = ("holder_name", "items", "address")


class TestTheirs:
    @pytest.mark.parametrize("decoys", [False, True])
    def test_what_sd_jwt_issues_and_shows(self, *, decoys: bool) -> None:
        holder = HOLDER_KEY.public_key
        document = issue_with_sd_jwt(selective(CLAIMS, HIDDEN), AGENCY_KEY, holder, decoys=decoys)
        whole = parse(document)
        whole.jws.verify(ISSUER)
        assert whole.claims == CLAIMS | {"cnf": {"jwk": holder.jwk()}}
        bound = parse(
            present_with_sd_jwt(
                document, {"items": True}, HOLDER_KEY, audience=AUDIENCE, nonce=NONCE
            )
        )
        assert {item.name for item in bound.disclosures} == {"items"}
        check_key_binding(bound, audience=AUDIENCE, nonce=NONCE, now=int(time.time()))

    def test_what_openvc_issues_and_shows(self) -> None:
        holder = HOLDER_KEY.public_key
        document = issue_with_openvc(CLAIMS, AGENCY_KEY, holder, HIDDEN)
        whole = parse(document)
        whole.jws.verify(ISSUER)
        assert whole.claims == CLAIMS | {"cnf": {"jwk": holder.jwk()}}
        bound = parse(present_with_openvc(document, HOLDER_KEY, audience=AUDIENCE, nonce=NONCE))
        check_key_binding(bound, audience=AUDIENCE, nonce=NONCE, now=int(time.time()))


@needs_vectors("sd-jwt", "examples")
class TestExamplesOfTheSpecification:
    def test_all_three_are_here(self) -> None:
        assert EXAMPLE_NAMES == ["arf-pid", "simple", "simple_structured"]

    @pytest.mark.parametrize("name", EXAMPLE_NAMES)
    def test_claims_and_redactions_agree(self, name: str) -> None:
        example = read_specification(EXAMPLES / name / "specification.yml")
        issuer, holder = read_keys(EXAMPLES / "settings.yml")
        document = issue_with_sd_jwt(
            example.user_claims,
            issuer,
            holder.public_key if example.key_binding else None,
            typ=example.typ,
            decoys=example.decoys,
        )
        whole = parse(document, types=[example.typ])
        whole.jws.verify(issuer.public_key)
        confirmation = {"cnf": {"jwk": holder.public_key.jwk()}} if example.key_binding else {}
        assert whole.claims == example.plain_claims | confirmation
        redacted = present_with_sd_jwt(document, example.shown)
        assert parse(redacted, types=[example.typ]).claims == claims_by_sd_jwt(
            redacted, issuer.public_key
        )

    @pytest.mark.parametrize("name", EXAMPLE_NAMES)
    def test_what_we_redact_they_accept(self, name: str) -> None:
        example = read_specification(EXAMPLES / name / "specification.yml")
        issuer, holder = read_keys(EXAMPLES / "settings.yml")
        document = parse(
            issue_with_sd_jwt(example.user_claims, issuer, holder.public_key, typ=example.typ),
            types=[example.typ],
        )
        for chosen in example.plain_claims:
            bound = bind(
                present(document, [chosen]),
                holder,
                audience=AUDIENCE,
                nonce=NONCE,
                issued_at=ISSUED_AT,
            )
            theirs = claims_by_sd_jwt(
                bound.compact, issuer.public_key, audience=AUDIENCE, nonce=NONCE
            )
            assert theirs == bound.claims
            assert theirs[chosen] == example.plain_claims[chosen]
