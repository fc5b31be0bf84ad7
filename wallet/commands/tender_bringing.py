"""Papers of steps: brought to the service before their digests are anchored, or told of after."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain.calls import Call
from ledger.chain.client import LedgerClient
from ledger.chain.direct import Receipt
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from wallet.commands.serving import opened
from wallet.commands.tender_officers import require_taken, sent
from wallet.console import say
from wallet.surroundings import Surroundings
from wallet.tenders.paper_desk import bring
from wallet.uploads import UploadBody

Paper = tuple[PaperRole, Path]
"""What a paper is to its tender, and where it lies."""
_MEDIA_TYPE: Final = {"mediaType": "application/octet-stream"}


def bring_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --service, where the papers of a step go."""
    return click.option(
        "--service",
        "service_url",
        metavar="URL",
        help="Bring the papers there first; else you are told what to bring.",
    )(command)


def send_with(
    outside: Surroundings,
    client: LedgerClient,
    call: Call,
    about: tuple[TenderId, Sequence[Paper]],
    given: Mapping[str, Any],
) -> tuple[dict[str, Any], Receipt]:
    """Send what anchors a tender's papers; return what there is to tell of them, and the receipt.

    What the contract would refuse is refused before a paper leaves this machine.
    """
    require_taken(outside, client, call, given)
    told = bring_first(outside, *about, given)
    return told, sent(outside, client, call, given)


def bring_first(
    outside: Surroundings, tender: TenderId, papers: Sequence[Paper], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Bring papers to --service, and return what there is to tell; raises as `paper_desk.bring`.

    Nothing is public there before the chain has its digest, so they come first: a digest whose
    paper nobody can read would help nobody.
    """
    if not papers:
        return {}
    if given["service_url"] is None:
        return {"toBring": [{"role": role.value, "file": str(path)} for role, path in papers]}
    with opened(outside, dict(given)) as service:
        kept = [
            bring(service, tender, role, UploadBody(path), _MEDIA_TYPE) for role, path in papers
        ]
    return {"brought": [each["sha256"] for each in kept]}


def tell_next(tender: TenderId, papers: Sequence[Paper], given: Mapping[str, Any]) -> None:
    """Say which papers are still to be brought, and how; nothing where --service has them."""
    if given["as_json"] or given["service_url"] is not None:
        return
    for role, path in papers:
        say(f"Bring what it anchors: suizheng tender bring 0x{tender.hex()} {role.value} {path}")
