"""The two channels that tell a status: the chain's word with its events, and the list token.

Chain events are the truth, the token is its fast, offline copy. Each is
turned into a `Statement`; which one counts is the status check's to say.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ledger.errors import Unavailable
from ledger.list_tokens import ListStale, parse_list
from ledger.status_list import entry
from ledger.values import OPEN_END, Status
from ledger.verification.case import LicenceCase
from ledger.verification.evidence import Reading
from ledger.verification.history import BeforeAnchor, Effective, events_of, status_at

SEVERITY: Final = (Status.VALID, Status.SUPERSEDED, Status.SUSPENDED, Status.REVOKED)
"""Statuses from the mildest to the worst."""


class Channel(StrEnum):
    """Who told it."""

    CHAIN = "chain"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a channel says, `raw` as its bits have it; `as_of` in Unix seconds.

    `known_then` is what could be known at a past time asked about, None for a question about now.
    """

    channel: Channel
    raw: Status
    effective: Effective
    as_of: int
    block: int | None = None
    known_then: Status | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a channel says nothing; `as_of` where that is known."""

    code: str
    why: str
    as_of: int | None = None


def hear_chain(case: LicenceCase) -> Statement | Silence:
    """Return what the chain's word and events say.

    Without events the bare bit decides, but not about a time well before it was read: since then
    a suspension may have come and gone.
    """
    reading = case.reading
    if not isinstance(reading, Reading):
        return Silence("status.unreachable", reading.reason, reading.since)
    if reading.status_word is None:
        return Silence("status.unreachable", "not-told", None)
    raw = entry(reading.status_word, case.licence.index)
    bare = Statement(Channel.CHAIN, raw, Effective(raw), reading.read_at, reading.block)
    if case.evidence.history is not None:
        return _with_history(case, reading, bare)
    if reading.read_at - case.at > case.policy.max_evidence_age:
        return Silence("status.unreachable", "history-missing", None)
    return bare


def _with_history(case: LicenceCase, reading: Reading, bare: Statement) -> Statement | Silence:
    licence = case.licence
    events = events_of(
        case.evidence.history or (),
        agency=licence.agency_id,
        list_number=licence.list,
        index=licence.index,
    )
    if _is_worse(bare.raw, events[-1].status if events else Status.VALID):  # events are missing
        return Silence("status.unreachable", "history-incomplete") if case.is_past else bare
    anchored_at = 0 if reading.batch is None else reading.batch.anchored_at
    moment = case.moment
    try:
        effective = status_at(events, anchored_at=anchored_at, at=moment, known_at=OPEN_END)
        then = status_at(events, anchored_at=anchored_at, at=moment, known_at=moment)
    except BeforeAnchor:
        return Silence("status.unreachable", "before-anchor")
    if not case.is_past:
        return replace(bare, effective=effective)
    bit = Status.SUSPENDED if then.lapsed else then.status
    return Statement(Channel.CHAIN, bit, effective, case.at, bare.block, then.status)


def _is_worse(one: Status, other: Status) -> bool:
    return SEVERITY.index(one) > SEVERITY.index(other)


def hear_list(case: LicenceCase) -> Statement | Silence | None:
    """Return what the list token says; None when there is none at hand."""
    received = case.evidence.status_list
    if received is None:
        return None
    try:
        told = parse_list(received.token)
        told.check(case.licence.status_uri, received.key, case.at)
        raw = told.status(case.licence.index)
    except ListStale as stale:
        return Silence("status.list-stale", "too-old", stale.as_of)
    except Unavailable as unusable:
        return Silence("status.list-untrusted", type(unusable).__name__)
    return Statement(Channel.LIST, raw, Effective(raw), told.issued_at)
