"""The value of a CertLogic expression over a context of payload and external parameters.

An expression has a value or fails as `NotEvaluable`; a failure is never taken for true or false.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

from ledger.certlogic import dates
from ledger.certlogic.dates import Instant, InstantMalformed
from ledger.certlogic.values import (
    NotEvaluable,
    at_path,
    fragment,
    is_int,
    is_path,
    is_true,
    number,
    same,
)

MAX_DEPTH: Final = 32
MAX_STEPS: Final = 10_000


def evaluate(expression: object, context: object) -> Any:
    """Return the value of `expression` over `context`, both as JSON is in Python.

    The answer is JSON, or an `Instant`. Integral floats count as integers. Raises `NotEvaluable`
    for any form that CertLogic lacks, operands of the wrong type, and beyond 32 levels or 10,000
    steps.
    """
    try:
        return _Evaluation().value(expression, context, MAX_DEPTH)
    except InstantMalformed as exc:
        raise NotEvaluable("no date") from exc


class _Evaluation:
    """One evaluation: the steps that are left."""

    def __init__(self) -> None:
        self.steps = MAX_STEPS

    def value(self, expression: Any, context: Any, depth: int) -> Any:
        self.steps -= 1
        if self.steps < 0 or depth < 0:
            raise NotEvaluable("too many steps" if depth >= 0 else "too deep")
        kind = type(expression)
        if kind is dict:
            return self.operation(expression, context, depth)
        if kind is list:
            return [self.value(item, context, depth - 1) for item in expression]
        literal = number(expression)
        if type(literal) in (str, bool) or is_int(literal):
            return literal
        raise NotEvaluable("no literal, list or operation")

    def operation(self, expression: dict[str, Any], context: Any, depth: int) -> Any:
        if len(expression) != 1:
            raise NotEvaluable(f"an object with {len(expression)} keys")
        ((operator, operands),) = expression.items()
        if operator == "var":
            return _var(operands, context)
        if type(operands) is not list or not operands:
            raise NotEvaluable("operands are no filled list")
        if operator not in _OPERATIONS:
            raise NotEvaluable("unknown operation")
        (least, most), run = _OPERATIONS[operator]
        if not least <= len(operands) <= most:
            raise NotEvaluable(f"{operator} with {len(operands)} operands")
        return run(self, operator, operands, context, depth - 1)

    def choose(self, _: str, operands: list[Any], context: Any, depth: int) -> Any:
        guard = is_true(self.value(operands[0], context, depth))
        return self.value(operands[1] if guard else operands[2], context, depth)

    def all_of(self, _: str, operands: list[Any], context: Any, depth: int) -> Any:
        for operand in operands[:-1]:
            value = self.value(operand, context, depth)
            if not is_true(value):
                return value
        last = self.value(operands[-1], context, depth)
        is_true(last)  # a date-time has no truth here either
        return last

    def negation(self, _: str, operands: list[Any], context: Any, depth: int) -> bool:
        return not is_true(self.value(operands[0], context, depth))

    def equal(self, _: str, operands: list[Any], context: Any, depth: int) -> bool:
        left, right = (self.value(operand, context, depth) for operand in operands)
        return same(left, right)

    def member(self, _: str, operands: list[Any], context: Any, depth: int) -> bool:
        sought, items = (self.value(operand, context, depth) for operand in operands)
        if items is None:
            return False  # the reference raises; its suites want false
        if type(items) is not list:
            raise NotEvaluable("in: no list")
        if type(sought) is str:
            return sought in items  # only a string equals a string
        return any(same(sought, item) for item in items)

    def add(self, _: str, operands: list[Any], context: Any, depth: int) -> int:
        left, right = self.ints(operands, context, depth)
        return left + right

    def compare_ints(self, operator: str, operands: list[Any], context: Any, depth: int) -> bool:
        return _ordered(_COMPARISONS[operator], self.ints(operands, context, depth))

    def compare_dates(self, operator: str, operands: list[Any], context: Any, depth: int) -> bool:
        values = [self.value(operand, context, depth) for operand in operands]
        if any(type(value) is not Instant for value in values):
            raise NotEvaluable("a date comparison needs date-times")
        return _ordered(_COMPARISONS[_DATE_COMPARISONS[operator]], values)

    def plus_time(self, _: str, operands: list[Any], context: Any, depth: int) -> Instant:
        amount, unit = number(operands[1]), operands[2]
        if not is_int(amount) or type(unit) is not str or unit not in dates.UNITS:
            raise NotEvaluable("plusTime: amount or unit")
        moment = dates.instant(self.text("plusTime", operands[0], context, depth))
        return dates.plus(moment, amount, unit)  # type: ignore[arg-type]  # one of UNITS

    def date_of_birth(self, _: str, operands: list[Any], context: Any, depth: int) -> Instant:
        return dates.birth_date(self.text("dccDateOfBirth", operands[0], context, depth))

    def reduce(self, _: str, operands: list[Any], context: Any, depth: int) -> Any:
        items = self.value(operands[0], context, depth)
        if items is not None and type(items) is not list:
            raise NotEvaluable("reduce: no list")
        accumulator = self.value(operands[2], context, depth)
        for current in items or ():
            inner = {"current": current, "accumulator": accumulator, "data": context}
            accumulator = self.value(operands[1], inner, depth)
        return accumulator

    def uvci_part(self, _: str, operands: list[Any], context: Any, depth: int) -> str | None:
        index, uvci = number(operands[1]), self.value(operands[0], context, depth)
        if not is_int(index) or not (uvci is None or type(uvci) is str):
            raise NotEvaluable("extractFromUVCI: text or index")
        return fragment(uvci, index)

    def ints(self, operands: list[Any], context: Any, depth: int) -> list[int]:
        values = [self.value(operand, context, depth) for operand in operands]
        if not all(map(is_int, values)):
            raise NotEvaluable("an operand that is no integer")
        return values

    def text(self, operator: str, operand: Any, context: Any, depth: int) -> str:
        value = self.value(operand, context, depth)
        if type(value) is not str:
            raise NotEvaluable(f"{operator}: no text")
        return value


def _var(path: Any, context: Any) -> Any:
    if type(path) is not str or not is_path(path):
        raise NotEvaluable("var: no path")
    return at_path(context, path)


def _ordered(holds: Callable[[Any, Any], bool], values: list[Any]) -> bool:
    return all(holds(left, right) for left, right in pairwise(values))


_Run = Callable[[_Evaluation, str, list[Any], Any, int], Any]
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
_DATE_COMPARISONS: Final = {"after": ">", "before": "<", "not-after": "<=", "not-before": ">="}
_OPERATIONS: Final[Mapping[str, tuple[tuple[int, int], _Run]]] = {
    "if": ((3, 3), _Evaluation.choose),
    "and": ((2, MAX_STEPS), _Evaluation.all_of),
    "!": ((1, 1), _Evaluation.negation),
    "===": ((2, 2), _Evaluation.equal),
    "in": ((2, 2), _Evaluation.member),
    "+": ((2, 2), _Evaluation.add),
    **dict.fromkeys(_COMPARISONS, ((2, 3), _Evaluation.compare_ints)),
    **dict.fromkeys(_DATE_COMPARISONS, ((2, 3), _Evaluation.compare_dates)),
    "plusTime": ((3, 3), _Evaluation.plus_time),
    "dccDateOfBirth": ((1, 1), _Evaluation.date_of_birth),
    "reduce": ((3, 3), _Evaluation.reduce),
    "extractFromUVCI": ((2, 2), _Evaluation.uvci_part),
}
"""Operation by name: how many operands it takes, and what runs it."""
