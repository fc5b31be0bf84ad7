"""From a tender's events and papers to what indicators look at, and what they cannot look at.

Who bid and for how much stands in the opening record, whom the committee rejects in its report, and
how bids are judged in the documents. A lot whose papers are not at hand is named, and counts for
none: an indicator over half a lot would say something false.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.tenders import documents, evaluation, events
from ledger.tenders.collusion.flags import Code, Flag, Unlooked
from ledger.tenders.collusion.history import LEAST, concerning, history_flags
from ledger.tenders.collusion.procedure import JudgedBid, Procedure, procedure_flags
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import PolicyRegistered, TenderEvent
from ledger.tenders.history import after, published
from ledger.tenders.ids import TenderId
from ledger.tenders.ocds.course import Outcomes
from ledger.tenders.ocds.facts import BidOutcome
from ledger.tenders.ocds.readings import RecordUnreadable, bid_id, read_record
from ledger.tenders.state import TenderState

OF_BIDS: Final = (Code.R018, Code.R024, Code.R025, Code.R030, Code.R035, Code.R038, Code.R058)
OF_HISTORY: Final = (Code.R024, Code.R025, Code.R038, Code.R048, Code.R058)
OF_AWARD: Final = (Code.R024, Code.R025, Code.R030, Code.R035, Code.R036, Code.R058)
_READ_OUT: Final = frozenset((BidOutcome.OPENED, BidOutcome.VALID, BidOutcome.REJECTED))


@dataclass(frozen=True, slots=True)
class Told:
    """One lot whose opening is recorded, and what of it could not be looked at."""

    procedure: Procedure
    unlooked: tuple[Unlooked, ...]
    has_papers: bool


def indicators(own: Told, others: Iterable[Told]) -> tuple[tuple[Flag, ...], tuple[Unlooked, ...]]:
    """Return the flags of a lot by itself and in its buyer's history, and what nobody looked at.

    Of a history those flags count that are about the lot, its buyer or those who bid in it.
    """
    whole = (own, *others)
    history = [each.procedure for each in whole if each.has_papers]
    flags = (
        *procedure_flags(own.procedure),
        *concerning(history_flags(history), own.procedure),
    )
    unlooked = [
        *own.unlooked,
        *(gap for each in whole[1:] if not each.has_papers for gap in each.unlooked),
    ]
    if len(history) < LEAST:
        few = f"{len(history)} lots of the buyer are told of, {LEAST} are the least to compare"
        unlooked.append(Unlooked(OF_HISTORY, few))
    return flags, tuple(unlooked)


def procedure_id(tender: TenderId, lot: int) -> str:
    """Return how evidence names a lot."""
    return f"0x{tender.hex()}/{lot}"


def papers_named(happened: Iterable[TenderEvent | PolicyRegistered]) -> tuple[bytes, ...]:
    """Return the digests of the papers that indicators need of a tender."""
    found: list[bytes] = []
    for event in happened:
        match event:
            case events.TenderPublished():
                found.append(event.announcement.docs)
            case events.TenderAmended():
                found.append(event.docs)
            case events.OpeningRecorded() | events.ReportRecorded() | events.AllRejected():
                found.append(event.digest)
            case _:
                continue
    return tuple(dict.fromkeys(found))


def procedures_of(
    happened: Sequence[TenderEvent | PolicyRegistered],
    papers: Mapping[bytes, bytes],
    anchored: Mapping[bytes, int],
) -> Iterator[Told]:
    """Yield each lot of one tender whose opening is recorded, from its events in chain order.

    `papers` by their SHA-256; `anchored` tells when roots of mailboxes were anchored, in Unix
    seconds. Raises `TenderUnknown` for events without a publication.
    """
    walk = _walked(happened, papers)
    walk.is_price_only = _is_price_only(papers.get(walk.state.docs[-1]))
    for number, lot in enumerate(walk.state.lots):
        if lot.openings:
            yield _told(walk, number, anchored)


@dataclass(slots=True)
class _Walk:
    """A tender event by event; `lacking` are lots with the digest of a paper not at hand."""

    state: TenderState
    outcomes: Outcomes
    arrived: dict[tuple[int, str], events.BidSubmitted]
    lacking: dict[int, bytes]
    is_price_only: bool | None = None

    def take(self, event: TenderEvent, papers: Mapping[bytes, bytes]) -> None:
        """Take one more event in; the state is already that after it."""
        reading = report = None
        match event:
            case events.BidSubmitted():
                self.arrived[event.lot, event.bidder] = event
            case events.OpeningRecorded() if event.opened:
                if (paper := self._paper(event.lot, event.digest, papers)) is not None:
                    try:
                        reading = read_record(paper, event.digest)
                    except RecordUnreadable:
                        self.lacking[event.lot] = event.digest
            case events.ReportRecorded():
                report = self._paper(event.lot, event.digest, papers)
            case _:
                pass
        self.outcomes.take(event, self.state, reading, report)

    def _paper(self, lot: int, digest: bytes, papers: Mapping[bytes, bytes]) -> bytes | None:
        if digest not in papers:
            self.lacking[lot] = digest
        return papers.get(digest)


def _walked(
    happened: Sequence[TenderEvent | PolicyRegistered], papers: Mapping[bytes, bytes]
) -> _Walk:
    registered = (each for each in happened if isinstance(each, PolicyRegistered))
    policies = {each.policy: each.terms for each in registered}
    walk: _Walk | None = None
    for event in happened:
        if isinstance(event, PolicyRegistered):
            continue
        if isinstance(event, events.TenderPublished):
            walk = _Walk(published(event, policies), Outcomes(), {}, {})
        elif walk is None:
            raise TenderUnknown(event.tender_id)
        else:
            walk.state = after(walk.state, event)
            walk.take(event, papers)
    if walk is None:
        raise TenderUnknown(bytes(32))
    return walk


def _told(walk: _Walk, number: int, anchored: Mapping[bytes, int]) -> Told:
    state, lacking = walk.state, walk.lacking.get(number)
    id_, course = procedure_id(state.id, number), state.lot(number).course
    procedure = Procedure(
        id=id_,
        buyer="0x" + state.announcement.agency.hex(),
        published_at=state.published_at,
        deadline=state.ends[1].submit_end,
        bids=() if lacking is not None else tuple(_bids(walk, number, anchored)),
        winner=None if lacking is not None else course.winner,
        is_price_only=bool(walk.is_price_only),
    )
    if lacking is not None:
        reason = f"the paper 0x{lacking.hex()} is not at hand"
        return Told(procedure, (Unlooked((*OF_BIDS, Code.R036), reason, id_),), has_papers=False)
    return Told(procedure, tuple(_gaps(walk, procedure)), has_papers=True)


def _gaps(walk: _Walk, procedure: Procedure) -> Iterator[Unlooked]:
    id_ = procedure.id
    yield Unlooked((Code.R048,), "documents do not classify what is bought", id_)
    if procedure.winner is None:
        yield Unlooked(OF_AWARD, "nothing is awarded", id_)
    elif walk.is_price_only is None:
        yield Unlooked((Code.R036,), "the documents' criteria are not at hand", id_)
    if any(bid.id == procedure.winner and bid.at is None for bid in procedure.bids):
        yield Unlooked((Code.R030,), "nobody says when the winner's mailbox was anchored", id_)


def _bids(walk: _Walk, number: int, anchored: Mapping[bytes, int]) -> Iterator[JudgedBid]:
    keys = {bid_id(number, bidder): bidder for bidder in walk.state.lot(number).bids}
    for facts in walk.outcomes.bids(walk.state):
        if facts.lot != number or facts.outcome not in _READ_OUT or not facts.tenderers:
            continue
        bidder = keys[facts.id]
        event = walk.arrived[number, bidder]
        yield JudgedBid(
            id=bidder,
            tenderers=facts.tenderers,
            at=anchored.get(event.root) if any(event.root) else event.place.block_time,
            price=None if facts.value is None else facts.value.amount,
            is_rejected=facts.outcome is BidOutcome.REJECTED,
        )


def _is_price_only(paper: bytes | None) -> bool | None:
    """Whether the price alone decides; None where no documents at hand tell."""
    try:
        said = {} if paper is None else documents.read(paper).content
        if "criteria" not in said:
            return None
        criteria = evaluation.read_criteria(said["criteria"])
    except Refused:
        return None
    return criteria.price is not None and not criteria.points
