"""Of which tender an objection or a complaint is, as the AwardLedger has it."""

from typing import Final

from ledger.chain.deployments import Deployment
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.tenders.contract_errors import ComplaintUnknown, ObjectionUnknown
from ledger.tenders.ids import TenderId

_AWARDS: Final = "AwardLedger"


def tender_of_objection(node: Node, deployment: Deployment, id_: bytes) -> TenderId:
    """Return the tender; raise `ObjectionUnknown`, or `ChainUnavailable` when nobody can say."""
    ((tender, *_),) = ContractReader(node, deployment).view(_AWARDS, "objectionOf", id_)
    if not any(tender):
        raise ObjectionUnknown(id_)
    return TenderId(tender)


def tender_of_complaint(node: Node, deployment: Deployment, id_: bytes) -> TenderId:
    """Return the tender; raise `ComplaintUnknown`, or `ChainUnavailable` when nobody can say."""
    ((tender, *_),) = ContractReader(node, deployment).view(_AWARDS, "complaintOf", id_)
    if not any(tender):
        raise ComplaintUnknown(id_)
    return TenderId(tender)
