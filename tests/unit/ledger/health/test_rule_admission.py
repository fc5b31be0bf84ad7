"""What a bundle must be before anybody signs it: fit to enter force, and as its policy says."""

import hashlib
import json
from typing import Any

import pytest

from ledger.canonical import canonical_json
from ledger.health.rule_admission import NO_VALUE_SETS, RuleBundleUnfit, admit_bundle
from ledger.health.rule_bundles import VALUE_SETS, RuleBundleInvalid, files_in
from ledger.values import Seconds
from tests.support.gates import NOW
from tests.support.policies import sample_policy

DAY = 86_400
RULE = "rules/GR-XB-0001.json"
SETS = canonical_json({"sample-set": ["A"]})


def rule(**changed: Any) -> bytes:
    """A rule that may enter force when NOW (2021-06-29T20:53:20Z) is."""
    document = {
        "Identifier": "GR-XB-0001",
        "Type": "Acceptance",
        "Country": "XB",
        "Version": "1.0.0",
        "SchemaVersion": "1.3.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "Sample."}],
        "ValidFrom": "2021-07-03T00:00:00Z",
        "ValidTo": "2022-07-03T00:00:00Z",
        "AffectedFields": ["dob"],
        "Logic": {"===": [{"var": "payload.dob"}, "1990-01-01"]},
    }
    return json.dumps(document | changed).encode()


def digest(content: bytes) -> str:
    return "0x" + hashlib.sha256(content).hexdigest()


def admitted(
    files: dict[str, bytes],
    former: dict[str, bytes] | None = None,
    version: str = "1.0.0",
    **named: Any,
) -> bytes:
    """Admit files under a policy that names them, unless it is told to name others."""
    rules = [
        {"id": "GR-XB-0001", "version": version, "sha256": digest(content)}
        for path, content in files.items()
        if path.startswith("rules/")
    ]
    sets = digest(files[VALUE_SETS]) if VALUE_SETS in files else NO_VALUE_SETS
    policy = sample_policy(**({"rules": rules, "valueSets": sets} | named))
    return admit_bundle(policy, files, former or {}, Seconds(NOW))


def refused(*given: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(RuleBundleUnfit) as found:
        admitted(*given, **named)
    return found.value.path, found.value.reason


class TestAdmitted:
    def test_is_the_manifest_over_all_files(self) -> None:
        files = {RULE: rule(), VALUE_SETS: SETS, "texts/en.json": b"{}"}
        manifest = admitted(files)
        assert files_in(manifest) == {
            path: hashlib.sha256(content).digest() for path, content in files.items()
        }

    def test_of_nothing_but_texts(self) -> None:
        assert files_in(admitted({"texts/en.json": b"{}"})).keys() == {"texts/en.json"}

    def test_a_rule_of_the_version_before_stays_though_it_began(self) -> None:
        old = rule(ValidFrom="2021-01-01T00:00:00Z")
        assert refused({RULE: old})[0] == RULE
        assert RULE in files_in(admitted({RULE: old}, {RULE: old}))


class TestRefused:
    @pytest.mark.parametrize(
        ("changed", "check"),
        [
            ({"Country": "XA"}, "country"),
            ({"Identifier": "GR-XA-0001"}, "country"),
            ({"ValidFrom": "2021-06-30T00:00:00Z"}, "period"),
            ({"AffectedFields": ["v.0.dn"]}, "fields"),
            ({"Logic": {"in": ["x", {"var": "payload.dob"}]}}, "logic"),
        ],
    )
    def test_a_rule_that_may_not_enter_force(self, changed: dict[str, Any], check: str) -> None:
        path, reason = refused({RULE: rule(**changed)})
        assert (path, reason.partition(":")[0]) == (RULE, check)

    def test_a_rule_that_is_no_newer_than_what_it_follows(self) -> None:
        former = {RULE: rule(Version="1.0.1")}
        assert refused({RULE: rule()}, former)[1].startswith("version:")
        admitted({RULE: rule(Version="1.0.2")}, former, version="1.0.2")

    def test_the_same_rule_twice(self) -> None:
        files = {RULE: rule(), "rules/again.json": rule(Description=[{"lang": "en", "desc": "B"}])}
        assert refused(files)[1].startswith("version:")

    def test_rules_that_the_policy_does_not_name(self) -> None:
        assert refused({RULE: rule()}, rules=[]) == ("rules", "GR-XB-0001")
        named = [{"id": "GR-XB-0002", "version": "1.0.0", "sha256": digest(rule())}]
        assert refused({}, rules=named) == ("rules", "GR-XB-0002")
        other = [{"id": "GR-XB-0001", "version": "1.0.0", "sha256": digest(b"another")}]
        assert refused({RULE: rule()}, rules=other) == ("rules", "GR-XB-0001")

    def test_value_sets_that_the_policy_does_not_name(self) -> None:
        assert refused({}, valueSets=digest(SETS))[0] == VALUE_SETS
        assert refused({VALUE_SETS: SETS}, valueSets=NO_VALUE_SETS)[0] == VALUE_SETS

    @pytest.mark.parametrize(
        "files", [{RULE: b"no JSON"}, {RULE: b"{}"}, {VALUE_SETS: b"[]"}, {"": b"{}"}]
    )
    def test_what_no_gate_could_read(self, files: dict[str, bytes]) -> None:
        with pytest.raises(RuleBundleInvalid):
            admitted(files)
