"""What a change set shows, and how its rows become calls: pure, over what the store holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from api.services.packing import UNCOSIGNED_LIMIT, calls_of
from api.services.status import stage_of
from api.store.change_sets import ChangeSet, Outcome, RowPage, SetCounts, SetRow, change_id
from api.store.changes import ChangeRow
from api.store.selections import Selection
from ledger.licences import lifecycle
from ledger.outbox import IntentState
from ledger.status_list import word_changes
from ledger.typed_data import CoSignature, StatusOrder
from ledger.values import Stage, Status

__all__ = [
    "ChangeSetView",
    "RowPage",
    "Selection",
    "SetRow",
    "changes_of",
    "counts_of",
    "needs_cosignature",
    "orders_of",
    "with_parts",
]


@dataclass(frozen=True, slots=True)
class ChangeSetView:
    """A set, how many rows it has of which kind, its first rows, and who else is needed."""

    row: ChangeSet
    counts: SetCounts
    sample: tuple[SetRow, ...]
    needs_cosignature: bool
    now: int

    @property
    def size(self) -> int:
        """How many licences are to be changed."""
        return sum(self.counts.by_present.values())

    @property
    def by_stage(self) -> dict[Stage, int]:
        """How many changes have come how far, those that failed apart."""
        sums: dict[Stage, int] = {}
        for (state, error), count in self.counts.by_state.items():
            if error is None:
                stage = stage_of(None if state is None else IntentState(state))
                sums[stage] = sums.get(stage, 0) + count
        return sums

    @property
    def by_error(self) -> dict[str, int]:
        """How many changes failed, by the error's name."""
        sums: dict[str, int] = {}
        for (_, error), count in self.counts.by_state.items():
            if error is not None:
                sums[error] = sums.get(error, 0) + count
        return sums

    @property
    def state(self) -> str:
        """`previewed`, `expired`, `withdrawn`, `under-way`, or `done` once all is final."""
        if self.row.outcome is Outcome.WITHDRAWN:
            return "withdrawn"
        if self.row.outcome is None:
            return "expired" if self.now >= self.row.expires_at else "previewed"
        settled = self.by_stage.get(Stage.FINAL, 0) + sum(self.by_error.values())
        return "done" if settled == self.size else "under-way"


def needs_cosignature(made: ChangeSet, size: int) -> bool:
    """Whether a second person must approve: for the reason, or for more than one may revoke."""
    beyond = made.status is Status.REVOKED and made.uncosigned + size > UNCOSIGNED_LIMIT
    return lifecycle.needs_cosignature(made.reason) or beyond


def with_parts(rows: Sequence[SetRow]) -> list[SetRow]:
    """Return the rows, those that are accepted numbered by call, in the order of their entries."""
    accepted = [row for row in rows if row.refusal is None]
    numbered: list[SetRow] = []
    part = 0
    for list_ in sorted({row.list for row in accepted if row.list is not None}):
        of_list = [row for row in accepted if row.list == list_]
        for call in calls_of(of_list, lambda row: row.index or 0):
            numbered += [replace(row, part=part) for row in call]
            part += 1
    return numbered + [row for row in rows if row.refusal is not None]


def changes_of(
    made: ChangeSet, rows: Iterable[SetRow], signed: Sequence[CoSignature] | None
) -> list[ChangeRow]:
    """Return the changes that carry out a settled set, `signed` being its calls' co-signatures."""
    now = made.settled_at or 0
    return [
        ChangeRow(
            id=change_id(made.id, row.digest),
            digest=row.digest,
            agency=made.agency,
            list=row.list,
            index=row.index,
            status=made.status,
            reason=made.reason,
            effective_at=made.effective_at,
            until=made.until,
            requested_by=made.requested_by,
            requested_at=now,
            not_before=max(now, made.effective_at),
            co_signature=None if signed is None else signed[row.part],
            part=row.part,
        )
        for row in rows
        if row.digest and row.list is not None and row.index is not None and row.part is not None
    ]


def counts_of(rows: Iterable[SetRow]) -> SetCounts:
    """Return how many rows there are of which kind, before anything was sent."""
    present: dict[Status, int] = {}
    refused: dict[str, int] = {}
    for row in rows:
        if row.refusal is not None:
            refused[row.refusal] = refused.get(row.refusal, 0) + 1
        elif row.present is not None:
            present[row.present] = present.get(row.present, 0) + 1
    return SetCounts(present, refused, {})


def orders_of(made: ChangeSet, rows: Iterable[SetRow]) -> list[StatusOrder]:
    """Return the order of each call, by its number."""
    places: dict[int, tuple[int, list[int]]] = {}
    for row in rows:
        if row.part is not None and row.list is not None and row.index is not None:
            places.setdefault(row.part, (row.list, []))[1].append(row.index)
    return [
        StatusOrder(
            agency=made.agency,
            list=list_,
            changes=word_changes(indices),
            status=made.status,
            reason=made.reason,
            effective_at=made.effective_at,
            until=made.until,
        )
        for _, (list_, indices) in sorted(places.items())
    ]
