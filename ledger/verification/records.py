"""Whatever document a stranger hands over: a licence, or a decision about one."""

from ledger.licences.catalogue import Catalogue
from ledger.verification.check import Report
from ledger.verification.decision import (
    OpenedDecision,
    is_decision,
    open_decision,
    query_of_decision,
    verify_decision,
)
from ledger.verification.evidence import Evidence, Query
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.verify import OpenedDocument, open_document, query_of, verify

OpenedRecord = OpenedDocument | OpenedDecision


def open_record(document: str, licence: str | None = None) -> OpenedRecord:
    """Return the document read; `licence` is what a decision is about, and else not looked at."""
    return open_decision(document, licence) if is_decision(document) else open_document(document)


def query_about(record: OpenedRecord, proof: ProofFile | None) -> Query:
    """Return what to ask a ledger about it; raise `Refused` when it cannot be read."""
    if isinstance(record, OpenedDecision):
        return query_of_decision(record, proof)
    return query_of(record, proof)


def wants_history(record: OpenedRecord) -> bool:
    """Whether the status events are needed even where the status is *valid* now.

    A decision to give a licence back leaves the same bits as none.
    """
    return isinstance(record, OpenedDecision) and isinstance(record.licence, tuple)


def report_on(
    record: OpenedRecord, evidence: Evidence, policy: Policy, at: int, catalogue: Catalogue
) -> Report:
    """Return the report about it at `at`, in Unix seconds; never raise for its content."""
    if isinstance(record, OpenedDecision):
        return verify_decision(record, evidence, policy, at)
    return verify(record, evidence, policy, at, catalogue)
