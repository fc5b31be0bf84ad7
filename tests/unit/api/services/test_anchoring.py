import hashlib
from dataclasses import dataclass, field

import pytest

from api.services.anchoring import BATCHES_A_STEP, PADDED, Anchoring, Ripeness, Sizing
from api.services.intents import Intents
from api.store.batches import BatchRow, Padding, Pending, Seal
from ledger.chain.deployments import Deployment
from ledger.merkle import Tree
from ledger.values import AgencyId, Digest, RecordKind
from tests.support.issued import ACCOUNT, CHAIN, OFFICE, TARGET, change
from tests.support.licences import counted_bytes

DEPLOYMENT = Deployment(CHAIN, TARGET, TARGET, TARGET, 1, bytes(32), {})
INTENTS = Intents(DEPLOYMENT, ACCOUNT)


@dataclass
class Waiting:
    """The batch store in memory."""

    digests: list[Digest]
    oldest_at: int = 100
    kind: RecordKind = RecordKind.LICENCE
    closed: list[BatchRow] = field(default_factory=list)

    def pending(self) -> tuple[Pending, ...]:
        if not self.digests:
            return ()
        return (Pending(OFFICE, self.kind, len(self.digests), self.oldest_at),)

    def close(  # as the store's
        self,
        agency: AgencyId,
        kind: RecordKind,
        limit: int,
        closed_at: int,
        seal: Seal,
        pad: Padding,
    ) -> BatchRow | None:
        taken, self.digests = self.digests[:limit], self.digests[limit:]
        if not taken:
            return None
        taken = [*taken, *pad(len(taken))]
        sealed = seal(taken)
        row = BatchRow(
            len(self.closed), agency, kind, sealed.root, len(taken), closed_at, sealed.intent.id
        )
        self.closed.append(row)
        return row


def digests(count: int) -> list[Digest]:
    return [Digest(hashlib.sha256(bytes([n % 256, n // 256])).digest()) for n in range(count)]


def anchoring(waiting: Waiting, now: int, seconds: float = 10, pad_to: int = 1) -> Anchoring:
    sizing = Sizing(4, seconds, pad_to)
    return Anchoring(waiting, INTENTS, lambda: now, counted_bytes(), sizing)  # type: ignore[arg-type]  # the store's part in memory


class TestStep:
    def test_closes_full_batches_and_leaves_the_rest_to_age(self) -> None:
        waiting = Waiting(digests(10))
        assert anchoring(waiting, now=109).step() == 2
        assert [batch.size for batch in waiting.closed] == [4, 4]
        assert len(waiting.digests) == 2

    @pytest.mark.parametrize(("now", "closed"), [(109, 0), (110, 1), (500, 1)])
    def test_closes_by_age(self, now: int, closed: int) -> None:
        assert anchoring(Waiting(digests(2)), now).step() == closed

    @pytest.mark.parametrize(
        ("kind", "count", "now", "closed"),
        [
            (RecordKind.HEALTH_SCAN, 2, 299, 0),
            (RecordKind.HEALTH_SCAN, 2, 300, 1),
            (RecordKind.HEALTH_SCAN, 5, 100, 0),
            (RecordKind.HEALTH_SCAN, 6, 100, 1),
            (RecordKind.HEALTH_PASS, 2, 299, 1),
            (RecordKind.HEALTH_PASS, 4, 100, 1),
        ],
    )
    def test_closes_each_kind_on_its_own_terms(
        self, kind: RecordKind, count: int, now: int, closed: int
    ) -> None:
        sizing = Sizing(4, 10, 1, {RecordKind.HEALTH_SCAN: Ripeness(6, 200)})
        waiting = Waiting(digests(count), kind=kind)
        step = Anchoring(waiting, INTENTS, lambda: now, counted_bytes(), sizing).step  # type: ignore[arg-type]  # the store's part in memory
        assert step() == closed

    def test_closes_at_once_where_no_age_is_asked(self) -> None:
        assert anchoring(Waiting(digests(1)), now=100, seconds=0).step() == 1

    def test_closes_everything_when_flushed(self) -> None:
        waiting = Waiting(digests(5))
        assert anchoring(waiting, now=100).step(flush=True) == 2
        assert waiting.digests == []

    def test_leaves_off_so_that_the_others_have_their_turn(self) -> None:
        waiting = Waiting(digests(4 * BATCHES_A_STEP + 4))
        assert anchoring(waiting, now=100).step() == BATCHES_A_STEP
        assert len(waiting.digests) == 4

    def test_anchors_the_root_of_the_leaves_in_their_order(self) -> None:
        waiting = Waiting(digests(4))
        anchoring(waiting, now=100).step()
        (batch,) = waiting.closed
        root = Tree.of(digests(4)).root
        expected = INTENTS.anchor(OFFICE, RecordKind.LICENCE, root, 4)
        assert (batch.root, batch.intent) == (root, expected.id)


class TestIntents:
    def test_of_one_root_are_one(self) -> None:
        root = Tree.of(digests(1)).root
        first, again = (INTENTS.anchor(OFFICE, RecordKind.LICENCE, root, 1) for _ in range(2))
        assert first == again
        assert first.id != INTENTS.anchor(OFFICE, RecordKind.DECISION, root, 1).id
        assert (first.chain_id, first.account, first.to) == (CHAIN, ACCOUNT, TARGET)

    def test_of_the_same_order_twice_are_two(self) -> None:
        first, second = (INTENTS.change_statuses([change(number)]) for number in (1, 2))
        assert first.call == second.call
        assert first.id != second.id

    def test_of_the_same_changes_are_one(self) -> None:
        pack = [change(1), change(2, index=2)]
        assert INTENTS.change_statuses(pack) == INTENTS.change_statuses(pack[::-1])


class TestPadding:
    @pytest.mark.parametrize("kind", sorted(PADDED))
    def test_hides_how_many_crossed(self, kind: RecordKind) -> None:
        waiting = Waiting(digests(5), kind=kind)
        assert anchoring(waiting, now=100, pad_to=64).step(flush=True) == 2
        assert [batch.size for batch in waiting.closed] == [64, 64]

    def test_is_left_from_a_full_batch_and_from_public_kinds(self) -> None:
        passes = Waiting(digests(4), kind=RecordKind.HEALTH_PASS)
        anchoring(passes, now=100, pad_to=2).step(flush=True)
        licences = Waiting(digests(3))
        anchoring(licences, now=100, pad_to=64).step(flush=True)
        assert [batch.size for batch in passes.closed + licences.closed] == [4, 3]
