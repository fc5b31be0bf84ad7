"""From sealed files to findings: every part that may be opened, opened again by an outsider.

No cause is taken from anybody's record: a file is tried first. Flags and the ceiling follow from
manifests and documents. Licences are judged again by whoever has a node, or an archive that proves
what the ledger tells of them; others take them as recorded and say so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import LedgerError
from ledger.tenders import bid_flags, documents, shown_licences
from ledger.tenders.audit import licences
from ledger.tenders.audit.bundle import Place, RecordPaper
from ledger.tenders.audit.files import key_of
from ledger.tenders.audit.licences import Look
from ledger.tenders.bid_flags import Terms, requested
from ledger.tenders.errors import UnsealedInvalid
from ledger.tenders.messages import SubmitBid
from ledger.tenders.opening import asked
from ledger.tenders.opening_record import Cause, Findings, OpenedBid, cause_of
from ledger.tenders.shown_licences import Bench
from ledger.tenders.signatures import signed_by
from ledger.tenders.state import Bid, TenderState
from ledger.tenders.trustees import octets
from ledger.tenders.unsealing import Opened
from ledger.values import OPEN_END, Address, LedgerRef

Unseal = Callable[[SubmitBid, int, bytes], Opened | None]
"""Opens a part of a bid with its key; None where no whole copy is at hand.

Raises `UnsealedInvalid` for the committed file alone.
"""

LICENCES: Final = "licences"
_WITHOUT_DOCUMENTS: Final = (LICENCES, "flags", "ceiling")


@dataclass(frozen=True, slots=True)
class Reopened:
    """What the files of each part gave, and the papers of the records that were anchored."""

    findings: Mapping[Place, Findings]
    records: Mapping[Place, RecordPaper]


def reopened(
    ledger: LedgerRef,
    state: TenderState,
    papers: Mapping[bytes, bytes],
    unseal: Unseal,
    bench: Bench | None = None,
) -> Reopened:
    """Open what may be opened; a bid whose file is not at hand is neither opened nor blamed.

    Without a `bench` (whose `wanted` the documents tell) licences are taken as recorded.
    """
    terms, is_judged = terms_in(papers, state.docs[-1])
    judges = bench if is_judged else None
    findings: dict[Place, Findings] = {}
    records: dict[Place, RecordPaper] = {}
    for number, lot in enumerate(state.lots):
        for part in state.ends:
            recorded = lot.openings.get(part)
            said = _object(None if recorded is None else papers.get(recorded.digest))
            room = _Room(ledger, state, (number, part), terms, said, judges)
            bids = room.readable()
            if recorded is None and not bids:
                continue
            findings[number, part], paper = room.opened(bids, unseal)
            if recorded is not None:
                records[number, part] = paper
    return Reopened(findings, records)


@dataclass(frozen=True, slots=True)
class _Room:
    """One part of a lot; `said` is its record's paper, empty where that is not at hand."""

    ledger: LedgerRef
    state: TenderState
    place: Place
    terms: Terms | None
    said: Mapping[str, Any]
    bench: Bench | None

    def readable(self) -> tuple[Bid, ...]:
        lot, part = self.place
        bids = self.state.lot(lot).bids.values()
        return tuple(
            each
            for each in bids
            if cause_of(self.state, lot, part, each) is None and each.told is not None
        )

    def opened(self, bids: tuple[Bid, ...], unseal: Unseal) -> tuple[Findings, RecordPaper]:
        """Return what the files gave, and the record's paper with what only it tells of."""
        opened: dict[Address, OpenedBid] = {}
        causes: dict[Address, Cause] = {}
        looks: dict[Address, Look] = {}
        for bid in bids:
            found = self._unsealed(bid, unseal)
            if isinstance(found, Cause):
                causes[bid.bidder] = found
            elif found is not None:
                opened[bid.bidder], looks[bid.bidder] = self._row(bid, found)
        if self.terms is None:
            told = self.said.get("ceiling")
            ceiling = told if isinstance(told, dict) else None
            return Findings(opened, causes, ceiling), RecordPaper(self.said, _WITHOUT_DOCUMENTS)
        shared = bid_flags.shared_flags(
            {key: parse_object(each.manifest) for key, each in opened.items()}, self.terms.wanted
        )
        flagged = {
            key: replace(each, flags=(*each.flags, *shared.get(key, ())))
            for key, each in opened.items()
        }
        return Findings(flagged, causes, self.terms.ceiling), _paper(self.said, looks)

    def _unsealed(self, bid: Bid, unseal: Unseal) -> Opened | Cause | None:
        assert bid.told is not None  # `readable` leaves others out
        part = self.place[1]
        try:
            key = key_of(self.ledger, self.state, part, bid)
        except LedgerError:
            return Cause.SHARES_BAD
        try:
            return unseal(bid.told.bid, part, key)
        except UnsealedInvalid:
            return Cause.UNSEALED_INVALID

    def _row(self, bid: Bid, found: Opened) -> tuple[OpenedBid, Look]:
        assert bid.told is not None  # `readable` leaves others out
        constant = bid.told.bid.place(self.ledger).constant
        row = next(
            (each for each in _rows(self.said, "bids") if each.get("bidder") == bid.bidder), {}
        )
        verdicts = {
            str(each.get("requirement")): str(each.get("verdict")) for each in _rows(row, LICENCES)
        }
        if self.terms is None:
            flags = row.get("flags")
            known = tuple(map(str, flags)) if isinstance(flags, list) else ()
            told = tuple(verdicts.items())
            return OpenedBid(found.encoded, known, told), Look((), is_stated=True)
        said = parse_object(found.encoded)
        look = self._look(bid, said, verdicts if self.said else None, self.terms)
        flags_ = bid_flags.own_flags(
            said,
            look.results,
            self.terms,
            signed=signed_by(found.encoded, found.signature, constant, self.terms.wanted),
            bond=bid_flags.faults_of_bond(said, found.guarantee, self.state, self.terms),
        )
        told = tuple((each.requirement, each.standing.value) for each in look.results)
        return OpenedBid(found.encoded, flags_, told), look

    def _look(
        self,
        bid: Bid,
        said: Mapping[str, Any],
        recorded: Mapping[str, str] | None,
        terms: Terms,
    ) -> Look:
        shown = shown_licences.shown_in(said)
        answered = shown_licences.answered(shown, terms.wanted)
        if self.bench is None or not any(answered.values()):
            return licences.looked_at(answered, recorded, ())
        ask = asked(self.ledger, self.state, bid, terms.audience, said["identity"]["code"])
        bench = replace(self.bench, wanted=terms.wanted)
        found = licences.judged_at(shown, ask, bench, self._moments())
        return licences.looked_at(answered, recorded, found, bench.unsaid)

    def _moments(self) -> tuple[int, int]:
        """When bids of this part could first be read, and when their record was anchored."""
        lot, part = self.place
        first, recorded = self.state.ends[part].disclose_end, self.state.lot(lot).openings.get(part)
        return first, OPEN_END if recorded is None else recorded.place.block_time


