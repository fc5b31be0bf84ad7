"""Whose chain is believed when no node that answers has our last block."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.blocks import Head
from ledger.chain.forks import REORG_DEPTH, Stand, replaced
from ledger.chain.rpc import Node

CURSOR = 100
NODE = Node(["http://nobody.invalid"])
HEADS = st.integers(0, 2 * CURSOR)


def stand(head: int, *, is_witness: bool = False) -> Stand:
    return Stand(NODE, Head(head, bytes(32), 0, bytes(32)), None, None, is_witness)


class TestReplaced:
    @given(st.lists(st.tuples(st.integers(0, CURSOR - 1), st.booleans()), max_size=4), HEADS)
    def test_by_nobody_who_is_behind_us(self, found: list[tuple[int, bool]], silent: int) -> None:
        stands = [stand(head, is_witness=witness) for head, witness in found]
        assert replaced(CURSOR, stands, len(stands)) is None
        assert replaced(CURSOR, stands, len(stands) + silent) is None

    @given(st.lists(HEADS, min_size=1, max_size=4))
    def test_by_the_longest_when_nobody_is_silent(self, heads: list[int]) -> None:
        found = replaced(CURSOR, [stand(head) for head in heads], len(heads))
        longest = max(heads)
        assert (found and found.head.block) == (longest if longest >= CURSOR else None)

    def test_by_whoever_had_our_block_though_another_is_silent(self) -> None:
        had, fork = stand(CURSOR, is_witness=True), stand(CURSOR + 1)
        assert replaced(CURSOR, [fork, had], 3) is had
        assert replaced(CURSOR, [fork], 3) is None

    def test_by_a_stranger_only_once_it_has_outgrown_forks(self) -> None:
        assert replaced(CURSOR, [stand(CURSOR + REORG_DEPTH - 1)], 2) is None
        grown = stand(CURSOR + REORG_DEPTH)
        assert replaced(CURSOR, [grown], 2) is grown
