"""Rules about text that no linter knows: reasons behind exceptions, nameless lock files."""

import re
import subprocess
import sys
from collections.abc import Iterator

from scripts.steps import ROOT

EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)\b(?P<rest>.*)$")
NAMED = re.compile(r"^(: [A-Z]+\d+(, ?[A-Z]+\d+)*|\[[a-z-]+(, ?[a-z-]+)*\])\s+(#|-|—) *\S+")
OPEN_ENDED = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\): )")
ADDRESS = re.compile(r"https?://")
LOCKS = (
    "package-lock.json",
    "requirements/dev.txt",
    "requirements/runtime.txt",
    "requirements/slither.txt",
)


def tracked(*patterns: str) -> list[str]:
    """Return the files that git tracks, or would track, under `patterns`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],  # noqa: S607  # git is found on PATH
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def faults_in(name: str, text: str) -> Iterator[str]:
    """Yield one line per fault in a source file's text."""
    for number, line in enumerate(text.splitlines(), 1):
        found = EXCEPTION.search(line)
        if found and not NAMED.match(found["rest"]) and "re.compile" not in line:
            yield f"{name}:{number}: name the exception and give its reason on the same line"
        if OPEN_ENDED.search(line) and "re.compile" not in line:
            yield f"{name}:{number}: write TODO(#12): …, or do it"


def main() -> int:
    """Print every fault; 1 when there is one."""
    faults = [
        fault
        for name in tracked("*.py", "*.sol")
        for fault in faults_in(name, (ROOT / name).read_text())
    ]
    faults += [
        f"{name}: names a download address"
        for name in LOCKS
        if ADDRESS.search((ROOT / name).read_text())
    ]
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
