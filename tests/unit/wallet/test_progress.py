from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from tests.support.job_answers import job
from wallet.progress import Bars, bars


def shown(*told: Any) -> str:
    """Return what a terminal shows after it was told of jobs, or of bytes sent."""
    out = Console(file=StringIO(), force_terminal=True, width=100)
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[detail]}"))
    progress = Progress(*columns, console=out, auto_refresh=False)
    bar = Bars(progress)
    for each in told:
        if isinstance(each, tuple):
            bar.sent(*each)
        else:
            bar.job(each)
    with out.capture() as captured:
        out.print(progress.get_renderable())
    return captured.get().strip()


class TestBars:
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ((1_500_000, 3_000_000), "Sending 1.5 of 3.0 MB"),
            (job(state="waiting"), "Waiting for its turn"),
            (job(state="checking", checked=20_000), "Checking 20,000 rows"),
            (job(state="checking", checked=1000, rows=1000), "Checking 1,000 rows"),
            (job(state="issuing", rows=1000, checked=1000), "Issuing 0 of 1,000 rows"),
            (
                job(state="issuing", rows=20_000, issued=9_000, repeated=1_000),
                "Issuing 10,000 of 20,000 rows",
            ),
        ],
    )
    def test_say_how_far_it_is(self, told: Any, expected: str) -> None:
        assert shown(told) == expected

    def test_are_one_at_a_time(self) -> None:
        said = shown((1, 1), job(state="waiting"), job(state="checking", checked=1))
        assert said == "Checking 1 rows"

    def test_are_not_there_without_a_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        with bars() as bar:
            bar.job(job(state="waiting"))
        assert capsys.readouterr() == ("", "")
