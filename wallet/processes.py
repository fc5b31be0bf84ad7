"""Children that never outlive their parent, however the parent ends.

The kernel ends a child when the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), so
start children from a thread that lives as long as they should. They run in a session of their own:
Ctrl-C reaches the parent alone, which then ends them in order.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import Unavailable

STOP_SECONDS: Final = 10.0
LOG_TAIL_BYTES: Final = 600

# Runs in the new process, then becomes the program: a preexec_fn is unsafe where threads run. The
# parent may have ended before prctl was reached, hence the second look.
_GUARD: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(eq=False)
class ProgramEnded(Unavailable):
    """A program ended by itself. Read its log."""

    program: str
    code: int
    log: str
    last_words: str


class Child:
    """One program with its log, started again as often as asked."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def was_started(self) -> bool:
        """Whether it is to run: started, and not stopped since."""
        return self._process is not None

    def start(self) -> None:
        """Start the program, its output appended to the log; nothing happens while it runs."""
        if self.pid is not None:
            return
        self._log.parent.mkdir(parents=True, exist_ok=True)
        guarded = [sys.executable, "-ISc", _GUARD, str(os.getpid()), *self.command]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                guarded,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    def require(self) -> None:
        """Raise `ProgramEnded` with the log's last words unless the program runs."""
        if self.pid is None:
            code = -1 if self._process is None else self._process.returncode
            raise ProgramEnded(self.name, code, str(self._log), self.last_words())

    def last_words(self) -> str:
        """Return the end of the log."""
        text = self._log.read_bytes()[-LOG_TAIL_BYTES:] if self._log.exists() else b""
        return text.decode("utf-8", "replace").strip()

    def wait(self) -> int:
        """Return the exit code once the program has ended."""
        return -1 if self._process is None else self._process.wait()

    def stop(self) -> None:
        """Ask the program to end; after `STOP_SECONDS` end it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class Backoff:
    """When a program that keeps ending may be started again: after 0.5 s, doubling up to 30 s."""

    FIRST_SECONDS: Final = 0.5
    LONGEST_SECONDS: Final = 30.0
    HEALTHY_SECONDS: Final = 60.0

    def __init__(self) -> None:
        self._delay = self.FIRST_SECONDS
        self._started_at = float("-inf")

    def started(self, now: float) -> None:
        """Note a start at `now`, in seconds of a clock that never goes back."""
        if now - self._started_at > self.HEALTHY_SECONDS:
            self._delay = self.FIRST_SECONDS
        else:
            self._delay = min(self._delay * 2, self.LONGEST_SECONDS)
        self._started_at = now

    def is_due(self, now: float) -> bool:
        """Whether a program that has ended may be started at `now`."""
        return now - self._started_at >= self._delay
