"""Rule files: their shape, which are in force, what they say, and what lets one in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.certlogic import lifecycle
from ledger.certlogic.dates import instant
from ledger.certlogic.lifecycle import RuleRefused, admit
from ledger.certlogic.rules import (
    CertificateType,
    Judgement,
    Rule,
    RuleMalformed,
    in_force,
    payload_fields,
    read_rule,
)
from ledger.values import Seconds


def at(text: str) -> Seconds:
    return Seconds(instant(text).milliseconds // 1000)


NOW = at("2021-07-01")
DOCUMENT: dict[str, Any] = {
    "Identifier": "VR-DE-0001",
    "Type": "Acceptance",
    "Country": "DE",
    "Version": "1.0.0",
    "SchemaVersion": "1.0.0",
    "Engine": "CERTLOGIC",
    "EngineVersion": "0.7.5",
    "CertificateType": "Vaccination",
    "Description": [{"lang": "en", "desc": "Two doses."}],
    "ValidFrom": "2021-07-04T00:00:00Z",
    "ValidTo": "2021-08-01T00:00:00Z",
    "AffectedFields": ["v.0.dn"],
    "Logic": {"===": [{"var": "payload.v.0.dn"}, 2]},
}


def document(**changed: Any) -> dict[str, Any]:
    return {**DOCUMENT, **changed}


def rule(**changed: Any) -> Rule:
    return read_rule(document(**changed))


def admitted(previous: Rule | None = None, **changed: Any) -> Rule:
    return admit(json.dumps(document(**changed)).encode(), "DE", {"DE"}, previous, NOW)


class TestRead:
    def test_reads(self) -> None:
        read = rule()
        assert (read.identifier, read.version) == ("VR-DE-0001", (1, 0, 0))
        assert (read.window.start, read.window.end) == (at("2021-07-04"), at("2021-08-01"))

    @pytest.mark.parametrize("name", list(DOCUMENT))
    @pytest.mark.parametrize("value", [None, 1, "", "?", [], [1], {}])
    def test_every_field_is_judged(self, name: str, value: object) -> None:
        if (name, value) == ("Logic", {}):
            return  # an object; its form is for the linter
        with pytest.raises(RuleMalformed) as refused:
            rule(**{name: value})
        assert refused.value.field == name

    @given(st.recursive(st.none() | st.text(), st.lists, max_leaves=4))
    def test_no_document_raises_anything_else(self, value: object) -> None:
        with pytest.raises(RuleMalformed):
            read_rule(value)


class TestJudge:
    def test_acceptance(self) -> None:
        assert rule().judge({"v": [{"dn": 2}]}, {}) is Judgement.MET
        assert rule().judge({"v": [{"dn": 1}]}, {}) is Judgement.NOT_MET

    def test_invalidation_takes_out_what_it_describes(self) -> None:
        invalidation = rule(Identifier="IR-DE-0001", Type="Invalidation")
        assert invalidation.judge({"v": [{"dn": 2}]}, {}) is Judgement.NOT_MET
        assert invalidation.judge({"v": [{"dn": 1}]}, {}) is Judgement.MET

    @pytest.mark.parametrize("logic", [{"+": ["a", 1]}, {"+": [0, 0]}, {"var": "payload"}])
    def test_what_is_not_boolean_is_never_met(self, logic: object) -> None:
        for kind in ("Acceptance", "Invalidation"):
            read = rule(Type=kind, Logic=logic)
            assert read.judge({"v": 1}, {}) is Judgement.NOT_EVALUABLE


class TestInForce:
    def select(self, rules: list[Rule], moment: str = "2021-07-05") -> list[tuple[int, ...]]:
        return [r.version for r in in_force(rules, "DE", CertificateType.VACCINATION, at(moment))]

    def test_start_inside_and_end_outside(self) -> None:
        assert self.select([rule()], "2021-07-04") == [(1, 0, 0)]
        assert self.select([rule()], "2021-07-03T23:59:59") == []
        assert self.select([rule()], "2021-07-31T23:59:59") == [(1, 0, 0)]
        assert self.select([rule()], "2021-08-01") == []

    def test_the_highest_version_counts_by_number(self) -> None:
        assert self.select([rule(Version="1.0.9"), rule(Version="1.0.10")]) == [(1, 0, 10)]
        later = rule(Version="2.0.0", ValidFrom="2021-07-10")
        assert self.select([rule(), later]) == [(1, 0, 0)]

    def test_type_and_country(self) -> None:
        general = rule(Identifier="GR-DE-0001", CertificateType="General")
        test = rule(Identifier="TR-DE-0001", CertificateType="Test")
        assert self.select([general, test, rule(Country="FR")]) == [general.version]


class TestPayloadFields:
    def test_are_what_is_read_below_payload(self) -> None:
        logic = {
            "and": [
                {"var": "payload.v.0"},
                {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.x"}]},
                {"reduce": [{"var": "payload.t"}, {"var": "data.payload.r"}, {"var": "current.x"}]},
            ]
        }
        assert payload_fields(logic) == {"v.0", "v.0.mp", "t", "r"}


class TestAdmit:
    def refused(self, **changed: Any) -> str:
        with pytest.raises(RuleRefused) as refused:
            admitted(**changed)
        return refused.value.check

    def test_admits(self) -> None:
        assert admitted() == rule()

    def test_uploader(self) -> None:
        with pytest.raises(RuleRefused) as refused:
            admit(b"no JSON", "FR", {"DE"}, None, NOW)
        assert refused.value.check == "uploader"

    @pytest.mark.parametrize(
        "upload",
        [b"", b"{", b"\xff", b"[" * 5000, json.dumps(DOCUMENT).encode()[:-1] + b',"Logic":{}}'],
    )
    def test_schema(self, upload: bytes) -> None:
        with pytest.raises(RuleRefused) as refused:
            admit(upload, "DE", {"DE"}, None, NOW)
        assert refused.value.check == "schema"

    def test_type(self) -> None:
        assert self.refused(CertificateType="Test") == "type"
        assert self.refused(Identifier="IR-DE-0001") == "type"
        assert self.refused(Type="Invalidation") == "type"

    def test_country(self) -> None:
        assert self.refused(Country="FR") == "country"
        assert self.refused(Identifier="VR-FR-0001") == "country"

    def test_version(self) -> None:
        assert admitted(rule(Version="0.9.9")).version == (1, 0, 0)
        assert self.refused(previous=rule()) == "version"

    def test_first_failure_is_told(self) -> None:
        assert self.refused(CertificateType="Test", Country="FR", ValidTo="2020") == "type"
        assert self.refused(Country="FR", ValidTo="2020") == "country"

    @pytest.mark.parametrize(
        ("start", "end", "fits"),
        [
            ("2021-07-03T00:00:00", "2021-08-01", True),
            ("2021-07-02T23:59:59", "2021-08-01", False),
            ("2021-07-15T00:00:00", "2021-08-01", True),
            ("2021-07-15T00:00:01", "2021-08-01", False),
            ("2021-07-04", "2021-07-07T00:00:00", True),
            ("2021-07-04", "2021-07-06T23:59:59", False),
            ("2021-07-04", "2021-07-04", False),
        ],
    )
    def test_period(self, start: str, end: str, *, fits: bool) -> None:
        window: dict[str, Any] = {"ValidFrom": start, "ValidTo": end}
        if fits:
            admitted(**window)
        else:
            assert self.refused(**window) == "period"

    def test_an_invalidation_may_start_at_once(self) -> None:
        invalidation: dict[str, Any] = {"Identifier": "IR-DE-0001", "Type": "Invalidation"}
        admitted(**invalidation, ValidFrom="2021-07-01T00:00:01")
        assert self.refused(**invalidation, ValidFrom="2021-07-01") == "period"

    def test_not_before_the_previous(self) -> None:
        later = rule(Version="0.9.0", ValidFrom="2021-07-05")
        assert self.refused(previous=later) == "period"

    def test_affected_fields_are_what_logic_reads(self) -> None:
        assert self.refused(AffectedFields=["v.0.dn", "v.0.sd"]) == "fields"
        assert self.refused(AffectedFields=["v.0"]) == "fields"

    def test_logic(self) -> None:
        unclear = {"in": [{"var": "payload.v.0.dn"}, {"var": "external.x"}]}
        assert self.refused(Logic=unclear) == "logic"

    def test_numbers_are_the_gateways(self) -> None:
        assert (lifecycle.MIN_LEAD, lifecycle.MAX_LEAD) == (172_800, 1_209_600)
