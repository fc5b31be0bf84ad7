"""`suizheng health status`: passes and transfers suspended, reinstated, withdrawn by an officer."""

from typing import Any, Final
from urllib.parse import quote

import click

from ledger.values import Status
from wallet.commands.serving import opened, serving, wait_for_block, wait_option
from wallet.console import print_json, say
from wallet.service import AnswerMalformed
from wallet.surroundings import Surroundings

_PATHS: Final = {"pass": "passes", "transfer": "transfers", "holder": "holders"}
_STATUSES: Final = tuple(
    status.name.lower() for status in (Status.SUSPENDED, Status.VALID, Status.REVOKED)
)


@click.command()
@click.argument("what", type=click.Choice(list(_PATHS)))
@click.argument("name")
@click.argument("status", type=click.Choice(_STATUSES))
@click.option("--reason", type=int, required=True, help="102, 105; 201, 203; 331, 335, 350.")
@wait_option
@serving
def status(
    outside: Surroundings, /, what: str, name: str, status: str, reason: int, **given: Any
) -> None:
    """Change the status of a pass or transfer by its digest, or of all passes of a holder.

    A transfer that is not valid is converted by no host: withdraw what was signed for the wrong
    person. Reasons: 102 and 105 suspend, 201 and 203 reinstate, 331, 335 and 350 revoke.
    """
    path = f"/v1/health/{_PATHS[what]}/{quote(name)}/status"
    with opened(outside, given) as service:
        answer = service.post(path, {"status": status, "reason": reason})
        try:
            changes = [str(each) for each in answer["changes"]]
        except (KeyError, TypeError) as exc:
            raise AnswerMalformed(service.base_url) from exc
        if given["wait"]:
            for each in changes:
                wait_for_block(outside, service, f"/v1/changes/{each}")
    if given["as_json"]:
        print_json({"changes": changes, "status": status})
    else:
        say(f"{status}: {len(changes)} {'change' if len(changes) == 1 else 'changes'} on the way")
