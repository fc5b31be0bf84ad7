"""The committee's papers of a tender, as its events anchor them and the shelf has them."""

from collections.abc import Mapping, Sequence

from ledger.tenders.audit.bundle import DrawEvidence
from ledger.tenders.committee_paper import CommitteePaper, tells_draw
from ledger.tenders.draw_papers import DrawPaperMalformed
from ledger.tenders.events import CommitteeCommitted, DrawDealt, ExpertReplaced, TenderEvent
from ledger.tenders.papers import PaperRole, public_papers


def draws_of(
    happened: Sequence[TenderEvent], papers: Mapping[bytes, bytes]
) -> tuple[DrawEvidence, ...]:
    """Return what each committee's paper says of its draw, in the order of the tender's events.

    Empty where no paper at hand tells of a draw, unless the ledger tells of one and papers are at
    hand at all: then there is nothing to repeat. A paper that everybody ought to have by now and
    that is missing stands among the others as such.
    """
    public = public_papers(happened)
    dealt = {each.lot for each in happened if isinstance(each, DrawDealt)}
    seats: dict[int, int] = {}
    found: list[DrawEvidence] = []
    for event in happened:
        if isinstance(event, CommitteeCommitted):
            seats[event.lot] = event.seats
        elif not isinstance(event, ExpertReplaced):
            continue
        paper = papers.get(event.digest)
        told, is_held = _told(paper), paper is not None
        ought_to_tell = is_held and event.lot in dealt
        if told is not None or ought_to_tell or (PaperRole.COMMITTEE, event.digest) in public:
            found.append(DrawEvidence(event, seats.get(event.lot, 0), told, is_held))
    tells = any(each.told is not None for each in found)
    return tuple(found) if tells or (dealt and papers) else ()


def _told(paper: bytes | None) -> CommitteePaper | DrawPaperMalformed | None:
    if paper is None or not tells_draw(paper):
        return None
    try:
        return CommitteePaper.read(paper)
    except DrawPaperMalformed as refused:
        return refused
