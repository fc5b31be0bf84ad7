"""Reaching a ledger: the deployment and the nodes that a command was given, or the trusted ones."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.chain.client import LedgerClient
from ledger.chain.deployments import check_deployment, load_deployment
from ledger.chain.rpc import Node
from ledger.errors import ChainUnavailable
from ledger.values import LedgerRef
from wallet.trust import Trust, TrustedLedger

READ_SECONDS: Final = 2.0


def chosen_ledger(
    trust: Trust, deployment: Path | None, nodes: Sequence[str], wanted: LedgerRef | None = None
) -> TrustedLedger:
    """Return the ledger to use: the deployment file's, or the trusted one that `wanted` names.

    Nodes given outrank the ones that were trusted with the ledger.

    Raises:
        NoLedgerTrusted: without file and trusted ledger.
        DeploymentMalformed: for the file.
    """
    if deployment is not None:
        return TrustedLedger(load_deployment(deployment), tuple(nodes))
    known = trust.ledger(wanted)
    return TrustedLedger(known.deployment, tuple(nodes) or known.nodes)


@contextmanager
def open_ledger(ledger: TrustedLedger) -> Iterator[LedgerClient]:
    """Give a client after the node has proven to serve this very ledger.

    Raises:
        ChainUnavailable, WrongNetwork, WrongHistory, WrongCode: when it does not.
    """
    if not ledger.nodes:
        raise ChainUnavailable("no node is named; give --node URL")
    node = Node(ledger.nodes, READ_SECONDS, chain_id=ledger.deployment.chain_id)
    try:
        check_deployment(node, ledger.deployment)
        yield LedgerClient(node, ledger.deployment)
    finally:
        node.close()
