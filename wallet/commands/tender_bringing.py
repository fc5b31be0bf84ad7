"""Papers of steps: brought to the service before their digests are anchored, or told of after."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from wallet.commands.serving import opened
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


def bring_first(
    outside: Surroundings, tender: TenderId, papers: Sequence[Paper], given: dict[str, Any]
) -> dict[str, Any]:
    """Bring papers to --service, and return what there is to tell; raises as `paper_desk.bring`.

    Nothing is public there before the chain has its digest, so they come first: a digest whose
    paper nobody can read would help nobody.
    """
    if not papers:
        return {}
    if given["service_url"] is None:
        return {"toBring": [{"role": role.value, "file": str(path)} for role, path in papers]}
    with opened(outside, given) as service:
        kept = [
            bring(service, tender, role, UploadBody(path), _MEDIA_TYPE) for role, path in papers
        ]
    return {"brought": [each["sha256"] for each in kept]}


def tell_next(tender: TenderId | None, papers: Sequence[Paper], given: dict[str, Any]) -> None:
    """Say which papers are still to be brought, and how; nothing where --service has them."""
    if given["as_json"] or given.get("service_url") is not None:
        return
    named = "TENDER" if tender is None else f"0x{tender.hex()}"
    for role, path in papers:
        say(f"Bring what it anchors: suizheng tender bring {named} {role.value} {path}")