def _paper(said: Mapping[str, Any], looks: Mapping[Address, Look]) -> RecordPaper:
    return RecordPaper(
        said,
        (LICENCES,) if any(each.is_stated for each in looks.values()) else (),
        tuple({"bidder": key, **row} for key, each in looks.items() for row in each.doubts),
        tuple({"bidder": key, **row} for key, each in looks.items() for row in each.differing),
    )


def terms_in(papers: Mapping[bytes, bytes], manifest: bytes) -> tuple[Terms | None, bool]:
    """Return what bids are held against, and whether licences can be judged by it.

    None where the documents are not at hand; without their standing request nobody knows whom
    licences had to be presented to.
    """
    if manifest not in papers:
        return None, False
    try:
        found = documents.read(papers[manifest])
        bare = Terms.made_for("0x" + found.tender.hex(), found)
    except LedgerError:
        return None, False
    named = {each["path"]: papers.get(octets(each["sha256"])) for each in requested(found)}
    files = {path: paper for path, paper in named.items() if paper is not None}
    try:
        return Terms.of(found, files), True
    except LedgerError:
        return bare, False


def _object(paper: bytes | None) -> Mapping[str, Any]:
    try:
        return {} if paper is None else parse_object(paper)
    except JsonMalformed:
        return {}


def _rows(parent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = parent.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
