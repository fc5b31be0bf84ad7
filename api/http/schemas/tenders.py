"""Sealed tenders as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from api.http.forms import Answer, HexAddress, HexDigest, HexSignature, Moment
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.tender_filings import FilingAnswer
from api.services.opening_cosignatures import CoSignerView, CoSigningView
from api.services.tender_filings import FilingView
from api.services.tenders import FeedRow, TenderView, ViewPage
from ledger.authority import Agency
from ledger.tenders import dues
from ledger.tenders.events import OpeningRecorded
from ledger.tenders.phases import effective_ends, lot_phase_at
from ledger.tenders.policy.ends import Ends
from ledger.tenders.policy.terms import Terms
from ledger.tenders.risks import risks_of
from ledger.tenders.state import Bid, Complaint, Objection
from ledger.tenders.suspensions import Suspension
from ledger.values import Digest

CoSignedPlaces = Mapping[tuple[int, int], CoSigningView]
"""Who co-signed, by lot and part."""
LAST_MOMENT: Final = 253_402_300_799
"""9999-12-31T23:59:59Z: RFC 3339 has four digits for the year, a block's time needs not."""


class AgencyRefAnswer(Answer):
    """Who tenders."""

    jurisdiction: str
    code: str
    name: str

    @classmethod
    def of(cls, agency: Agency) -> Self:
        """Return it by its public names."""
        return cls(jurisdiction=agency.jurisdiction, code=agency.code, name=agency.name)


class EndsAnswer(Answer):
    """When each window is over, the first second outside; null after the year 9999."""

    submit_end: Moment | None
    list_end: Moment | None
    disclose_end: Moment | None
    release_end: Moment | None
    fallback_end: Moment | None

    @classmethod
    def of(cls, ends: Ends) -> Self:
        """Return the ends of one part."""
        return cls(
            submit_end=_moment(ends.submit_end),
            list_end=_moment(ends.list_end),
            disclose_end=_moment(ends.disclose_end),
            release_end=_moment(ends.release_end),
            fallback_end=_moment(ends.fallback_end),
        )


class TrusteeAnswer(Answer):
    """A trustee of a part, and whether its secret is out."""

    index: int
    key: HexAddress
    group: HexDigest
    has_released: bool


class PartAnswer(Answer):
    """A part of the opening; `ends` null where it is not scheduled.

    While the tender stands still `ends` are what they would be if it went on at the head.
    """

    part: int
    ends: EndsAnswer | None
    trustees: list[TrusteeAnswer]

    @classmethod
    def of(cls, view: TenderView, part: int) -> Self:
        """Return one part of a tender."""
        ends = effective_ends(view.state, part, view.at)
        released = view.state.released.get(part, {})
        trustees = view.state.announcement.trustees_of(part)
        return cls(
            part=part,
            ends=None if ends is None else EndsAnswer.of(ends),
            trustees=[
                TrusteeAnswer(
                    index=index,
                    key=each.key,
                    group=Digest(each.group),
                    has_released=index in released,
                )
                for index, each in enumerate(trustees, 1)
            ],
        )


class HoldAnswer(Answer):
    """Since when a tender or lot stands still: by objections, or a supervisor's order, or both."""

    since: Moment
    is_ordered: bool
    objections: list[HexDigest]

    @classmethod
    def of(cls, suspension: Suspension) -> Self | None:
        """Return it; None where the clock runs."""
        if not suspension.since:
            return None
        grounds = sorted(ground for ground in suspension.grounds if any(ground))
        return cls(
            since=suspension.since,
            is_ordered=bool(suspension.ordered_at),
            objections=[Digest(ground) for ground in grounds],
        )


class BidAnswer(Answer):
    """A bid by its one-time key, once its lot is opened; `disclosed`, `recovered`: which parts."""

    bidder: HexAddress
    version: int
    docs_version: int
    state: str
    disclosed: list[int]
    recovered: list[int]
    is_rejected: bool

    @classmethod
    def of(cls, bid: Bid) -> Self:
        """Return one bidder's place."""
        return cls(
            bidder=bid.bidder,
            version=bid.version,
            docs_version=bid.docs_version,
            state=bid.state.name.lower(),
            disclosed=sorted(bid.disclosed),
            recovered=sorted(bid.recovered),
            is_rejected=bid.is_rejected,
        )


