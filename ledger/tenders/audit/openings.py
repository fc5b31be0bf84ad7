"""From sealed files to findings: every part that may be opened, opened again by an outsider.

No cause is taken from anybody's record: a file is tried first. Flags and the ceiling follow from
manifests and documents. Verdicts on licences alone rest on evidence that is not in a bundle.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import LedgerError
from ledger.tenders import bid_flags, documents, requests, shown_licences
from ledger.tenders.audit.bundle import Place, RecordPaper
from ledger.tenders.audit.files import key_of
from ledger.tenders.bid_flags import Terms
from ledger.tenders.errors import UnsealedInvalid
from ledger.tenders.messages import SubmitBid
from ledger.tenders.opening_record import Cause, Findings, OpenedBid, cause_of
from ledger.tenders.shown_licences import Result, Standing
from ledger.tenders.signatures import signed_by
from ledger.tenders.state import Bid, TenderState
from ledger.tenders.unsealing import Opened
from ledger.values import Address, LedgerRef

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
    ledger: LedgerRef, state: TenderState, papers: Mapping[bytes, bytes], unseal: Unseal
) -> Reopened:
    """Open what may be opened; a bid whose file is not at hand is neither opened nor blamed."""
    terms = _terms(papers.get(state.docs[-1]))
    findings: dict[Place, Findings] = {}
    records: dict[Place, RecordPaper] = {}
    for number, lot in enumerate(state.lots):
        for part in state.ends:
            recorded = lot.openings.get(part)
            said = _object(None if recorded is None else papers.get(recorded.digest))
            room = _Room(ledger, state, (number, part), terms, said)
            bids = room.readable()
            if recorded is None and not bids:
                continue
            findings[number, part], stated = room.opened(bids, unseal)
            if recorded is not None:
                records[number, part] = RecordPaper(said, stated)
    return Reopened(findings, records)


@dataclass(frozen=True, slots=True)
class _Room:
    """One part of a lot; `said` is its record's paper, empty where that is not at hand."""

    ledger: LedgerRef
    state: TenderState
    place: Place
    terms: Terms | None
    said: Mapping[str, Any]

    def readable(self) -> tuple[Bid, ...]:
        lot, part = self.place
        bids = self.state.lot(lot).bids.values()
        return tuple(
            each
            for each in bids
            if cause_of(self.state, lot, part, each) is None and each.told is not None
        )

    def opened(self, bids: tuple[Bid, ...], unseal: Unseal) -> tuple[Findings, tuple[str, ...]]:
        """Return what the files gave, and the members that only the record tells of."""
        opened: dict[Address, OpenedBid] = {}
        causes: dict[Address, Cause] = {}
        stated: set[str] = set()
        for bid in bids:
            found = self._unsealed(bid, unseal)
            if isinstance(found, Cause):
                causes[bid.bidder] = found
            elif found is not None:
                opened[bid.bidder], own = self._row(bid, found)
                stated.update(own)
        if self.terms is None:
            told = self.said.get("ceiling")
            ceiling = told if isinstance(told, dict) else None
            return Findings(opened, causes, ceiling), _WITHOUT_DOCUMENTS
        shared = bid_flags.shared_flags(
            {key: parse_object(each.manifest) for key, each in opened.items()}, self.terms.wanted
        )
        flagged = {
            key: replace(each, flags=(*each.flags, *shared.get(key, ())))
            for key, each in opened.items()
        }
        return Findings(flagged, causes, self.terms.ceiling), tuple(sorted(stated))

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

    def _row(self, bid: Bid, found: Opened) -> tuple[OpenedBid, tuple[str, ...]]:
        assert bid.told is not None  # `readable` leaves others out
        constant = bid.told.bid.place(self.ledger).constant
        row = next(
            (each for each in _rows(self.said, "bids") if each.get("bidder") == bid.bidder), {}
        )
        verdicts = {each.get("requirement"): each.get("verdict") for each in _rows(row, LICENCES)}
        if self.terms is None:
            told = tuple((str(name), str(verdict)) for name, verdict in verdicts.items())
            flags = row.get("flags")
            known = tuple(map(str, flags)) if isinstance(flags, list) else ()
            return OpenedBid(found.encoded, known, told), ()
        said = parse_object(found.encoded)
        shown = shown_licences.shown_in(said)
        answered = shown_licences.answered(shown, self.terms.wanted)
        licences = tuple(
            Result(name, _standing(verdicts.get(name)) if is_shown else Standing.MISSING)
            for name, is_shown in answered.items()
        )
        flags_ = bid_flags.own_flags(
            said,
            licences,
            self.terms,
            signed=signed_by(found.encoded, found.signature, constant, self.terms.wanted),
            needs_bond=int(self.state.announcement.bond_authority, 16) != 0,
        )
        told = tuple((each.requirement, each.standing.value) for each in licences)
        return OpenedBid(found.encoded, flags_, told), (LICENCES,) * any(answered.values())


def _terms(manifest: bytes | None) -> Terms | None:
    """What bids are held against but for licences; None where the documents are not at hand."""
    if manifest is None:
        return None
    try:
        found = documents.read(manifest)
        said = found.content
        wanted = tuple(map(requests.read_requirement, said.get("requirements", ())))
    except LedgerError:
        return None
    return Terms("0x" + found.tender.hex(), said["currency"], wanted, said.get("ceiling"))


def _standing(verdict: object) -> Standing:
    """What a record says of a licence that was shown; else what no record says in its place.

    A record that tells of none, or that it is missing, differs from the one made anew.
    """
    known = [each for each in Standing if each is not Standing.MISSING and each == verdict]
    return known[0] if known else Standing.UNCONFIRMED


def _object(paper: bytes | None) -> Mapping[str, Any]:
    try:
        return {} if paper is None else parse_object(paper)
    except JsonMalformed:
        return {}


def _rows(parent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = parent.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
