"""Every row of `tests/contracts/hostile_calls.md` names a forge test that expects its error."""

import re
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[1] / "contracts"
TABLE = CONTRACTS / "hostile_calls.md"
ROW = re.compile(
    r"^\| (?P<call>[^|]+) \| `(?P<error>\w+)` \| `(?P<path>[^:|]+)::(?P<test>\w+)` \|$"
)
FUNCTION = re.compile(r"^    function (?P<name>\w+)\(.*?^    }$", re.MULTILINE | re.DOTALL)
EXPECTED = re.compile(r"\b\w+\.(\w+)\.selector\b")
HELPER = re.compile(r"\b(_expect\w*)\(")


def rows() -> list[re.Match[str]]:
    lines = TABLE.read_text().splitlines()
    start = lines.index("|---|---|---|") + 1
    found = [ROW.match(line) for line in lines[start:]]
    assert all(found), [line for line, row in zip(lines[start:], found, strict=True) if row is None]
    return [row for row in found if row is not None]


def functions(*paths: Path) -> dict[str, list[str]]:
    """Return the functions of some sources by their names, overloads together."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for each in FUNCTION.finditer(path.read_text()):
            found.setdefault(each["name"], []).append(each[0])
    return found


def expected(name: str, known: dict[str, list[str]]) -> set[str]:
    """Return the errors that a function, or a helper of it that expects some, names."""
    source = "".join(known[name])
    helpers = set(HELPER.findall(source)) & known.keys() - {name}
    return set(EXPECTED.findall(source)).union(*(expected(each, known) for each in helpers))


class TestTable:
    def test_has_a_row_for_each_call(self) -> None:
        calls = [row["call"] for row in rows()]
        assert calls
        assert len(set(calls)) == len(calls)

    @pytest.mark.parametrize("row", rows(), ids=lambda row: row["call"])
    def test_names_the_test_that_expects_the_error(self, row: re.Match[str]) -> None:
        source = CONTRACTS / row["path"]
        known = functions(source, *sorted((CONTRACTS / "support").glob("*.sol")))
        assert row["test"] in functions(source)
        assert row["error"] in expected(row["test"], known)


class TestReading:
    def test_finds_errors_in_helpers(self, tmp_path: Path) -> None:
        source = tmp_path / "some.t.sol"
        bodies = {"test_One": "_expectLate();", "_expectLate": "VM.expectRevert(I.Late.selector);"}
        bodies |= {"test_Two": "VM.expectRevert(I.Early.selector);"}
        source.write_text(
            "".join(f"    function {n}() x {{\n        {b}\n    }}\n\n" for n, b in bodies.items())
        )
        known = functions(source)
        assert (expected("test_One", known), expected("test_Two", known)) == ({"Late"}, {"Early"})
