"""Whether an expression has the form of CertLogic, said in the messages of its own test suite.

certlogic/validation-testSuite of dgc-business-rules fixes the wording; the order is outside in.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.certlogic.dates import UNITS
from ledger.certlogic.evaluator import MAX_DEPTH
from ledger.certlogic.values import is_int, is_path, number


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong with `expression`, a part of what was looked at."""

    expression: Any
    message: str


def validate(expression: object) -> list[Issue]:
    """Return every issue of form, outer before inner; none when it can be evaluated by form."""
    return list(_issues(expression, MAX_DEPTH))


def _issues(expression: Any, depth: int) -> Iterator[Issue]:
    if depth < 0:
        yield Issue(expression, f"nested more than {MAX_DEPTH} deep")
    elif type(expression) is list:
        for item in expression:
            yield from _issues(item, depth - 1)
    elif type(expression) is dict:
        yield from _operation(expression, depth)
    elif type(number(expression)) is float:
        yield Issue(expression, f"{expression} is a non-integer number")
    elif type(number(expression)) not in (str, int, bool):
        yield Issue(expression, "invalid CertLogic expression")


def _operation(expression: dict[str, Any], depth: int) -> Iterator[Issue]:
    fault = _shape_fault(expression)
    if fault:
        yield Issue(expression, fault)
        return
    ((operator, operands),) = expression.items()
    if operator != "var":
        yield from _operands(expression, operator, operands, depth)


def _shape_fault(expression: dict[str, Any]) -> str:
    """What is wrong with an operation before its operands are counted; empty if nothing is."""
    if len(expression) != 1:
        return f"expression object must have exactly one key, but it has {len(expression)}"
    ((operator, operands),) = expression.items()
    if operator == "var":
        return _path_fault(operands)
    if type(operands) is not list:
        return 'operation not of the form { "<operator>": [ <values...> ] }'
    return "" if operator in _FORMS else f'unrecognised operator: "{operator}"'


def _operands(expression: Any, operator: str, operands: list[Any], depth: int) -> Iterator[Issue]:
    form = _FORMS[operator]
    if not form.least <= len(operands) <= form.most:
        yield Issue(expression, form.otherwise.format(operator=operator, count=len(operands)))
    for operand in operands[: form.expressions]:
        yield from _issues(operand, depth - 1)
    for at, (fits, fault) in form.literals.items():
        if at < len(operands) and not fits(operands[at]):
            yield Issue(expression, fault + _as_text(operands[at]))


def _path_fault(path: object) -> str:
    if type(path) is not str:
        return 'not of the form { "var": "<path>" }'
    return "" if is_path(path) else f"data access path doesn't have a valid format: {path}"


def _as_text(value: Any) -> str:
    """A literal in a message, as a template string of JavaScript shows it."""
    if type(value) is list:
        return ",".join("" if item is None else _as_text(item) for item in value)
    if type(value) is dict:
        return "[object Object]"
    names = {None: "null", True: "true", False: "false"}
    return names[value] if value is None or type(value) is bool else str(number(value))


def _is_int(value: object) -> bool:
    return is_int(number(value))


def _is_unit(value: object) -> bool:
    return type(value) is str and value in UNITS


@dataclass(frozen=True, slots=True)
class _Form:
    """How many operands an operation takes, what is said otherwise, and what each must be."""

    least: int
    most: int
    otherwise: str
    expressions: int
    """So many operands are expressions, the first ones."""
    literals: Mapping[int, tuple[Callable[[object], bool], str]] = field(default_factory=dict)
    """What the others must be, by their place, and what is said before them otherwise."""


_EXACTLY: Final = 'a{an} "{{operator}}"-operation must have exactly {values}, but it has {{count}}'
_TWO: Final = 'an operation with operator "{operator}" must have 2 operands, but it has {count}'
_TWO_OR_THREE: Final = _TWO.replace("2 operands", "2 or 3 operands")
_AMOUNT: Final = '"amount" argument (#2) of "plusTime" must be an integer, but it is: '
_INDEX: Final = '"index" argument (#2) of "extractFromUVCI" must be an integer, but it is: '
_UNIT: Final = (
    '"unit" argument (#3) of "plusTime" must be a string equal to one of '
    f"{', '.join(UNITS)}, but it is: "
)


def _exactly(count: int, *, an: str = "") -> str:
    values = f"{count} values/operands" if count > 1 else "1 value/operand"
    return _EXACTLY.format(an=an, values=values)


_AND: Final = 'an "and" operation must have at least 2 operands, but it has {count}'
_NOT: Final = "a !-operation (logical not/negation) must have exactly 1 operand, but it has {count}"
_FORMS: Final[Mapping[str, _Form]] = {
    "if": _Form(3, 3, _exactly(3, an="n"), 3),
    "and": _Form(2, sys.maxsize, _AND, sys.maxsize),
    "!": _Form(1, 1, _NOT, 1),
    **dict.fromkeys(("===", "in", "+"), _Form(2, 2, _TWO, 2)),
    **dict.fromkeys(
        ("<", ">", "<=", ">=", "after", "before", "not-after", "not-before"),
        _Form(2, 3, _TWO_OR_THREE, 3),
    ),
    "plusTime": _Form(3, 3, _exactly(3), 1, {1: (_is_int, _AMOUNT), 2: (_is_unit, _UNIT)}),
    "dccDateOfBirth": _Form(1, 1, _exactly(1), 1),
    "reduce": _Form(3, 3, _exactly(3), 3),
    "extractFromUVCI": _Form(2, 2, _exactly(2, an="n"), 1, {1: (_is_int, _INDEX)}),
}
