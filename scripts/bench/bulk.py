"""Bulk issue: from the order to the last licence in a block, by the processes that really do it."""

import csv
import io
import time
from collections.abc import Iterator
from typing import Final

from api.services.jobs import JobOrder, JobState
from api.services.uploads import CSV
from ledger.values import Address
from scripts.bench import limits
from scripts.bench.databases import SQLITE
from scripts.bench.memory import watched
from scripts.bench.patience import until
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run, rounds_for
from scripts.bench.sample import TYPE, sample_fields
from scripts.bench.site import Site, site
from wallet.processes import Child

SUBJECT: Final = "bulk issue"
WARM_UP_ROWS: Final = 100
MEMORY_ROWS: Final = 200_000
LEAST_PER_SECOND: Final = 200
"""A job that is slower than this, on the busiest machine, is taken to hang."""
START_SECONDS: Final = 120
POLL_SECONDS: Final = 0.02
"""To ask every 10 ms took a tenth of a core from those who are measured."""
_CHUNK_ROWS: Final = 2_000
NOTE: Final = (
    "Bulk issue: rows of a CSV, fifteen disclosures each, checked, signed, stored and anchored in "
    "batches of 10,000 by `python -m api.main jobs` and `work` at default settings, from the order "
    "to the block. Its limit is a bare insert of as many bytes into the same database; its peer "
    "wraps and anchors, and neither signs nor stores. Memory is the peak of `jobs` with its "
    "builders during one job, after a small one: to unlock a keystore takes 256 MB for half a "
    "second before."
)


class JobFailed(Exception):
    """A job did not end as it should."""


def bulk(run: Run) -> Iterator[Row]:
    """Measure jobs of each size on each database, each size on a service of its own."""
    for kind in run.databases:
        for size in run.sizes_or(1_000, 10_000, 100_000):
            yield _size(run, kind, size)
    yield _memory(run)


def _size(run: Run, kind: str, size: int) -> Row:
    what = f"{kind}, {size:,} rows"
    rounds = rounds_for(size, run.rounds)
    rates, bare = [], []
    with site(kind, run.server) as place, limits.fresh(kind, run.server) as insert:
        with place.child("work") as work, place.child("jobs") as jobs:
            one_job(place, WARM_UP_ROWS, 0, work, jobs)  # imports, builders, connections
            for number in run.each_round(f"bulk: {what}", rounds):
                rates.append(one_job(place, size, number, work, jobs))
                bare.append(insert(min(size, limits.BATCH)))
        void = place.count(WARM_UP_ROWS + size * rounds).fault()
    limit = Row.of(SUBJECT, f"insert, {kind}", Unit.PER_SECOND, bare)
    row = Row.of(SUBJECT, kind, Unit.PER_SECOND, rates, size=size, void=void, note=NOTE)
    return row.beside(limit=limit, peer=run.find("TrustVC: wrap and anchor"))


def _memory(run: Run) -> Row:
    rows = min(MEMORY_ROWS, 20 * max(run.sizes_or(MEMORY_ROWS)))
    run.say(f"bulk: memory of {rows:,} rows")
    with site(SQLITE, run.server) as place:
        with place.child("work") as work, place.child("jobs") as jobs:
            assert jobs.pid is not None
            one_job(place, WARM_UP_ROWS, 0, work, jobs)
            with watched(jobs.pid) as memory:
                one_job(place, rows, 1, work, jobs)
        void = place.count(WARM_UP_ROWS + rows).fault()
    name = "memory of the job's processes, at most"
    return Row.of(SUBJECT, name, Unit.MEGABYTES, [memory.megabytes], size=rows, void=void)


def one_job(place: Site, size: int, number: int, *children: Child) -> float:
    """Order `size` licences, wait until all are anchored, return licences a second.

    Raises:
        JobFailed: when the job refuses a row, or fails.
        TooSlow, ProgramEnded: when it does not come to its end.
    """
    jobs, by = place.jobs, place.agency.account.address
    order = JobOrder(place.agency.issuer.agency.id, TYPE, CSV, None, is_dry_run=False)
    job = jobs.begin(order, by)
    for chunk in upload(size, number):
        jobs.append(job, chunk)
    before, started = place.anchored(), time.perf_counter()
    jobs.submit(job, by)

    def is_anchored() -> bool:
        for child in children:
            child.require()
        return _state(place, job, by) is not None and place.anchored() >= before + size

    seconds = START_SECONDS + size / LEAST_PER_SECOND
    ended = until(is_anchored, f"{size:,} rows anchored", seconds, POLL_SECONDS)
    until(lambda: _state(place, job, by) is JobState.DONE, "the job's end")
    return size / (ended - started)


def _state(place: Site, job: bytes, by: Address) -> JobState:
    """Return a job's state; raise `JobFailed` when it ended otherwise than it should."""
    found = place.jobs.get(job, by)
    if found.state.is_final and found.state is not JobState.DONE:
        raise JobFailed(f"{found.state}: {found.error}, {found.first_faults[:3]}")
    return found.state


def upload(size: int, number: int) -> Iterator[bytes]:
    """Yield a CSV of so many lawful rows in pieces; `number` sets its rows apart from others'."""
    text = io.StringIO()
    fields = sample_fields(int(time.time()))
    writer = csv.writer(text)
    writer.writerow(["external_id", *fields])
    for row in range(size):
        own = {"licence_number": f"JY2440{number:02d}{row:08d}"}
        cells = (fields | own).values()
        writer.writerow(
            [f"bench-{number}-{row}", *("；".join(c) if isinstance(c, list) else c for c in cells)]
        )
        if row % _CHUNK_ROWS == _CHUNK_ROWS - 1:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    if text.tell():
        yield text.getvalue().encode()