class CoSignerAnswer(Answer):
    """Who co-signed a record, as what, and when the service took it in and found it good.

    `signature` is the account's over CoSignOpening (EIP-712), so that anybody can look again.
    """

    capacity: str
    name: str | None
    signer: HexAddress
    taken_at: Moment
    signature: HexSignature

    @classmethod
    def of(cls, view: CoSignerView) -> Self:
        """Return one co-signature."""
        return cls(
            capacity=view.made.said.capacity.value,
            name=view.name or None,
            signer=view.made.signer,
            taken_at=view.taken_at,
            signature=view.made.signature,
        )


class OpeningAnswer(Answer):
    """A recorded opening: SHA-256 of its record, and how many bids it opened.

    `coSignatures` null while they cannot be read; `awaited`: as what the documents announce
    somebody who has not co-signed, null while the documents cannot be read.
    """

    part: int
    digest: HexDigest
    opened: int
    co_signatures: list[CoSignerAnswer] | None
    awaited: list[str] | None

    @classmethod
    def of(cls, part: int, told: OpeningRecorded, co_signing: CoSigningView | None) -> Self:
        """Return one recorded opening."""
        signed = awaited = None
        if co_signing is not None:
            signed = [CoSignerAnswer.of(each) for each in co_signing.signed]
            awaited = None if co_signing.awaited is None else list(map(str, co_signing.awaited))
        return cls(
            part=part,
            digest=Digest(told.digest),
            opened=told.opened,
            co_signatures=signed,
            awaited=awaited,
        )


class LotAnswer(Answer):
    """A lot as of the head; `bids` null until it is opened, since bids are sealed."""

    lot: int
    phase: str
    suspension: HoldAnswer | None
    openings: list[OpeningAnswer]
    bids: list[BidAnswer] | None
    candidates: list[HexAddress]
    notice_end: Moment | None
    winner: HexAddress | None

    @classmethod
    def of(cls, view: TenderView, number: int, co_signed: CoSignedPlaces) -> Self:
        """Return one lot of a tender."""
        lot = view.state.lot(number)
        bids = [BidAnswer.of(bid) for bid in lot.bids.values()]
        return cls(
            lot=number,
            phase=lot_phase_at(view.state, number, view.at).name,
            suspension=HoldAnswer.of(lot.course.suspension),
            openings=[
                OpeningAnswer.of(part, each, co_signed.get((number, part)))
                for part, each in sorted(lot.openings.items())
            ],
            bids=bids if view.is_opened(number) else None,
            candidates=list(lot.course.candidates),
            notice_end=_moment(lot.course.notice_end) if lot.course.notice_end else None,
            winner=lot.course.winner,
        )


class ObjectionAnswer(Answer):
    """An objection, without who lodged it.

    `dueAt`: when an answer is due by the law's calendar, null where no law says; `isOverdue`: it
    came later, or did not come.
    """

    id: HexDigest
    lot: int
    stage: str
    outcome: str
    lodged_at: Moment
    due_at: Moment | None
    is_overdue: bool

    @classmethod
    def of(cls, id_: bytes, told: Objection, terms: Terms, at: int) -> Self:
        """Return it as of a time."""
        return cls(
            id=Digest(id_),
            lot=told.lot,
            stage=told.stage.name,
            outcome=told.outcome.name,
            lodged_at=told.lodged_at,
            due_at=dues.answer_due(terms, told.lodged_at),
            is_overdue=dues.is_overdue(told, terms, at),
        )


class ComplaintAnswer(Answer):
    """A complaint and where it stands.

    `dueAt`: when the supervisor has to accept or decide it, null where nothing is due or no law
    says; `isOverdue`: that time is over.
    """

    id: HexDigest
    lot: int
    stage: str
    state: str
    due_at: Moment | None
    is_overdue: bool

    @classmethod
    def of(cls, id_: bytes, told: Complaint, terms: Terms, at: int) -> Self:
        """Return it as of a time."""
        due_at = dues.complaint_due(told, terms)
        return cls(
            id=Digest(id_),
            lot=told.lot,
            stage=told.stage.name,
            state=told.state.name,
            due_at=due_at,
            is_overdue=due_at is not None and at >= due_at,
        )


class TenderLineAnswer(Answer):
    """A tender in a list: its lots' phases as of the head, lot 0 first."""

    id: HexDigest
    agency: AgencyRefAnswer
    published_at: Moment
    submit_end: Moment | None
    phases: list[str]

    @classmethod
    def of(cls, view: TenderView) -> Self:
        """Return one line."""
        state = view.state
        ends = effective_ends(state, 1, view.at) or state.announcement.ends
        return cls(
            id=Digest(state.id),
            agency=AgencyRefAnswer.of(view.agency),
            published_at=state.published_at,
            submit_end=_moment(ends.submit_end),
            phases=[lot_phase_at(state, lot, view.at).name for lot in range(len(state.lots))],
        )


