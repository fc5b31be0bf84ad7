"""How much memory a process and its children hold, as the kernel counts it."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PAUSE_SECONDS: Final = 0.2
_KILOBYTE: Final = 1024
_MEGABYTE: Final = 1_000_000


class PeakMemory:
    """Watches a process tree; made by `watched`.

    `megabytes` is the highest sum of proportional set sizes seen, so that a page that several
    share counts once.
    """

    def __init__(self, pid: int) -> None:
        self.megabytes = 0.0
        self._pid = pid

    def watch(self, over: threading.Event) -> None:
        """Look again and again until it is over."""
        while True:
            total = sum(map(_proportional, tree(self._pid)))
            self.megabytes = max(self.megabytes, total / _MEGABYTE)
            if over.wait(PAUSE_SECONDS):
                return


@contextmanager
def watched(pid: int) -> Iterator[PeakMemory]:
    """Watch a process and all that descend from it until the block ends."""
    memory, over = PeakMemory(pid), threading.Event()
    thread = threading.Thread(target=memory.watch, args=[over], daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it, as they are now."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children[parent].append(int(entry.name))
    found = [pid]
    for one in found:  # grows as it is walked
        found += children[one]
    return found


def _parent(entry: Path) -> int | None:
    try:
        # The name before it stands in parentheses and may hold anything.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * _KILOBYTE for line in lines if line.startswith("Pss:")), 0)
