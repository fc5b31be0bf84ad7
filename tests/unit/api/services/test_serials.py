from dataclasses import dataclass, field

from api.services.serials import BLOCK, Serials
from ledger.values import AgencyId

OURS, THEIRS = AgencyId(b"o" * 32), AgencyId(b"t" * 32)


@dataclass
class FakeStore:
    """Counts upwards from 1 for each agency and type."""

    given: dict[tuple[AgencyId, str], int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def take_serials(self, agency: AgencyId, type_id: str, count: int) -> range:
        first = self.given.get((agency, type_id), 1)
        self.given[agency, type_id] = first + count
        self.asked.append(count)
        return range(first, first + count)


class TestTake:
    def test_takes_a_block_for_many_single_ones(self) -> None:
        store = FakeStore()
        serials = Serials(store)
        taken = [serials.take(OURS, "a", 1)[0] for _ in range(BLOCK + 1)]
        assert taken == list(range(1, BLOCK + 2))
        assert store.asked == [BLOCK, BLOCK]

    def test_uses_up_what_it_has_before_taking_more(self) -> None:
        store = FakeStore()
        serials = Serials(store)
        serials.take(OURS, "a", 4)
        assert serials.take(OURS, "a", 1000) == list(range(5, 1005))
        assert store.asked == [BLOCK, 1000 - (BLOCK - 4)]

    def test_keeps_agencies_and_types_apart(self) -> None:
        serials = Serials(FakeStore())
        first = [serials.take(*key, 1) for key in ((OURS, "a"), (OURS, "b"), (THEIRS, "a"))]
        assert first == [[1], [1], [1]]

    def test_two_processes_never_share_one(self) -> None:
        store = FakeStore()
        one, other = Serials(store), Serials(store)
        taken = [p.take(OURS, "a", 3) for p in (one, other, one, other)]
        assert len({number for some in taken for number in some}) == 12

    def test_takes_nothing_for_nothing(self) -> None:
        store = FakeStore()
        assert Serials(store).take(OURS, "a", 0) == []
        assert store.asked == []
