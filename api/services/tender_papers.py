"""Papers of tenders: brought by officers, everybody's to read once the chain has their digests.

Before that nobody but the agency's officers learns that there are any. A manifest of the documents
is read when it comes, so that its files are public at the same moment as it is. What answers a
filed question everybody may read at once (实施条例 art. 21: all learn what one asked), what answers
another filing whoever filed that: it may tell who bids.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import IO, Final

from api.blobs.store import READ_BYTES, BlobStore, BlobStoreUnavailable, BlobUnknown
from api.services.at_head import AtHead
from api.store.tender_filings import FilingStore, FilingUnknown
from api.store.tender_papers import PaperRow, TenderPaperStore
from api.store.tenders import TenderStore
from ledger.errors import Refused, RoleMissing
from ledger.tenders import documents
from ledger.tenders.documents import DocumentsInvalid
from ledger.tenders.errors import LotUnknown, TenderUnknown
from ledger.tenders.filing_answers import FilingAnswer
from ledger.tenders.filings import FilingKind
from ledger.tenders.forms import MAX_BYTES as MOST_MANIFEST_BYTES
from ledger.tenders.ids import TenderId, tender_id
from ledger.tenders.papers import PaperRole, public_papers
from ledger.tenders.state import TenderState
from ledger.tenders.trustees import octets
from ledger.values import Address, AgencyId, Digest, Role, jurisdiction_id

__all__ = ["MOST_BYTES", "KeptPaper", "PaperOrder", "PaperPage", "PaperUnknown", "TenderPapers"]

MOST_BYTES: Final = 2**28
"""The largest paper (proposed)."""
_AT_ONCE: Final = 200
"""Rows that are looked through at once for those a caller may see."""
_BY_NOBODY: Final = ""
_WITH_ANOTHER: Final = {
    PaperRole.FILE: PaperRole.DOCS,
    PaperRole.COSIGNATURE: PaperRole.OPENING_RECORD,
}
"""Papers that are public with one of another role, which they go with."""
_ANSWERED: Final = {kind.answered_by: kind for kind in FilingKind}
"""What papers of a role answer."""


@dataclass(eq=False)
class PaperUnknown(Refused):
    """The tender has no paper with this digest, or none that is public yet."""

    digest: bytes


@dataclass(eq=False)
class PaperLotsInvalid(Refused):
    """A paper of role supervision or bond-return names the lots it tells of, and no other does."""

    role: str


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """What is brought for a tender; `ref` tells an officer's own tender before it is published.

    `lots` are those that it tells of (`PaperRole.names_lots`), `filing` the digest of what it
    answers or refuses.
    """

    tender: TenderId
    role: PaperRole
    media_type: str
    digest: Digest
    ref: bytes | None = None
    lots: frozenset[int] = frozenset()
    filing: bytes | None = None


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper and whether everybody may read it."""

    row: PaperRow
    is_public: bool


@dataclass(frozen=True, slots=True)
class PaperPage:
    """Papers as they came, and the cursor behind them; None at the end."""

    papers: tuple[KeptPaper, ...]
    next_cursor: str | None


