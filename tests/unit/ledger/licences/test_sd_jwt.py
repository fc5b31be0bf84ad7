"""SD-JWT: what must be refused, what a redaction keeps, and whose key showed it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import jws
from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import Refused, Unavailable
from ledger.keys import SignatureInvalid
from ledger.licences.disclosures import disclose
from ledger.licences.sd_jwt import (
    KEY_BINDING_SECONDS,
    ClaimUnknown,
    DisclosureConflict,
    DisclosureForeign,
    HolderKeyMissing,
    HolderProofInvalid,
    HolderProofMissing,
    HolderTooOld,
    HolderWrongRequest,
    SdJwt,
    SdJwtMalformed,
    bind,
    check_key_binding,
    digest_of,
    parse,
    present,
)
from tests.support.licences import (
    AGENCY_KEY,
    HOLDER_KEY,
    ISSUED_AT,
    STRANGER_KEY,
    counted_bytes,
    sample,
)
from tests.support.sd_jwt_oracles import with_high_s

RANDOM = counted_bytes(b"crafted")
FOOD = sample()
NAMES = sorted(item.name for item in parse(FOOD.document).disclosures if item.name)
AUDIENCE, NONCE = "https://desk.example", "n-0S6_WzA2Mj"


def claim(name: str, value: Any) -> tuple[str, str]:
    return disclose(RANDOM(16), name, value)


def element(value: Any) -> tuple[str, str]:
    return disclose(RANDOM(16), None, value)


def crafted(payload: dict[str, Any], *texts: str) -> str:
    return "~".join((jws.sign("dc+sd-jwt", payload, AGENCY_KEY), *texts, ""))


class TestParse:
    def test_a_licence_discloses_what_it_hides(self) -> None:
        document = parse(FOOD.document)
        document.jws.verify(AGENCY_KEY.public_key)
        assert document.digest == FOOD.digest
        assert document.compact == FOOD.document
        assert document.claims["holder_name"] == "示例市蓝鲸小吃店"
        assert not {"_sd", "_sd_alg"} & document.claims.keys()

    def test_nested_claims_and_elements_come_back_to_their_places(self) -> None:
        region, region_digest = claim("region", "港区")
        address, address_digest = claim("address", {"_sd": [region_digest], "country": "JP"})
        one, one_digest = element({"_sd": [], "code": "US"})
        _, gone = element("DE")
        payload = {
            "_sd": [address_digest],
            "nationalities": [{"...": gone}, {"...": one_digest}, "FR"],
            "deep": [[{"...": gone[::-1]}], {"a": {"_sd": []}}],
            "_sd_alg": "sha-256",
        }
        assert parse(crafted(payload, address, one, region)).claims == {
            "address": {"country": "JP", "region": "港区"},
            "nationalities": [{"code": "US"}, "FR"],
            "deep": [[], {"a": {}}],
        }

    def test_without_an_algorithm_the_default_counts(self) -> None:
        text, digest = claim("a", 1)
        assert parse(crafted({"_sd": [digest]}, text)).claims == {"a": 1}

    @pytest.mark.parametrize("algorithm", ["sha-512", "SHA-256", None, 256, ["sha-256"]])
    def test_another_algorithm_is_refused(self, algorithm: object) -> None:
        with pytest.raises(SdJwtMalformed):
            parse(crafted({"_sd_alg": algorithm}))

    def test_nothing_refers_to_it(self) -> None:
        text, digest = claim("a", 1)
        with pytest.raises(DisclosureForeign) as refused:
            parse(crafted({"_sd": []}, text))
        assert refused.value.digest == digest

    def test_a_disclosure_reached_through_an_absent_one_is_foreign(self) -> None:
        region, region_digest = claim("region", 1)
        _, digest = claim("address", {"_sd": [region_digest]})
        with pytest.raises(DisclosureForeign):
            parse(crafted({"_sd": [digest]}, region))

    @pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
    def test_reserved_names_are_refused(self, name: str) -> None:
        text, digest = claim(name, 1)
        with pytest.raises(DisclosureConflict):
            parse(crafted({"_sd": [digest]}, text))

    def test_a_name_that_is_taken_at_its_level_is_refused(self) -> None:
        text, digest = claim("exp", 1)
        with pytest.raises(DisclosureConflict):
            parse(crafted({"_sd": [digest], "exp": 2}, text))
        assert parse(crafted({"_sd": [digest], "a": {"exp": 2}}, text)).claims["exp"] == 1

    def test_two_disclosures_of_one_name_are_refused(self) -> None:
        (one, first), (two, second) = claim("a", 1), claim("a", 1)
        payload = {"_sd": [first, second]}
        assert parse(crafted(payload, one)).claims == {"a": 1}
        with pytest.raises(DisclosureConflict):
            parse(crafted(payload, one, two))

    def test_a_digest_met_twice_is_refused_even_without_its_disclosure(self) -> None:
        text, digest = claim("a", 1)
        for payload in (
            {"_sd": [digest, digest]},
            {"_sd": [digest], "b": {"_sd": [digest]}},
            {"_sd": [digest], "b": [{"...": digest}]},
        ):
            for texts in ((), (text,)):
                with pytest.raises(DisclosureConflict):
                    parse(crafted(payload, *texts))

    def test_a_digest_met_again_inside_a_disclosure_is_refused(self) -> None:
        inner, inner_digest = claim("a", 1)
        outer, outer_digest = claim("b", {"_sd": [inner_digest]})
        with pytest.raises(DisclosureConflict):
            parse(crafted({"_sd": [inner_digest, outer_digest]}, inner, outer))

    def test_a_disclosure_sent_twice_is_refused(self) -> None:
        text, digest = claim("a", 1)
        with pytest.raises(DisclosureConflict):
            parse(crafted({"_sd": [digest]}, text, text))

    def test_claims_and_elements_do_not_stand_for_one_another(self) -> None:
        (named, by_name), (bare, by_place) = claim("a", 1), element(1)
        with pytest.raises(DisclosureConflict):
            parse(crafted({"a": [{"...": by_name}]}, named))
        with pytest.raises(DisclosureConflict):
            parse(crafted({"_sd": [by_place]}, bare))

    @pytest.mark.parametrize(
        "payload",
        [
            {"_sd": "digest"},
            {"_sd": [1]},
            {"_sd": {"a": 1}},
            {"a": {"...": "digest"}},
            {"...": "digest"},
            {"a": [{"...": 1}]},
            {"a": [{"...": "digest", "b": 1}]},
        ],
    )
    def test_misplaced_and_malformed_digests_are_refused(self, payload: dict[str, Any]) -> None:
        with pytest.raises(SdJwtMalformed):
            parse(crafted(payload))

    def test_disclosures_nested_without_end_are_refused(self) -> None:
        texts: list[str] = []
        value: dict[str, Any] = {"a": 1}
        for _ in range(2_000):
            text, digest = claim("a", value)
            texts.append(text)
            value = {"_sd": [digest]}
        with pytest.raises(SdJwtMalformed):
            parse(crafted(value, *texts))

    def test_elements_nested_without_end_are_refused(self) -> None:
        texts: list[str] = []
        value: list[Any] = []
        for _ in range(2_000):
            text, digest = element(value)
            texts.append(text)
            value = [{"...": digest}]
        with pytest.raises(SdJwtMalformed):
            parse(crafted({"a": value}, *texts))

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "~",
            FOOD.document.split("~")[0],
            FOOD.document + "~",
            FOOD.document.replace("~", "~é", 1),
            "~" + FOOD.document,
            FOOD.document.replace("~", "~~", 1),
            FOOD.document.replace(".", "=.", 1),
            FOOD.document.replace(".", ".é", 1),
        ],
    )
    def test_other_shapes_are_refused(self, text: str) -> None:
        with pytest.raises(SdJwtMalformed):
            parse(text)

    def test_algorithm_and_type(self) -> None:
        header, rest = FOOD.document.split(".", 1)
        for changed, error in (
            ('{"alg":"none","typ":"dc+sd-jwt"}', jws.AlgorithmRefused),
            ('{"alg":"ES256","typ":"JWT"}', jws.TypeRefused),
        ):
            with pytest.raises(error):
                parse(f"{b64url_encode(changed.encode())}.{rest}")
        assert b64url_decode(header).startswith(b'{"alg":"ES256"')

    def test_spare_bits_of_the_signature_are_refused(self) -> None:
        token, rest = FOOD.document.split("~", 1)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        last = letters.index(token[-1])
        with pytest.raises(SdJwtMalformed):
            parse(f"{token[:-1]}{letters[last ^ 1]}~{rest}")

    def test_the_other_half_of_the_signature_is_refused(self) -> None:
        token, rest = FOOD.document.split("~", 1)
        document = parse(f"{with_high_s(token)}~{rest}")
        with pytest.raises(SignatureInvalid):
            document.jws.verify(AGENCY_KEY.public_key)

    @given(st.data())
    def test_any_bit_flipped_before_the_last_tilde_is_refused(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(FOOD.document) - 2))
        bit = data.draw(st.integers(0, 6))
        changed = chr(ord(FOOD.document[place]) ^ 1 << bit)
        text = FOOD.document[:place] + changed + FOOD.document[place + 1 :]
        with pytest.raises(Refused):
            parse(text).jws.verify(AGENCY_KEY.public_key)

    @given(st.text(st.characters(codec="utf-8") | st.sampled_from("~.e"), max_size=60))
    def test_anything_a_stranger_sends_is_refused_by_name(self, text: str) -> None:
        with pytest.raises(Refused):
            parse(text)


class TestPresent:
    @given(st.sets(st.sampled_from(NAMES)))
    def test_any_subset_verifies_and_discloses_exactly_that(self, names: set[str]) -> None:
        document = parse(FOOD.document)
        shown = parse(present(document, names).compact)
        shown.jws.verify(AGENCY_KEY.public_key)
        assert shown.digest == document.digest
        assert {item.name for item in shown.disclosures} == names
        visible = document.claims.keys() - set(NAMES)
        assert shown.claims == {name: document.claims[name] for name in visible | names}

    def test_what_is_visible_may_be_named_and_what_is_not_there_may_not(self) -> None:
        document = parse(FOOD.document)
        assert present(document, ["valid_until"]).disclosures == ()
        for name in ("colour", "holder_name.0", "items.9", "items.-1", "items.١", ""):
            with pytest.raises(ClaimUnknown):
                present(document, [name])

    def test_what_was_left_out_cannot_be_shown_again(self) -> None:
        shown = present(parse(FOOD.document), ["items"])
        with pytest.raises(ClaimUnknown):
            present(shown, ["holder_name"])

    def test_elements_one_by_one(self) -> None:
        document = parse(sample("cn.construction-qualification").document)
        both = document.claims["qualifications"]
        assert present(document, ["qualifications"]).claims["qualifications"] == both
        for name, expected in (("qualifications.1", both[1:]), ("qualifications.0", both[:1])):
            shown = parse(present(document, [name]).compact)
            assert shown.claims["qualifications"] == expected
            assert len(shown.disclosures) == 2

    def test_a_nested_claim_takes_with_it_what_leads_there(self) -> None:
        region, region_digest = claim("region", 1)
        town, town_digest = claim("town", 2)
        address, digest = claim("address", {"_sd": [region_digest, town_digest], "land": 3})
        document = parse(crafted({"_sd": [digest]}, town, address, region))
        shown = present(document, ["address.region"])
        assert shown.claims == {"address": {"land": 3, "region": 1}}
        assert parse(shown.compact).claims == shown.claims
        assert present(document, ["address.land"]).claims == {"address": {"land": 3}}
        assert present(document, ["address"]).claims == document.claims
        assert present(document, []).claims == {}

    def test_an_earlier_proof_is_dropped(self) -> None:
        bound = shown_to_the_desk()
        assert present(bound, ["holder_name"]).key_binding is None


def shown_to_the_desk(document: SdJwt | None = None, issued_at: int = ISSUED_AT) -> SdJwt:
    return bind(
        present(document or parse(FOOD.document), ["holder_name"]),
        HOLDER_KEY,
        audience=AUDIENCE,
        nonce=NONCE,
        issued_at=issued_at,
    )


def proof(document: SdJwt, key: Any = HOLDER_KEY, typ: str = "kb+jwt", **changes: Any) -> SdJwt:
    claims = {
        "iat": ISSUED_AT,
        "aud": AUDIENCE,
        "nonce": NONCE,
        "sd_hash": digest_of(document.bound_part),
    } | changes
    token = jws.sign(typ, claims, key, with_kid=False)
    return parse(document.bound_part + token)


def check(document: SdJwt, now: int = ISSUED_AT) -> None:
    check_key_binding(document, audience=AUDIENCE, nonce=NONCE, now=now)


class TestCheckKeyBinding:
    def test_the_holder_showed_it(self) -> None:
        check(parse(shown_to_the_desk().compact))

    def test_nothing_but_the_four_claims_is_written(self) -> None:
        token = jws.parse(shown_to_the_desk().key_binding or "", "kb+jwt")
        assert set(token.payload) == {"iat", "aud", "nonce", "sd_hash"}
        assert set(token.header) == {"alg", "typ"}

    def test_both_spellings_of_the_holders_signature_will_do(self) -> None:
        document = shown_to_the_desk()
        assert document.key_binding is not None
        check(parse(document.bound_part + with_high_s(document.key_binding)))

    def test_a_document_without_a_key_proves_nothing_and_that_is_nobodys_fault(self) -> None:
        document = parse(sample(holder_key=None).document)
        with pytest.raises(HolderKeyMissing):
            check(document)
        with pytest.raises(HolderKeyMissing):
            check(proof(document))
        assert issubclass(HolderKeyMissing, Unavailable)

    def test_no_proof(self) -> None:
        with pytest.raises(HolderProofMissing):
            check(parse(FOOD.document))

    @pytest.mark.parametrize(
        "changes",
        [
            {"sd_hash": "A" * 43},
            {"sd_hash": None},
            {"iat": None},
            {"iat": True},
            {"iat": float(ISSUED_AT)},
            {"key": STRANGER_KEY},
            {"key": AGENCY_KEY},
            {"typ": "JWT"},
        ],
    )
    def test_a_proof_that_does_not_match(self, changes: dict[str, Any]) -> None:
        with pytest.raises(HolderProofInvalid):
            check(proof(parse(FOOD.document), **changes))

    def test_a_signature_cut_short(self) -> None:
        bound = shown_to_the_desk().compact
        for end in (-4, -44, -86):
            with pytest.raises(HolderProofInvalid):
                check(parse(bound[:end]))

    @pytest.mark.parametrize("token", ["x", "a.b.c", "é", "\ud800", ".."])
    def test_what_is_no_proof_at_all(self, token: str) -> None:
        with pytest.raises(HolderProofInvalid):
            check(parse(FOOD.document + token))

    def test_a_proof_over_other_disclosures(self) -> None:
        bound = shown_to_the_desk()
        more = present(parse(FOOD.document), ["holder_name", "items"])
        with pytest.raises(HolderProofInvalid):
            check(parse(more.bound_part + (bound.key_binding or "")))

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "https://other.example"},
            {"nonce": "other"},
            {"aud": [AUDIENCE]},
            {"aud": None},
        ],
    )
    def test_a_proof_for_another_request(self, changes: dict[str, Any]) -> None:
        with pytest.raises(HolderWrongRequest):
            check(proof(parse(FOOD.document), **changes))

    @pytest.mark.parametrize("side", [-1, 1])
    def test_the_clock_may_differ_by_five_minutes_and_no_second_more(self, side: int) -> None:
        document = shown_to_the_desk()
        check(document, ISSUED_AT + side * KEY_BINDING_SECONDS)
        with pytest.raises(HolderTooOld):
            check(document, ISSUED_AT + side * (KEY_BINDING_SECONDS + 1))

    @pytest.mark.parametrize(
        "confirmation", [{}, [], "key", {"jwk": None}, {"jwk": {"kty": "EC", "crv": "P-256"}}]
    )
    def test_a_key_that_is_none(self, confirmation: object) -> None:
        with pytest.raises(HolderProofInvalid):
            check(proof(parse(crafted({"cnf": confirmation}))))

    def test_a_key_in_a_disclosure_is_none(self) -> None:
        text, digest = claim("cnf", {"jwk": HOLDER_KEY.public_key.jwk()})
        with pytest.raises(HolderKeyMissing):
            check(proof(parse(crafted({"_sd": [digest]}, text))))
