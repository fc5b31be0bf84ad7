"""Verifying for a stranger: gather the evidence, then ask the pure rules.

Evidence comes from the projection, or with `fresh` from a node by one call. Whoever cannot be asked
leaves the answer unconfirmed; nothing a stranger sends, and no outage, is an error here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from api.services.progress import Proofs
from api.services.registry import Directory, HeadAge
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.events import StatusChanged
from ledger.licences.catalogue import Catalogue
from ledger.licences.sd_jwt import parse
from ledger.values import AgencyId
from ledger.verification.check import Report
from ledger.verification.evidence import Evidence, Query, Reading, Source, Unreachable
from ledger.verification.policy import HolderRequest, Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.verify import query_of, verify


class ProjectedLedger(Protocol):
    """The ledger as the projection has it."""

    def reading(self, query: Query) -> Reading:
        """Return what one verification asks; raise `Unavailable` where nobody could say."""

    def history(self, agency: AgencyId, list_: int, word: int) -> tuple[StatusChanged, ...]:
        """Return a status word's events in chain order."""


class LiveLedger(Protocol):
    """The ledger as a node has it now."""

    def evidence(
        self, query: Query, proof: ProofFile | None, *, now: int, past: bool = False
    ) -> Evidence:
        """Return the evidence; a node that cannot say leaves `Unreachable` in it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a document; `at` None for now, `holder` where its proof is wanted."""

    document: str
    proof: ProofFile | None = None
    at: int | None = None
    is_fresh: bool = False
    holder: HolderRequest | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A report, and the projection's head where it is known."""

    report: Report
    head: HeadAge | None


class Verifications:
    """Answers whether a document is valid, invalid, or cannot be confirmed."""

    def __init__(
        self,
        *,
        projected: ProjectedLedger,
        live: LiveLedger,
        proofs: Proofs,
        directory: Directory,
        policy: Policy,
        catalogue: Catalogue,
        clock: Callable[[], int],
    ) -> None:
        self._projected = projected
        self._live = live
        self._proofs = proofs
        self._directory = directory
        self._policy = policy
        self._catalogue = catalogue
        self._clock = clock

    def verify(self, question: Question) -> Answer:
        """Return the answer; never raise for what a stranger sent or for who cannot be reached."""
        evidence = self._evidence(question)
        policy = replace(self._policy, holder=question.holder)
        now = self._clock()
        at = now if question.at is None else question.at
        report = verify(question.document, evidence, policy, at, self._catalogue)
        return Answer(report, self._head(report.reading, now))

    def _head(self, reading: Reading | Unreachable, now: int) -> HeadAge | None:
        if isinstance(reading, Reading) and reading.source is Source.PROJECTION:
            return HeadAge(reading.block, reading.block_time, max(0, now - reading.read_at))
        try:
            return self._directory.head()
        except Unavailable:
            return None

    def _evidence(self, question: Question) -> Evidence:
        proof = question.proof or self._own_proof(question.document)
        try:
            query = query_of(question.document, proof)
        except Refused:
            return Evidence(proof, Unreachable("the document cannot be read"))
        is_past = question.at is not None
        if question.is_fresh:
            return self._live.evidence(query, proof, now=self._clock(), past=is_past)
        try:
            reading = self._projected.reading(query)
            if not (reading.status_word or is_past):
                return Evidence(proof, reading)
            history = self._projected.history(query.agency, query.list, query.word)
        except Unavailable as exc:
            return Evidence(proof, Unreachable(str(exc)))
        return Evidence(proof, reading, history)

    def _own_proof(self, document: str) -> ProofFile | None:
        """Return the proof if the document was issued here and is anchored."""
        try:
            return self._proofs.proof(parse(document).digest)
        except LedgerError:
            return None
