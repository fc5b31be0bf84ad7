"""`make test`: the whole suite; what cannot run here is skipped with its reason.

Ends in the closing lines of pytest and forge, so that a reader sees at once how much ran.
"""

import os
import re
import subprocess
import sys

from scripts.steps import FORGE, ROOT, Step, StepFailed, python, run

PYTEST = ("-m", "pytest", "-q", "--maxfail=20")
FORGE_CLOSING = re.compile(r"Ran \d+ test suites? .*: (\d+) tests? passed, (\d+) failed")


def contracts() -> str:
    """Run forge and return its closing line; it exits 0 without tests, so they are counted."""
    lines = run(Step("Contracts: unit, fuzz, invariants", [FORGE, "test"]))
    closing = next((line for line in reversed(lines) if FORGE_CLOSING.search(_plain(line))), "")
    found = FORGE_CLOSING.search(_plain(closing))
    if not found or int(found[1]) == 0:
        raise StepFailed("forge ran no test")
    return _plain(closing)


def pytests(title: str, *folders: str, workers: int) -> str:
    """Run pytest over folders and return its closing line."""
    workers_option = ("-n", str(workers)) if workers > 1 else ()
    return run(Step(title, python(*PYTEST, *workers_option, *folders)))[-1]


def slither() -> str:
    """Run slither in its own environment, or say why not."""
    made = subprocess.run(
        ["make", "--silent", "var/slither/.installed"],  # noqa: S607  # make called us
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        why = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"slither: SKIPPED, its environment could not be installed: {why}"
    run(Step("Contracts: slither", python("-m", "scripts.slither")))
    return "slither: clean"


def main() -> int:
    """Run everything; 0 when all that ran passed."""
    workers = min(os.cpu_count() or 1, 4)
    try:
        run(Step("Contracts: build", python("-m", "scripts.build")))
        closing = [
            pytests("Unit", "tests/unit", workers=workers),
            slither(),
            pytests(
                "Integration and end to end", "tests/integration", "tests/e2e", workers=workers
            ),
            pytests("Browser", "tests/browser", workers=1),
            contracts(),
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
