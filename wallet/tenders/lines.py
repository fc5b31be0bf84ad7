"""The TenderLedger that a tender's papers name, reached directly through a node of one's own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ledger.chain.accounts import Account
from ledger.chain.calls import Call
from ledger.chain.client import LedgerClient
from ledger.chain.deployments import Deployment, require_own_contracts
from ledger.chain.direct import Receipt, send_and_wait
from ledger.chain.tender_reading import TenderReader
from ledger.errors import Refused
from ledger.values import LedgerRef
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings
from wallet.trust import Trust, TrustedLedger


@dataclass(eq=False)
class OtherTenderLedger(Refused):
    """The papers are for another TenderLedger than the one at hand. Give its --deployment."""

    expected: str
    given: str


@dataclass(frozen=True, slots=True)
class Line:
    """A node that has proven to serve the ledger, and what the TenderLedger says there."""

    client: LedgerClient
    reader: TenderReader

    def send(self, account: Account, call: Call) -> Receipt:
        """Send a call and wait for its block; raises as `send_and_wait` does."""
        return send_and_wait(self.client.node, account, call)


@contextmanager
def tender_line(
    outside: Surroundings, given: Mapping[str, Any], wanted: LedgerRef
) -> Iterator[Line]:
    """Give the line to the TenderLedger `wanted`, by --deployment and --node or what is trusted.

    Raises:
        OtherTenderLedger, TendersAbsent, NoLedgerTrusted: where there is no such ledger.
        ChainUnavailable, WrongNetwork, WrongHistory, WrongCode, ContractsDiffer: for the node.
    """
    ledger = _chosen(outside.trust.load(), given, wanted)
    require_own_contracts(ledger.deployment)
    tenders = ledger.deployment.tenders.ledger
    if tender_ledger(ledger.deployment) != wanted:
        raise OtherTenderLedger(wanted.address, tenders)
    with open_ledger(ledger) as client:
        yield Line(client, TenderReader(client.node, client.deployment))


def tender_ledger(deployment: Deployment) -> LedgerRef | None:
    """Return the TenderLedger of a deployment, None where it has none."""
    tenders = deployment.tender_contracts
    return None if tenders is None else LedgerRef(deployment.chain_id, tenders.ledger)


def _chosen(trust: Trust, given: Mapping[str, Any], wanted: LedgerRef) -> TrustedLedger:
    """Return the ledger of the file, else the trusted one that holds the TenderLedger."""
    fitting = (
        each.deployment.ledger for each in trust.ledgers if tender_ledger(each.deployment) == wanted
    )
    return chosen_ledger(trust, given["deployment"], given["nodes"], next(fitting, None))
