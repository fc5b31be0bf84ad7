"""What became of a licence, as JSON."""

from collections.abc import Sequence
from typing import Self

from api.http.forms import Answer, HexDigest, Moment
from api.http.schemas.shared import HeadAnswer, StatusName
from api.services.history import Entry, StatusThen
from api.services.status import ChangeView
from ledger.values import Digest, Stage


class StatusAtAnswer(Answer):
    """A licence's status at a time; `status` null: no statement, since it was not anchored then.

    `knownThen` is what anybody could know at `at`; `inForce` takes the validity into account.
    """

    digest: HexDigest
    at: Moment
    anchored_at: Moment | None
    status: StatusName | None
    known_then: StatusName | None
    in_force: bool
    reason: int | None
    effective_at: Moment | None
    until: Moment | None
    is_annulled: bool
    is_lapsed: bool
    valid_from: Moment
    valid_until: Moment | None
    head: HeadAnswer

    @classmethod
    def of(cls, then: StatusThen, head: HeadAnswer) -> Self:
        """Return the status as JSON."""
        told = then.effective
        return cls(
            digest=then.row.digest,
            at=then.at,
            anchored_at=then.anchored_at,
            status=told and told.status.name.lower(),
            known_then=None if then.known_then is None else then.known_then.name.lower(),
            in_force=then.is_in_force,
            reason=(told and told.reason) or None,
            effective_at=(told and told.effective_at) or None,
            until=(told and told.until) or None,
            is_annulled=told is not None and told.annulled,
            is_lapsed=told is not None and told.lapsed,
            valid_from=then.row.nbf,
            valid_until=then.row.exp,
            head=head,
        )


class HistoryEntry(Answer):
    """A change; without `change` others than this service made it, without `block` it waits."""

    status: StatusName
    reason: int
    effective_at: Moment | None
    until: Moment | None
    block: int | None
    block_time: Moment | None
    transaction: HexDigest | None
    change: str | None
    requested_by: str | None
    requested_at: Moment | None
    not_before: Moment | None
    approver: str | None
    decision: HexDigest | None
    stage: Stage
    error: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the entry as JSON; what the chain says outranks what was asked for."""
        event, change, said = entry.event, entry.change, entry.said
        signed = change and change.co_signature
        return cls(
            status=said.status.name.lower(),
            reason=said.reason,
            effective_at=said.effective_at or None,
            until=said.until or None,
            block=event and event.place.block,
            block_time=event and event.place.block_time,
            transaction=event and Digest(event.place.transaction),
            change=None if change is None else "0x" + change.id.hex(),
            requested_by=change and change.requested_by,
            requested_at=change and change.requested_at,
            not_before=change and change.not_before,
            approver=signed and signed.approver,
            decision=change and change.decision,
            stage=Stage.ANCHORED if change is None else ChangeView(change).stage,
            error=change and change.error,
        )


class HistoryAnswer(Answer):
    """A licence's changes in chain order, then those that are not on chain."""

    changes: list[HistoryEntry]
    head: HeadAnswer

    @classmethod
    def of(cls, entries: Sequence[Entry], head: HeadAnswer) -> Self:
        """Return the changes as JSON."""
        return cls(changes=[HistoryEntry.of(entry) for entry in entries], head=head)
