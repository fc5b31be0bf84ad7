"""The stage: steps that are printed, timed and checked, and a report that tells the truth."""

import json
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.errors import LedgerError


class NotAsTold(Exception):
    """Something came out differently from what the story says."""


@dataclass(slots=True)
class Stage:
    """Plays steps until one fails; `report` is the file that says how it went."""

    report: Path
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether something was played and everything came out as told."""
        return bool(self.steps) and all(step["ok"] for step in self.steps)

    def play(self, name: str, act: Callable[[], str]) -> None:
        """Run one step, which says what it found or raises; after a failure run none."""
        if self.steps and not self.ok:
            return
        print(f"\n{len(self.steps) + 1}. {name}", flush=True)
        started = time.monotonic()
        try:
            detail, ok = act(), True
        except (NotAsTold, LedgerError, OSError) as failed:
            detail, ok = f"{type(failed).__name__}: {failed}", False
        except Exception as failed:  # noqa: BLE001 - the report must be written whatever went wrong
            traceback.print_exc()
            detail, ok = f"{type(failed).__name__}: {failed}", False
        seconds = round(time.monotonic() - started, 3)
        self.steps.append({"name": name, "ok": ok, "seconds": seconds, "detail": detail})
        print(f"   {'ok' if ok else 'FAILED'} ({seconds:.1f} s): {detail}", flush=True)
        self.write()

    def write(self) -> None:
        """Write the report."""
        self.report.parent.mkdir(parents=True, exist_ok=True)
        content = {"ok": self.ok, "steps": self.steps}
        self.report.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def expect(condition: object, otherwise: str) -> None:
    """Raise `NotAsTold` unless `condition` holds."""
    if not condition:
        raise NotAsTold(otherwise)
