"""Bills of quantities 工程量清单 as bids bring them: position and unit price, in CSV."""

import csv
import io
from typing import Final

from ledger.tenders.pricing import decimal_in
from ledger.verification.shape import ShapeWrong

NAME: Final = "bill.csv"
"""How the file is called, in whichever folder of a bid it lies."""
HEADER: Final = ("position", "unitPrice")
_MOST_ROWS: Final = 100_000


def read_bill(content: bytes) -> dict[str, str]:
    """Return the unit prices of a bill by position; empty for what is no such file.

    Rows without a price in decimal spelling are left out: a stranger's file stops nothing.
    """
    text = content.decode("utf-8-sig", "replace")
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        if tuple(next(rows, ())) != HEADER:
            return {}
        told = [row for row, _ in zip(rows, range(_MOST_ROWS), strict=False)]
    except csv.Error:
        return {}
    return {row[0]: row[1] for row in told if len(row) == len(HEADER) and _is_price(row[1])}


def _is_price(text: str) -> bool:
    try:
        decimal_in(text, HEADER[1])
    except ShapeWrong:
        return False
    return True
