"""Verifying for a stranger: gather the evidence, then ask the pure rules.

Evidence comes from the projection, or with `fresh` from a node by one call. Whoever cannot be asked
leaves the answer unconfirmed; nothing a stranger sends, and no outage, is an error here.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from api.services.at_head import AtHead, NotAtHand
from api.services.progress import Proofs
from api.services.registry import HeadAge
from api.store.batches import Anchored
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.licences.catalogue import Catalogue
from ledger.values import Digest
from ledger.verification.check import Report
from ledger.verification.evidence import Evidence, Query, Reading, Source, Unreachable
from ledger.verification.policy import HolderRequest, Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.records import (
    OpenedRecord,
    open_record,
    query_about,
    report_on,
    wants_history,
)


class LiveLedger(Protocol):
    """The ledger as a node has it now."""

    def evidence(
        self, query: Query, proof: ProofFile | None, *, now: int, past: bool = False
    ) -> Evidence:
        """Return the evidence; a node that cannot say leaves `Unreachable` in it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a document; `at` None for now, `holder` where its proof is wanted.

    `licence` is what a decision is about.
    """

    document: str
    proof: ProofFile | None = None
    at: int | None = None
    is_fresh: bool = False
    holder: HolderRequest | None = None
    licence: str | None = None


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
        projected: AtHead,
        live: LiveLedger,
        proofs: Proofs,
        policy: Policy,
        catalogue: Catalogue,
        clock: Callable[[], int],
    ) -> None:
        self._projected = projected
        self._in_memory = projected.in_memory
        self._live = live
        self._proofs = proofs
        self._policy = policy
        self._catalogue = catalogue
        self._clock = clock

    @property
    def is_recent(self) -> bool:
        """Whether what is in memory still serves: the head was looked at just now."""
        return self._projected.is_recent

    def look(self) -> None:
        """Look at the head, so that what is in memory serves again."""
        with suppress(Unavailable):  # whoever verifies next says so
            self._projected.look()

    def verify(self, question: Question) -> Answer:
        """Return the answer; never raise for what a stranger sent or for who cannot be reached."""
        return self._answer(question, self._projected)

    def at_once(self, question: Question) -> Answer | None:
        """Return the answer where all it takes is in memory, else None; never wait for anybody."""
        if question.is_fresh:
            return None
        try:
            return self._answer(question, self._in_memory)
        except NotAtHand:
            return None

    def _answer(self, question: Question, projected: AtHead) -> Answer:
        opened = open_record(question.document, question.licence)
        evidence = self._evidence(question, opened, projected)
        policy = self._policy
        if question.holder is not None:
            policy = replace(policy, holder=question.holder)
        now = self._clock()
        at = now if question.at is None else question.at
        report = report_on(opened, evidence, policy, at, self._catalogue)
        return Answer(report, _head(report.reading, now, projected))

    def _evidence(self, question: Question, opened: OpenedRecord, projected: AtHead) -> Evidence:
        proof = question.proof or self._own_proof(opened.digest, projected)
        try:
            query = query_about(opened, proof)
        except Refused:
            return Evidence(proof, Unreachable("the document cannot be read"))
        is_past = question.at is not None or wants_history(opened)
        if question.is_fresh:
            found = self._live.evidence(query, proof, now=self._clock(), past=is_past)
            return _since_last_seen(found, projected)
        try:
            reading = projected.reading(query)
            if not is_past and self._is_of_the_future(reading):
                return Evidence(proof, Unreachable("the clock was ahead when the chain was read"))
            if not (reading.status_word or is_past):
                return Evidence(proof, reading)
            history = projected.history(query.agency, query.list, query.word)
        except Unavailable as exc:
            return Evidence(proof, Unreachable(str(exc)))
        return Evidence(proof, reading, history)

    def _is_of_the_future(self, reading: Reading) -> bool:
        """Whether a clock that was ahead dated it: it would pass for fresh until that time."""
        return reading.read_at - self._clock() > self._policy.max_evidence_age

    def _own_proof(self, digest: Digest | None, projected: AtHead) -> ProofFile | None:
        """Return the proof if the document was issued here and is anchored."""
        if digest is None:
            return None

        def anchored(batch: int) -> Anchored | None:
            return projected.kept(("anchored", batch), lambda: self._proofs.anchored(batch))

        try:
            known = self._proofs.known(digest, anchored)
            if known is None:
                projected.ask(lambda: self._proofs.load(digest))
                known = self._proofs.known(digest, anchored)
        except LedgerError:
            return None
        return known


def _since_last_seen(found: Evidence, projected: AtHead) -> Evidence:
    """Let evidence that no node gave say since when: a node confirmed the projection then."""
    if isinstance(found.reading, Reading):
        return found
    with suppress(Unavailable):
        return replace(found, reading=replace(found.reading, since=projected.head().seen_at))
    return found


def _head(reading: Reading | Unreachable, now: int, projected: AtHead) -> HeadAge | None:
    if isinstance(reading, Reading) and reading.source is Source.PROJECTION:
        return HeadAge(reading.block, reading.block_time, max(0, now - reading.read_at))
    try:
        head = projected.head()
    except Unavailable:
        return None
    return HeadAge(head.block, head.block_time, max(0, now - head.seen_at))
