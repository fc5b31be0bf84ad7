"""The migrations are one line: each follows the one before it, named by its number."""

import re
from pathlib import Path

VERSIONS = Path("api/store/migrations/versions")


def test_each_revision_follows_the_one_before() -> None:
    found = sorted(VERSIONS.glob("[0-9]*.py"))
    before = None
    for number, path in enumerate(found, 1):
        text = path.read_text(encoding="utf-8")
        told = dict(
            re.findall(r'^(revision|down_revision) = (?:"([0-9]+)"|None)$', text, re.MULTILINE)
        )
        assert path.name.startswith(f"{number:04}_"), path.name
        assert told["revision"] == f"{number:04}"
        assert (told["down_revision"] or None) == before
        before = told["revision"]
