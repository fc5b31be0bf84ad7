"""Documents shown in bids, in a tender's archive: what the ledger tells of them, with its proofs.

Logs with receipts and headers, as the archive has them of the tender. The ledger's answer about a
document is put together from the events of its issuer, its anchor and its status word. That none
is left out the headers show, from the issuer's admission on: before it, nothing could be told.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ledger.chain.archive_watches import Watch, may_tell, of_document
from ledger.chain.block_gathering import gather_blocks, gather_headers
from ledger.chain.block_proofs import read_header
from ledger.chain.deployments import Deployment
from ledger.chain.logs import RawLog, decode_log, event_topic
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.chain.tender_archive import (
    MOST_HEADERS,
    Archive,
    ArchiveRead,
    read,
    require_same,
    watches_of,
)
from ledger.chain.wire import spell
from ledger.events import AgencyAdmitted, Event
from ledger.tenders.audit.readings import codes_in, history_of, home_in, reading_of
from ledger.values import AgencyId
from ledger.verification.evidence import Evidence, Query, Unreachable
from ledger.verification.proof_file import ProofFile

NOT_ARCHIVED = "not-archived"
"""Why nobody could say: the archive does not prove all that the ledger tells of a document."""


def with_documents(
    node: Node,
    deployment: Deployment,
    archive: Archive,
    queries: Collection[Query],
    buyer: AgencyId,
    key_ids: Collection[bytes] = (),
) -> Archive:
    """Return an archive with what the ledger tells of documents as well, up to its own head.

    `buyer` holds the tender: what is recognised there depends on its place. Headers that would
    reach back too far (`MOST_HEADERS`) are left out: then nobody judges these documents by the
    archive. `key_ids` are those that it was gathered with.

    Raises as `gather` does.
    """
    reader = ContractReader(node, deployment)
    logs = _told_of(reader, deployment, queries, archive.head.block)
    headers = _reaching_back(node, archive, {each.block for each in logs})
    logs += _places(reader, deployment, logs, buyer, archive.head.block)
    role = read(archive, deployment).supervision
    subjects = (*key_ids, *(() if role is None else (role,)))
    watches = (
        *watches_of(deployment, archive.tender, subjects),
        *(each for query in queries for each in of_document(deployment, query)),
    )
    numbers = {each.block for each in logs}
    numbers |= {each.head.block for each in map(read_header, headers) if may_tell(each, watches)}
    blocks = gather_blocks(node, sorted(numbers - archive.blocks.keys()))
    return replace(archive, headers=headers, blocks={**archive.blocks, **blocks})


def _told_of(
    reader: ContractReader, deployment: Deployment, queries: Collection[Query], end: int
) -> list[RawLog]:
    """What was told of documents' issuers, of their anchors and of their status words."""
    agencies = sorted({each.agency for each in queries})
    found = [
        log
        for agency in agencies
        for log in reader.logs(deployment.authority, (None, spell(agency)), deployment.block, end)
    ]
    return found + [log for each in queries for log in _records(reader, deployment, each, end)]


def _places(
    reader: ContractReader, deployment: Deployment, logs: list[RawLog], buyer: AgencyId, end: int
) -> list[RawLog]:
    """The admissions of the buyer, and of its jurisdiction and the issuers'."""
    at, start = deployment.authority, deployment.block
    admitted = spell(event_topic("Authority", "AgencyAdmitted"))
    own = reader.logs(at, (admitted, spell(buyer)), start, end)
    told = [decode_log(deployment, each, 0) for each in (*logs, *own)]
    places = {each.jurisdiction for each in told if isinstance(each, AgencyAdmitted)}
    topic = spell(event_topic("Authority", "JurisdictionAdmitted"))
    return own + [
        log for each in sorted(places) for log in reader.logs(at, (topic, spell(each)), start, end)
    ]


def _records(
    reader: ContractReader, deployment: Deployment, query: Query, end: int
) -> list[RawLog]:
    """The anchor of a document's batch, and the changes of its status word."""
    at, start = deployment.record_ledger, deployment.block
    anchored = spell(event_topic("RecordLedger", "BatchAnchored"))
    changed = spell(event_topic("RecordLedger", "StatusChanged"))
    agency = spell(query.agency)
    word = [spell(each.to_bytes(32)) for each in (query.list, query.word) if each >= 0]
    found: list[RawLog] = []
    if query.root is not None:
        found += reader.logs(at, (anchored, agency, spell(query.root)), start, end)
    if len(word) == len((query.list, query.word)):
        found += reader.logs(at, (changed, agency, *word), start, end)
    return found


def _reaching_back(node: Node, archive: Archive, numbers: Collection[int]) -> tuple[bytes, ...]:
    if not archive.headers or not numbers:
        return archive.headers
    known, start = read_header(archive.headers[0]).head.block, min(numbers)
    if start >= known or archive.head.block - start >= MOST_HEADERS:
        return archive.headers
    headers = (*gather_headers(node, start, known - 1), *archive.headers)
    require_same(headers, archive.head.hash)
    return headers


@dataclass(frozen=True)
class ArchivedDocuments:
    """What an archive proves of documents; its headers have to lead to a head that is believed."""

    found: ArchiveRead
    deployment: Deployment

    def evidence(self, query: Query, proof: ProofFile | None) -> Evidence:
        """Return what the ledger says of a document, its history with it.

        `Unreachable` where the archive does not show that nothing more was told of it.
        """
        if not self._is_whole(query.agency, of_document(self.deployment, query)):
            return Evidence(proof, Unreachable(NOT_ARCHIVED))
        head = self.found.headers[-1].head
        codes, at = codes_in(self.found.told), (head.block, head.time)
        reading = reading_of(query, self._told, codes, self.deployment.ledger, at)
        if reading.agency is None:
            return Evidence(proof, Unreachable(NOT_ARCHIVED))
        return Evidence(proof, reading, history_of(query, self._told))

    def home_of(self, agency: AgencyId) -> str | None:
        """Return the code of an agency's jurisdiction, None where nothing proves it."""
        return home_in(agency, self.found.told)

    @cached_property
    def _told(self) -> Sequence[Event]:
        """The events of blocks that the headers name; others are nobody's."""
        known = {each.head.hash for each in self.found.headers}
        return [each for each in self.found.told if each.place.block_hash in known]

    def _is_whole(self, agency: AgencyId, watches: Sequence[Watch]) -> bool:
        """Whether the headers reach back to an agency's admission, and no watched block lacks."""
        admitted = any(
            isinstance(each, AgencyAdmitted) and each.agency == agency for each in self._told
        )
        return admitted and not any(may_tell(each, watches) for each in self.found.left_out)
