"""Lots are bounded by rows and by characters."""

from hypothesis import given
from hypothesis import strategies as st

from api.services.running import LOT_CHARACTERS, in_lots
from api.services.uploads import RawRow, RowError

LONGEST = 2**16
SIZES = st.lists(st.sampled_from([1, 300, LONGEST]), max_size=60)


def rows_of(sizes: list[int]) -> list[RawRow | RowError]:
    contents = ["x" * size for size in sizes]
    return [RawRow(number, None, text) for number, text in enumerate(contents)]


class TestInLots:
    @given(SIZES, st.integers(1, 20))
    def test_keep_the_rows_and_both_bounds(self, sizes: list[int], most: int) -> None:
        rows = rows_of(sizes)
        lots = list(in_lots(rows, most))
        assert [row for lot in lots for row in lot] == rows
        for lot in lots:
            assert 0 < len(lot) <= most
            assert sum(r.characters for r in lot if isinstance(r, RawRow)) < (
                LOT_CHARACTERS + LONGEST
            )

    def test_end_at_the_characters(self) -> None:
        assert [len(lot) for lot in in_lots(rows_of([LONGEST] * 40), 500)] == [16, 16, 8]

    def test_count_cells_and_faults(self) -> None:
        cells = RawRow(1, None, ["x" * LOT_CHARACTERS, ""])
        fault = RowError(2, None, "csv")
        assert list(in_lots([cells, fault], 500)) == [[cells], [fault]]
