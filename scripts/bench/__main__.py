"""`make bench`: what things cost here, to var/bench/latest.json and into the README's table."""

import json
import os
import platform
import signal
import sqlite3
import sys
import time
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

from scripts.bench import table
from scripts.bench.bulk import bulk
from scripts.bench.databases import POSTGRESQL, SQLITE, postgresql_version
from scripts.bench.gate import gate
from scripts.bench.gate_bundle import gate_bundle
from scripts.bench.limits import limits
from scripts.bench.patience import at_most
from scripts.bench.peers.measuring import peers
from scripts.bench.rebuild import rebuild
from scripts.bench.rows import Row
from scripts.bench.run import Run, Subject
from scripts.bench.single import single
from scripts.bench.status import status
from scripts.bench.tenders_audit import tenders_audit
from scripts.bench.tenders_relay import tenders_relay
from scripts.bench.tenders_sealing import tenders_sealing
from scripts.bench.verification import verification
from scripts.steps import ROOT

LATEST: Final = ROOT / "var" / "bench" / "latest.json"
EXIT_TOLD_TO_END: Final = 143
README: Final = ROOT / "README.md"
SUBJECTS: Final[dict[str, Subject]] = {
    "limits": limits,
    "peers": peers,
    "bulk": bulk,
    "single": single,
    "verification": verification,
    "status": status,
    "rebuild": rebuild,
    "gate": gate,
    "gate_bundle": gate_bundle,
    "tenders_sealing": tenders_sealing,
    "tenders_audit": tenders_audit,
    "tenders_relay": tenders_relay,
}
"""By name, in the order in which they run: what others are compared with comes first."""
PACKAGES: Final = (
    *("coincurve", "cryptography", "fastapi", "orjson", "psycopg", "pydantic", "sqlalchemy"),
    *("uvicorn", "web3"),
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--subject", "subjects", multiple=True, type=click.Choice(list(SUBJECTS)))
@click.option("--sizes", help="Comma-separated sizes in place of each subject's own.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
@click.option("--most-seconds", default=900, show_default=True, help="A subject's longest time.")
@click.option("--postgres", default="postgresql://postgres@127.0.0.1:5432", show_default=True)
def main(
    subjects: tuple[str, ...], sizes: str | None, rounds: int, most_seconds: int, postgres: str
) -> None:
    """Measure every subject, or those named; exit code 1 when one failed or a row is void.

    The README's table is written by a run of everything at its usual sizes alone.
    """
    for name in [name for name in os.environ if name.startswith("SUIZHENG_")]:
        del os.environ[name]  # whatever the caller's service is told is not for this one
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TOLD_TO_END))  # databases are dropped
    found = postgresql_version(postgres)
    run = Run(
        sizes=None if sizes is None else tuple(int(size) for size in sizes.split(",")),
        rounds=rounds,
        databases=(SQLITE,) if found is None else (SQLITE, POSTGRESQL),
        server=postgres,
    )
    if found is None:
        run.skip(POSTGRESQL, "no server answers")
    around = _surroundings(found)
    failures = {
        name: failure
        for name in subjects or SUBJECTS
        if (failure := _measure(run, name, most_seconds)) is not None
    }
    around["loadAverageAfter"] = os.getloadavg()
    is_whole = not (subjects or sizes or failures)
    _report(run, around, failures, is_whole=is_whole)
    sys.exit(1 if failures or any(row.void for row in run.rows) else 0)


def _measure(run: Run, name: str, most_seconds: int) -> str | None:
    """Measure one subject into the run; return why it failed, None when it did not."""
    try:
        with at_most(most_seconds, name):
            for row in SUBJECTS[name](run):
                run.rows.append(row)
                run.say(_told(row) + "\n" * sys.stderr.isatty())
    except Exception as failed:  # noqa: BLE001  # the other subjects are measured whatever went wrong
        traceback.print_exc()
        return f"{type(failed).__name__}: {failed}"
    return None


def _told(row: Row) -> str:
    size = "" if row.size is None else f" ({row.size:,})"
    said = table.amount(row.median, row.unit) if row.void is None else f"void: {row.void}"
    return f"{row.subject}: {row.name}{size}: {said}"


def _report(run: Run, around: dict[str, Any], failures: dict[str, str], *, is_whole: bool) -> None:
    content = {
        "isWhole": is_whole,
        "surroundings": around,
        "rows": [row.to_json() for row in run.rows],
        "skipped": run.skipped,
        "failed": failures,
    }
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    LATEST.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    text = table.markdown(run.rows, around)
    print("\n" + text)
    for name, why in failures.items():
        print(f"FAILED {name}: {why}")
    for skipped in run.skipped:
        print(f"skipped {skipped}")
    print(f"written to {LATEST.relative_to(ROOT)}")
    if is_whole:
        table.put(text, README)
        print(f"and to {README.name}")


def _surroundings(postgresql: str | None) -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "at": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "loadAverageBefore": os.getloadavg(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": postgresql,
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")


if __name__ == "__main__":
    main()
