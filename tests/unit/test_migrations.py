"""The migrations are one line: no number twice, each after the one before it."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "api" / "store" / "migrations" / "versions"
REVISION = re.compile(
    r'^revision = "(?P<own>\d{4})"\ndown_revision = (?P<before>None|"\d{4}")', re.MULTILINE
)


def test_follow_each_other_as_their_files_are_numbered() -> None:
    paths = sorted(FOLDER.glob("[0-9]*.py"))
    found = [REVISION.search(path.read_text()) for path in paths]
    told = [(each[1], each[2].strip('"')) for each in found if each is not None]
    numbers = [f"{number:04d}" for number in range(1, len(paths) + 1)]
    assert [path.name[:4] for path in paths] == numbers
    assert told == list(zip(numbers, ["None", *numbers], strict=False))
