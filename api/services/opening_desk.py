"""What the service needs to open bids: terms from the documents, evidence, and sealed files.

Files come from the stores of large files, and each of these is read again before anybody is told
that one is lost. What comes out is looked at and dropped: manifests alone are kept.
"""

from collections.abc import Iterator
from typing import Final

from api.blobs.replicas import Finding, Replicas
from api.blobs.store import BlobStore, BlobStoreUnavailable, BlobUnknown
from api.services.at_head import AtHead
from api.services.progress import Proofs
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.licences.catalogue import Catalogue
from ledger.tenders import bid_flags, documents
from ledger.tenders.bid_flags import Terms
from ledger.tenders.errors import DigestMismatch
from ledger.tenders.messages import SubmitBid
from ledger.tenders.opening import Lost, Opening, Unseal
from ledger.tenders.recognition import InForceAt, recognising
from ledger.tenders.shown_licences import Bench, Presented
from ledger.tenders.state import Bid, TenderState
from ledger.tenders.trustees import octets
from ledger.tenders.unsealing import Opened, open_part
from ledger.values import AgencyId, Digest, LedgerRef
from ledger.verification.evidence import Evidence, Unreachable
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.records import open_record, query_about

READINGS: Final = 2
"""How often a file is read from each store before it is said to be lost."""
_MOST_BYTES: Final = 8 * 2**20
"""No paper that is looked at here is longer: `forms.MAX_BYTES`."""


class DocumentsAbsent(Unavailable):
    """The service does not have the tender's documents, so it cannot say what they ask of bids."""


class OpeningDesk:
    """Opens bids with what lies in the service."""

    def __init__(
        self,
        *,
        blobs: Replicas,
        projected: AtHead,
        proofs: Proofs,
        policy: Policy,
        catalogue: Catalogue,
        ledger: LedgerRef,
        in_force: InForceAt,
    ) -> None:
        """`ledger` is the TenderLedger, `in_force` tells of agreements."""
        self._blobs = blobs
        self._projected = projected
        self._proofs = proofs
        self._policy = policy
        self._catalogue = catalogue
        self._ledger = ledger
        self._in_force = in_force

    def opening(self, state: TenderState, lot: int, part: int, at: int) -> Opening:
        """Return one part of a lot as it stands at `at`, the head's time.

        Raises `DocumentsAbsent` where the tender's documents were never given to the service.
        """
        terms = self._terms(state)
        recognises = recognising(lambda: self._home(state.announcement.agency), self._in_force)
        bench = Bench(terms.wanted, self._policy, self._catalogue, self._gather, recognises)
        return Opening(self._ledger, state, lot, part, at, terms, bench)

    def unseal(self, bid: Bid, part: int) -> Unseal:
        """Return what opens a bid's file out of whichever replica has it whole.

        It is lost where none has, and each was asked; raises `BlobStoreUnavailable` where one
        could not be.
        """

        def unsealed(key: bytes) -> Opened | Lost:
            if bid.told is None:
                return Lost()
            found: dict[str, Finding] = {}
            for _ in range(READINGS):
                tried = self._tried(bid.told.bid, part, key)
                if isinstance(tried, Opened):
                    return tried
                found = tried
                if Finding.CORRUPT not in found.values():
                    break
            if Finding.UNREACHABLE in found.values():
                raise BlobStoreUnavailable
            return Lost({name: each.value for name, each in found.items()})

        return unsealed

    def _tried(self, bid: SubmitBid, part: int, key: bytes) -> Opened | dict[str, Finding]:
        """Return what the first whole copy of a bid's file holds, else what each replica has."""
        found: dict[str, Finding] = {}
        for each in self._blobs.each:
            try:
                return self._opened(each.store, bid, part, key)
            except DigestMismatch:
                found[each.name] = Finding.CORRUPT
            except BlobUnknown:
                found[each.name] = Finding.ABSENT
            except BlobStoreUnavailable:
                found[each.name] = Finding.UNREACHABLE
        return found

    def _opened(self, store: BlobStore, bid: SubmitBid, part: int, key: bytes) -> Opened:
        source = _Pieces(store.read(Digest(bid.parts[part - 1].file)))
        return open_part(source, key, self._ledger, bid, part, _nowhere)

    def _home(self, buyer: AgencyId) -> str | None:
        found = self._projected.agency(buyer)
        return None if found is None else found.jurisdiction

    def _terms(self, state: TenderState) -> Terms:
        try:
            known = documents.read(self._paper(state.docs[-1]))
            files = {
                each["path"]: self._paper(octets(each["sha256"]))
                for each in bid_flags.requested(known)
            }
            return Terms.of(known, files)
        except (BlobUnknown, Refused) as exc:
            raise DocumentsAbsent from exc

    def _paper(self, digest: bytes) -> bytes:
        content = b""
        for piece in self._blobs.read(Digest(digest)):
            content += piece
            if len(content) > _MOST_BYTES:
                raise BlobUnknown(digest)
        return content

    def _gather(self, shown: Presented) -> Evidence:
        """Return what the projection says of a document, with its history."""
        proof = shown.proof or self._own_proof(shown)
        if proof is not None and proof.ledger not in self._policy.ledgers:
            return Evidence(proof, Unreachable("its ledger is not followed here"))
        try:
            query = query_about(open_record(shown.text), proof)
        except Refused as exc:
            return Evidence(proof, Unreachable(str(exc)))  # the verdict says what is wrong
        try:
            reading = self._projected.reading(query)
            history = self._projected.history(query.agency, query.list, query.word)
        except Unavailable as exc:
            return Evidence(proof, Unreachable(str(exc)))
        return Evidence(proof, reading, history)

    def _own_proof(self, shown: Presented) -> ProofFile | None:
        digest = shown.opened.digest
        try:
            return None if digest is None else self._proofs.proof(digest)
        except LedgerError:
            return None


class _Pieces:
    """A file that comes in pieces, read as a source."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


class _Nowhere:
    """A sink that keeps nothing."""

    def write(self, content: bytes, /) -> None:
        """Forget what comes."""


def _nowhere(_number: int, _path: str, _size: int) -> _Nowhere:
    return _Nowhere()
