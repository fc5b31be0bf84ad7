"""Filings of those without a live key: taken in with a signed receipt, and followed to an answer.

The text may name who bids, so the officers alone read it. That something is filed, and whether it
is overdue, everybody sees.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from api.services.filing_shares import AddressShares, require_share
from api.services.issuers import Issuers
from api.services.tender_papers import PaperOrder, TenderPapers
from api.services.tenders import Tenders, TenderView
from api.store.tender_filings import FilingRow, FilingStore
from ledger.canonical import b64url_encode
from ledger.errors import RoleMissing
from ledger.tenders import filing_answers, filings
from ledger.tenders.events import Stage
from ledger.tenders.filing_answers import FilingAnswers
from ledger.tenders.filings import Filing, FilingKind, FilingReceipt, FilingState
from ledger.tenders.ids import TenderId
from ledger.values import Address, Digest, Role

_TEXT: Final = "text/plain"


@dataclass(frozen=True, slots=True)
class FilingOrder:
    """What somebody files on a lot of a published tender."""

    tender: TenderId
    kind: FilingKind
    lot: int
    stage: Stage
    text: str
    objection: bytes = bytes(32)


@dataclass(frozen=True, slots=True)
class FilingView:
    """A filing and where it stands as of the head."""

    row: FilingRow
    state: FilingState
    is_new: bool = False


class Filings:
    """Takes filings in, and shows where they stand."""

    def __init__(
        self,
        *,
        store: FilingStore,
        papers: TenderPapers,
        tenders: Tenders,
        issuers: Issuers,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._papers = papers
        self._tenders = tenders
        self._issuers = issuers
        self._clock = clock
        self._randomness = randomness
        self._shares = AddressShares()

    def file(self, order: FilingOrder, by: Address, address: str) -> FilingView:
        """Take a filing in and sign for it; the same twice gets the first receipt.

        `address` is the network's.

        Raises:
            TenderUnknown, LotUnknown: for what it is about.
            ObjectionFirst, ObjectionUnknown: for what a complaint names.
            TooManyFilings: when the account or the address filed enough.
            TenderSpaceFull: when there is no room left, or no share of it (`filing_shares`).
            AgencyNotActive, SigningKeyMissing: when nobody here could sign for it.
        """
        view = self._tenders.one(order.tender)
        view.state.lot(order.lot)
        issuer = self._issuers.for_decisions(view.state.announcement.agency)
        content, now = order.text.encode(), self._clock()
        digest = Digest(hashlib.sha256(content).digest())
        due_at = filings.due_at(order.kind, view.state.terms, now)
        place = (order.kind, order.lot, order.stage)
        filing = Filing(*place, digest, now, due_at, order.objection)
        number = b64url_encode(self._randomness(filings.ID_BYTES))
        receipt = FilingReceipt(issuer.url, number, order.tender, filing)
        row = FilingRow(order.tender, filing, by, filings.sign(receipt, issuer.signer))
        if (found := self._store.find(row)) is not None:
            return self._seen(found, view)
        self._require_objected(filing, view)
        self._store.require_few(row)  # before its paper takes the tender's room
        self._require_share(row, len(content), address)
        paper = PaperOrder(order.tender, order.kind.role, _TEXT, digest)
        self._papers.keep_own(paper, BytesIO(content))
        kept, is_new = self._store.keep(row)
        self._shares.add(order.tender, address, len(content))
        return self._seen(kept, view, is_new=is_new)

    def answers(self, tender: TenderId) -> str:
        """Return the signed list of what papers answered, whoever filed it (`filing_answers`).

        Raises `TenderUnknown`, `AgencyNotActive`, `SigningKeyMissing`.
        """
        agency = self._tenders.one(tender).state.announcement.agency
        issuer = self._issuers.for_decisions(agency)
        now = self._clock()  # before it is read: what comes meanwhile came after
        said = FilingAnswers(issuer.url, now, tender, self._store.answers(tender))
        return filing_answers.sign(said, issuer.signer)

    def of(self, view: TenderView) -> tuple[FilingView, ...]:
        """Return a tender's filings, the newest first, `MOST_SHOWN` at most."""
        return tuple(self._seen(row, view) for row in self._store.of(view.state.id))

    def listed(
        self, tender: TenderId, by: Address, cursor: str | None, limit: int
    ) -> tuple[tuple[FilingView, ...], str | None]:
        """Return filings for the tender's officers, the newest first, and the cursor behind them.

        Raises `TenderUnknown`, `RoleMissing` or `CursorMalformed`.
        """
        view = self._tenders.one(tender)
        agency = view.state.announcement.agency
        if not self._papers.is_officer(by, agency):
            raise RoleMissing(agency, int(Role.TENDERER), by)
        rows, behind = self._store.page(tender, cursor, limit)
        return tuple(self._seen(row, view) for row in rows), behind

    def _require_objected(self, filing: Filing, view: TenderView) -> None:
        if filing.kind is FilingKind.COMPLAINT:
            filed = self._store.objections(view.state.id, filing.objection)
            filings.require_objected_first(filing, filed, view.state, view.at)

    def _require_share(self, row: FilingRow, size: int, address: str) -> None:
        left = self._papers.left_for_filings(row.tender)
        require_share(size, self._store.taken(row.tender, row.brought_by), left)
        self._shares.require(row.tender, address, size, left)

    @staticmethod
    def _seen(row: FilingRow, view: TenderView, *, is_new: bool = False) -> FilingView:
        return FilingView(row, filings.state_of(row.filing, view.state, view.at), is_new)
