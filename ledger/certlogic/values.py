"""What CertLogic makes of JSON values: truth, sameness, paths, parts of a certificate's number.

Python's `True == 1` and `1.0 == 1` never show: integral floats become integers, and types are
compared before values.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from ledger.certlogic.dates import Instant
from ledger.errors import Refused


@dataclass(eq=False)
class NotEvaluable(Refused):
    """The expression has no value here."""

    reason: str


def number(value: Any) -> Any:
    """Return an integral float as the integer it is, and everything else as it came."""
    return int(value) if type(value) is float and value.is_integer() else value


def is_int(value: object) -> bool:
    """Whether `value` is an integer; a boolean is none."""
    return type(value) is int


def is_true(value: Any) -> bool:
    """Return the truth of `value`; raise `NotEvaluable` for a date-time, which has none.

    False: false, null, "", 0, [], {}. True: true and all other JSON.
    """
    if type(value) is Instant:
        raise NotEvaluable("a date-time is neither true nor false")
    return bool(value)


def same(left: Any, right: Any) -> bool:
    """Whether two strings, integers or booleans of one type are equal, or both values null."""
    left, right = number(left), number(right)
    return type(left) is type(right) and type(left) in _COMPARABLE and left == right


def is_path(text: str) -> bool:
    """Whether `text` is empty, for the whole context, or names joined by single dots."""
    return text == "" or _PATH.fullmatch(text) is not None


def at_path(context: Any, path: str) -> Any:
    """Return what lies at `path`; null for what is absent, and for a step into a scalar."""
    value = context
    for name in path.split(".") if path else ():
        if type(value) is dict:
            value = value.get(name)
        elif type(value) is list and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return number(value)


def fragment(uvci: str | None, index: int) -> str | None:
    """Return part `index` of a certificate's number, or null where there is none.

    A leading `URN:UVCI:` is dropped, `/`, `#` and `:` separate, empty parts count.
    """
    if uvci is None or index < 0:
        return None
    parts = _SEPARATORS.split(uvci.removeprefix("URN:UVCI:"))
    return parts[index] if index < len(parts) else None


_COMPARABLE: Final = (str, int, bool, type(None))
_PATH: Final = re.compile(r"[^.]+(\.[^.]+)*", re.DOTALL)
_INDEX: Final = re.compile(r"[0-9]{1,9}")
_SEPARATORS: Final = re.compile(r"[/#:]")
