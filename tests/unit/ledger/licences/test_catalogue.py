"""The catalogue: twelve types, each consistent with itself and always the same bytes."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openvc.type_metadata import TypeMetadataError, validate_type_metadata

from ledger.licences import catalogue as module
from ledger.licences.catalogue import (
    LANGUAGES,
    Catalogue,
    CatalogueMalformed,
    HolderKind,
    LicenceType,
    ReasonNotForType,
    TypeUnknown,
    load_catalogue,
    read_type,
    threshold_claim,
)
from ledger.licences.fields import TECHNICAL_CLAIMS
from ledger.licences.identifiers import check_organisation_code
from ledger.licences.reasons import ReasonUnknown
from ledger.licences.schema import SchemaUnsupported
from ledger.licences.sd_jwt import parse
from ledger.values import licence_record_type
from tests.support.licences import CATALOGUE, sample

IDS = (
    "cn.business-licence",
    "cn.construction-qualification",
    "cn.delegation",
    "cn.device-business",
    "cn.driving-licence",
    "cn.drug-business",
    "cn.food-business",
    "cn.physician-practice",
    "cn.public-hygiene",
    "cn.residence-permit",
    "cn.road-transport",
    "cn.safety-production",
)
PERSONAL = {"cn.driving-licence", "cn.physician-practice", "cn.residence-permit"}
ALWAYS_VISIBLE = {
    "jurisdiction",
    "issuing_authority",
    "issuing_authority_code",
    "licence_name",
    "type_code",
    "issue_date",
    "valid_from",
    "valid_until",
}


def source(type_id: str) -> dict[str, Any]:
    text = (files(module) / f"{type_id}.1.json").read_bytes()
    found: dict[str, Any] = json.loads(text)
    return found


def changed(**changes: Any) -> bytes:
    return json.dumps(source("cn.food-business") | changes).encode()


every_type = pytest.mark.parametrize("licence_type", CATALOGUE.all(), ids=lambda entry: entry.id)


INTEGRITY = {
    "cn.business-licence:1": "sha256-yXFaARprqoj4D1ZR+1tae7v1vq8fTLPRN2NSWE3vO1Y=",
    "cn.construction-qualification:1": "sha256-u9WE251yQNf7xob6VcynQf3hosm9Dz7ldNyRopyU1BQ=",
    "cn.delegation:1": "sha256-ENijo/lfgEIR3qP2UmT0At8dkVxL/BKuXUWRGlogfYo=",
    "cn.device-business:1": "sha256-4yBjEjHaViLVMxCIC2iVnT4if29JHApX1qVUnbZogfA=",
    "cn.driving-licence:1": "sha256-3FH/zWNF/TwQNTo4cTM7xkPtHXTkey19yXonYfzXJu4=",
    "cn.drug-business:1": "sha256-pKOT59q0GZo7wPgyhxKnsKFvD1kVtontUuoYcSHJIQA=",
    "cn.food-business:1": "sha256-rc1l8kpQ+6VwSxWymhHwW1q82ovx0rpG29GiliDdbAE=",
    "cn.physician-practice:1": "sha256-v4mZsDTG88JyiDtARk259lW2M2hMLGNuJC0PPdzCYDc=",
    "cn.public-hygiene:1": "sha256-kAqKOZ5CXzHaizNZHde/t/OS1cp6YwskUXUlTugEIec=",
    "cn.residence-permit:1": "sha256-NmkW7w2zEIi25r92YwOQqbDZggNn7rolpnI0wXSFvmw=",
    "cn.road-transport:1": "sha256-aYr8rEY5FbfTVYVJeVCFgobH37JrNeJlz+JoYvNonvI=",
    "cn.safety-production:1": "sha256-lJrBCNaBiK4kkjGz5y1c6RsANe7/SFGgijKNRSLw8ak=",
}
"""Stands in every document issued: a file that changes needs a new major version beside it."""


class TestLoadCatalogue:
    def test_files_that_were_issued_from_stay_as_they_are(self) -> None:
        found = {entry.vct: entry.integrity for entry in CATALOGUE.all()}
        assert found == {f"urn:suizheng:licence:{name}": text for name, text in INTEGRITY.items()}

    def test_types(self) -> None:
        assert tuple(entry.id for entry in CATALOGUE.all()) == IDS

    def test_two_loads_give_the_same_metadata(self) -> None:
        again = load_catalogue()
        for entry in CATALOGUE.all():
            assert again.get(entry.id).metadata() == entry.metadata()


@every_type
class TestLicenceType:
    def test_the_schema_is_a_schema(self, licence_type: LicenceType) -> None:
        Draft202012Validator.check_schema(licence_type.schema)

    def test_names_and_labels_in_every_language(self, licence_type: LicenceType) -> None:
        for texts in (licence_type.names, *(claim.labels for claim in licence_type.claims)):
            assert tuple(texts) == LANGUAGES
            assert all(texts.values())

    def test_chinese_labels_name_one_claim_each(self, licence_type: LicenceType) -> None:
        labels = [claim.labels["zh-Hans"] for claim in licence_type.claims]
        assert len(set(labels)) == len(labels)

    def test_made_up_codes_are_marked(self, licence_type: LicenceType) -> None:
        made_up = licence_type.type_code.startswith("11100000MBTE5TXX15")
        assert licence_type.type_code_made_up == made_up
        check_organisation_code(licence_type.type_code[:18])
        assert len(licence_type.type_code) == 21

    def test_only_what_is_always_visible_is_not_disclosable(
        self, licence_type: LicenceType
    ) -> None:
        visible = {claim.name for claim in licence_type.claims if not claim.disclosable}
        own = set() if licence_type.hides_count else {"licence_id"}
        assert visible == ALWAYS_VISIBLE | own

    def test_no_claim_is_one_of_the_format(self, licence_type: LicenceType) -> None:
        assert not licence_type.checks.keys() & TECHNICAL_CLAIMS

    def test_holders(self, licence_type: LicenceType) -> None:
        expected = (
            HolderKind.PERSON
            if licence_type.id in PERSONAL
            else HolderKind.EITHER
            if licence_type.id == "cn.delegation"
            else HolderKind.ORGANISATION
        )
        assert licence_type.holder is expected

    def test_photos_are_disclosures_shown_by_default(self, licence_type: LicenceType) -> None:
        photo = licence_type.by_name.get("photo")
        assert (photo is not None) == (licence_type.id in PERSONAL)
        if photo is not None:
            assert photo.disclosable
            assert photo.show == "default"

    def test_steps_have_their_claims(self, licence_type: LicenceType) -> None:
        for name, steps in licence_type.thresholds.items():
            for step in steps:
                claim = licence_type.by_name[threshold_claim(name, step)]
                assert claim.computed
                assert not claim.mandatory

    def test_reasons(self, licence_type: LicenceType) -> None:
        licence_type.check_reason(311)
        with pytest.raises(ReasonNotForType):
            licence_type.check_reason(333 if licence_type.id in PERSONAL else 404_404)

    def test_record_type_has_no_version(self, licence_type: LicenceType) -> None:
        assert licence_type.record_type == licence_record_type(licence_type.id)

    def test_integrity_is_over_the_metadata(self, licence_type: LicenceType) -> None:
        digest = hashlib.sha256(licence_type.metadata()).digest()
        assert licence_type.integrity == "sha256-" + base64.b64encode(digest).decode()

    def test_an_independent_library_finds_a_document_as_the_metadata_says(
        self, licence_type: LicenceType
    ) -> None:
        claims = parse(sample(licence_type.id).document).claims
        result = validate_type_metadata(
            claims,
            vct=licence_type.vct,
            vct_integrity=claims["vct#integrity"],
            resolve=lambda _: licence_type.metadata(),
        )
        assert [claim["path"] for claim in result.claims] == [[c.name] for c in licence_type.claims]
        del claims["holder_name"]
        with pytest.raises(TypeMetadataError):
            validate_type_metadata(
                claims, vct=licence_type.vct, resolve=lambda _: licence_type.metadata()
            )


class TestCatalogue:
    def test_unknown_types(self) -> None:
        with pytest.raises(TypeUnknown):
            CATALOGUE.get("cn.nothing")
        with pytest.raises(TypeUnknown):
            CATALOGUE.by_vct("urn:suizheng:licence:cn.food-business:2")

    def test_a_type_that_reads_otherwise_here_is_unknown(self) -> None:
        food = CATALOGUE.get("cn.food-business")
        assert CATALOGUE.by_vct(food.vct, food.integrity) is food
        with pytest.raises(TypeUnknown):
            CATALOGUE.by_vct(food.vct, CATALOGUE.get("cn.drug-business").integrity)

    def test_the_newest_version_is_issued_from_and_the_old_one_stays(self) -> None:
        old = CATALOGUE.get("cn.food-business")
        new = read_type(changed(major=10, vct="urn:suizheng:licence:cn.food-business:10"))
        both = Catalogue([new, old])
        assert both.get("cn.food-business") is new
        assert both.by_vct(old.vct) is old


class TestReadType:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"vct": "urn:suizheng:licence:cn.other:1"}, "vct"),
            ({"names": {"en": "Food"}}, "names"),
            ({"claims": source("cn.food-business")["claims"][1:]}, "claims"),
            ({"thresholds": {"area_m2": [51]}}, "thresholds"),
            ({"number": {"pattern": "^.$"}}, "number"),
        ],
    )
    def test_parts_that_disagree_are_refused(self, changes: dict[str, Any], reason: str) -> None:
        with pytest.raises(CatalogueMalformed) as refused:
            read_type(changed(**changes))
        assert refused.value.reason == reason

    @pytest.mark.parametrize("name", ["id", "schema", "claims", "validity", "lifecycle"])
    def test_missing_parts_are_refused(self, name: str) -> None:
        text = source("cn.food-business")
        del text[name]
        with pytest.raises(CatalogueMalformed):
            read_type(json.dumps(text))

    def test_unknown_reasons_are_refused(self) -> None:
        with pytest.raises(ReasonUnknown):
            read_type(changed(lifecycle={"reasons": [999]}))

    def test_open_objects_are_refused(self) -> None:
        schema = source("cn.food-business")["schema"]
        del schema["additionalProperties"]
        with pytest.raises(CatalogueMalformed):
            read_type(changed(schema=schema))

    def test_unknown_keywords_are_refused(self) -> None:
        schema = source("cn.food-business")["schema"]
        schema["properties"]["premises"]["not"] = {}
        with pytest.raises(SchemaUnsupported):
            read_type(changed(schema=schema))
