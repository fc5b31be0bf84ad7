"""`suizheng health custody office`: places, the exemption list, trips and alerts of an agency."""

from typing import Any, Final

import click

from ledger.health.alerts import Finding
from ledger.health.custody_places import PlaceKind
from ledger.health.exemptions import ExemptionAct
from ledger.verification.check import rfc3339
from wallet.commands.custody import CUSTODY
from wallet.commands.health_convert import named
from wallet.commands.options import AGENCY, MOMENT, AgencyName
from wallet.commands.serving import opened, serving
from wallet.console import print_json, print_table, say
from wallet.keyring import KeyOfAnotherPurpose
from wallet.surroundings import Surroundings

_ACTS: Final = {
    ExemptionAct.LIST: "listing",
    ExemptionAct.SUSPEND: "suspension",
    ExemptionAct.REINSTATE: "reinstatement",
    ExemptionAct.REMOVE: "removal",
    ExemptionAct.LAPSE: "lapse",
}
_ALERT_ACTS: Final = ("acknowledgement", "escalation", "closure")
_LISTS: Final = {
    "places": ("code", "kind", "legMinutes", "until"),
    "exemptions": ("exemption", "state", "appliedAt", "listedUntil", "cause"),
    "trips": ("trip", "kind", "state", "isLate", "due"),
    "alerts": ("alert", "trip", "cause", "level"),
}
"""What an agency may list, and what of it is shown."""


@click.group()
def office() -> None:
    """What an agency's officers do: places, exemptions, releases, hospitals, lapses, alerts."""


@office.command()
@click.argument("agency", type=AGENCY)
@click.argument("code")
@click.argument("kind", type=click.Choice([str(each) for each in PlaceKind]))
@click.option("--leg-minutes", type=click.IntRange(1, 1_440), default=240, show_default=True)
@click.option("--key", "keys", multiple=True, help="Key of this wallet that signs there.")
@serving
def place(outside: Surroundings, /, agency: AgencyName, code: str, kind: str, **given: Any) -> None:
    """Register the place CODE, or give it other keys; a checkpoint has the name of its gates."""
    form = {
        "agency": named(str(agency)),
        "code": code,
        "kind": kind,
        "legMinutes": given["leg_minutes"],
        "keys": [_jwk(outside, name) for name in given["keys"]],
    }
    _post(outside, given, "places", form, f"{code} is registered.")


@office.command()
@click.argument("agency", type=AGENCY)
@click.argument("code")
@serving
def close(outside: Surroundings, /, agency: AgencyName, code: str, **given: Any) -> None:
    """End the role of the place CODE: it lets go of whom it has, and takes nobody."""
    form = {"agency": named(str(agency)), "code": code}
    _post(outside, given, "places/closures", form, f"{code} is closed.")


@office.command("list")
@click.argument("agency", type=AGENCY)
@click.argument("what", type=click.Choice(list(_LISTS)))
@serving
def list_(outside: Surroundings, /, agency: AgencyName, what: str, **given: Any) -> None:
    """List an agency's places, exemptions, live trips or open alerts, newest first."""
    found: list[dict[str, Any]] = []
    with opened(outside, given) as service:
        cursor = None
        while not found or cursor is not None:
            path = f"{CUSTODY}/{what}"
            page = service.get(path, agency=str(agency), cursor=cursor, limit=100)
            found += page[what]
            cursor = page["nextCursor"]
            if not found:
                break
    if given["as_json"]:
        print_json(found)
        return
    columns = _LISTS[what]
    rows = (["" if each[name] is None else each[name] for name in columns] for each in found)
    print_table(tuple(name.upper() for name in columns), rows)


@office.command()
@click.argument("exemption")
@serving
def applicant(outside: Surroundings, /, exemption: str, **given: Any) -> None:
    """Show who applied, what was done, and what else they applied for."""
    with opened(outside, given) as service:
        file = service.get(f"{CUSTODY}/exemptions/{exemption}")
    if given["as_json"]:
        print_json(file)
        return
    for name, value in file["person"].items():
        say(f"{name}: {value}")
    say(f"state: {file['exemption']['state']}")
    for each in file["acts"]:
        say(f"{each['at']} {each['act']} by {each['by']} {each['cause'] or ''}".rstrip())
    for each in file["others"]:
        say(f"also {each['exemption']}: {each['state']}")


