"""`suizheng licence change-many`, `approve`, `change-set`, `withdraw-set`: many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from ledger.errors import Refused
from ledger.licences.reasons import REASONS
from ledger.typed_data import StatusOrder, cosign
from ledger.values import Status
from ledger.verification.check import rfc3339
from wallet.commands.licence_status import deciding, describe, read_request, worded
from wallet.commands.options import AGENCY, FILE, MOMENT, AgencyName
from wallet.commands.serving import (
    WAIT_SECONDS,
    ChangeFailed,
    StillUnderWay,
    opened,
    serving,
    wait_option,
)
from wallet.console import note, print_json, print_table, say, waiting
from wallet.home import read_file
from wallet.service import Service
from wallet.surroundings import Surroundings

POLL_SECONDS: Final = 0.5
_STATUS_NAMES: Final = tuple(status.name.lower() for status in Status)
_SET: Final = "/v1/change-sets"


@dataclass(eq=False)
class OrdersDiffer(Refused):
    """The calls are not what the set says. Sign nothing, and tell the service's operator."""


@click.command(name="change-many")
@click.argument("agency", type=AGENCY)
@click.option("--reason", type=int, required=True, help="The reason; it says what is done.")
@click.option("--until", type=MOMENT, help="When a suspension ends by itself; else open.")
@click.option("--effective-at", type=MOMENT, help="From when it counts; else now.")
@click.option("--type", "type_id", help="Licences of this type.")
@click.option("--issued-from", type=MOMENT, help="Issued then or later.")
@click.option("--issued-before", type=MOMENT, help="Issued before then.")
@click.option("--holder", help="Held by the organisation of this very name.")
@click.option("--status", type=click.Choice(_STATUS_NAMES), multiple=True, help="So at present.")
@click.option("--external-ids", type=FILE, help="File with one external id a line.")
@click.option("--digests", type=FILE, help="File with one digest a line.")
@click.option("--preview", is_flag=True, help="Show what would change, and stop.")
@click.option("--yes", is_flag=True, help="Carry it out without being asked.")
@deciding
@wait_option
@serving
def change_many(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    *,
    reason: int,
    until: int | None,
    effective_at: int | None,
    preview: bool,
    yes: bool,
    **given: Any,
) -> None:
    """Change all licences of AGENCY that the criteria find: preview first, then carry it out.

    Where a second person must approve, the set waits for `suizheng licence approve SET`.
    """
    known = REASONS.get(reason)
    if known is None:
        raise click.UsageError(f"{reason} is no reason; see `suizheng licence reasons`.")
    order = {"status": known.status.name.lower(), "reason": reason}
    moments = {"until": until, "effectiveAt": effective_at}
    order |= {name: rfc3339(at) for name, at in moments.items() if at is not None}
    body = {"select": _selection(given), "order": order} | worded(given)
    path = f"/v1/agencies/{agency.jurisdiction}/{agency.code}/change-sets"
    with opened(outside, given) as service:
        made = service.post(path, body)
        if not given["as_json"]:
            _show(outside, made)
        if not preview and not made["needsCoSignature"] and made["licences"]:
            if not yes:
                click.confirm("Carry this out?", abort=True, err=True)
            made = service.post(f"{_SET}/{made['changeSet']}/confirmation")
            made = _followed(outside, service, made, given)
    _tell(made, given)


@click.command()
@click.argument("change_set", metavar="SET")
@click.option("--yes", is_flag=True, help="Sign without being asked.")
@wait_option
@serving
def approve(outside: Surroundings, change_set: str, *, yes: bool, **given: Any) -> None:
    """Sign the change set SET as the second person, and have it carried out."""
    with opened(outside, given) as service:
        made = service.get(f"{_SET}/{change_set}")
        calls = service.get(f"{_SET}/{change_set}/typed-data")["calls"]
        read = [read_request(orjson.dumps(call)) for call in calls]
        if sum(_entries(order) for _, order, _, _ in read) != made["licences"]:
            raise OrdersDiffer
        if not given["as_json"]:
            _show(outside, made)
            for ledger, order, _, deadline in read:
                describe(ledger, order, deadline, outside.language)
        if not yes:
            click.confirm(f"Sign these {len(read)} call(s)?", abort=True, err=True)
        account = given["account"]
        key = outside.keyring.account(account, given["passwords"].of(account)).private_key
        signed = [
            cosign(ledger, order, nonce, deadline, key) for ledger, order, nonce, deadline in read
        ]
        form = {
            "approver": outside.keyring.entry(account).address,
            "signatures": ["0x" + each.signature.hex() for each in signed],
        }
        made = service.post(f"{_SET}/{change_set}/approval", form)
        made = _followed(outside, service, made, given)
    _tell(made, given)


