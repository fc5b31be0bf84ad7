"""A tender's papers: what each is, and from when on it is everybody's to read.

A paper is public once its digest stands in the tender's events, at the place where papers of its
role are anchored; a file of the documents once a manifest that names it does. Some wait longer, or
stay with the officers, since they would tell who bids or who judges (招标投标法 art. 22, 37).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.tenders import events
from ledger.tenders.events import LotEvent, TenderEvent


class PaperRole(StrEnum):
    """What a paper is to its tender."""

    DOCS = "docs"  # the manifest of the documents
    FILE = "file"  # named by such a manifest
    QUESTION = "question"
    ANSWER = "answer"
    OBJECTION = "objection"  # may name who bids: officers alone read it
    ANSWER_TO_OBJECTION = "answer-to-objection"
    COMPLAINT = "complaint"  # as an objection
    DECISION = "decision"  # on a complaint, of a suspension, or of an end
    OPENING_RECORD = "opening-record"
    COSIGNATURE = "cosignature"  # of an opening record: public as soon as the record is
    DRAW = "draw"  # its setting tells from whom: as the committee; its deals tell nothing
    COMMITTEE = "committee"  # tells who judges, if only by hashes: secret until the award
    SCORE = "score"  # a seat's sheet: secret until the report
    REPORT = "report"
    NOTICE = "notice"
    AWARD = "award"
    REASON = "reason"  # why another than the first wins (实施条例 art. 55), or sits (art. 48)
    CONTRACT = "contract"
    RECORD = "record"  # of OCDS
    SUPERVISION = "supervision"  # what was filed with the supervisor: officers alone read it
    BOND_RETURN = "bond-return"  # that bonds went back: as that

    @property
    def names_lots(self) -> bool:
        """Whether such a paper says of which lots it tells: nothing on chain does."""
        return self in (PaperRole.SUPERVISION, PaperRole.BOND_RETURN)


Member = tuple[type[TenderEvent], str]
_ANCHORED_BY: Final[Mapping[PaperRole, tuple[Member, ...]]] = MappingProxyType(
    {
        PaperRole.DOCS: ((events.TenderPublished, "announcement"), (events.TenderAmended, "docs")),
        PaperRole.QUESTION: ((events.QuestionAsked, "question"),),
        PaperRole.ANSWER: ((events.QuestionAnswered, "answer"),),
        PaperRole.ANSWER_TO_OBJECTION: ((events.ObjectionAnswered, "digest"),),
        PaperRole.DECISION: (
            (events.TenderHeld, "digest"),
            (events.LotHeld, "digest"),
            (events.ComplaintMoved, "digest"),
            (events.TenderTerminated, "digest"),
            (events.TenderVoided, "digest"),
            (events.LotTerminated, "digest"),
            (events.LotVoided, "digest"),
            (events.ReviewOrdered, "digest"),
        ),
        PaperRole.OPENING_RECORD: ((events.OpeningRecorded, "digest"),),
        PaperRole.DRAW: ((events.DrawBegun, "setting"), (events.DrawDealt, "deals")),
        PaperRole.COMMITTEE: (
            (events.CommitteeCommitted, "digest"),
            (events.ExpertReplaced, "digest"),
        ),
        PaperRole.SCORE: ((events.ScoreCommitted, "digest"),),
        PaperRole.REPORT: ((events.ReportRecorded, "digest"), (events.AllRejected, "digest")),
        PaperRole.NOTICE: ((events.NoticePublished, "digest"),),
        PaperRole.AWARD: ((events.Awarded, "digest"),),
        PaperRole.REASON: ((events.Awarded, "reason"), (events.ExpertReplaced, "reason")),
        PaperRole.CONTRACT: ((events.Contracted, "digest"),),
        PaperRole.RECORD: ((events.Contracted, "record"),),
    }
)
_NOT_BEFORE: Final[Mapping[type[TenderEvent], tuple[type[LotEvent], ...]]] = MappingProxyType(
    {
        events.DrawBegun: (events.Awarded, events.AllRejected),
        events.CommitteeCommitted: (events.Awarded, events.AllRejected),
        events.ExpertReplaced: (events.Awarded, events.AllRejected),
        events.ScoreCommitted: (events.ReportRecorded, events.AllRejected),
    }
)
"""What has to come after it in its lot before what an event anchors is shown.

Why an expert was replaced tells of the expert, and is as secret as the names.
"""


def public_papers(happened: Sequence[TenderEvent]) -> frozenset[tuple[PaperRole, bytes]]:
    """Return role and SHA-256 of what a tender's events, in chain order, made public.

    Files of the documents are not among them: those are public that a public manifest names. Nor
    are co-signatures, which no event anchors: they are public with the record that they name.
    """
    return frozenset(
        (role, digest) for role in _ANCHORED_BY for digest in _anchored(role, happened)
    )


def anchored_at(
    role: PaperRole, digest: bytes, happened: Sequence[TenderEvent], since: int
) -> int | None:
    """Return when the first event from `since` on anchored a paper of a role, in Unix seconds.

    None where none did, or where one did before `since`: what is older was not written for it.
    """
    members = dict(_ANCHORED_BY[role])
    found = [
        event.place.block_time
        for event in happened
        if (member := members.get(type(event))) and _digest_in(event, member) == digest
    ]
    return found[0] if found and found[0] >= since else None


def _anchored(role: PaperRole, happened: Sequence[TenderEvent]) -> Iterator[bytes]:
    members = dict(_ANCHORED_BY[role])
    for position, event in enumerate(happened):
        member = members.get(type(event))
        if member is not None and _is_ripe(event, happened[position + 1 :]):
            yield _digest_in(event, member)


def _is_ripe(anchor: TenderEvent, later: Iterable[TenderEvent]) -> bool:
    kinds = _NOT_BEFORE.get(type(anchor))
    if kinds is None:
        return True
    assert isinstance(anchor, LotEvent)  # as all that wait are
    return any(isinstance(each, kinds) and each.lot == anchor.lot for each in later)


def _digest_in(event: TenderEvent, member: str) -> bytes:
    value = getattr(event, member)
    return bytes(value.docs if isinstance(value, events.Announcement) else value)
