"""Reading an upload of many licences: CSV as offices save it, or one JSON object a line.

What arrives in pieces is read in pieces: no more than one row is in memory. Rows count as a
spreadsheet does, the heading being row 1 of a CSV. A fault names row and column, never a value:
values are personal.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.licences.catalogue import LicenceType
from ledger.licences.fields import FieldsInvalid, check_fields
from ledger.licences.rows import RowReader, template_header, template_labels

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CSV: Final = "text/csv"
JSON_LINES: Final = "application/x-ndjson"
MAX_ROWS: Final = 1_000_000
"""Rows of one upload, and beside them as many blank ones (proposed)."""
MAX_ROW_CHARACTERS: Final = 2**16
"""Longest row; a quotation mark that nobody closes would make one of the rest of the file."""
MAX_ROW_FAULTS: Final = 100
"""Most faults by the type's rules that one row is told of (proposed)."""
MAX_COLUMN: Final = 128
"""Longest name of a column in a report (proposed)."""
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
_BUFFER_BYTES: Final = 2**16


@dataclass(eq=False)
class EncodingUnknown(Refused):
    """The upload is neither UTF-8 nor GB18030."""


@dataclass(eq=False)
class UploadMalformed(Refused):
    """The upload has no heading, or no rows."""


@dataclass(eq=False)
class TooManyRows(Refused):
    """The upload has more rows than one may have."""

    limit: int


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault: the row, its column as the upload names it (None: the whole row), and the rule."""

    row: int
    column: str | None
    rule: str

    def __post_init__(self) -> None:
        """Cut what an upload calls a column: a stranger's name may be as long as its row."""
        if self.column is not None and len(self.column) > MAX_COLUMN:
            object.__setattr__(self, "column", self.column[:MAX_COLUMN])


class RawRow(NamedTuple):
    """A row as it came: its cells, or its line of JSON; `external_id` as found, not yet judged."""

    number: int
    external_id: str | None
    content: list[str] | str

    @property
    def characters(self) -> int:
        """How long the row is, without what parts its cells."""
        return len(self.content) if isinstance(self.content, str) else sum(map(len, self.content))


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened upload: its heading and what is wrong with it, and its rows, to be read once.

    JSON has no heading. Reading the rows raises `UploadMalformed` where there is none, and
    `TooManyRows`.
    """

    heading: tuple[str, ...]
    faults: tuple[RowError, ...]
    rows: Iterator[RawRow | RowError]


Pieces = Callable[[], Iterable[bytes]]
"""Gives an upload's bytes from the start, in any pieces."""


def encoding_of(pieces: Pieces, charset: str | None) -> str:
    """Return the encoding: the charset named, else UTF-8 (BOM allowed), else GB18030.

    Raises `EncodingUnknown` when it is neither, or holds NUL characters.
    """
    named = None if charset is None else _CHARSETS.get(charset.strip('"').lower(), "")
    for encoding in _EITHER if named is None else (named,):
        if encoding and _decodes(pieces(), encoding):
            return encoding
    raise EncodingUnknown


def open_sheet(type_: LicenceType, media_type: str, text: TextIO) -> Sheet:
    """Return the upload whose decoded text is `text`; raise `UploadMalformed` without a heading."""
    if media_type != CSV:
        return Sheet((), (), _bounded(_json_rows(text)))
    records = _records(text)
    number, heading = next(records, (1, []))
    if isinstance(heading, str):
        return Sheet((), (RowError(number, None, heading),), iter(()))
    if not heading:
        raise UploadMalformed
    names = tuple(name.strip() for name in heading)
    columns, faults = _columns(type_, names)
    place = names.index(columns[EXTERNAL_ID]) if EXTERNAL_ID in columns else None
    return Sheet(names, tuple(faults), _bounded(_csv_rows(records, place)))


