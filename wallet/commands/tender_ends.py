"""`suizheng tender terminate`, `void`: a whole tender comes to its end before its award."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain import award_calls, publication_calls
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from wallet.commands.options import FILE
from wallet.commands.tender_bringing import bring_option, send_with, tell_next
from wallet.commands.tender_officers import (
    SUPERVISOR,
    TENDERER,
    acts,
    ledger_client,
    paper_digest,
    tell,
    tender_argument,
)
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand

_PAPER: Final = click.argument("paper", type=FILE)


@click.command(cls=TenderCommand)
@tender_argument
@_PAPER
@bring_option
@acts(TENDERER)
def terminate(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """End TENDER for the reason in PAPER, before a lot is awarded; not inside an opening."""
    _end(outside, award_calls.terminate, (TenderId(tender), paper), "terminated", given)


@click.command(cls=TenderCommand)
@tender_argument
@_PAPER
@bring_option
@acts(SUPERVISOR)
def void(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """Void TENDER by the decision PAPER; not inside an opening. Its supervisor."""
    _end(outside, publication_calls.void_tender, (TenderId(tender), paper), "void", given)


def _end(
    outside: Surroundings,
    make: Callable[[Deployment, TenderId, bytes], Call],
    about: tuple[TenderId, Path],
    said: str,
    given: dict[str, Any],
) -> None:
    """Bring the paper where a service is named, and send the end."""
    tender, paper = about
    digest, papers = paper_digest(paper), ((PaperRole.DECISION, paper),)
    with ledger_client(outside, given) as client:
        call = make(client.deployment, tender, digest)
        told, receipt = send_with(outside, client, call, (tender, papers), given)
    tell(f"The tender is {said}.", {"decision": "0x" + digest.hex()} | told, receipt, given)
    tell_next(tender, papers, given)
