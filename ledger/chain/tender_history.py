"""Everything that the ledgers said of one tender, read from a node in chain order."""

from ledger.chain.deployments import Deployment
from ledger.chain.logs import RawLog, decode_log, event_topic
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.chain.wire import spell
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import PolicyRegistered, TenderEvent, TenderPublished
from ledger.tenders.ids import TenderId

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
    logs += reader.logs(
        places.policies, (spell(event_topic("TenderPolicies", "PolicyRegistered")),), start, end
    )
    found = _decoded(deployment, reader, logs)
    named = {each.announcement.policy for each in found if isinstance(each, TenderPublished)}
    if not named:
        raise TenderUnknown(tender)
    return tuple(
        each for each in found if not isinstance(each, PolicyRegistered) or each.policy in named
    )


def _decoded(
    deployment: Deployment, reader: ContractReader, logs: list[RawLog]
) -> list[TenderEvent | PolicyRegistered]:
    times = reader.times(logs)
    in_order = sorted(logs, key=lambda log: (log.block, log.log_index))
    found = (decode_log(deployment, log, times[log.block]) for log in in_order)
    return [each for each in found if isinstance(each, TenderEvent | PolicyRegistered)]
