from hypothesis import given
from hypothesis import strategies as st

from ledger.finality import FINALIZED, NOTHING, final_block

BLOCKS = st.integers(0, 2**40)


class TestFinalBlock:
    @given(BLOCKS, st.integers(1, 1000))
    def test_a_number_counts_the_block_itself(self, head: int, confirmations: int) -> None:
        found = final_block(confirmations, head, None)
        assert found == max(head - confirmations + 1, NOTHING)
        assert final_block(1, head, None) == head

    @given(BLOCKS, st.integers(1, 1000), st.none() | BLOCKS)
    def test_a_number_does_not_ask_the_chain(
        self, head: int, confirmations: int, finalized: int | None
    ) -> None:
        assert final_block(confirmations, head, finalized) == final_block(confirmations, head, None)

    @given(BLOCKS, BLOCKS)
    def test_finalized_is_what_the_chain_says_and_never_beyond_the_head(
        self, head: int, finalized: int
    ) -> None:
        assert final_block(FINALIZED, head, finalized) == min(head, finalized)

    @given(BLOCKS)
    def test_nothing_is_final_where_nobody_says(self, head: int) -> None:
        assert final_block(FINALIZED, head, None) == NOTHING < 0
