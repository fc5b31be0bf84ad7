"""Co-signatures of opening records: taken in for what is in them, whoever brings them.

A co-signature is a paper of its tender, public like the record that it names. It counts only for
the record that was anchored, by a key that the chain or the tender documents know.
"""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Final

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


class OpeningCoSignatures:
    """Takes co-signatures in."""

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
