"""Openings as anybody reads them, and sealed files of opened bids for the officers.

Before a lot is opened nothing is told but its phase (招标投标法 art. 22); afterwards what was read
aloud, and why the others stayed closed. Sealed files never come out to the public: their keys are
on the chain, and what is confidential in them has its own readers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from api.blobs.store import BlobStore
from api.services.sign_ins import Roles
from api.services.tenders import Tenders, TenderView
from api.store.openings import OpeningStore
from ledger.canonical import parse_object
from ledger.tenders.collusion.flags import Flag
from ledger.tenders.collusion.manifests import manifest_flags
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import PartUnknown, TenderNotOpen
from ledger.tenders.events import OpeningRecorded, Phase
from ledger.tenders.ids import TenderId
from ledger.tenders.opening import Found, file_of
from ledger.tenders.opening_record import Cause, cause_of, silent_trustees
from ledger.tenders.phases import phase_at
from ledger.values import Address, Digest

_TOLD: Final = frozenset((Phase.OPENED, Phase.NOT_OPENED))


@dataclass(frozen=True, slots=True)
class OpeningView:
    """One part of a lot once it is opened, or once it is sure that it never is.

    `record` is the record as it was made last, None while bids are still to come; `anchored` what
    the buyer put on the chain. `closed` are all bids that stay closed, by their keys; `pending`
    those that are still to be opened here, by no fault of theirs; `silent` the trustees, by their
    numbers, whose secrets are not out.
    """

    tender: TenderView
    lot: int
    part: int
    phase: Phase
    record: bytes | None
    anchored: OpeningRecorded | None
    opened: tuple[Found, ...]
    closed: Mapping[Address, Cause]
    evidence: Mapping[Address, Mapping[str, object]]
    pending: tuple[Address, ...]
    silent: tuple[int, ...]


class Openings:
    """Reads what the worker found."""

    def __init__(
        self, store: OpeningStore, tenders: Tenders, roles: Roles, blobs: BlobStore
    ) -> None:
        self._store = store
        self._tenders = tenders
        self._roles = roles
        self._blobs = blobs

    def one(self, tender: TenderId, lot: int, part: int) -> OpeningView:
        """Return the opening of one part of a lot.

        Raises:
            TenderUnknown, LotUnknown, PartUnknown: for what there is not.
            TenderNotOpen: before it is opened, and where it failed before that.
        """
        view = self._tenders.one(tender)
        phase = _require_told(view, lot, part)
        found = {key: row.found for key, row in self._store.found((tender, lot, part)).items()}
        closed = _closed(view, lot, part, found)
        opened = tuple(each for each in found.values() if each.cause is None)
        known = closed.keys() | {each.bidder for each in opened}
        return OpeningView(
            tender=view,
            lot=lot,
            part=part,
            phase=phase,
            record=self._store.record((tender, lot, part)),
            anchored=view.state.lot(lot).openings.get(part),
            opened=opened,
            closed=closed,
            evidence={key: found[key].evidence for key in closed if key in found},
            pending=tuple(sorted(view.state.lot(lot).bids.keys() - known)),
            silent=silent_trustees(view.state, part),
        )

    def sealed(
        self, tender: TenderId, lot: int, part: int, bidder: Address, by: Address
    ) -> Iterator[bytes]:
        """Return the pieces of an opened bid's sealed file, for those who evaluate and supervise.

        Raises:
            RoleMissing: for anybody else.
            TenderUnknown, LotUnknown, PartUnknown, TenderNotOpen: as `one`.
            BidMissing: for a bid that is not opened: nobody gets those.
            BlobUnknown: where the file was lost.
        """
        view = self._tenders.one(tender)
        self._roles.require_officer(by, view.agency)
        _require_told(view, lot, part)
        bid = view.state.lot(lot).bids.get(bidder)
        if bid is None or cause_of(view.state, lot, part, bid) is not None:
            raise BidMissing(bidder)
        found = self._blobs.read(Digest(file_of(bid, part)))
        return chain((next(found, b""),), found)  # what is lost is said before an answer begins

    def signals(self, tender: TenderId, lot: int, by: Address) -> tuple[Flag, ...]:
        """Return what the opened bids of a lot have in common, for officers; never a rejection.

        It is what their manifests tell, over all opened parts. Raises as `sealed`.
        """
        view = self._tenders.one(tender)
        self._roles.require_officer(by, view.agency)
        _require_told(view, lot, 1)
        said: dict[Address, list[dict[str, Any]]] = {}
        for part in view.state.ends:
            for key, row in self._store.found((tender, lot, part)).items():
                if row.found.cause is None:
                    said.setdefault(key, []).append(parse_object(row.found.manifest))
        return tuple(manifest_flags(said))


def _require_told(view: TenderView, lot: int, part: int) -> Phase:
    if not 1 <= part <= view.state.announcement.parts:
        raise PartUnknown(part)
    recorded = view.state.lot(lot).openings.get(part)
    phase = phase_at(view.state, lot, part, view.at)
    if phase not in _TOLD and recorded is None:
        raise TenderNotOpen(phase)
    return phase


def _closed(
    view: TenderView, lot: int, part: int, found: Mapping[Address, Found]
) -> dict[Address, Cause]:
    """Return why bids stay closed: as the chain tells, else as their files did."""
    closed = {}
    for key, bid in sorted(view.state.lot(lot).bids.items()):
        known = found.get(key)
        cause = cause_of(view.state, lot, part, bid)
        if cause is None and known is not None and known.version == bid.version:
            cause = known.cause
        if cause is not None:
            closed[key] = cause
    return closed
