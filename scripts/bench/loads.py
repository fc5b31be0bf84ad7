"""Rows out of loads on a server."""

import statistics
from collections.abc import Sequence
from typing import Any

from scripts.bench.load import Load
from scripts.bench.rows import TAIL_SAMPLES, Row, Unit

_MILLISECOND = 1e-3


def rate(subject: str, name: str, loads: Sequence[Load], **more: Any) -> Row:
    """Return good answers a second; void where one request of all failed."""
    rates = [one.requests_per_second for one in loads]
    return _judged(Row.of(subject, name, Unit.PER_SECOND, rates, **more), loads)


def latency(subject: str, name: str, loads: Sequence[Load], **more: Any) -> Row:
    """Return how long answers took: the median load's median and 99th percentile, of all `n`."""
    tails = [one.p99 for one in loads if one.p99 is not None and one.n >= TAIL_SAMPLES]
    row = Row(
        subject,
        name,
        Unit.SECONDS,
        statistics.median(one.p50 for one in loads) * _MILLISECOND,
        sum(one.n for one in loads),
        statistics.median(tails) * _MILLISECOND if len(tails) == len(loads) else None,
        **more,
    )
    return _judged(row, loads)


def _judged(row: Row, loads: Sequence[Load]) -> Row:
    failures = sum(one.failures for one in loads)
    return row.voided(f"{failures} requests failed" if failures else None)
