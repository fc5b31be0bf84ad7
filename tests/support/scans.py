"""Scan rows as gates write them, and a gate's officer who sends them."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scans import ScanRow, write_row
from tests.support.health_desks import HOST, HOST_CODE

CHECKPOINT: Final = "Sample Checkpoint"
CITED: Final[Mapping[str, Any]] = {"bundle": 5}


def scan_row(at: int, n: int = 0, **changes: Any) -> bytes:
    """Return the n-th row of a gate: a refusal at lane 7 in the minute of `at`."""
    values: dict[str, Any] = {
        "random": hashlib.sha256(b"row" + n.to_bytes(4)).digest()[:16],
        "checkpoint": CHECKPOINT,
        "lane": "7",
        "minute": at - at % 60,
        "key": hashlib.sha256(b"key" + n.to_bytes(4)).digest()[:16],
        "outcome": Outcome.DENY,
        "reasons": (Reason.STATUS,),
        "citations": CITED,
    }
    return write_row(ScanRow(**(values | changes)))


def scans_form(*rows: bytes, **changes: Any) -> dict[str, Any]:
    """Return the form that logs rows for the host."""
    agency = {"jurisdiction": HOST, "code": HOST_CODE}
    return {"agency": agency, "rows": [row.decode() for row in rows], **changes}
