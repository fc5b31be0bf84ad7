"""Commands run one after the other, shown as they run, stopped at the first failure."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORGE = "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"


class StepFailed(Exception):
    """A command ended with another code than 0, or said that it did nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command with the title that a reader sees."""

    title: str
    command: Sequence[str]


def run(step: Step) -> list[str]:
    """Run a step, pass its output on line by line, return the lines; raise `StepFailed`."""
    print(f"\n== {step.title}: {' '.join(step.command)}", flush=True)
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        step.command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    if process.returncode:
        raise StepFailed(f"{step.title}: exit code {process.returncode}")
    print(f"== {step.title}: {time.monotonic() - started:.1f} s", flush=True)
    return lines


def python(*arguments: str) -> list[str]:
    """Return a command of this very interpreter."""
    return [sys.executable, *arguments]


def tool(name: str, *arguments: str) -> list[str]:
    """Return a command of a tool installed beside this interpreter."""
    return [str(Path(sys.executable).parent / name), *arguments]
