"""Reading an upload of many licences: CSV as offices save it, or one JSON object a line.

Every row is read and every fault reported by row and column before anything is refused: an office
mends a file once, not row after row. Rows count as a spreadsheet does, the heading being row 1 of a
CSV. A report never repeats a value.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.licences.catalogue import LicenceType
from ledger.licences.fields import FieldsInvalid, check_fields
from ledger.licences.rows import row_fields, template_header, template_labels

MAX_ROWS: Final = 10_000
"""Rows of one upload: one batch of the ledger (proposed)."""
EXTERNAL_ID: Final = "external_id"
MAX_EXTERNAL_ID: Final = 128
"""Longest `external_id` in characters (proposed)."""
_CHARSETS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}


_EITHER: Final = ("utf-8-sig", "gb18030")


@dataclass(eq=False)
class EncodingUnknown(Refused):
    """The upload is neither UTF-8 nor GB18030."""


@dataclass(eq=False)
class UploadMalformed(Refused):
    """The upload has no heading, or no rows."""


@dataclass(eq=False)
class TooManyRows(Refused):
    """The upload has more rows than one request may carry."""

    limit: int


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault: the row, its column as the upload names it (None: the whole row), and the rule."""

    row: int
    column: str | None
    rule: str


@dataclass(eq=False)
class UploadInvalid(Refused):
    """Rows of the upload break rules; nothing was issued."""

    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One licence to issue: its fields by claim name, not yet checked."""

    number: int
    fields: Mapping[str, Any]
    external_id: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """What the upload calls a claim, where it uses another name."""
    unread: frozenset[str] = frozenset()
    """Claims whose cells could not be read; reported already."""

    def faults(self, type_: LicenceType) -> list[RowError]:
        """Return what breaks the rules of the type."""
        try:
            check_fields(type_, self.fields)
        except FieldsInvalid as refused:
            found = [error for error in refused.errors if error.field not in self.unread]
            return [self.fault(error.field, error.rule) for error in found]
        return []

    def fault(self, claim: str, rule: str) -> RowError:
        """Return a fault in the column that holds `claim`."""
        head, dot, rest = claim.partition(".")
        return RowError(self.number, self.columns.get(head, head) + dot + rest, rule)


def decode(raw: bytes, charset: str | None) -> str:
    """Return the text: in the charset named, else UTF-8 (BOM allowed), else GB18030.

    Raises `EncodingUnknown` when it is neither, or holds NUL characters.
    """
    for encoding in _encodings(charset):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise EncodingUnknown


def _encodings(charset: str | None) -> tuple[str, ...]:
    if charset is None:
        return _EITHER
    named = _CHARSETS.get(charset.strip('"').lower())
    return () if named is None else (named,)


def read_csv(type_: LicenceType, text: str) -> tuple[list[Row], list[RowError]]:
    """Return the rows of a CSV and the faults met while reading them.

    Raises:
        UploadMalformed: without a heading or any row.
        TooManyRows: above `MAX_ROWS`.
    """
    records = _records(text)
    number, heading = next(records, (1, []))
    if isinstance(heading, str):
        return [], [RowError(number, None, heading)]
    if not heading:
        raise UploadMalformed
    heading = [name.strip() for name in heading]
    columns, faults = _columns(type_, heading)
    if faults:
        return [], faults
    rows: list[Row] = []
    for taken, (number, cells) in enumerate(records):
        _bound(taken)
        if isinstance(cells, str):
            faults.append(RowError(number, None, cells))
        elif len(cells) != len(heading):
            faults.append(RowError(number, None, "cells"))
        else:
            row, wrong = _row(type_, number, dict(zip(heading, cells, strict=True)), columns)
            rows.append(row)
            faults += wrong
    return _some(rows, faults)


def read_json_lines(text: str) -> tuple[list[Row], list[RowError]]:
    """Return the rows of newline-delimited JSON objects, keyed by claim name and `external_id`.

    Raises as `read_csv` does; row numbers are line numbers.
    """
    rows: list[Row] = []
    faults: list[RowError] = []
    lines = ((n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip())
    for taken, (number, line) in enumerate(lines):
        _bound(taken)
        try:
            fields = parse_object(line)
        except JsonMalformed:
            faults.append(RowError(number, None, "json"))
            continue
        external_id = fields.pop(EXTERNAL_ID, None)
        if external_id is not None and not _is_external_id(external_id):
            faults.append(RowError(number, EXTERNAL_ID, "text"))
            continue
        rows.append(Row(number, fields, external_id))
    return _some(rows, faults)


def repeated_ids(rows: list[Row]) -> list[RowError]:
    """Return a fault for every row whose `external_id` an earlier row has."""
    seen: set[str] = set()
    faults = []
    for row in rows:
        if row.external_id in seen:
            faults.append(RowError(row.number, EXTERNAL_ID, "unique"))
        elif row.external_id is not None:
            seen.add(row.external_id)
    return faults


def _records(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record that is not blank with its number; a rule's name ends a broken file."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, "csv"
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _columns(type_: LicenceType, heading: list[str]) -> tuple[dict[str, str], list[RowError]]:
    """Return claim name → heading, and the faults of the heading."""
    names = dict(zip(template_labels(type_), template_header(type_), strict=True))
    names |= {name: name for name in (*template_header(type_), EXTERNAL_ID)}
    columns: dict[str, str] = {}
    faults = []
    for name in heading:
        claim = names.get(name)
        if claim is None:
            faults.append(RowError(1, name, "unknown-column"))
        elif claim in columns:
            faults.append(RowError(1, name, "column-twice"))
        else:
            columns[claim] = name
    return columns, faults


def _row(
    type_: LicenceType, number: int, cells: dict[str, str], columns: Mapping[str, str]
) -> tuple[Row, list[RowError]]:
    """Return a row with its cells read as the type's claims, and those that cannot be."""
    external_id = cells.pop(EXTERNAL_ID, "").strip() or None
    empty = Row(number, {}, external_id, columns)
    faults = []
    if external_id is not None and not _is_external_id(external_id):
        faults.append(empty.fault(EXTERNAL_ID, "text"))
    try:
        return Row(number, row_fields(type_, cells), external_id, columns), faults
    except FieldsInvalid as refused:
        # The row's other cells are read on their own, so that one pass names every fault.
        unread = [empty.fault(error.field, error.rule) for error in refused.errors]
        broken = {fault.column for fault in unread}
        rest = row_fields(type_, {name: cell for name, cell in cells.items() if name not in broken})
        partial = Row(
            number, rest, external_id, columns, frozenset(e.field for e in refused.errors)
        )
        return partial, faults + unread


def _is_external_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_EXTERNAL_ID and value.isprintable()


def _bound(taken: int) -> None:
    if taken >= MAX_ROWS:
        raise TooManyRows(MAX_ROWS)


def _some(rows: list[Row], faults: list[RowError]) -> tuple[list[Row], list[RowError]]:
    if not rows and not faults:
        raise UploadMalformed
    return rows, faults
