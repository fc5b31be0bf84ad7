"""`suizheng licence status` and `history`: what became of a licence, and why."""

from typing import Any, Final
from urllib.parse import quote

import click

from ledger.licences.reasons import REASONS
from ledger.verification.check import rfc3339
from wallet.commands.options import MOMENT
from wallet.commands.serving import opened, serving
from wallet.console import print_json, print_table, say
from wallet.surroundings import Surroundings


@click.command(name="status")
@click.argument("digest")
@click.option("--at", type=MOMENT, help="Past or future; else now.")
@serving
def status_at(outside: Surroundings, digest: str, at: int | None, **given: Any) -> None:
    """Show the status that the licence DIGEST has, had or will have at a time.

    It follows from what the ledger knows now; what could be known at the time is shown beside it.
    """
    asked = {"at": None if at is None else rfc3339(at)}
    with opened(outside, given) as service:
        answer = service.get(f"/v1/licences/{quote(digest)}/status", **asked)
    if given["as_json"]:
        print_json(answer)
        return
    if answer.get("status") is None:
        say(f"No statement about {answer.get('at')}: it was not anchored then.")
        return
    say(f"{answer['status']} at {answer.get('at')}", style="bold")
    for said in _details(answer, outside.language):
        say(said)


@click.command()
@click.argument("digest")
@serving
def history(outside: Surroundings, digest: str, **given: Any) -> None:
    """List what became of the licence DIGEST: when, why, by whom, on which decision."""
    with opened(outside, given) as service:
        answer = service.get(f"/v1/licences/{quote(digest)}/history")
    changes = answer.get("changes", [])
    if given["as_json"]:
        print_json(changes)
        return
    if not changes:
        say("Nothing has changed since it was issued.")
        return
    print_table(
        ("BLOCK", "WHEN", "STATUS", "REASON", "FROM", "UNTIL", "BY", "DECISION"),
        (_row(change, outside.language) for change in changes),
    )


HISTORY_COMMANDS: Final = (status_at, history)


def _details(answer: dict[str, Any], language: str) -> list[str]:
    said = [f"In force: {'yes' if answer.get('inForce') else 'no'}"]
    if answer.get("reason"):
        said.append(f"Reason: {_reason(answer['reason'], language)}")
    if answer.get("isAnnulled"):
        said.append("Void from the beginning.")
    if answer.get("isLapsed"):
        said.append(f"The suspension ended by itself on {answer.get('until')}.")
    elif answer.get("until"):
        said.append(f"Until {answer['until']}")
    if answer.get("knownThen") != answer.get("status"):
        said.append(f"Known at the time: {answer.get('knownThen')}")
    return said


def _row(change: dict[str, Any], language: str) -> tuple[object, ...]:
    waits = change.get("error") or f"({change.get('stage')})"
    return (
        change.get("block") or waits,
        change.get("blockTime") or change.get("requestedAt") or "",
        change.get("status"),
        _reason(change.get("reason"), language),
        change.get("effectiveAt") or "the beginning",
        change.get("until") or "",
        change.get("requestedBy") or "",
        change.get("decision") or "",
    )


def _reason(code: object, language: str) -> str:
    known = REASONS.get(code) if isinstance(code, int) else None
    return f"{code} {known.names[language]}" if known else str(code)
