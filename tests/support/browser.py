"""A real Chromium for tests, driven by playwright-core in a process of its own."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).with_suffix(".mjs")
STOP_SECONDS = 20.0


class BrowserRefused(RuntimeError):
    """The driver could not do what it was told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader of the page sees, and what the browser sent and complained about for it."""

    verdict: str
    heading: str
    status: str
    text: str
    language: str
    title: str
    width: int
    requests: tuple[dict[str, Any], ...]
    complaints: tuple[str, ...]


class Browser:
    """One Chromium with one page, a phone of 360 × 740 unless told otherwise."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def open(self, url: str, language: str = "en", **more: Any) -> Seen:
        """Open a page afresh, cookies and caches forgotten, and wait for its answer."""
        self.tell("open", url=url, language=language, **more)
        return self.look()

    def look(self) -> Seen:
        """Return what is seen now."""
        seen = self.tell("look")
        requests, complaints = tuple(seen.pop("requests")), tuple(seen.pop("complaints"))
        return Seen(requests=requests, complaints=complaints, **seen)

    def then(self, command: str, **given: Any) -> Seen:
        """Do something and return what is seen after."""
        self.tell(command, **given)
        return self.look()

    def tell(self, command: str, **given: Any) -> Any:
        """Give the driver a command and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command} | given) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BrowserRefused(f"the driver ended with {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserRefused(answer["error"])
        return answer["value"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the system's Chromium until the block ends; skip where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    node = shutil.which("node")
    if found is None or node is None:
        pytest.skip("Chromium or Node is not installed here (apt-get install chromium)")
    if not Path("node_modules/playwright-core").is_dir():
        pytest.skip("playwright-core is not installed here (make setup)")
    with subprocess.Popen(
        [node, str(DRIVER), found], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Browser(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
