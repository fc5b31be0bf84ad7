"""Fields: each rule by its name, the lawful neighbour beside it, and no value in any error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ledger.licences.fields import (
    PLACE_UNKNOWN,
    FieldsInvalid,
    check_claims,
    check_fields,
    warnings_of,
)
from ledger.licences.identifiers import LicenceId
from ledger.licences.sd_jwt import parse, present
from tests.support.licences import CATALOGUE, FIELDS, sample

FOOD = CATALOGUE.get("cn.food-business")


def rules(type_id: str, fields: dict[str, Any]) -> set[tuple[str, str]]:
    try:
        check_fields(CATALOGUE.get(type_id), fields)
    except FieldsInvalid as invalid:
        return {(error.field, error.rule) for error in invalid.errors}
    return set()


def with_changes(type_id: str, **changes: Any) -> dict[str, Any]:
    return {
        name: value for name, value in {**FIELDS[type_id], **changes}.items() if value is not None
    }


class TestCheckFields:
    @pytest.mark.parametrize("type_id", FIELDS)
    def test_sample_fields_are_lawful(self, type_id: str) -> None:
        assert rules(type_id, dict(FIELDS[type_id])) == set()

    @pytest.mark.parametrize("type_id", FIELDS)
    def test_every_mandatory_field_is_missed(self, type_id: str) -> None:
        for name in CATALOGUE.get(type_id).mandatory:
            assert (name, "missing") in rules(type_id, with_changes(type_id, **{name: None}))

    @pytest.mark.parametrize(
        ("changes", "field", "rule"),
        [
            ({"colour": "red"}, "colour", "unknown-field"),
            ({"licence_id": "1.2.156.3005.2.1"}, "licence_id", "computed-field"),
            ({"area_ge_50": True}, "area_ge_50", "computed-field"),
            ({"issuing_authority": "别的机关"}, "issuing_authority", "computed-field"),
            ({"iss": "https://other.example"}, "iss", "unknown-field"),
            ({"holder_name": None}, "holder_name", "missing"),
            ({"holder_name": ""}, "holder_name", "pattern"),
            ({"holder_name": "  "}, "holder_name", "pattern"),
            ({"holder_name": "a\nb"}, "holder_name", "text"),
            ({"holder_name": 7}, "holder_name", "type"),
            ({"holder_name": "x" * 201}, "holder_name", "maxLength"),
            ({"holder_code": "91110000600037341M"}, "holder_code", "check-character"),
            ({"holder_code": "9111000060003734IL"}, "holder_code", "identifier-shape"),
            ({"holder_code_type": "414"}, "holder_code_kind", "missing"),
            ({"licence_number": "JY2440100000001"}, "licence_number", "pattern"),
            ({"items": []}, "items", "minItems"),
            ({"items": ["热食", "热食"]}, "items", "uniqueItems"),
            ({"items": ["热食", 5]}, "items.1", "type"),
            ({"area_m2": 0}, "area_m2", "exclusiveMinimum"),
            ({"area_m2": "86"}, "area_m2", "type"),
            ({"valid_from": "2026-02-30"}, "valid_from", "format"),
            ({"valid_until": "2026-11-20"}, "valid_until", "dates-reversed"),
            ({"valid_until": "长期"}, "valid_until", "format"),
            ({"issue_date": "21.11.2026"}, "issue_date", "format"),
            ({"signed_at": "2026-11-21T25:00:00+08:00"}, "signed_at", "pattern"),
            ({"predecessor_id": "1.2.156.3005.2.x"}, "predecessor_id", "identifier-shape"),
        ],
    )
    def test_each_rule_has_a_name(self, changes: dict[str, Any], field: str, rule: str) -> None:
        assert rules("cn.food-business", with_changes("cn.food-business", **changes)) == {
            (field, rule)
        }

    def test_all_errors_are_told_at_once(self) -> None:
        fields = with_changes("cn.food-business", holder_name=None, premises=3, colour="red")
        assert rules("cn.food-business", fields) == {
            ("holder_name", "missing"),
            ("premises", "type"),
            ("colour", "unknown-field"),
        }

    def test_an_open_end_only_where_the_type_has_one(self) -> None:
        assert rules("cn.business-licence", with_changes("cn.business-licence")) == set()
        fields = with_changes("cn.business-licence", valid_until="2026-13-01")
        assert rules("cn.business-licence", fields) == {("valid_until", "date")}

    def test_dates_may_be_left_to_the_type(self) -> None:
        undated = with_changes("cn.food-business", valid_from=None, valid_until=None)
        assert rules("cn.food-business", undated) == set()

    def test_a_last_day_needs_its_first(self) -> None:
        half = with_changes("cn.food-business", valid_from=None)
        assert rules("cn.food-business", half) == {("valid_from", "missing")}

    @pytest.mark.parametrize("type_id", ["cn.driving-licence", "cn.delegation"])
    def test_a_type_with_several_terms_asks_for_the_last_day(self, type_id: str) -> None:
        undated = with_changes(type_id, valid_from=None, valid_until=None)
        assert ("valid_until", "missing") in rules(type_id, undated)

    def test_a_delegation_lasts_a_year_at_most(self) -> None:
        fields = with_changes("cn.delegation", valid_until="2027-11-21")
        assert rules("cn.delegation", fields) == set()
        fields = with_changes("cn.delegation", valid_until="2027-11-22")
        assert rules("cn.delegation", fields) == {("valid_until", "max-days")}

    def test_a_type_for_either_holder_asks_whose_code_it_is(self) -> None:
        fields = with_changes("cn.delegation", holder_code_type=None)
        assert rules("cn.delegation", fields) == {("holder_code_type", "missing")}
        fields = with_changes(
            "cn.delegation", holder_code="91110000600037341L", holder_code_type="001"
        )
        assert rules("cn.delegation", fields) == set()

    def test_members_of_an_item_are_named(self) -> None:
        fields = with_changes("cn.construction-qualification", qualifications=[{"grade": ""}])
        assert rules("cn.construction-qualification", fields) == {
            ("qualifications.0.category", "missing"),
            ("qualifications.0.grade", "pattern"),
        }

    @pytest.mark.parametrize(
        ("number", "rule"),
        [
            ("110105194912310021", "check-character"),
            ("11010519491331002X", "date-of-birth"),
            ("1101051949123100", "identifier-shape"),
        ],
    )
    def test_resident_numbers(self, number: str, rule: str) -> None:
        fields = with_changes("cn.driving-licence", holder_code=number)
        assert rules("cn.driving-licence", fields) == {("holder_code", rule)}

    def test_another_kind_of_code_is_taken_as_typed(self) -> None:
        fields = with_changes(
            "cn.driving-licence",
            holder_code="K0000000",
            holder_code_type="414",
            holder_code_kind="普通护照",
        )
        assert rules("cn.driving-licence", fields) == set()

    def test_photos(self) -> None:
        start = "data:image/png;base64,"
        fields = with_changes("cn.driving-licence", photo=start + "A" * (50_000 - len(start)))
        assert rules("cn.driving-licence", fields) == set()
        fields["photo"] += "A"
        assert rules("cn.driving-licence", fields) == {("photo", "maxLength")}
        fields["photo"] = "https://elsewhere.example/face.png"
        assert rules("cn.driving-licence", fields) == {("photo", "pattern")}

    def test_no_error_repeats_a_value(self) -> None:
        fields = with_changes(
            "cn.driving-licence",
            holder_code="110105194912310021",
            holder_name="张样例\n",
            sex="secret",
            birth_date="1949-31-12",
            classes=["Z9"],
        )
        with pytest.raises(FieldsInvalid) as refused:
            check_fields(CATALOGUE.get("cn.driving-licence"), fields)
        shown = str(refused.value) + repr(refused.value.errors)
        for value in ("110105194912310021", "张样例", "secret", "1949", "Z9"):
            assert value not in shown

    @given(st.sampled_from(sorted(FIELDS)), st.data())
    def test_what_is_accepted_satisfies_the_published_schema(
        self, type_id: str, data: st.DataObject
    ) -> None:
        licence_type = CATALOGUE.get(type_id)
        name = data.draw(st.sampled_from(sorted(licence_type.checks)))
        value = data.draw(
            st.text(max_size=5) | st.integers() | st.booleans() | st.lists(st.text(max_size=3))
        )
        part = Draft202012Validator(licence_type.schema["properties"][name])
        if not list(licence_type.checks[name](value)):
            assert part.is_valid(value)
        if not part.is_valid(value):
            assert (name in FIELDS[type_id]) <= bool(
                rules(type_id, dict(FIELDS[type_id]) | {name: value})
            )


class TestCheckClaims:
    @pytest.mark.parametrize("type_id", FIELDS)
    def test_whole_documents_and_bare_ones_are_lawful(self, type_id: str) -> None:
        document = parse(sample(type_id).document)
        check_claims(CATALOGUE.get(type_id), document.claims)
        check_claims(CATALOGUE.get(type_id), present(document, ()).claims)

    @pytest.mark.parametrize(
        ("name", "value", "rule"),
        [
            ("licence_id", "1.2.156.3005.2.x", "identifier-shape"),
            (
                "licence_id",
                "1.2.156.3005.2.11100000MBTE5TXX15001.11440100MBEXAMPE7Y.20261121000042.001.V",
                "check-character",
            ),
            (
                "licence_id",
                "1.2.156.3005.2.11100000MBTE5TXX15002.11440100MBEXAMPE7Y.1.001.X",
                "type-code",
            ),
            ("type_code", "11100000MBTE5TXX15002", "type-code"),
            ("holder_code", "91110000600037341M", "check-character"),
            ("area_ge_150", True, "threshold"),
            ("area_ge_50", "yes", "type"),
            ("colour", "red", "unknown-field"),
        ],
    )
    def test_other_claims_are_refused(self, name: str, value: Any, rule: str) -> None:
        claims = parse(sample().document).claims | {name: value}
        if rule == "type-code" and name == "licence_id":
            claims[name] = _with_good_check(value)
        with pytest.raises(FieldsInvalid) as refused:
            check_claims(FOOD, claims)
        assert (name, rule) in {(error.field, error.rule) for error in refused.value.errors}

    def test_an_identifier_of_another_agency_is_refused(self) -> None:
        claims = parse(sample().document).claims | {"issuing_authority_code": "11100000MB0143028R"}
        with pytest.raises(FieldsInvalid) as refused:
            check_claims(FOOD, claims)
        assert [error.rule for error in refused.value.errors] == ["issuer"]

    def test_what_is_always_visible_is_missed(self) -> None:
        claims = parse(sample().document).claims
        del claims["issue_date"]
        with pytest.raises(FieldsInvalid) as refused:
            check_claims(FOOD, claims)
        assert [(e.field, e.rule) for e in refused.value.errors] == [("issue_date", "missing")]


class TestWarningsOf:
    def test_an_unknown_place_is_a_warning(self) -> None:
        driving = CATALOGUE.get("cn.driving-licence")
        assert warnings_of(driving, {"holder_code": "110199199001010071"}) == (PLACE_UNKNOWN,)
        assert warnings_of(driving, {"holder_code": "810000199001010071"}) == ()
        assert warnings_of(driving, {}) == ()

    def test_organisations_have_no_place_of_birth(self) -> None:
        assert warnings_of(FOOD, {"holder_code": "91110000600037341L"}) == ()


def _with_good_check(text: str) -> str:
    parts = text.removeprefix("1.2.156.3005.2.").split(".")
    return str(LicenceId(parts[0], parts[1], parts[2], int(parts[3])))
