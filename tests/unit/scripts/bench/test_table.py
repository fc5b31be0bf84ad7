"""The table says what was measured, and stands where it belongs and nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from scripts.bench import table
from scripts.bench.rows import Row, Unit
from scripts.steps import ROOT


def around(load: float = 0.5) -> dict[str, Any]:
    return {
        "at": "2026-11-21",
        "cores": 2,
        "python": "3.11.7",
        "sqlite": "3.40.1",
        "postgresql": None,
        "loadAverageBefore": (load, 0.0, 0.0),
        "loadAverageAfter": (2.0, 0.0, 0.0),
    }


def row(**more: Any) -> Row:
    return Row.of("bulk issue", "SQLite", Unit.PER_SECOND, [9_000.0], **more)


class TestMarkdown:
    def test_a_row_with_its_comparisons(self) -> None:
        limit = Row.of("limits", "insert", Unit.PER_SECOND, [45_000.0])
        peer = Row.of("peers", "theirs", Unit.PER_SECOND, [4_500.0])
        text = table.markdown([row(size=10_000).beside(limit=limit, peer=peer)], around())
        assert "| SQLite | 10,000 | 1 | 9,000/s |  | 2 × theirs | 20 |" in text
        assert "**Bulk issue**" in text

    def test_a_void_row_shows_no_number(self) -> None:
        text = table.markdown([row(void="9 stored of 10")], around())
        assert "void: 9 stored of 10" in text
        assert "9,000" not in text

    def test_a_note_stands_once_below_its_rows(self) -> None:
        text = table.markdown([row(note="As it is."), row(note="As it is.")], around())
        assert text.count("As it is.") == 1
        assert text.rstrip().endswith("As it is.")

    @pytest.mark.parametrize(("load", "warns"), [(1.0, False), (1.1, True)])
    def test_warns_of_a_machine_that_was_busy(self, load: float, *, warns: bool) -> None:
        assert ("not quiet" in table.markdown([row()], around(load))) is warns

    def test_a_bar_in_a_name_does_not_break_the_table(self) -> None:
        made = Row.of("s", "a|b", Unit.GAS, [1.0])
        assert "| a\\|b |" in table.markdown([made], around())


class TestAmount:
    @pytest.mark.parametrize(
        ("value", "unit", "text"),
        [
            (12.34, Unit.SECONDS, "12.3 s"),
            (0.001, Unit.SECONDS, "1 ms"),
            (0.0123456, Unit.SECONDS, "12.3 ms"),
            (0.000_000_34, Unit.SECONDS, "0.34 µs"),
            (123.4, Unit.PER_SECOND, "123/s"),
            (12_345.6, Unit.PER_SECOND, "12,346/s"),
            (55_300.0, Unit.GAS, "55,300 gas"),
            (78.4, Unit.MEGABYTES, "78.4 MB"),
        ],
    )
    def test_as_people_read_it(self, value: float, unit: Unit, text: str) -> None:
        assert table.amount(value, unit) == text


class TestPut:
    def test_replaces_what_stands_between_the_markers_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "README.md"
        path.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
        table.put("new\n", path)
        table.put("newer\n", path)
        expected = f"before\n{table.BEGIN}\n\nnewer\n\n{table.END}\nafter\n"
        assert path.read_text() == expected

    @pytest.mark.parametrize("text", ["", table.BEGIN, table.END, f"{table.END}{table.BEGIN}"])
    def test_leaves_a_file_without_markers_as_it_is(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "README.md"
        path.write_text(text)
        with pytest.raises(table.MarkersMissing):
            table.put("new", path)
        assert path.read_text() == text

    def test_the_readme_has_its_place(self) -> None:
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        assert text.count(table.BEGIN) == text.count(table.END) == 1
        assert text.index(table.BEGIN) < text.index(table.END)
