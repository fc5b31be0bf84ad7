"""What an expression of ours must avoid beside faults of form: all that CertLogic leaves open."""

from collections.abc import Iterator
from typing import Any, Final

from ledger.certlogic.validator import Issue, validate

_VALUE_SETS: Final = "external.valueSets."
_NO_SCALAR: Final = frozenset(("plusTime", "dccDateOfBirth"))
"""Operations that give date-times, which `===` does not compare."""


def lint(expression: object) -> list[Issue]:
    """Return issues of form or, when there are none, of style.

    `in` wants a literal array or a value set, `===` neither arrays nor date-times.
    """
    return validate(expression) or list(_unclear(expression))


def _unclear(expression: Any) -> Iterator[Issue]:
    if type(expression) is list:
        for item in expression:
            yield from _unclear(item)
    elif type(expression) is dict:
        ((operator, operands),) = expression.items()
        if operator == "in" and not _is_known_set(operands[1]):
            yield Issue(expression, "in: neither a literal array nor a value set")
        if operator == "===" and any(map(_is_no_scalar, operands)):
            yield Issue(expression, "===: an operand that is no scalar")
        if operator != "var":
            yield from _unclear(operands)


def _is_known_set(operand: Any) -> bool:
    if type(operand) is dict:
        path = operand.get("var", "")
        return len(path) > len(_VALUE_SETS) and path.startswith(_VALUE_SETS)
    return type(operand) is list


def _is_no_scalar(operand: Any) -> bool:
    return type(operand) is list or (
        type(operand) is dict and not _NO_SCALAR.isdisjoint(operand.keys())
    )
