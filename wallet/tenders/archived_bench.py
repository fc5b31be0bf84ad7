"""Who judges licences off line: what a bundle proves of them, and whoever notes what it has to."""

from dataclasses import replace

from ledger.agreements.agreement import InForce
from ledger.chain.archived_documents import NOT_ARCHIVED, ArchivedDocuments
from ledger.chain.deployments import Deployment
from ledger.errors import Refused, Unavailable
from ledger.licences.catalogue import load_catalogue
from ledger.tenders.recognition import recognising
from ledger.tenders.shown_licences import Bench, Presented
from ledger.values import AgencyId, JurisdictionId, RecordType
from ledger.verification.evidence import Evidence, Query, Unreachable
from ledger.verification.policy import Policy
from ledger.verification.records import open_record, query_about
from wallet.tenders.opening import NODE_AGE_SECONDS


class AgreementsNotArchived(Unavailable):
    """A bundle does not tell which places recognise each other. Ask a node, with --node."""


def bench_by(archived: ArchivedDocuments, buyer: AgencyId) -> Bench:
    """Return who judges by what a bundle proves; documents of other ledgers nobody does.

    Nor those of other countries, whose agreements a bundle does not prove.
    """
    ledger = archived.deployment.ledger

    def gather(shown: Presented) -> Evidence:
        query = _query_of(shown, archived.deployment)
        if query is None:
            return Evidence(shown.proof, Unreachable(NOT_ARCHIVED))
        return archived.evidence(query, shown.proof)

    policy = Policy(frozenset({ledger}), NODE_AGE_SECONDS)
    recognises = recognising(lambda: archived.home_of(buyer), _untold)
    return Bench((), policy, load_catalogue(), gather, recognises, unsaid="not-judged")


def noting(bench: Bench, deployment: Deployment, noted: set[Query]) -> Bench:
    """Return the same bench; what it is asked about is noted, as far as this ledger tells of it."""

    def gather(shown: Presented) -> Evidence:
        query = _query_of(shown, deployment)
        if query is not None:
            noted.add(query)
        return bench.gather(shown)

    return replace(bench, gather=gather)


def _query_of(shown: Presented, deployment: Deployment) -> Query | None:
    """What to ask the ledger about a document, None where it is another's, or cannot be read."""
    if shown.proof is not None and shown.proof.ledger != deployment.ledger:
        return None
    try:
        return query_about(open_record(shown.text), shown.proof)
    except Refused:
        return None


def _untold(_source: JurisdictionId, _to: JurisdictionId, _type: RecordType, _at: int) -> InForce:
    raise AgreementsNotArchived
