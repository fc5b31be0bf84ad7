"""Co-signatures of opening records: taken in for what is in them, whoever brings them.

A co-signature is a paper of its tender, public like the record that it names. It counts only for
the record that was anchored, by a key that the chain or the tender documents know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Final

from api.blobs.store import BlobStoreUnavailable
from api.services.sign_ins import RolesOnLedger
from api.services.tender_papers import KeptPaper, PaperOrder, PaperUnknown, TenderPapers
from api.services.tenders import Tenders, TenderView
from ledger.errors import Unavailable
from ledger.tenders import documents
from ledger.tenders.errors import OpeningDiffers, OpeningNotRecorded, PartUnknown, TenderUnknown
from ledger.tenders.forms import MAX_BYTES
from ledger.tenders.ids import TenderId
from ledger.tenders.opening_cosignatures import (
    Capacity,
    CoSigned,
    CoSigners,
    CoSignerUnknown,
    OpeningCoSignature,
)
from ledger.tenders.papers import PaperRole
from ledger.values import Address, Digest, LedgerRef, Role, jurisdiction_id

_JSON: Final = "application/json"


class CoSignersUntold(Unavailable):
    """The service does not have the tender's documents, which name the notary."""


@dataclass(frozen=True, slots=True)
class CoSignatureOrder:
    """What is brought for one part of a lot."""

    tender: TenderId
    lot: int
    part: int
    record: bytes
    capacity: Capacity
    signer: Address
    signature: bytes


@dataclass(frozen=True, slots=True)
class CoSignerView:
    """A co-signature that the service found good at `taken_at`, in Unix seconds.

    A signature has no time of its own. `name` is empty for who has none in the documents.
    """

    made: OpeningCoSignature
    name: str
    taken_at: int


@dataclass(frozen=True, slots=True)
class CoSigningView:
    """Who co-signed one record, and who was announced to and has not.

    `awaited` is None where the documents, which announce, are not here.
    """

    signed: tuple[CoSignerView, ...]
    awaited: tuple[Capacity, ...] | None


class OpeningCoSignatures:
    """Takes co-signatures in, and tells of them."""

    def __init__(
        self,
        papers: TenderPapers,
        tenders: Tenders,
        roles: RolesOnLedger,
        ledger: LedgerRef | None,
    ) -> None:
        """`ledger` is the TenderLedger, None where the contracts have none; `roles` the chain's."""
        self._papers = papers
        self._tenders = tenders
        self._roles = roles
        self._ledger = ledger

    def keep(self, order: CoSignatureOrder) -> tuple[KeptPaper, bool]:
        """Keep a co-signature; return its paper, and whether it is new. The same twice is the same.

        Raises:
            TenderUnknown, LotUnknown, PartUnknown: for what there is not.
            OpeningNotRecorded: before the buyer anchored a record.
            OpeningDiffers: for another record than that one.
            CoSignatureInvalid: unless `signer` signed it.
            CoSignerUnknown: for a key that is not the supervisor's, or not the notary's.
            CoSignersUntold: where the documents are not here.
            TenderSpaceFull: when there is no room left.
        """
        if self._ledger is None:
            raise TenderUnknown(order.tender)
        view = self._tenders.one(order.tender)
        self._require_recorded(view, order)
        place = (order.tender, order.lot, order.part)
        said = CoSigned(self._ledger, *place, order.record, order.capacity)
        made = OpeningCoSignature(said, order.signer, order.signature)
        made.require_signed()
        self._require_known(view, order)
        content = made.to_bytes()
        digest = Digest(sha256(content).digest())
        paper = PaperOrder(order.tender, PaperRole.COSIGNATURE, _JSON, digest)
        return self._papers.keep_own(paper, BytesIO(content), goes_with=order.record)

    def of(self, view: TenderView) -> Mapping[tuple[int, int], CoSigningView]:
        """Return who co-signed each recorded opening, by lot and part.

        Empty while the papers cannot be read.
        """
        places = {
            (number, part): told.digest
            for number, lot in enumerate(view.state.lots)
            for part, told in lot.openings.items()
        }
        if not places:
            return {}
        try:
            signers = self._signers(view)
            return {place: self._told(view, each, signers) for place, each in places.items()}
        except BlobStoreUnavailable:
            return {}

    def _signers(self, view: TenderView) -> CoSigners | None:
        try:
            return self._announced(view)
        except (CoSignersUntold, BlobStoreUnavailable):
            return None

    def _told(self, view: TenderView, record: bytes, signers: CoSigners | None) -> CoSigningView:
        papers = self._papers.going_with(view.state.id, PaperRole.COSIGNATURE, record)
        found: dict[tuple[Capacity, Address], CoSignerView] = {}
        for paper in papers:
            made = OpeningCoSignature.read(b"".join(self._papers.pieces(paper)))
            key = made.said.capacity, made.signer
            found.setdefault(key, CoSignerView(made, _name(made, signers), paper.row.kept_at))
        signed = {capacity for capacity, _ in found}
        awaited = (
            None
            if signers is None
            else tuple(each for each in signers.announced if each not in signed)
        )
        return CoSigningView(tuple(found.values()), awaited)

    @staticmethod
    def _require_recorded(view: TenderView, order: CoSignatureOrder) -> None:
        if order.part > view.state.announcement.parts:
            raise PartUnknown(order.part)
        recorded = view.state.lot(order.lot).openings.get(order.part)
        if recorded is None:
            raise OpeningNotRecorded(order.lot, order.part)
        if recorded.digest != order.record:
            raise OpeningDiffers(recorded.digest, order.record)

    def _require_known(self, view: TenderView, order: CoSignatureOrder) -> None:
        if order.capacity is Capacity.NOTARY:
            self._announced(view).require_notary(order.signer)
            return
        place = jurisdiction_id(view.agency.jurisdiction)
        if (place, Role.SUPERVISOR) not in self._roles.roles(order.signer):
            raise CoSignerUnknown(order.signer, order.capacity)

    def _announced(self, view: TenderView) -> CoSigners:
        try:
            paper = self._papers.read(view.state.id, Digest(view.state.docs[-1]))
        except PaperUnknown as exc:
            raise CoSignersUntold from exc
        if paper.row.size > MAX_BYTES:
            raise CoSignersUntold
        return CoSigners.of(documents.read(b"".join(self._papers.pieces(paper))).content)


def _name(made: OpeningCoSignature, signers: CoSigners | None) -> str:
    """Return the notary's name; a supervisor's account has none."""
    if signers is None or signers.notary is None or made.said.capacity is not Capacity.NOTARY:
        return ""
    return signers.notary.name