@click.command(name="change-set")
@click.argument("change_set", metavar="SET")
@wait_option
@serving
def show_set(outside: Surroundings, change_set: str, **given: Any) -> None:
    """Show the change set SET and how far it is."""
    with opened(outside, given) as service:
        made = service.get(f"{_SET}/{change_set}")
        made = _followed(outside, service, made, given)
    if not given["as_json"]:
        _show(outside, made)
    _tell(made, given)


@click.command(name="withdraw-set")
@click.argument("change_set", metavar="SET")
@serving
def withdraw_set(outside: Surroundings, change_set: str, **given: Any) -> None:
    """Let the change set SET never be carried out."""
    with opened(outside, given) as service:
        made = service.post(f"{_SET}/{change_set}/withdrawal")
    _tell(made, given)


SET_COMMANDS: Final = (change_many, approve, show_set, withdraw_set)


def _selection(given: Mapping[str, Any]) -> dict[str, Any]:
    asked = {
        "type": given["type_id"],
        "holder": given["holder"],
        "issuedFrom": _moment(given["issued_from"]),
        "issuedBefore": _moment(given["issued_before"]),
        "status": list(given["status"]),
        "externalIds": _lines(given["external_ids"]),
        "digests": _lines(given["digests"]),
    }
    selection = {name: value for name, value in asked.items() if value}
    if not selection:
        raise click.UsageError("Say which licences: one criterion at least, such as --type.")
    return selection


def _moment(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise click.UsageError(f"{path} is not UTF-8 text.") from exc
    return [line.strip() for line in text.splitlines() if line.strip()]


def _entries(order: StatusOrder) -> int:
    return sum(change.mask.bit_count() // 2 for change in order.changes)


def _show(outside: Surroundings, made: Mapping[str, Any]) -> None:
    reason = REASONS.get(made["reason"])
    name = reason.names[outside.language] if reason else "?"
    say(f"Change set {made['changeSet']}: to {made['status']}, {made['reason']} {name}")
    rows = [(status, count, "to be changed") for status, count in made["byStatus"].items()]
    rows += [("-", count, f"left out: {error}") for error, count in made["refused"].items()]
    print_table(("AT PRESENT", "LICENCES", "WHAT"), rows)
    say(f"{made['licences']} licence(s) in {made['calls']} call(s), digest {made['digest']}")


def _followed(
    outside: Surroundings, service: Service, made: dict[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the set, with --wait once it is done; raise `StillUnderWay` when it takes longer.

    The wait begins anew whenever another change arrives.
    """
    if not given["wait"]:
        return made
    last = outside.clocks.monotonic()
    with waiting("Waiting for the blocks"):
        while made["state"] == "under-way":
            if outside.clocks.monotonic() - last > WAIT_SECONDS:
                raise StillUnderWay(_progress(made))
            outside.clocks.pause(POLL_SECONDS)
            before, made = made, service.get(f"{_SET}/{made['changeSet']}")
            if before["progress"] != made["progress"]:
                last = outside.clocks.monotonic()
                note(_progress(made))
    return made


def _progress(made: Mapping[str, Any]) -> str:
    counts = {**made["progress"], **made["failed"]}
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _tell(made: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Say how it stands; raise `ChangeFailed` when some of it was refused."""
    if given["as_json"]:
        print_json(made)
    elif made["state"] == "previewed" and made["needsCoSignature"]:
        say(f"A second person approves: suizheng licence approve {made['changeSet']}")
    elif made["state"] == "previewed":
        say("Nothing is changed.")
    elif made["state"] == "under-way":
        say(f"Accepted; look again: suizheng licence change-set {made['changeSet']} --wait")
    else:
        say(f"The set is {made['state']}. {_progress(made)}".rstrip())
    if made["failed"]:
        raise ChangeFailed(", ".join(sorted(made["failed"])))
