"""Life cycle of a licence: which change of status is lawful, for which reason and when.

The tables repeat the ledger's, so that a change it would refuse is refused by the same name before
anything is sent (IRecordLedger, StatusWords).
"""

from typing import Final

from ledger.errors import (
    EffectiveFromBeginning,
    EffectiveInFuture,
    ReasonOutsideClass,
    StatusFinal,
    StatusTransitionIllegal,
    UntilNotAfterEffective,
    UntilWithoutSuspension,
)
from ledger.licences.reasons import (
    ANNULMENTS,
    REASONS,
    RESTORED,
    Reason,
    ReasonUnknown,
    reason_of,
    reasons_for,
)
from ledger.status_list import mask, place
from ledger.values import Status

__all__ = [
    "REASONS",
    "Reason",
    "ReasonUnknown",
    "check_reason",
    "check_times",
    "check_transition",
    "is_supervisable",
    "needs_cosignature",
    "reason_of",
    "reasons_for",
    "sources",
]

_FROM_IN_FORCE: Final = frozenset({Status.VALID, Status.SUSPENDED})


def sources(status: Status, reason: int) -> frozenset[Status]:
    """Return the statuses from which `reason` may lead to `status`; REVOKED is never one."""
    if status is Status.VALID:
        return frozenset({Status.SUPERSEDED if reason == RESTORED else Status.SUSPENDED})
    return _FROM_IN_FORCE | {Status.SUPERSEDED} if reason in ANNULMENTS else _FROM_IN_FORCE


def needs_cosignature(reason: int) -> bool:
    """Whether the reason alone asks for a second pair of eyes, however few records it touches."""
    return reason in ANNULMENTS or reason == RESTORED


def is_supervisable(status: Status, reason: int) -> bool:
    """Whether a jurisdiction's SUPERVISOR may order it without the agency."""
    return status is Status.SUSPENDED or (status is Status.VALID and reason != RESTORED)


def check_reason(status: Status, reason: int) -> None:
    """Raise `ReasonOutsideClass` unless `reason` leads to `status`."""
    if reason not in REASONS or REASONS[reason].status is not status:
        raise ReasonOutsideClass(reason, int(status))


def check_times(status: Status, reason: int, *, effective_at: int, until: int, now: int) -> None:
    """Raise unless an order's times are lawful; Unix seconds, `until` 0 for none.

    Raises:
        EffectiveFromBeginning: unless `effective_at` is 0 exactly when the reason annuls.
        EffectiveInFuture: when it lies after `now`.
        UntilWithoutSuspension: for an end of anything but a suspension.
        UntilNotAfterEffective: when the suspension would end before it takes effect.
    """
    if (effective_at == 0) != (reason in ANNULMENTS):
        raise EffectiveFromBeginning(reason, effective_at)
    if effective_at > now:
        raise EffectiveInFuture(effective_at, now)
    if until and status is not Status.SUSPENDED:
        raise UntilWithoutSuspension(until)
    if until and until <= effective_at:
        raise UntilNotAfterEffective(until, effective_at)


def check_transition(index: int, present: Status, status: Status, reason: int) -> None:
    """Raise unless the entry at `index`, now `present`, may go to `status` for `reason`.

    Raises:
        ReasonOutsideClass: when the reason does not lead there.
        IndexInvalid: for an index outside the list.
        StatusFinal: when the entry is revoked.
        StatusTransitionIllegal: when there is no such way.
    """
    check_reason(status, reason)
    word, entry = place(index)[0], mask(index)
    if present is Status.REVOKED:
        raise StatusFinal(word, entry)
    if present not in sources(status, reason):
        raise StatusTransitionIllegal(word, entry, int(present), int(status))
