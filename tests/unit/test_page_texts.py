"""The pages have a name in every language for each check that a report may hold."""

import re
from pathlib import Path

import pytest

from ledger.verification import check, decision

TEXTS = sorted(Path("web/src/texts").glob("*.ts"))
BLOCK = re.compile(r"^  names: \{\n(.*?)^  \}", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r'^    (\w+): "(.+)",$', re.MULTILINE)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_check_has_a_name(path: Path) -> None:
    found = BLOCK.search(path.read_text())
    assert found is not None
    names = dict(ENTRY.findall(found[1]))
    assert names.keys() == {*check.NAMES, *decision.NAMES}
    assert len(set(names.values())) == len(names)


def test_there_are_four_languages() -> None:
    assert [path.stem for path in TEXTS] == ["en", "pt", "zh-Hans", "zh-Hant"]