class TendersAnswer(Answer):
    """A page of tenders, newest first; `nextCursor` null at the end."""

    tenders: list[TenderLineAnswer]
    next_cursor: str | None
    head: HeadAnswer

    @classmethod
    def of(cls, page: ViewPage, head: HeadAnswer) -> Self:
        """Return a page."""
        lines = [TenderLineAnswer.of(view) for view in page.views]
        return cls(tenders=lines, next_cursor=page.next_cursor, head=head)


class RiskAnswer(Answer):
    """A risk that sealing cannot rule out; `text` by language."""

    code: str
    text: dict[str, str]


class TenderAnswer(Answer):
    """A tender as of the head; `docs` by version, the first at 0, SHA-256 of their manifests.

    `basis` is the version of the last amendment that affects bids; questions and their answers
    stand by their digests, and so do filings of those without a live key.
    """

    id: HexDigest
    agency: AgencyRefAnswer
    ref: HexDigest
    policy: HexDigest
    previous: HexDigest | None
    published_at: Moment
    docs: list[HexDigest]
    basis: int
    has_mailbox: bool
    threshold: int
    suspension: HoldAnswer | None
    parts: list[PartAnswer]
    lots: list[LotAnswer]
    questions: dict[str, HexDigest | None]
    objections: list[ObjectionAnswer]
    complaints: list[ComplaintAnswer]
    filings: list[FilingAnswer]
    risks: list[RiskAnswer]
    head: HeadAnswer

    @classmethod
    def of(
        cls,
        view: TenderView,
        filings: Sequence[FilingView],
        co_signed: CoSignedPlaces,
        head: HeadAnswer,
    ) -> Self:
        """Return a tender with what was filed on it, and who co-signed its openings."""
        state, announced = view.state, view.state.announcement
        return cls(
            id=Digest(state.id),
            agency=AgencyRefAnswer.of(view.agency),
            ref=Digest(announced.ref),
            policy=Digest(announced.policy),
            previous=Digest(announced.previous) if any(announced.previous) else None,
            published_at=state.published_at,
            docs=[Digest(each) for each in state.docs],
            basis=state.basis,
            has_mailbox=any(announced.mailbox),
            threshold=announced.threshold,
            suspension=HoldAnswer.of(state.suspension),
            parts=[PartAnswer.of(view, part) for part in range(1, announced.parts + 1)],
            lots=[LotAnswer.of(view, lot, co_signed) for lot in range(len(state.lots))],
            questions={
                "0x" + asked.hex(): None if told is None else Digest(told)
                for asked, told in state.questions.items()
            },
            objections=[
                ObjectionAnswer.of(id_, each, state.terms, view.at)
                for id_, each in state.objections.items()
            ],
            complaints=[
                ComplaintAnswer.of(id_, each, state.terms, view.at)
                for id_, each in state.complaints.items()
            ],
            filings=[FilingAnswer.of(each) for each in filings],
            risks=[
                RiskAnswer(code=each.code, text=dict(each.text))
                for each in risks_of(announced, state.terms)
            ],
            head=head,
        )


class FeedEventAnswer(Answer):
    """A final event; `members` are the contract's own: times in Unix seconds, bytes in 0x-hex."""

    position: str
    kind: str
    block: int
    log_index: int
    block_hash: HexDigest
    block_time: Moment
    transaction: HexDigest
    members: dict[str, Any]

    @classmethod
    def of(cls, row: FeedRow) -> Self:
        """Return one event."""
        at = row.place
        return cls(
            position=f"{at.block}-{at.log_index}",
            kind=row.kind,
            block=at.block,
            log_index=at.log_index,
            block_hash=Digest(at.block_hash),
            block_time=at.block_time,
            transaction=Digest(at.transaction),
            members=dict(row.members),
        )


class FeedAnswer(Answer):
    """Final events in chain order; `next` is what to give as `after` the next time."""

    events: list[FeedEventAnswer]
    next: str
    head: HeadAnswer

    @classmethod
    def of(cls, rows: Sequence[FeedRow], after: str, head: HeadAnswer) -> Self:
        """Return what came after a position."""
        told = [FeedEventAnswer.of(row) for row in rows]
        return cls(events=told, next=told[-1].position if told else after, head=head)


def _moment(at: int) -> int | None:
    return at if at <= LAST_MOMENT else None
