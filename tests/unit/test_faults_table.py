"""Every row of `tests/faults.md` names a test that exists, every test of faults has its row."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "faults.md"
FOLDER = ROOT / "tests" / "integration" / "faults"
ROW = re.compile(r"^\| F\d+ \|(?: [^|]+ \|){3} `(?P<test>[^`|]+)` \|$")


def rows() -> list[str]:
    """Return the test that each row names."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| F")]
    found = [ROW.match(line) for line in lines]
    assert all(found), [line for line, row in zip(lines, found, strict=True) if row is None]
    return [row["test"] for row in found if row is not None]


def named_in(path: Path) -> Iterator[str]:
    """Yield the names of a module's tests, as pytest spells them."""
    module = path.relative_to(ROOT).as_posix()
    for each in ast.parse(path.read_text()).body:
        if isinstance(each, ast.ClassDef):
            for inner in each.body:
                if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test_"):
                    yield f"{module}::{each.name}::{inner.name}"
        elif isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
            yield f"{module}::{each.name}"


class TestTable:
    def test_has_one_row_for_each_test(self) -> None:
        found = rows()
        assert found
        assert len(set(found)) == len(found)

    def test_names_tests_that_exist(self) -> None:
        named = {ROOT / test.partition("::")[0] for test in rows()}
        assert [path for path in named if not path.exists()] == []
        there = {test for path in named for test in named_in(path)}
        assert sorted(set(rows()) - there) == []

    def test_lists_every_test_of_faults(self) -> None:
        there = {test for path in FOLDER.glob("test_*.py") for test in named_in(path)}
        assert there
        assert sorted(there - set(rows())) == []
