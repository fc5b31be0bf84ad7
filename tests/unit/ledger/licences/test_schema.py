"""The schema compiler: agrees with a general validator, and ignores no keyword."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ledger.licences.schema import SchemaUnsupported, compile_schema

SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 2, "maxLength": 4},
    {"type": "string", "pattern": "^[a-c]+$"},
    {"type": "string", "enum": ["a", "b"]},
    {"type": "boolean"},
    {"type": "integer", "minimum": 1, "maximum": 9},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 9.5},
    {
        "type": "array",
        "items": {"type": "string", "maxLength": 2},
        "minItems": 1,
        "maxItems": 3,
        "uniqueItems": True,
    },
    {
        "type": "object",
        "properties": {"a": {"type": "string", "minLength": 1}, "b": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    },
]
_plain = st.text("abcd1 ", max_size=6) | st.integers(-2, 12) | st.booleans() | st.none()
_values = st.recursive(
    _plain | st.floats(-2, 12).filter(lambda number: not number.is_integer()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)


def broken(schema: dict[str, Any], value: Any) -> list[tuple[str, str, str]]:
    return list(compile_schema(schema)(value))


class TestCompileSchema:
    @given(st.sampled_from(SCHEMAS), _values)
    def test_agrees_with_a_general_validator(self, schema: dict[str, Any], value: Any) -> None:
        assert (not broken(schema, value)) == Draft202012Validator(schema).is_valid(value)

    @given(st.sampled_from(SCHEMAS), _values)
    def test_names_the_keywords_that_a_general_validator_names(
        self, schema: dict[str, Any], value: Any
    ) -> None:
        theirs = {error.validator for error in Draft202012Validator(schema).iter_errors(value)}
        same = {"missing": "required", "unknown-member": "additionalProperties"}
        ours = {same.get(rule, rule) for _, rule, _ in broken(schema, value)}
        assert ours == theirs or "type" in ours & theirs

    def test_says_where_and_what_was_allowed(self) -> None:
        schema = SCHEMAS[6]
        assert broken(schema, ["a", "abc"]) == [("1", "maxLength", "2")]
        assert broken(SCHEMAS[7], {"b": 1, "c": 2}) == [
            ("a", "missing", ""),
            ("", "unknown-member", ""),
        ]
        assert broken(SCHEMAS[2], "c") == [("", "enum", "a, b")]

    def test_a_whole_number_written_as_a_fraction_is_no_integer(self) -> None:
        assert broken(SCHEMAS[4], 2.0) == [("", "type", "integer")]

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True])
    def test_numbers_are_finite_and_no_booleans(self, value: object) -> None:
        assert broken({"type": "number"}, value) == [("", "type", "number")]

    @pytest.mark.parametrize("character", ["\x00", "\n", "\x7f", "\x85", "\ud800"])
    def test_texts_have_no_control_characters(self, character: str) -> None:
        assert broken({"type": "string"}, f"a{character}b") == [("", "text", "control characters")]

    @pytest.mark.parametrize("character", ["\x00", "\n", "\x7f", "\x85", "\ud800"])
    def test_says_all_that_a_text_breaks(self, character: str) -> None:
        schema = {"type": "string", "maxLength": 2, "pattern": "^a", "enum": ["ab"]}
        found = broken(schema, f"bc{character}")
        assert [rule for _, rule, _ in found] == ["maxLength", "pattern", "enum", "text"]

    def test_texts_may_have_wide_spaces(self) -> None:
        assert broken({"type": "string"}, "示例　市") == []

    @pytest.mark.parametrize(("day", "rules"), [("2028-02-29", []), ("2027-02-29", ["format"])])
    def test_days(self, day: str, rules: list[str]) -> None:
        found = broken({"type": "string", "format": "date"}, day)
        assert [rule for _, rule, _ in found] == rules

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string", "contentEncoding": "base64"},
            {"type": "string", "format": "email"},
            {"type": "null"},
            {"type": ["string", "null"]},
            {"enum": ["a"]},
            {"type": "string", "items": {"type": "string"}},
            {"type": "object", "properties": {"a": {"type": "string", "oneOf": []}}},
        ],
    )
    def test_unknown_keywords_are_refused(self, schema: dict[str, Any]) -> None:
        with pytest.raises(SchemaUnsupported):
            compile_schema(schema)
