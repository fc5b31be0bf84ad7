"""JSON Schema 2020-12 as the catalogue uses it, compiled to closures once per type.

A general validator takes longer than signing; the dozen keywords used here take microseconds. A
keyword that is not known stops the catalogue from loading, so none is ever ignored. Beyond the
schema every text must be free of control characters and lone surrogates.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from ledger.errors import Refused
from ledger.licences.dates import DateMalformed, parse_date

Schema = Mapping[str, Any]
Broken = tuple[str, str, str]
"""Where (a dotted path, empty for the value itself), which rule, and its limit in words."""
Check = Callable[[Any], Sequence[Broken]]
_Holds = Callable[[Any], object]
"""Returns what is true where a keyword holds."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_UNJUDGED: Final = frozenset(
    {"$schema", "$id", "type", "title", "description", "additionalProperties"}
)


@dataclass(eq=False)
class SchemaUnsupported(Refused):
    """The schema uses a keyword that is not known here."""

    keyword: str


def compile_schema(schema: Schema) -> Check:
    """Return a function that lists what a value breaks; raise `SchemaUnsupported`.

    A value of the wrong type breaks `type` alone; the other keywords are then not looked at.
    """
    kind = _kind(schema)
    holds = tuple(
        (keyword, _limit(limit), _KEYWORDS[keyword](limit))
        for keyword, limit in schema.items()
        if keyword in _KEYWORDS
    )
    is_kind, parts = _KINDS[kind], tuple(make(schema) for make in _COMPOSED.get(kind, ()))

    def check(value: Any) -> Sequence[Broken]:
        if not is_kind(value):
            return [("", "type", kind)]
        found: list[Broken] = []
        for keyword, limit, holds_for in holds:
            if not holds_for(value):
                found.append(("", keyword, limit))
        for part in parts:
            found += part(value)
        return found

    return _text_at_once(schema, check) if kind == "string" else check


def _text_at_once(schema: Schema, check: Check) -> Check:
    """Return `check` behind one look that lets lawful texts pass: most claims are such."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", sys.maxsize)
    others = [
        _KEYWORDS[keyword](limit)
        for keyword, limit in schema.items()
        if keyword in _KEYWORDS and keyword not in _LENGTHS
    ]
    holds_for = _all_of(others)

    def check_text(value: Any) -> Sequence[Broken]:
        is_usual = value.__class__ is str and least <= len(value) <= most and value.isprintable()
        return () if is_usual and holds_for(value) else check(value)

    return check_text


def _all_of(holds: Sequence[_Holds]) -> _Holds:
    """Return the one condition that all of `holds` make; most texts have one."""
    if len(holds) == 1:
        return holds[0]
    return lambda value: all(holds_for(value) for holds_for in holds)


def _kind(schema: Schema) -> str:
    kind = str(schema.get("type"))
    if kind not in _KINDS:
        raise SchemaUnsupported(f"type {kind}")
    known = _UNJUDGED | _KEYWORDS.keys() | _PARTS.get(kind, frozenset())
    for keyword in schema:
        if keyword not in known:
            raise SchemaUnsupported(keyword)
    return kind


def _limit(limit: Any) -> str:
    return ", ".join(map(str, limit)) if isinstance(limit, list) else str(limit)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KINDS: Final[Mapping[str, _Holds]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": _is_number,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _is_day(value: str) -> bool:
    try:
        parse_date(value)
    except DateMalformed:
        return False
    return True


def _pattern(pattern: str) -> _Holds:
    if pattern == r"\S":  # the commonest; leaves something where the pattern is found
        return str.strip
    return re.compile(pattern).search


def _format(name: str) -> _Holds:
    if name != "date":
        raise SchemaUnsupported(f"format {name}")
    return _is_day


def _unique(asked: bool) -> _Holds:  # noqa: FBT001  # the keyword's value
    return lambda value: (
        not asked or all(item not in value[:place] for place, item in enumerate(value))
    )


_KEYWORDS: Final[Mapping[str, Callable[[Any], _Holds]]] = {
    "enum": lambda allowed: lambda value: value in allowed,
    "minLength": lambda least: lambda value: len(value) >= least,
    "maxLength": lambda most: lambda value: len(value) <= most,
    "pattern": _pattern,
    "format": _format,
    "minimum": lambda least: lambda value: value >= least,
    "maximum": lambda most: lambda value: value <= most,
    "exclusiveMinimum": lambda least: lambda value: value > least,
    "minItems": lambda least: lambda value: len(value) >= least,
    "maxItems": lambda most: lambda value: len(value) <= most,
    "uniqueItems": _unique,
}


def _text(_: Schema) -> Check:
    def check(value: str) -> Sequence[Broken]:
        if value.isprintable() or not _CONTROL.search(value):
            return ()
        return [("", "text", "control characters")]

    return check


def _items(schema: Schema) -> Check:
    item = compile_schema(schema["items"])

    def check(value: list[Any]) -> Sequence[Broken]:
        return [
            broken
            for place, member in enumerate(value)
            for broken in _moved(str(place), item(member))
        ]

    return check


def _properties(schema: Schema) -> Check:
    """Compile an object; what the schema does not name is always refused."""
    members = {name: compile_schema(member) for name, member in schema["properties"].items()}
    required = tuple(schema.get("required", ()))

    def check(value: dict[str, Any]) -> Sequence[Broken]:
        found = [(name, "missing", "") for name in required if name not in value]
        for name, member in value.items():
            if name in members:
                found += _moved(name, members[name](member))
            else:
                found.append(("", "unknown-member", ""))
        return found

    return check


def _moved(step: str, broken: Sequence[Broken]) -> list[Broken]:
    return [(f"{step}.{where}" if where else step, rule, limit) for where, rule, limit in broken]


_COMPOSED: Final[Mapping[str, tuple[Callable[[Schema], Check], ...]]] = {
    "string": (_text,),
    "array": (_items,),
    "object": (_properties,),
}
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "array": frozenset({"items"}),
    "object": frozenset({"properties", "required"}),
}
