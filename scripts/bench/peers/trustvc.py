"""TrustVC, which wraps OpenAttestation documents: in Node, told what to do line by line."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.bench.sample import FIELDS


class TrustVc:
    """A running library."""

    def __init__(self, process: "subprocess.Popen[str]", store: str) -> None:
        self._process = process
        self._store = store

    def wrap(self, count: int) -> tuple[float, bytes]:
        """Wrap so many licences; return the seconds that took, and their common root."""
        answer = self._ask({"act": "wrap", "count": count, "fields": FIELDS, "store": self._store})
        return float(answer["seconds"]), bytes.fromhex(answer["root"])

    def check(self, count: int) -> list[float]:
        """Check the integrity of so many of what was wrapped last; return the seconds of each."""
        return [float(each) for each in self._ask({"act": "verify", "count": count})["seconds"]]

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("Node was started without pipes")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"Node ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def trustvc(folder: Path, store: str) -> Iterator[TrustVc]:
    """Run the library until the block ends; `store` is where its documents say they are issued."""
    with subprocess.Popen(
        ["node", "measure.cjs"],  # noqa: S607  # whichever Node there is
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield TrustVc(process, store)
        finally:
            process.kill()