def decoded(pieces: Iterable[bytes], encoding: str, media_type: str) -> TextIO:
    """Return the text of an upload, decoded as it is read; line ends are kept as they are."""
    raw = io.BufferedReader(_Pieces(iter(pieces)), _BUFFER_BYTES)
    return io.TextIOWrapper(raw, encoding, newline="" if media_type == CSV else "\n")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that was read: what it says of one licence, and what is wrong with it."""

    number: int
    fields: Mapping[str, Any]
    external_id: str | None
    faults: tuple[RowError, ...]


class Interpreter:
    """Reads the raw rows of one upload as a type's; prepared once for many rows."""

    def __init__(self, type_: LicenceType, heading: Sequence[str]) -> None:
        self._type = type_
        self._columns, _ = _columns(type_, heading)
        claims = {heading: claim for claim, heading in self._columns.items()}
        held = [claims.get(name) for name in heading]
        self._width = len(held)
        self._reader = RowReader(type_, [None if c == EXTERNAL_ID else c for c in held])

    def read(self, raw: RawRow) -> Entry:
        """Return what a row says, its fields not held against the type."""
        if isinstance(raw.content, str):
            return self._json(raw.number, raw.content)
        if len(raw.content) != self._width:
            return _broken(raw, "cells")
        fields, unread = self._reader.read(raw.content)
        faults = [self._fault(raw.number, error.field, error.rule) for error in unread]
        if raw.external_id is not None and not _is_external_id(raw.external_id):
            faults.append(self._fault(raw.number, EXTERNAL_ID, "text"))
        return Entry(raw.number, fields, raw.external_id, tuple(faults))

    def judge(self, raw: RawRow) -> Entry:
        """Return what a row says, with every fault that it has by the rules of the type."""
        entry = self.read(raw)
        if not entry.fields and entry.faults:
            return entry
        try:
            check_fields(self._type, entry.fields)
        except FieldsInvalid as refused:
            known = {fault.column for fault in entry.faults}
            found = [self._fault(raw.number, error.field, error.rule) for error in refused.errors]
            more = [fault for fault in found if fault.column not in known][:MAX_ROW_FAULTS]
            return Entry(entry.number, entry.fields, entry.external_id, (*entry.faults, *more))
        return entry

    def taken(self, number: int) -> RowError:
        """Return the fault of a row whose external id another order has."""
        return self._fault(number, EXTERNAL_ID, "taken")

    def repeated(self, number: int) -> RowError:
        """Return the fault of a row whose external id an earlier row has."""
        return self._fault(number, EXTERNAL_ID, "unique")

    def _json(self, number: int, line: str) -> Entry:
        try:
            fields = parse_object(line)
        except JsonMalformed:
            return Entry(number, {}, None, (RowError(number, None, "json"),))
        external_id = fields.pop(EXTERNAL_ID, None)
        if external_id is None or _is_external_id(external_id):
            return Entry(number, fields, external_id, ())
        return Entry(number, fields, None, (RowError(number, EXTERNAL_ID, "text"),))

    def _fault(self, number: int, claim: str, rule: str) -> RowError:
        head, dot, rest = claim.partition(".")
        return RowError(number, self._columns.get(head, head) + dot + rest, rule)


class _Pieces(io.RawIOBase):
    """Bytes that come in pieces, as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        into = memoryview(buffer)
        count = min(len(into), len(self._rest))
        into[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Lines:
    """The lines of a text; no row may be made of more than `MAX_ROW_CHARACTERS`."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._left = MAX_ROW_CHARACTERS

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise _RowTooLong
        if not line:
            raise StopIteration
        return line

    def row_ended(self) -> None:
        self._left = MAX_ROW_CHARACTERS


class _RowTooLong(Exception):
    pass


def _decodes(pieces: Iterable[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces:
            if b"\0" in piece:  # no other character has this byte in either encoding
                raise EncodingUnknown
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _records(text: TextIO) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record that is not blank with its number; a rule's name ends a broken file."""
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    number = blank = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, "csv"
            return
        except _RowTooLong:
            yield number, "too-long"
            return
        lines.row_ended()
        if any(map(str.strip, cells)):
            yield number, cells
        else:
            blank = _counted(blank)


def _csv_rows(
    records: Iterator[tuple[int, list[str] | str]], place: int | None
) -> Iterator[RawRow | RowError]:
    for number, cells in records:
        if isinstance(cells, str):
            yield RowError(number, None, cells)
        elif place is None or place >= len(cells):
            yield RawRow(number, None, cells)
        else:
            yield RawRow(number, cells[place].strip() or None, cells)


def _json_rows(text: TextIO) -> Iterator[RawRow | RowError]:
    lines = _Lines(text)
    number = blank = 0
    while True:
        number += 1
        try:
            line = next(lines)
        except StopIteration:
            return
        except _RowTooLong:
            yield RowError(number, None, "too-long")
            return
        lines.row_ended()
        if line.strip():
            yield RawRow(number, _named(line), line)
        else:
            blank = _counted(blank)


def _counted(blank: int) -> int:
    """Return one blank row more; raise `TooManyRows`: a GiB of them would take half an hour."""
    if blank == MAX_ROWS:
        raise TooManyRows(MAX_ROWS)
    return blank + 1


def _named(line: str) -> str | None:
    """Return the external id in a line of JSON; where it is none, `Interpreter` says so."""
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    external_id = found.get(EXTERNAL_ID) if isinstance(found, dict) else None
    return external_id if _is_external_id(external_id) else None


def _bounded(rows: Iterator[RawRow | RowError]) -> Iterator[RawRow | RowError]:
    count = 0
    for count, row in enumerate(rows, 1):
        if count > MAX_ROWS:
            raise TooManyRows(MAX_ROWS)
        yield row
    if count == 0:
        raise UploadMalformed


def _columns(type_: LicenceType, heading: Iterable[str]) -> tuple[dict[str, str], list[RowError]]:
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


def _broken(raw: RawRow, rule: str) -> Entry:
    return Entry(raw.number, {}, None, (RowError(raw.number, None, rule),))


def _is_external_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_EXTERNAL_ID and value.isprintable()