class TenderPapers:
    """Keeps papers and gives them out, as of the projection."""

    def __init__(
        self,
        *,
        store: TenderPaperStore,
        tenders: TenderStore,
        filings: FilingStore,
        blobs: BlobStore,
        at_head: AtHead,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._tenders = tenders
        self._filings = filings
        self._blobs = blobs
        self._at_head = at_head
        self._clock = clock

    def expect(self, order: PaperOrder, by: Address) -> AgencyId:
        """Return whose tender it is, before the paper's body is read.

        Raises:
            TenderUnknown: unless it is published, or `by` is its officer and it has papers, or
                it is `by`'s own under `order.ref`: nobody else learns that a tender is prepared.
            RoleMissing: unless `by` tenders for the agency of a published one, or supervises it;
                complaints are decided by who supervises it.
            PaperLotsInvalid, LotUnknown: unless it names the lots that it has to, and no others.
            FilingUnknown: for a filing that is none, or that such a paper does not answer.
        """
        agency = self._agency(order.tender) or self._own(order, by)
        if not self.is_officer(by, agency):
            if not self._is_published(order.tender):
                raise TenderUnknown(order.tender)
            raise RoleMissing(agency, int(Role.TENDERER), by)
        self._require_lots(order)
        if order.filing is not None:
            self._require_answer(order, order.filing, agency, by)
        return agency

    def keep(self, order: PaperOrder, content: IO[bytes], by: Address) -> tuple[KeptPaper, bool]:
        """Keep a paper; return it, and whether it is new. The same twice is the same.

        Raises:
            DigestMismatch: unless the content has the digest that was announced.
            FormInvalid, DocumentsInvalid and as `documents.read`: for a manifest of documents that
                is none, or another tender's.
            TenderSpaceFull: when there is no room left.
            And as `expect`.
        """
        kept = self._keep(self.expect(order, by), order, content, by)
        if order.filing is not None:
            kind = _ANSWERED[order.role]
            answer = FilingAnswer(kind, order.filing, order.digest, self._clock())
            self._filings.answer(order.tender, answer)
            paper, is_new = kept
            kept = replace(paper, is_public=self._is_public(paper.row)), is_new
        return kept

    def keep_own(
        self, order: PaperOrder, content: IO[bytes], goes_with: bytes | None = None
    ) -> tuple[KeptPaper, bool]:
        """Keep what the service computed or judged itself, for a published tender.

        It is public with the paper that it `goes_with`, where there is one; raises as `keep`.
        """
        agency = self._agency(order.tender)
        if agency is None:
            raise TenderUnknown(order.tender)
        return self._keep(agency, order, content, _BY_NOBODY, goes_with)

    def left_for_filings(self, tender: TenderId) -> int:
        """Return how many bytes may still be filed on a tender."""
        return self._store.left_for_filings(tender)

    def read(self, tender: TenderId, digest: Digest, by: Address | None = None) -> KeptPaper:
        """Return one paper; raise `PaperUnknown` for what `by` may not see, and for none."""
        rows = self._store.of(tender, digest)
        seen = self._seen(tender, rows, by)
        if not seen:
            raise PaperUnknown(digest)
        return next((each for each in seen if each.is_public), seen[0])

    def going_with(self, tender: TenderId, role: PaperRole, other: bytes) -> tuple[KeptPaper, ...]:
        """Return the papers of a role that everybody may read with another one, as they came."""
        rows = self._store.going_with(tender, role, other)
        return tuple(each for each in self._seen(tender, rows, None) if each.is_public)

    def pieces(self, paper: KeptPaper) -> Iterator[bytes]:
        """Return a paper's bytes piece by piece; raise `BlobStoreUnavailable` before the first."""
        found = self._blobs.read(paper.row.digest)
        try:
            first = next(found, b"")
        except BlobUnknown as exc:
            raise BlobStoreUnavailable from exc
        return chain((first,), found)

    def listed(
        self, tender: TenderId, cursor: str | None, limit: int, by: Address | None = None
    ) -> PaperPage:
        """Return the papers that `by` may see, as they came.

        Raises `TenderUnknown` for a tender that is not published, unless `by` is its officer, and
        `CursorMalformed`.
        """
        agency = self._agency(tender)
        if agency is None or not (self._is_published(tender) or self.is_officer(by, agency)):
            raise TenderUnknown(tender)
        found: list[tuple[str, KeptPaper]] = []
        behind = cursor
        while len(found) <= limit and (rows := self._store.after(tender, behind, _AT_ONCE)):
            behind = rows[-1][0]
            seen = {each.row: each for each in self._seen(tender, [row for _, row in rows], by)}
            found += [(place, seen[row]) for place, row in rows if row in seen]
        shown = found[:limit]
        next_cursor = shown[-1][0] if len(found) > limit else None
        return PaperPage(tuple(each for _, each in shown), next_cursor)

    def _keep(
        self,
        agency: AgencyId,
        order: PaperOrder,
        content: IO[bytes],
        by: str,
        goes_with: bytes | None = None,
    ) -> tuple[KeptPaper, bool]:
        names = _named(order, content) if order.role is PaperRole.DOCS else frozenset()
        size = content.seek(0, 2)
        row = PaperRow(
            tender=order.tender,
            digest=order.digest,
            role=order.role,
            agency=agency,
            size=size,
            media_type=order.media_type,
            brought_by=by,
            kept_at=self._clock(),
        )
        self._store.require_room(row)
        self._blobs.keep(order.digest, lambda: _pieces(content))
        is_new = self._store.keep(row, names, goes_with, order.lots)
        rows = self._store.of(row.tender, row.digest)
        kept = next(each for each in rows if each.role is row.role)
        return KeptPaper(kept, self._is_public(kept)), is_new

    def _seen(
        self, tender: TenderId, rows: "tuple[PaperRow, ...] | list[PaperRow]", by: Address | None
    ) -> list[KeptPaper]:
        if not rows:
            return []
        public = self._public(tender)
        files = [row.digest for row in rows if row.role in _WITH_ANOTHER]
        named = self._store.naming(tender, files) if files else {}
        answered, own = self._answering(tender, rows, by)
        told = [KeptPaper(row, _is_public(row, public | answered, named)) for row in rows]
        if self.is_officer(by, rows[0].agency):
            return told
        return [each for each in told if each.is_public or (each.row.role, each.row.digest) in own]

    def _is_public(self, row: PaperRow) -> bool:
        named = self._store.naming(row.tender, [row.digest])
        answered, _ = self._answering(row.tender, [row], None)
        return _is_public(row, self._public(row.tender) | answered, named)

    def _answering(
        self, tender: TenderId, rows: Sequence[PaperRow], by: Address | None
    ) -> tuple[frozenset[tuple[PaperRole, bytes]], frozenset[tuple[PaperRole, bytes]]]:
        """Return which papers answer questions, as all may read, and which what `by` filed."""
        digests = [row.digest for row in rows if row.role in _ANSWERED]
        if not digests:
            return frozenset(), frozenset()
        return self._filings.answering(tender, digests, by)

    def _public(self, tender: TenderId) -> frozenset[tuple[PaperRole, bytes]]:
        key = ("public papers", tender)
        return self._at_head.kept(key, lambda: public_papers(self._tenders.events(tender)))

    def _is_published(self, tender: TenderId) -> bool:
        return self._published(tender) is not None

    def _state(self, tender: TenderId) -> TenderState | None:
        return self._at_head.kept(("tender", tender), lambda: self._tenders.tender(tender))

    def _published(self, tender: TenderId) -> AgencyId | None:
        state = self._state(tender)
        return None if state is None else state.announcement.agency

    def _agency(self, tender: TenderId) -> AgencyId | None:
        return self._published(tender) or self._store.agency(tender)

    def _own(self, order: PaperOrder, by: Address) -> AgencyId:
        """Return for which of its agencies an officer prepares the tender."""
        if order.ref is not None:
            for subject, role in self._at_head.roles(by):
                is_own = role is Role.TENDERER
                if is_own and tender_id(AgencyId(subject), order.ref) == order.tender:
                    return AgencyId(subject)
        raise TenderUnknown(order.tender)

    def _require_lots(self, order: PaperOrder) -> None:
        if bool(order.lots) is not order.role.names_lots:
            raise PaperLotsInvalid(order.role.value)
        state = self._state(order.tender)
        for lot in sorted(order.lots):
            if state is None:
                raise LotUnknown(lot)
            state.lot(lot)

    def _require_answer(
        self, order: PaperOrder, filing: bytes, agency: AgencyId, by: Address
    ) -> None:
        kind = _ANSWERED.get(order.role)
        if kind is None:
            raise FilingUnknown(filing)
        self._filings.require(order.tender, kind, filing)
        if kind is FilingKind.COMPLAINT and not self._supervises(by, agency):
            found = self._at_head.agency(agency)
            place = agency if found is None else jurisdiction_id(found.jurisdiction)
            raise RoleMissing(place, int(Role.SUPERVISOR), by)

    def is_officer(self, by: Address | None, agency: AgencyId) -> bool:
        """Whether somebody tenders for an agency, or supervises it."""
        if by is None:
            return False
        is_buyer = (agency, Role.TENDERER) in self._at_head.roles(by)
        return is_buyer or self._supervises(by, agency)

    def _supervises(self, by: Address, agency: AgencyId) -> bool:
        found = self._at_head.agency(agency)
        return found is not None and (
            (jurisdiction_id(found.jurisdiction), Role.SUPERVISOR) in self._at_head.roles(by)
        )


def _is_public(
    row: PaperRow,
    public: frozenset[tuple[PaperRole, bytes]],
    named: Mapping[bytes, frozenset[bytes]],
) -> bool:
    other = _WITH_ANOTHER.get(row.role)
    if other is not None:
        return any((other, each) in public for each in named.get(row.digest, ()))
    return (row.role, row.digest) in public


def _named(order: PaperOrder, content: IO[bytes]) -> frozenset[bytes]:
    """Return the digests of the files that a manifest names; raise for one of another tender."""
    content.seek(0)
    found = documents.read(content.read(MOST_MANIFEST_BYTES + 1))
    if found.tender != order.tender:
        raise DocumentsInvalid("tender")
    return frozenset(octets(each["sha256"]) for each in found.content["files"])


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    content.seek(0)
    return iter(lambda: content.read(READ_BYTES), b"")
