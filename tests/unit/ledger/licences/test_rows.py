"""Rows of a CSV file: names or labels above, lists and numbers below."""

import json
from importlib.resources import files
from typing import Any

import pytest

from ledger.licences import catalogue
from ledger.licences.catalogue import LANGUAGES, read_type
from ledger.licences.fields import FieldsInvalid, check_fields
from ledger.licences.rows import row_fields, template_header, template_labels
from tests.support.licences import CATALOGUE, FIELDS

FOOD = CATALOGUE.get("cn.food-business")

_SOURCE = json.loads((files(catalogue) / "cn.food-business.1.json").read_bytes())
_SOURCE["schema"]["properties"]["delivers"] = {"type": "boolean"}
_SOURCE["claims"].append(
    _SOURCE["claims"][-1]
    | {"path": ["delivers"], "labels": dict.fromkeys(LANGUAGES, "送餐"), "mandatory": False}
)
WITH_DELIVERY = read_type(json.dumps(_SOURCE))


def cell(value: Any) -> str:
    if isinstance(value, list):
        return "；".join(
            "：".join(item.values()) if isinstance(item, dict) else item for item in value
        )
    return str(value)


def errors(row: dict[str, str], type_id: str = "cn.food-business") -> list[tuple[str, str]]:
    with pytest.raises(FieldsInvalid) as refused:
        row_fields(CATALOGUE.get(type_id), row)
    return [(error.field, error.rule) for error in refused.value.errors]


class TestTemplateHeader:
    @pytest.mark.parametrize("type_id", FIELDS)
    def test_holds_what_may_be_supplied(self, type_id: str) -> None:
        licence_type = CATALOGUE.get(type_id)
        header = template_header(licence_type)
        assert set(licence_type.mandatory) <= set(header)
        assert not {"licence_id", "type_code", "jurisdiction"} & set(header)
        assert len(template_labels(licence_type)) == len(header)


class TestRowFields:
    @pytest.mark.parametrize("type_id", FIELDS)
    @pytest.mark.parametrize("header", [template_header, template_labels])
    def test_a_full_row_gives_its_fields(self, type_id: str, header: Any) -> None:
        licence_type = CATALOGUE.get(type_id)
        names = template_header(licence_type)
        cells = {name: cell(FIELDS[type_id].get(name, "")) for name in names}
        row = dict(zip(header(licence_type), cells.values(), strict=True))
        fields = row_fields(licence_type, row)
        assert fields == FIELDS[type_id]
        check_fields(licence_type, fields)

    @pytest.mark.parametrize("text", ["热食；冷食", "热食;冷食", "热食|冷食", " 热食 ； 冷食；"])
    def test_items_of_a_list(self, text: str) -> None:
        assert row_fields(FOOD, {"items": text}) == {"items": ["热食", "冷食"]}

    @pytest.mark.parametrize(("text", "number"), [("86", 86), (" 86.5 ", 86.5), ("-1", -1)])
    def test_numbers(self, text: str, number: float) -> None:
        assert row_fields(FOOD, {"经营面积（平方米）": text}) == {"area_m2": number}

    @pytest.mark.parametrize("text", ["1e3", "nan", "86,5", "８６", "1" * 16, "0x10", "八十"])
    def test_other_spellings_of_numbers_are_refused(self, text: str) -> None:
        assert errors({"area_m2": text}) == [("area_m2", "number")]

    def test_whole_numbers_have_no_fraction(self) -> None:
        assert errors({"vehicles": "5.0"}, "cn.road-transport") == [("vehicles", "number")]

    def test_parts_of_an_item(self) -> None:
        row = {"qualifications": "总承包：二级;专业承包:三级"}
        fields = row_fields(CATALOGUE.get("cn.construction-qualification"), row)
        assert fields["qualifications"][1] == {"category": "专业承包", "grade": "三级"}
        assert errors({"qualifications": "总承包"}, "cn.construction-qualification") == [
            ("qualifications", "parts")
        ]

    def test_columns_that_belong_to_nothing_are_refused_even_when_empty(self) -> None:
        assert errors({"colour": "red", "颜色": ""}) == [
            ("colour", "unknown-column"),
            ("颜色", "unknown-column"),
        ]

    @pytest.mark.parametrize(("text", "value"), [("是", True), ("否", False), ("TRUE", True)])
    def test_yes_and_no(self, text: str, value: object) -> None:
        assert row_fields(WITH_DELIVERY, {"delivers": text}) == {"delivers": value}

    def test_neither_yes_nor_no(self) -> None:
        with pytest.raises(FieldsInvalid) as refused:
            row_fields(WITH_DELIVERY, {"delivers": "1"})
        assert [error.rule for error in refused.value.errors] == ["boolean"]

    def test_a_row_taken_for_a_header_is_not_repeated_in_the_message(self) -> None:
        with pytest.raises(FieldsInvalid) as refused:
            row_fields(FOOD, {"张样例": "11010519491231002X"})
        assert str(refused.value).endswith("(unknown-column)")

    def test_columns_that_are_ours_to_compute_are_refused(self) -> None:
        assert errors({"licence_id": "1"}) == [("licence_id", "unknown-column")]

    def test_a_claim_in_two_columns_is_refused(self) -> None:
        assert errors({"premises": "一", "经营场所": "二"}) == [("premises", "column-twice")]

    def test_empty_cells_are_left_out(self) -> None:
        assert row_fields(FOOD, {"premises": "  ", "items": ""}) == {}
