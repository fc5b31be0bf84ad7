"""`suizheng agency list` and `show`: what the chain says of the agencies."""

from typing import Any, Final

import click

from ledger.errors import AgencyUnknown
from ledger.licences.catalogue import load_catalogue
from ledger.values import OPEN_END, KeyUsage, RecordType, licence_record_type
from ledger.verification.check import rfc3339
from wallet.agreements import HEALTH_TYPE_NAMES
from wallet.commands.options import AGENCY, AgencyName, json_option, ledger_options
from wallet.console import print_json, print_table, say, when
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.registry import AgencyRecord, agencies, agency_record
from wallet.surroundings import Surroundings


@click.command(name="list")
@ledger_options
@json_option
@click.pass_obj
def list_agencies(outside: Surroundings, /, *, as_json: bool, **given: Any) -> None:
    """List all agencies that were ever admitted."""
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    with open_ledger(ledger) as client:
        found = agencies(client)
    if as_json:
        print_json(
            [
                {
                    "jurisdiction": a.jurisdiction,
                    "code": a.code,
                    "name": a.name,
                    "status": a.status.name.lower(),
                    "id": a.id,
                }
                for a in found
            ]
        )
        return
    rows = ((f"{a.jurisdiction}/{a.code}", a.name, a.status.name.lower()) for a in found)
    print_table(("AGENCY", "NAME", "STATUS"), rows)


@click.command()
@click.argument("agency", type=AGENCY)
@ledger_options
@json_option
@click.pass_obj
def show(outside: Surroundings, /, agency: AgencyName, *, as_json: bool, **given: Any) -> None:
    """Show AGENCY with its keys, accreditations and accounts."""
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    with open_ledger(ledger) as client:
        found = client.agency(agency.id)
        if found is None:
            raise AgencyUnknown(agency.id)
        record = agency_record(client, found, agency.jurisdiction_id)
    if as_json:
        print_json(_json(record, outside.now()))
    else:
        _print(record, outside.now())


READING_COMMANDS: Final = (list_agencies, show)


def _json(record: AgencyRecord, now: int) -> dict[str, Any]:
    names = _type_names()
    agency = record.agency
    return {
        "jurisdiction": agency.jurisdiction,
        "code": agency.code,
        "name": agency.name,
        "status": agency.status.name.lower(),
        "id": agency.id,
        "keys": [
            {
                "kid": key.public_key.kid,
                "jwk": key.public_key.jwk(),
                "usage": _usages(key.usage),
                "state": _state(key.frozen, key.state_at(now).name),
                "signFrom": rfc3339(key.sign_from),
                "signUntil": rfc3339(key.sign_until),
                "verifyUntil": rfc3339(key.verify_until),
            }
            for key in record.keys
        ],
        "accreditations": [
            {
                "type": names.get(kind),
                "recordType": kind,
                "start": rfc3339(window.start),
                "end": None if window.end == OPEN_END else rfc3339(window.end),
            }
            for kind, windows in record.accreditations.items()
            for window in windows
        ],
        "accounts": [
            {"role": role.name.lower(), "address": account} for role, account in record.accounts
        ],
    }


def _print(record: AgencyRecord, now: int) -> None:
    names, agency = _type_names(), record.agency
    say(f"{agency.name}  {agency.jurisdiction}/{agency.code}", style="bold")
    say(f"{agency.status.name.lower()}, id 0x{agency.id.hex()}")
    say()
    print_table(
        ("KEY", "STATE", "USAGE", "SIGNS UNTIL"),
        (
            (
                key.public_key.kid,
                _state(key.frozen, key.state_at(now).name),
                ", ".join(_usages(key.usage)),
                when(key.sign_until),
            )
            for key in record.keys
        ),
    )
    say()
    print_table(
        ("ACCREDITED FOR", "FROM", "UNTIL"),
        (
            (
                names.get(kind, "0x" + kind.hex()),
                when(window.start),
                "open" if window.end == OPEN_END else when(window.end),
            )
            for kind, windows in record.accreditations.items()
            for window in windows
        ),
    )
    say()
    print_table(
        ("ROLE", "ACCOUNT"), ((role.name.lower(), account) for role, account in record.accounts)
    )


def _type_names() -> dict[RecordType, str]:
    licences = {licence_record_type(kind.id): kind.id for kind in load_catalogue().all()}
    return licences | {kind: name for name, kind in HEALTH_TYPE_NAMES.items()}


def _usages(usage: KeyUsage) -> list[str]:
    return [(bit.name or "").lower().replace("_", "-") for bit in usage]


def _state(frozen: bool, state: str) -> str:  # noqa: FBT001  # a fact of the key
    return "frozen" if frozen else state.lower()