@office.command()
@click.argument("exemption")
@click.argument("act", type=click.Choice([str(each) for each in _ACTS]))
@click.option("--until", type=MOMENT, help="Until when, to list and to suspend.")
@click.option("--cause", help="Why, to suspend, to remove and to lapse.")
@serving
def decide(outside: Surroundings, /, exemption: str, act: str, **given: Any) -> None:
    """List an applicant, suspend, reinstate or remove a driver, or end their time early."""
    wanted = ExemptionAct(act)
    form: dict[str, Any] = {}
    if wanted in {ExemptionAct.LIST, ExemptionAct.SUSPEND}:
        form["until"] = rfc3339(_needed(given["until"], "--until"))
    if wanted in {ExemptionAct.SUSPEND, ExemptionAct.REMOVE, ExemptionAct.LAPSE}:
        form["cause"] = _needed(given["cause"], "--cause")
    _post(outside, given, f"exemptions/{exemption}/{_ACTS[wanted]}", form, "Done.")


@office.command()
@click.argument("trip")
@serving
def release(outside: Surroundings, /, trip: str, **given: Any) -> None:
    """Release an arrival from the facility; a pass is issued apart."""
    _post(outside, given, f"trips/{trip}/release", {}, "Released.")


@office.command()
@click.argument("trip")
@click.argument("place")
@serving
def hospital(outside: Surroundings, /, trip: str, place: str, **given: Any) -> None:
    """Hand a traveller over to the hospital PLACE."""
    _post(outside, given, f"trips/{trip}/hospital", {"place": place}, "Handed over.")


@office.command()
@click.argument("trip")
@serving
def lapse(outside: Surroundings, /, trip: str, **given: Any) -> None:
    """End an overdue trip whose traveller lost the key or comes no more."""
    _post(outside, given, f"trips/{trip}/lapse", {}, "Lapsed.")


@office.command("ask")
@click.argument("trip")
@click.option("--seen-at", help="Place where the traveller was just seen.")
@click.option("--off-leg-since", type=MOMENT, help="Since when the device is off the leg.")
@serving
def ask(outside: Surroundings, /, trip: str, **given: Any) -> None:
    """Raise an alert about a trip that is elsewhere or off its leg; what was seen is not kept."""
    form: dict[str, Any] = {}
    if given["seen_at"] is not None:
        form["seenAt"] = given["seen_at"]
    if given["off_leg_since"] is not None:
        form["offLegSince"] = rfc3339(given["off_leg_since"])
    _post(outside, given, f"trips/{trip}/alerts", form, "Asked.")


@office.command()
@click.argument("alert")
@click.argument("act", type=click.Choice(_ALERT_ACTS))
@click.option("--finding", type=click.Choice([str(each) for each in Finding]))
@serving
def alert(outside: Surroundings, /, alert: str, act: str, **given: Any) -> None:
    """Take an alert up, escalate it, or close it with what it turned out to be."""
    form = {"finding": _needed(given["finding"], "--finding")} if act == "closure" else {}
    _post(outside, given, f"alerts/{alert}/{act}", form, "Done.")


def _post(
    outside: Surroundings, given: dict[str, Any], path: str, form: dict[str, Any], told: str
) -> None:
    with opened(outside, given) as service:
        answer = service.post(f"{CUSTODY}/{path}", form)
    if given["as_json"]:
        print_json(answer)
    else:
        say(told)


def _jwk(outside: Surroundings, name: str) -> dict[str, str]:
    entry = outside.keyring.entry(name)
    if entry.public_key is None:
        raise KeyOfAnotherPurpose(name, entry.purpose, "holder")
    return entry.public_key.jwk()


def _needed(value: Any, option: str) -> Any:
    if value is None:
        raise click.UsageError(f"{option} is needed.")
    return value
