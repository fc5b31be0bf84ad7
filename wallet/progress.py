"""Bars on a terminal for an upload and the job that it begins; nothing where there is none."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from wallet.jobs import Job


class Bars:
    """One bar at a time: sending, then checking, then issuing."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._title = ""

    def sent(self, done: int, size: int) -> None:
        """Show how much of a file has left."""
        self._show("Sending", done, size, f"{done / 1e6:,.1f} of {size / 1e6:,.1f} MB")

    def job(self, job: Job) -> None:
        """Show how far a job is; while rows are checked nobody knows yet how many there are."""
        done = job.issued + job.repeated
        if job.state in {"receiving", "waiting"}:
            self._show("Waiting", 0, None, "for its turn")
        elif job.rows is None or job.state == "checking":
            self._show("Checking", job.checked, job.rows, f"{job.checked:,} rows")
        else:
            self._show("Issuing", done, job.rows, f"{done:,} of {job.rows:,} rows")

    def _show(self, title: str, done: int, total: int | None, detail: str) -> None:
        if self._task is None or self._title != title:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(title, total=total, detail=detail)
            self._title = title
        self._progress.update(self._task, completed=done, total=total, detail=detail)


@contextmanager
def bars() -> Iterator[Bars]:
    """Give bars that vanish when the block ends."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        yield Bars(progress)
