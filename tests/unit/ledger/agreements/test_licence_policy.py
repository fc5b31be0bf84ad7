"""What an agreement about licences may say, and that its kind is told from the other."""

import hashlib
from typing import Any

import pytest

from ledger.agreements.health_policy import Policy, read_domestic_policy, read_policy
from ledger.agreements.licence_policy import (
    NO_BUNDLE,
    LicencePolicy,
    is_type_id,
    read_licence_policy,
)
from ledger.agreements.policies import read_any_policy
from ledger.agreements.policy import MAX_BYTES, PolicyInvalid, PolicyKindWrong
from ledger.canonical import canonical_json
from ledger.health.rule_bundles import files_in
from ledger.licences.catalogue import load_catalogue
from ledger.values import health_record_type, licence_record_type
from tests.support.policies import licence_policy_document, policy_document

ENCODED = canonical_json(licence_policy_document())


def refused(document: Any) -> PolicyInvalid:
    encoded = document if isinstance(document, bytes) else canonical_json(document)
    with pytest.raises(PolicyInvalid) as found:
        read_licence_policy(encoded)
    return found.value


class TestLicencePolicy:
    def test_says_the_type_and_the_notice(self) -> None:
        policy = read_licence_policy(ENCODED)
        assert policy.digest == hashlib.sha256(ENCODED).digest()
        assert policy.type_id == "cn.construction-qualification"
        assert policy.record_type == licence_record_type("cn.construction-qualification")
        assert policy.seconds("notice") == 7 * 86_400

    def test_keeps_its_bytes_canonical(self) -> None:
        assert refused(ENCODED + b"\n").reason.startswith("not canonical")
        assert refused(b"[]").reason == "no JSON object"
        assert refused(b" " * (MAX_BYTES + 1)).reason == "longer than 65536 bytes"

    @pytest.mark.parametrize("member", sorted(licence_policy_document()))
    def test_has_every_member(self, member: str) -> None:
        document = licence_policy_document()
        del document[member]
        error = refused(document)
        assert (error.path, error.reason) == (member, "required")

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"minValidityDays": 90}, "minValidityDays"),
            ({"v": 2}, "v"),
            ({"from": "xa"}, "from"),
            ({"to": "XA"}, "to"),
            ({"version": 0}, "version"),
            ({"recordType": "licence:"}, "recordType"),
            ({"recordType": "wine:red"}, "recordType"),
            ({"recordType": 7}, "recordType"),
            ({"notice": "P6DT23H"}, "notice"),
            ({"notice": "P1M"}, "notice"),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(
        self, changes: dict[str, Any], path: str
    ) -> None:
        assert refused(licence_policy_document(**changes)).path == path

    def test_of_two_places_of_one_country_would_change_nothing(self) -> None:
        near = licence_policy_document(**{"from": "CN-BJ", "to": "CN-GD"})
        assert refused(near).path == "to"
        assert refused(licence_policy_document(**{"from": "CN", "to": "CN-GD"})).path == "to"
        far = canonical_json(licence_policy_document(**{"from": "MO", "to": "CN-GD"}))
        assert read_licence_policy(far).document["from"] == "MO"

    def test_has_a_bundle_of_no_files(self) -> None:
        assert hashlib.sha256(b"{}").digest() == NO_BUNDLE
        assert files_in(b"{}") == {}


class TestTypeIds:
    def test_of_the_catalogue_are_well_formed(self) -> None:
        for each in load_catalogue().all():
            assert is_type_id(each.id)

    @pytest.mark.parametrize(
        "type_id",
        ["hk.food-licence", "mo.x", "cn.a1.b-2", "cn." + "a" * 61],
    )
    def test_may_be_of_elsewhere(self, type_id: str) -> None:
        assert is_type_id(type_id)
        document = licence_policy_document(recordType=f"licence:{type_id}")
        assert read_licence_policy(canonical_json(document)).type_id == type_id

    @pytest.mark.parametrize(
        "type_id",
        [
            *("", "cn", "cn.", "CN.food", "cn.food/x", "cn.food business", "示例.x"),
            *("cn.-a", "cn.a-", "cn.a:1", "cn.a\n", "cn." + "a" * 62),
        ],
    )
    def test_of_another_form_are_none(self, type_id: str) -> None:
        assert not is_type_id(type_id)
        document = licence_policy_document(recordType=f"licence:{type_id}")
        assert refused(document).path == "recordType"


class TestKinds:
    def test_are_told_by_the_record_type(self) -> None:
        assert isinstance(read_any_policy(ENCODED), LicencePolicy)
        health = read_any_policy(canonical_json(policy_document()))
        assert isinstance(health, Policy)
        assert health.record_type == health_record_type("pass")

    def test_are_not_taken_for_each_other(self) -> None:
        for reader in (read_policy, read_domestic_policy):
            with pytest.raises(PolicyKindWrong) as found:
                reader(ENCODED)
            assert found.value.record_type == "licence:cn.construction-qualification"
        with pytest.raises(PolicyKindWrong) as found:
            read_licence_policy(canonical_json(policy_document()))
        assert found.value.record_type == "health:pass"

    @pytest.mark.parametrize(
        ("document", "path", "reason"),
        [
            (policy_document(recordType="licence:cn.food-business"), "appeals", "additional"),
            (licence_policy_document(recordType="health:pass"), "id", "required"),
            (licence_policy_document(recordType="wine:red"), "recordType", "neither"),
            (policy_document(recordType="wine:red"), "recordType", "neither"),
            (policy_document(recordType="health:wine"), "recordType", "enum"),
            (policy_document(recordType=1), "recordType", "enum"),
        ],
    )
    def test_are_not_mixed(self, document: dict[str, Any], path: str, reason: str) -> None:
        with pytest.raises(PolicyInvalid) as found:
            read_any_policy(canonical_json(document))
        assert (found.value.path, found.value.reason.startswith(reason)) == (path, True)
