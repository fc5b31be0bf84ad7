"""The second pass: licences are signed by the builders and stored a batch at a time.

While one batch is stored half of the next is being signed: as much as the builders can do meanwhile
on two cores, and no more than these are in memory.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from api.services.building import Lot, Outcome, Task
from api.services.issuance import DRAWS, serial_of
from api.services.running import LOT_CHARACTERS, LOT_ROWS, Work, in_lots
from api.services.uploads import RawRow
from api.store.batches import Sealed
from api.store.bulk import BulkBatch, RowsClash
from api.store.licences import ExternalIdTaken, IndexTaken
from ledger.errors import Unavailable
from ledger.merkle import Tree
from ledger.values import Digest, RecordKind

Signed = tuple[Lot, Outcome]


MOST_BATCH_CHARACTERS: Final = 16 * LOT_CHARACTERS
"""Characters of an upload at which a batch ends: what is signed of them is in memory (proposed)."""


class Issuing:
    """Issues the rows of a checked upload from where the job left off."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._drawn: set[tuple[int, int]] = set()
        self._places: Iterator[tuple[int, int]] = iter(())
        self._serials: Iterator[int] = iter(())

    def run(self) -> None:
        """Issue what is left.

        Raises:
            RoleMissing and the errors of `Issuers`: when the right to issue is gone.
            ExternalIdTaken: when another order took an external id since the rows were checked.
            KeyChanged, and other outages: to be tried again.
            Stopped, TurnLost, CancelAsked: when the turn is over.
        """
        for batch in self._batches():
            self._store(batch)

    def _batches(self) -> Iterator[list[Signed]]:
        """Yield full batches, and what was signed of one that an outage ended: signing counts."""
        size = self._work.ports.batch_rows
        lot_rows = -(-size // -(-size // LOT_ROWS))  # lots of one size that fill a batch
        ahead = -(-size // lot_rows) // 2
        batch: list[Signed] = []
        room = MOST_BATCH_CHARACTERS
        try:
            for signed in self._work.outcomes(Task.BUILD, self._lots(lot_rows), ahead):
                if batch and _rows([*batch, signed]) > size:
                    full, batch, room = batch, [], MOST_BATCH_CHARACTERS
                    yield full
                batch.append(signed)
                room -= sum(row.characters for row in signed[0].rows)
                if room <= 0 or _rows(batch) == size:
                    full, batch, room = batch, [], MOST_BATCH_CHARACTERS
                    yield full
        except Unavailable:
            if batch:
                yield batch
            raise
        if batch:
            yield batch

    def _lots(self, lot_rows: int) -> Iterator[Lot]:
        turn = self._work.turn
        through = turn.issued + turn.repeated
        for some in in_lots(islice(self._work.sheet.rows, through, None), lot_rows):
            yield self._planned([row for row in some if isinstance(row, RawRow)])

    def _planned(self, rows: Sequence[RawRow]) -> Lot:
        known = self._work.known(rows)
        fresh = sum(row.external_id is None or row.external_id not in known for row in rows)
        now = self._work.ports.clock()
        serials = [serial_of(now, self._serial()) for _ in range(fresh)]
        return Lot(rows, known, serials, [self._place() for _ in range(fresh)], now)

    def _serial(self) -> int:
        while (number := next(self._serials, None)) is None:
            ports, turn = self._work.ports, self._work.turn
            taken = ports.licences.take_serials(turn.agency, turn.type_id, self._a_batch())
            self._serials = iter(taken)
        return number

    def _place(self) -> tuple[int, int]:
        """Return a free place; they are drawn for a batch at once, which takes one look at each."""
        while (place := next(self._places, None)) is None:
            ports, turn = self._work.ports, self._work.turn
            drawn = ports.indices.draw(turn.agency, self._a_batch(), ports.randomness, self._drawn)
            self._drawn.update(drawn)
            self._places = iter(drawn)
        return place

    def _a_batch(self) -> int:
        """Return how many rows are left, a batch at most."""
        turn = self._work.turn
        left = (turn.rows or 0) - turn.issued - turn.repeated
        return max(1, min(left, self._work.ports.batch_rows))

    def _store(self, batch: list[Signed]) -> None:
        work = self._work
        for _ in range(DRAWS):
            work.authorise_key()  # again after a clash: to sign anew may have taken long
            work.ports.reach("before-batch")
            try:
                work.turn = work.ports.bulk.add(work.turn, self._sealed(batch), work.until())
            except RowsClash as clash:
                batch = [self._mended(signed, clash) for signed in batch]
            else:
                work.ports.reach("after-batch")
                self._drawn.difference_update(*(lot.places for lot, _ in batch))
                return
        raise IndexTaken(tuple(place for lot, _ in batch for place in lot.places))

    def _sealed(self, batch: Sequence[Signed]) -> BulkBatch:
        for lot, outcome in batch:
            if outcome.faults:
                row = outcome.faults[0].row
                raise ExternalIdTaken(
                    next(r.external_id or "" for r in lot.rows if r.number == row)
                )
        made = [licence for _, outcome in batch for licence in outcome.made]
        return BulkBatch(
            made=made,
            repeated=sum(outcome.repeated for _, outcome in batch),
            sealed=self._seal([licence.digest for licence in made]) if made else None,
            result="".join(outcome.result for _, outcome in batch),
            closed_at=self._work.ports.clock(),
        )

    def _seal(self, digests: Sequence[Digest]) -> Sealed:
        tree = Tree.of(digests)
        agency = self._work.turn.agency
        intent = self._work.ports.intents.anchor(agency, RecordKind.LICENCE, tree.root, tree.size)
        return Sealed.of(tree, intent)

    def _mended(self, signed: Signed, clash: RowsClash) -> Signed:
        """Return the lot as it was, or planned and built anew where others took of it."""
        lot, outcome = signed
        taken = any(m.external_id in clash.external_ids for m in outcome.made)
        if not taken and clash.places.isdisjoint(lot.places):
            return signed
        anew = self._planned(lot.rows)
        return anew, self._work.outcome(Task.BUILD, anew)


def _rows(batch: Sequence[Signed]) -> int:
    return sum(len(lot.rows) for lot, _ in batch)
