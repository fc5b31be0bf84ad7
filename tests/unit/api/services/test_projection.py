from dataclasses import dataclass, field

from api.services.projection import RANGES_A_STEP, Projecting
from ledger.projection import Header


def header(block: int) -> Header:
    return Header(block, block.to_bytes(32), 1000 + block)


@dataclass
class Chain:
    """A chain of `head` blocks read `step` at a time, and the projection it goes to."""

    head: int
    stride: int = 1
    block: int = -1
    seen_at: list[int] = field(default_factory=list)
    finalized_at: list[int | None] = field(default_factory=list)

    def step(self) -> int:
        self.block = min(self.block + self.stride, self.head)
        return 0

    def is_at_head(self) -> bool:
        return self.block == self.head

    def cursor(self) -> Header | None:
        return header(self.block) if self.block >= 0 else None

    def finalized(self) -> int | None:
        return None if self.head == 0 else self.head - 1

    def seen(self, at: int, finalized: int | None) -> None:
        self.seen_at.append(at)
        self.finalized_at.append(finalized)


class TestStep:
    def test_reads_to_the_head_and_notes_when(self) -> None:
        chain = Chain(head=5)
        assert Projecting(chain, chain, lambda: 777).step() == 6
        assert (chain.block, chain.seen_at) == (5, [777])

    def test_leaves_off_after_so_many_ranges_and_claims_nothing(self) -> None:
        chain = Chain(head=RANGES_A_STEP + 5)
        projecting = Projecting(chain, chain, lambda: 777)
        assert projecting.step() == RANGES_A_STEP
        assert chain.seen_at == []
        assert projecting.step() == 6
        assert chain.seen_at == [777]

    def test_notes_once_a_second(self) -> None:
        chain, times = Chain(head=0), iter([1, 1, 1, 2, 2])
        projecting = Projecting(chain, chain, lambda: next(times))
        for _ in range(5):
            projecting.step()
        assert chain.seen_at == [1, 2]

    def test_asks_what_is_finalized_where_somebody_goes_by_it(self) -> None:
        chain = Chain(head=5)
        Projecting(chain, chain, lambda: 777).step()
        Projecting(chain, chain, lambda: 777, asks_finalized=True).step()
        chain.head, chain.block = 0, 0
        Projecting(chain, chain, lambda: 778, asks_finalized=True).step()
        assert chain.finalized_at == [None, 4, None]
