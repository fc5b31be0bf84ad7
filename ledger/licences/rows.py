"""Rows of a CSV file as fields: claim names or Chinese labels above, text below."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ledger.licences.catalogue import LicenceType
from ledger.licences.fields import FieldError, FieldsInvalid, supplied_names

_BETWEEN_ITEMS: Final = re.compile(r"[；;|]")
_BETWEEN_PARTS: Final = re.compile(r"[：:]")
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_BOOLEANS: Final = {"是": True, "true": True, "否": False, "false": False}


class _Unreadable(ValueError):
    """A cell that is not of its column's type; the argument names the rule."""


def template_header(licence_type: LicenceType) -> list[str]:
    """Return the columns of the type's CSV template: the claim names that may be supplied."""
    return supplied_names(licence_type)


def template_labels(licence_type: LicenceType) -> list[str]:
    """Return the Chinese labels of `template_header`, which a file may have as its header too."""
    return [licence_type.by_name[name].labels["zh-Hans"] for name in template_header(licence_type)]


def row_fields(licence_type: LicenceType, row: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields in one row; empty cells are left out.

    Items of a list stand between `；`, `;` or `|`, parts of an item between `：` or `:`.

    Raises:
        FieldsInvalid: for unknown columns, a claim in two columns, and cells that are no number or
            boolean where one belongs. The schema is `check_fields`'s.
    """
    columns = _columns(licence_type)
    cells: dict[str, str] = {}
    errors: list[FieldError] = []
    for column, cell in row.items():
        name = columns.get(column.strip())
        if name is None:
            errors.append(FieldError(column.strip(), "unknown-column"))
        elif not cell.strip():
            continue
        elif name in cells:
            errors.append(FieldError(name, "column-twice"))
        else:
            cells[name] = cell
    fields, unread = RowReader(licence_type, tuple(cells)).read(list(cells.values()))
    if errors or unread:
        raise FieldsInvalid((*errors, *unread))
    return fields


class RowReader:
    """Reads rows whose columns hold the same claims, prepared once for many rows."""

    def __init__(self, licence_type: LicenceType, claims: Sequence[str | None]) -> None:
        """`claims` names what each column holds; None is a column that is not looked at."""
        properties = licence_type.schema["properties"]
        self._columns = tuple(
            (place, name, properties[name], _READERS[properties[name]["type"]])
            for place, name in enumerate(claims)
            if name is not None
        )

    def read(self, cells: Sequence[str]) -> tuple[dict[str, Any], list[FieldError]]:
        """Return the fields of a row, and a fault for each cell that could not be read."""
        fields: dict[str, Any] = {}
        errors: list[FieldError] = []
        for place, name, schema, read in self._columns:
            if cell := cells[place].strip():
                try:
                    fields[name] = read(schema, cell)
                except _Unreadable as unreadable:
                    errors.append(FieldError(name, str(unreadable)))
        return fields, errors


def _columns(licence_type: LicenceType) -> dict[str, str]:
    names = template_header(licence_type)
    return dict(zip(template_labels(licence_type), names, strict=True)) | {n: n for n in names}


def _read(schema: Mapping[str, Any], cell: str) -> Any:
    return _READERS[schema["type"]](schema, cell)


def _read_text(_: Mapping[str, Any], cell: str) -> str:
    return cell


def _read_number(schema: Mapping[str, Any], cell: str) -> int | float:
    if _INTEGER.fullmatch(cell):
        return int(cell)
    if schema["type"] == "number" and _NUMBER.fullmatch(cell):
        return float(cell)
    raise _Unreadable("number")


def _read_boolean(_: Mapping[str, Any], cell: str) -> bool:
    try:
        return _BOOLEANS[cell.lower()]
    except KeyError as exc:
        raise _Unreadable("boolean") from exc


def _read_list(schema: Mapping[str, Any], cell: str) -> list[Any]:
    cells = (item.strip() for item in _BETWEEN_ITEMS.split(cell))
    return [_read(schema["items"], item) for item in cells if item]


def _read_parts(schema: Mapping[str, Any], cell: str) -> dict[str, Any]:
    members = schema["properties"]
    parts = [part.strip() for part in _BETWEEN_PARTS.split(cell)]
    if len(parts) != len(members):
        raise _Unreadable("parts")
    return {name: _read(members[name], part) for name, part in zip(members, parts, strict=True)}


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Any]]] = {
    "string": _read_text,
    "integer": _read_number,
    "number": _read_number,
    "boolean": _read_boolean,
    "array": _read_list,
    "object": _read_parts,
}
