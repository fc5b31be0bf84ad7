"""What an expression is worth, and that a failure is never true or false."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.certlogic.evaluator import MAX_DEPTH, MAX_STEPS, evaluate
from ledger.certlogic.validator import validate
from ledger.certlogic.values import NotEvaluable

NOW = {"plusTime": ["2021-06-01", 0, "day"]}
OPERATORS = ["var", "if", "and", "!", "===", "in", "+", "<", "after", "plusTime", "reduce"]
OPERATORS += ["extractFromUVCI", "dccDateOfBirth", "or"]
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.sampled_from(["", "a", "a.0"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*OPERATORS, "a"]), inner, max_size=2),
        st.builds(
            lambda operator, operands: {operator: operands},
            st.sampled_from(OPERATORS),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=20,
)


def nested(depth: int) -> Any:
    expression: Any = True
    for _ in range(depth):
        expression = {"!": [expression]}
    return expression


class TestTypes:
    def test_true_is_not_one(self) -> None:
        assert evaluate({"===": [True, 1]}, None) is False
        assert evaluate({"in": [True, [1]]}, None) is False
        assert evaluate({"in": [1, [True]]}, None) is False
        assert evaluate({"===": ["1", 1]}, None) is False
        for expression in (
            {"+": [True, 1]},
            {"<": [False, 1]},
            {"plusTime": ["2021", True, "day"]},
        ):
            with pytest.raises(NotEvaluable):
                evaluate(expression, None)

    def test_integral_floats_are_integers(self) -> None:
        assert evaluate({"===": [1.0, {"var": "x"}]}, {"x": 1}) is True
        assert evaluate({"+": [{"var": "x"}, 1]}, {"x": 1.0}) == 2
        assert evaluate({"in": [2, {"var": "x"}]}, {"x": [2.0]}) is True

    def test_null_equals_null_alone(self) -> None:
        null = {"var": "absent"}
        assert evaluate({"===": [null, null]}, {}) is True
        assert evaluate({"===": [null, False]}, {}) is False
        assert evaluate({"in": [null, [null]]}, {}) is True
        assert evaluate({"in": ["x", null]}, {}) is False

    @pytest.mark.parametrize("value", [[], {}, 1.5])
    def test_nothing_else_is_comparable(self, value: object) -> None:
        assert evaluate({"===": [{"var": "x"}, {"var": "x"}]}, {"x": value}) is False

    @pytest.mark.parametrize(
        "expression", [{"if": [NOW, 1, 2]}, {"!": [NOW]}, {"and": [NOW, 1]}, {"and": [1, NOW]}]
    )
    def test_a_date_time_has_no_truth(self, expression: object) -> None:
        with pytest.raises(NotEvaluable):
            evaluate(expression, None)


class TestVar:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("", {"a": [{"b": 1}], "0": "key"}),
            ("a.0.b", 1),
            ("a.00.b", 1),
            ("0", "key"),
            ("a.1", None),
            ("a.b", None),
            ("a.-1", None),
            ("a.0.b.c", None),
            ("a.99999999999999999999", None),
            ("a.length", None),
        ],
    )
    def test_steps(self, path: str, value: object) -> None:
        assert evaluate({"var": path}, {"a": [{"b": 1}], "0": "key"}) == value

    @pytest.mark.parametrize("path", [".", "a.", ".a", "a..b", 0, None, ["a"]])
    def test_no_path(self, path: object) -> None:
        with pytest.raises(NotEvaluable):
            evaluate({"var": path}, {"a": 1})


class TestLaziness:
    def test_the_other_branch_is_not_looked_at(self) -> None:
        assert evaluate({"if": [True, 1, {"fails": []}]}, None) == 1
        assert evaluate({"and": [False, {"fails": []}]}, None) is False

    def test_and_gives_the_value_that_decided(self) -> None:
        assert evaluate({"and": [1, "", 2]}, None) == ""
        assert evaluate({"and": [1, "a", 2]}, None) == 2


class TestOperands:
    @pytest.mark.parametrize(
        "expression",
        [
            {"if": [True, 1]},
            {"if": [True, 1, 2, 3]},
            {"and": [True]},
            {"!": [True, True]},
            {"===": [1]},
            {"in": ["a", "abc"]},
            {"<": [1]},
            {"<": [1, 2, 3, 4]},
            {"<": [1, {"var": "x"}]},
            {"after": ["2021", "2020"]},
            {"plusTime": [NOW, 1, "day"]},
            {"plusTime": ["2021", 1.5, "day"]},
            {"plusTime": ["2021", {"+": [1, 1]}, "day"]},
            {"plusTime": ["2021", 1, "week"]},
            {"plusTime": ["2021-02-30", 1, "day"]},
            {"dccDateOfBirth": [1990]},
            {"reduce": ["text", 1, 1]},
            {"extractFromUVCI": [1, 1]},
            {"extractFromUVCI": ["a", "1"]},
            {"+": []},
            {"+": 1},
            {"or": [True, False]},
            {},
            {"+": [1, 1], "!": [1]},
            None,
            1.5,
        ],
    )
    def test_refused(self, expression: object) -> None:
        with pytest.raises(NotEvaluable):
            evaluate(expression, {})

    @pytest.mark.parametrize(
        ("index", "part"), [(0, "01"), (1, ""), (2, "DE"), (4, None), (-1, None)]
    )
    def test_parts_of_a_number(self, index: int, part: str | None) -> None:
        assert evaluate({"extractFromUVCI": ["URN:UVCI:01//DE#x", index]}, None) == part

    def test_a_reduction_sees_the_outer_context(self) -> None:
        expression = {
            "reduce": [
                {"var": "items"},
                {"+": [{"+": [{"var": "accumulator"}, {"var": "current"}]}, {"var": "data.step"}]},
                0,
            ]
        }
        assert evaluate(expression, {"items": [1, 2, 3], "step": 10}) == 36
        assert evaluate(expression, {"step": 10}) == 0


class TestBounds:
    def test_depth(self) -> None:
        assert evaluate(nested(MAX_DEPTH), None) is True
        with pytest.raises(NotEvaluable, match="deep"):
            evaluate(nested(MAX_DEPTH + 1), None)

    def test_steps(self) -> None:
        assert len(evaluate([1] * (MAX_STEPS - 1), None)) == MAX_STEPS - 1
        with pytest.raises(NotEvaluable, match="steps"):
            evaluate([1] * MAX_STEPS, None)

    def test_reductions_count(self) -> None:
        inner = {"reduce": [{"var": "data.x"}, {"+": [{"var": "accumulator"}, 1]}, 0]}
        with pytest.raises(NotEvaluable, match="steps"):
            evaluate({"reduce": [{"var": "x"}, inner, 0]}, {"x": [0] * 1000})


class TestAnything:
    @given(JSON, JSON)
    def test_has_a_value_or_fails_by_name(self, expression: object, context: object) -> None:
        try:
            evaluate(expression, context)
        except NotEvaluable:
            return
        # What evaluates may still be badly formed in a branch that was not taken; not the reverse.

    @given(JSON)
    def test_the_validator_never_raises(self, expression: object) -> None:
        for issue in validate(expression):
            assert issue.message
