"""Forms beyond the suite of others, and what our linter adds."""

import pytest

from ledger.certlogic.lint import lint
from ledger.certlogic.validator import validate


class TestValidate:
    @pytest.mark.parametrize(
        ("expression", "message"),
        [
            ({"if": [1]}, 'an "if"-operation must have exactly 3 values/operands, but it has 1'),
            ({"and": [1]}, 'an "and" operation must have at least 2 operands, but it has 1'),
            (
                {"!": []},
                "a !-operation (logical not/negation) must have exactly 1 operand, but it has 0",
            ),
            ({"in": [1]}, 'an operation with operator "in" must have 2 operands, but it has 1'),
            ({"<": [1]}, 'an operation with operator "<" must have 2 or 3 operands, but it has 1'),
            (
                {"plusTime": ["2021", "x", "day"]},
                '"amount" argument (#2) of "plusTime" must be an integer, but it is: x',
            ),
            (
                {"plusTime": ["2021", 1, None]},
                (
                    '"unit" argument (#3) of "plusTime" must be a string equal to one of '
                    "year, month, day, hour, but it is: null"
                ),
            ),
            (
                {"extractFromUVCI": ["x", [1, None, {}]]},
                (
                    '"index" argument (#2) of "extractFromUVCI" must be an integer, but it is: '
                    "1,,[object Object]"
                ),
            ),
        ],
    )
    def test_messages(self, expression: object, message: str) -> None:
        assert [issue.message for issue in validate(expression)] == [message]

    def test_outer_before_inner(self) -> None:
        found = [issue.message for issue in validate({"if": [None, 1.5]})]
        assert [text.split()[0] for text in found] == ["an", "invalid", "1.5"]

    def test_depth(self) -> None:
        expression: object = 1
        for _ in range(500):
            expression = [expression]
        assert [issue.message for issue in validate(expression)] == ["nested more than 32 deep"]


class TestLint:
    @pytest.mark.parametrize(
        "expression",
        [
            {"in": ["a", {"var": "external.valueSets.country-2-codes"}]},
            {"in": ["a", ["a", "b"]]},
            {"===": [{"var": "payload.ver"}, "1.3.0"]},
        ],
    )
    def test_clean(self, expression: object) -> None:
        assert not lint(expression)

    @pytest.mark.parametrize(
        "expression",
        [
            {"in": ["a", {"var": "payload.v"}]},
            {"in": ["a", {"var": "external.other"}]},
            {"===": [[1], {"var": "payload.v"}]},
            {"===": [{"plusTime": ["2021", 0, "day"]}, 1]},
            {"if": [True, {"in": ["a", "b"]}, 1]},
        ],
    )
    def test_unclear(self, expression: object) -> None:
        assert not validate(expression)
        assert len(lint(expression)) == 1

    def test_form_comes_first(self) -> None:
        assert [issue.message for issue in lint({"in": ["a"]})] == [
            'an operation with operator "in" must have 2 operands, but it has 1'
        ]
