"""Rules about text: each fault is found, and its lawful neighbour is not."""

import pytest

from scripts import check_text

EXCEPTION = "# no" + "qa"  # written so that this file has none itself
IGNORED = "# ty" + "pe: ignore"
LATER = "TO" + "DO"


class TestFaultsOf:
    @pytest.mark.parametrize(
        "line",
        [
            f"x = 1  {EXCEPTION}",
            f"x = 1  {EXCEPTION}: S101",
            f"x = 1  {IGNORED}",
            f"x = 1  {IGNORED}[arg-type]",
            f"# {LATER}: later",
            f"# {LATER} later",
        ],
    )
    def test_finds(self, line: str) -> None:
        assert list(check_text.faults_in("a.py", line))

    @pytest.mark.parametrize(
        "line",
        [
            f"x = 1  {EXCEPTION}: S101  # the caller checked",
            f"x = 1  {EXCEPTION}: S101, PLR2004 - the caller checked",
            f"x = 1  {IGNORED}[arg-type]  # guarded above",
            f"# {LATER}(#12): later",
            "x = 1  # nothing to except",
        ],
    )
    def test_leaves_alone(self, line: str) -> None:
        assert not list(check_text.faults_in("a.py", line))
