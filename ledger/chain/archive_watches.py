"""What of a chain an archive has to have whole: logs by contract and topics.

A watch is an address and the topics that a log has besides its signature, as a filter holds them.
"""

from collections.abc import Iterable

from ledger.chain.block_proofs import Header
from ledger.chain.deployments import Deployment
from ledger.tenders.ids import TenderId
from ledger.values import Address, AgencyId
from ledger.verification.evidence import Query

Watch = tuple[bytes, ...]


def of_tender(deployment: Deployment, tender: TenderId) -> tuple[Watch, ...]:
    """Return what tells of a tender."""
    contracts: tuple[Address, ...] = (deployment.tenders.ledger, deployment.tenders.awards)
    return tuple((_octets(each), tender) for each in contracts)


def of_key(deployment: Deployment, key_id: bytes) -> Watch:
    """Return what tells of a document key, or of a role by its id."""
    return (_octets(deployment.authority), key_id)


def of_agency(deployment: Deployment, agency: AgencyId) -> Watch:
    """Return what tells of an agency: its state, its keys and its accreditations."""
    return (_octets(deployment.authority), agency)


def of_document(deployment: Deployment, query: Query) -> tuple[Watch, ...]:
    """Return what tells of a document: its issuer, its anchor and its status word."""
    records = _octets(deployment.record_ledger)
    anchor = () if query.root is None else ((records, query.agency, query.root),)
    status = (records, query.agency, _word(query.list), _word(query.word))
    return (of_agency(deployment, query.agency), *anchor, status)


def may_tell(header: Header, watches: Iterable[Watch]) -> bool:
    """Whether a block may have a log that is watched for; no is certain."""
    return any(header.may_hold(*each) for each in watches)


def _octets(address: Address) -> bytes:
    return bytes.fromhex(address[2:])


def _word(value: int) -> bytes:
    return (value % 2**256).to_bytes(32)
