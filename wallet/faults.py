"""Faults of fields and rows as a person mends them: where, under which name, and what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from ledger.licences.catalogue import load_catalogue

MOST_LINES: Final = 20
"""Faults shown one by one; the rest are counted."""
SENTENCES: Final[Mapping[str, str]] = {
    # of a field (ledger.licences.fields)
    "unknown-field": "this type has no such field",
    "unknown-member": "a part of it has no business there",
    "computed-field": "the service works this out by itself; leave it out",
    "missing": "it is missing",
    "type": "it is of the wrong kind",
    "enum": "it is none of the values allowed",
    "minLength": "it is too short",
    "maxLength": "it is too long",
    "pattern": "its form is wrong",
    "format": "it is no date of the form 2026-12-31",
    "minimum": "it is too small",
    "maximum": "it is too large",
    "exclusiveMinimum": "it is too small",
    "minItems": "it has too few entries",
    "maxItems": "it has too many entries",
    "uniqueItems": "an entry is there twice",
    "text": "it is empty, too long or holds unprintable characters",
    "identifier-shape": "its length or characters are wrong",
    "check-character": "the check character is wrong",
    "date-of-birth": "the date of birth in it is no date",
    "date": "there is no such day",
    "dates-reversed": "the last day lies before the first",
    "max-days": "the licence would run longer than its type may, in days",
    "threshold": "it disagrees with the value that it is worked out from",
    "type-code": "it is of another licence type",
    "issuer": "it is of another agency",
    # of a row (ledger.licences.rows, the service's uploads)
    "unknown-column": "this type has no such column",
    "column-twice": "the column is there twice",
    "number": "it is no number",
    "boolean": "it is neither 是 nor 否",
    "parts": "it has too many or too few parts",
    "cells": "the row has more or fewer cells than the heading",
    "too-long": "the row is longer than any may be; the file is not read from here on",
    "json": "the line is no JSON object",
    "csv": "the file cannot be read as CSV from here on",
    "unique": "an earlier row has the same",
    "taken": "another licence was issued under it",
}


def fault_lines(faults: Sequence[Mapping[str, Any]], total: int | None = None) -> list[str]:
    """Return one line a fault, at most `MOST_LINES`, and one that counts the rest of `total`."""
    lines = [_line(fault) for fault in faults[:MOST_LINES]]
    more = (len(faults) if total is None else total) - len(lines)
    return [*lines, f"… and {more:,} more"] if more > 0 else lines


def _line(fault: Mapping[str, Any]) -> str:
    where = ", ".join(_places(fault))
    rule = str(fault.get("rule"))
    what = SENTENCES.get(rule, rule.replace("_", " "))
    if fault.get("limit"):
        what += f" ({fault['limit']})"
    return f"{where}: {what}" if where else what


def _places(fault: Mapping[str, Any]) -> Iterable[str]:
    if fault.get("row") is not None:
        yield f"row {fault['row']}"
    for key in ("column", "field"):
        if fault.get(key):
            yield _named(str(fault[key]))
    if fault.get("place") is not None:  # of a request that is malformed as such: RFC 6901 pointer
        yield f"{fault['place']} {fault.get('pointer') or ''}".strip()


def _named(path: str) -> str:
    """Return Chinese label and claim name, whichever of them `path` begins with."""
    head, dot, rest = path.partition(".")
    labels = _labels()
    name = head if head in labels else next((n for n, said in labels.items() if said == head), head)
    label = labels.get(name)
    return path if label is None else f"{label} ({name}{dot}{rest})"


@cache
def _labels() -> Mapping[str, str]:
    """Return the label of every claim that has the same one in all types."""
    found: dict[str, set[str]] = {}
    for type_ in load_catalogue().all():
        for claim in type_.claims:
            found.setdefault(claim.name, set()).add(claim.labels["zh-Hans"])
    return {name: labels.pop() for name, labels in found.items() if len(labels) == 1}
