"""Everything that the ledgers said of one tender, read from a node in chain order."""

from typing import Final

from ledger.chain.deployments import Deployment
from ledger.chain.logs import RawLog, decode_log, event_topic
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.chain.wire import octets, spell
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import PolicyRegistered, TenderEvent, TenderPublished
from ledger.tenders.ids import TenderId
from ledger.values import Address, AgencyId

MOST_TENDERS: Final = 500
"""Tenders of one buyer that are read at once (proposed)."""
_AT_ONCE: Final = 100
"""Ids in one request for logs."""
TenderHistory = tuple[TenderEvent | PolicyRegistered, ...]


def tender_history(node: Node, deployment: Deployment, tender: TenderId) -> TenderHistory:
    """Return a tender's events, its policy's before them, up to the chain's last block.

    Raises:
        TenderUnknown: where nothing was published under that id.
        TendersAbsent: where the deployment has no such contracts.
        ChainUnavailable: when the node cannot say, or its chain is being reorganised.
    """
    reader = ContractReader(node, deployment)
    places = deployment.tenders
    start, end = deployment.block, reader.head().block
    about = (None, spell(tender))
    logs = [
        log
        for contract in (places.ledger, places.awards)
        for log in reader.logs(contract, about, start, end)
    ]
    logs += _registered(reader, places.policies, start, end)
    found = _decoded(deployment, reader, logs)
    named = {each.announcement.policy for each in found if isinstance(each, TenderPublished)}
    if not named:
        raise TenderUnknown(tender)
    return tuple(
        each for each in found if not isinstance(each, PolicyRegistered) or each.policy in named
    )


def buyer_history(
    node: Node, deployment: Deployment, agency: AgencyId, most: int = MOST_TENDERS
) -> dict[TenderId, TenderHistory]:
    """Return the events of an agency's tenders by id, of the `most` newest; raises as above.

    Empty for an agency that published none.
    """
    reader = ContractReader(node, deployment)
    places = deployment.tenders
    start, end = deployment.block, reader.head().block
    topic = spell(event_topic("TenderLedger", "TenderPublished"))
    told = reader.logs(places.ledger, (topic, None, spell(agency)), start, end)
    ids = [spell(log.topics[1]) for log in told][-most:]
    logs = [
        log
        for at in range(0, len(ids), _AT_ONCE)
        for contract in (places.ledger, places.awards)
        for log in reader.logs(contract, (None, ids[at : at + _AT_ONCE]), start, end)
    ]
    logs += _registered(reader, places.policies, start, end) if ids else []
    found = _decoded(deployment, reader, logs)
    registered = [each for each in found if isinstance(each, PolicyRegistered)]
    return {
        id_: (
            *registered,
            *(each for each in found if isinstance(each, TenderEvent) and each.tender_id == id_),
        )
        for id_ in (TenderId(octets(each)) for each in ids)
    }


def _registered(reader: ContractReader, policies: Address, start: int, end: int) -> list[RawLog]:
    topic = spell(event_topic("TenderPolicies", "PolicyRegistered"))
    return reader.logs(policies, (topic,), start, end)


def _decoded(
    deployment: Deployment, reader: ContractReader, logs: list[RawLog]
) -> list[TenderEvent | PolicyRegistered]:
    times = reader.times(logs)
    in_order = sorted(logs, key=lambda log: (log.block, log.log_index))
    found = (decode_log(deployment, log, times[log.block]) for log in in_order)
    return [each for each in found if isinstance(each, TenderEvent | PolicyRegistered)]
