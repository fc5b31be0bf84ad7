"""The result of a job as CSV: what became of each row."""

from collections.abc import Iterable, Mapping
from typing import Final

from api.services.uploads import RowError
from ledger.values import Digest

HEADING: Final = "row,external_id,outcome,licence_id,digest,column,rule\r\n"
ISSUED: Final = "issued"
REPEATED: Final = "repeated"
FAULT: Final = "fault"
UNLISTED: Final = "unlisted"
STOPPED: Final = "stopped"
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula, or reads over to find one."""


def licence_line(
    row: int, external_id: str | None, outcome: str, licence_id: str, digest: Digest
) -> str:
    """Return the line of a row that is a licence."""
    return f"{row},{_cell(external_id or '')},{outcome},{licence_id},0x{digest.hex()},,\r\n"


def fault_lines(faults: Iterable[RowError], external_ids: Mapping[int, str], unlisted: int) -> str:
    """Return the lines of faults, and one that counts those not listed.

    `external_ids` are of the rows that have one.
    """
    lines = [_fault_line(fault, external_ids.get(fault.row, "")) for fault in faults]
    if unlisted:
        lines.append(f",,{UNLISTED},,,,{unlisted}\r\n")
    return "".join(lines)


def _fault_line(fault: RowError, external_id: str) -> str:
    column, rule = _cell(fault.column or ""), _cell(fault.rule)
    return f"{fault.row},{_cell(external_id)},{FAULT},,,{column},{rule}\r\n"


def stop_line(why: str) -> str:
    """Return the last line of a job that was stopped: what is not listed was not issued."""
    return f",,{STOPPED},,,,{why}\r\n"


def _cell(text: str) -> str:
    if text.startswith(_FORMULA):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text
