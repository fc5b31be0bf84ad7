"""`make test`: the whole suite; what cannot run here is skipped with its reason.

Ends in the closing lines of pytest and forge, so that a reader sees at once how much ran.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.steps import FORGE, ROOT, Step, StepFailed, python, run

PYTEST = ("-m", "pytest", "-q", "--maxfail=20")
LAST_FAILED = ROOT / ".pytest_cache/v/cache/lastfailed"
SECOND_TRIES = 3
TESTS_FAILED = "exit code 1"
MEMORY = Path("/dev/shm")  # noqa: S108  # nothing is taken from there but what we put there
ENOUGH = 4 * 2**30
"""Bytes of memory for the files of tests, of which only those of failed ones are kept."""
FORGE_CLOSING = re.compile(r"Ran \d+ test suites? .*: (\d+) tests? passed, (\d+) failed")


def contracts() -> str:
    """Run forge and return its closing line; it exits 0 without tests, so they are counted."""
    lines = run(Step("Contracts: unit, fuzz, invariants", [FORGE, "test"]))
    closing = next((line for line in reversed(lines) if FORGE_CLOSING.search(_plain(line))), "")
    found = FORGE_CLOSING.search(_plain(closing))
    if not found or int(found[1]) == 0:
        raise StepFailed("forge ran no test")
    return _plain(closing)


@contextmanager
def scratch() -> Iterator[Sequence[str]]:
    """Yield options of pytest that keep the tests' files in memory, or none where it is short.

    SQLite waits for the disk at every commit: alone most of the time of a test that has a database.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH:
        yield ()
        return
    with TemporaryDirectory(prefix="suizheng-", dir=MEMORY) as folder:
        yield ("--basetemp", f"{folder}/t", "-o", "tmp_path_retention_policy=failed")


def pytests(title: str, *folders: str, workers: int) -> str:
    """Run pytest over folders and return its closing line."""
    # Tests last from milliseconds to a minute: who is done early takes from the other's share.
    workers_option = ("-n", str(workers), "--dist", "worksteal") if workers > 1 else ()
    with scratch() as files:
        return run(Step(title, python(*PYTEST, *workers_option, *files, *folders)))[-1]


def steadied(title: str, *folders: str, workers: int) -> str:
    """Run pytest; let the few that fail beside each other try once more alone, and name them.

    These tests start real nodes, services and browsers. A machine that stops for seconds can fail
    one; what is broken fails again. A run that ended otherwise than by failed tests is not mended.
    """
    LAST_FAILED.unlink(missing_ok=True)  # else an earlier run's failures might stand for this one's
    try:
        return pytests(title, *folders, workers=workers)
    except StepFailed as ended:
        failed = json.loads(LAST_FAILED.read_text()) if LAST_FAILED.exists() else {}
        if not str(ended).endswith(TESTS_FAILED) or not 0 < len(failed) <= SECOND_TRIES:
            raise
        closing = run(Step(f"{title}: once more, alone", python(*PYTEST, *failed)))[-1]
        return "\n".join([f"{title}: passed only alone: {', '.join(failed)}", closing])


def missing(tool: str) -> str | None:
    """Install a tool into an environment of its own; return why it could not be."""
    made = subprocess.run(
        ["make", "--silent", f"var/{tool}/.installed"],  # noqa: S607  # make called us
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if not made.returncode:
        return None
    why = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
    return f"{tool}: SKIPPED, its environment could not be installed: {why}"


def slither() -> str:
    """Run slither, or say why not."""
    why = missing("slither")
    if why is None:
        run(Step("Contracts: slither", python("-m", "scripts.slither")))
    return why or "slither: clean"


def fuzzer() -> str:
    """Install what the integration tests try the API with, or say why not."""
    return missing("schemathesis") or "schemathesis: installed"


def publication_gate() -> str:
    """Install what the integration tests judge OCDS packages with, or say why not."""
    return missing("libcoveocds") or "libcoveocds: installed"


def main() -> int:
    """Run everything; 0 when all that ran passed."""
    workers = min(os.cpu_count() or 1, 4)
    try:
        run(Step("Contracts: build", python("-m", "scripts.build")))
        closing = [
            contracts(),  # first: what forge compiles for it, an integration test looks at
            pytests("Unit", "tests/unit", workers=workers),
            slither(),
            fuzzer(),
            publication_gate(),
            steadied(
                "Integration and end to end", "tests/integration", "tests/e2e", workers=workers
            ),
            steadied("Browser", "tests/browser", workers=1),
        ]
    except StepFailed as failed:
        print(f"\nmake test: FAILED at {failed}", file=sys.stderr)
        return 1
    print("\nmake test: all passed", *closing, sep="\n")
    return 0


def _plain(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


if __name__ == "__main__":
    sys.exit(main())
