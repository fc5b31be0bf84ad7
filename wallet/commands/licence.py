"""`suizheng licence`: issue, find and renew licences through the service."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from ledger.errors import Unavailable
from ledger.licences.dates import OPEN_ENDED, local_day
from ledger.verification.check import rfc3339
from wallet.commands.agency_keys import public_key_of
from wallet.commands.bulk import bulk
from wallet.commands.licence_decision import decision
from wallet.commands.licence_history import HISTORY_COMMANDS
from wallet.commands.licence_holder import HOLDER_COMMANDS
from wallet.commands.licence_sets import SET_COMMANDS
from wallet.commands.licence_status import STATUS_COMMANDS
from wallet.commands.licence_succession import SUCCESSION_COMMANDS, given_fields, send_order
from wallet.commands.options import AGENCY, FILE, FOLDER, AgencyName
from wallet.commands.serving import opened, proof_of, serving, wait_option
from wallet.console import age, note, print_json, print_table, say
from wallet.documents import DOCUMENT, PROOF
from wallet.home import write_file
from wallet.service import Service
from wallet.surroundings import Surroundings

_STATUSES: Final = ("valid", "suspended", "revoked", "superseded")
_EXPIRING: Final = "Those in force that run out within so many days."


@dataclass(eq=False)
class MomentMalformed(Unavailable):
    """The service's answer names no such moment. Check that the address is a Suizheng service."""

    moment: str


@click.group()
def licence() -> None:
    """Licences: issue and change them through the service, hold and present them off line."""


@licence.command()
@click.argument("agency", type=AGENCY)
@click.argument("type_id")
@click.option("--fields", type=FILE, help="JSON file of the fields, by claim name.")
@click.option("--field", "single", multiple=True, metavar="NAME=VALUE", help="One field.")
@click.option("--holder-key", metavar="FILE|NAME", help="The holder's public JWK, or a key's name.")
@click.option("--external-id", help="Your own id: a repeat issues nothing new.")
@wait_option
@serving
def issue(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    type_id: str,
    fields: Path | None,
    single: tuple[str, ...],
    holder_key: str | None,
    external_id: str | None,
    **given: Any,
) -> None:
    """Issue a licence of TYPE_ID, such as cn.food-business, by AGENCY (JURISDICTION/CODE)."""
    order: dict[str, Any] = {
        "agency": {"jurisdiction": agency.jurisdiction, "code": agency.code},
        "type": type_id,
        "fields": given_fields(type_id, fields, single),
    }
    if holder_key is not None:
        order["holderKey"] = public_key_of(outside, holder_key).jwk()
    if external_id is not None:
        order["externalId"] = external_id
    send_order(outside, order, given)


@licence.command(name="list")
@click.option("--agency", type=AGENCY, required=True, help="JURISDICTION/CODE.")
@click.option("--type", "type_id", help="Licence type.")
@click.option("--search", help="Part of a number, name or identifier.")
@click.option("--external-id", help="Your own id.")
@click.option("--status", type=click.Choice(_STATUSES), help="Status on the ledger.")
@click.option("--expiring", type=click.IntRange(1, 36_500), metavar="DAYS", help=_EXPIRING)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@serving
def list_licences(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    type_id: str | None,
    search: str | None,
    external_id: str | None,
    limit: int,
    **given: Any,
) -> None:
    """List an agency's licences, the newest first."""
    asked = {"agency": str(agency), "type": type_id, "q": search, "externalId": external_id}
    asked |= _standing(given["status"], given["expiring"], outside.now())
    with opened(outside, given) as service:
        found, head = _pages(service, asked, limit)
    if given["as_json"]:
        print_json(found)
        return
    columns = ("digest", "licenceId", "type", "holderName", "validUntil", "status", "stage")
    print_table(
        ("DIGEST", "LICENCE ID", "TYPE", "HOLDER", "UNTIL", "STATUS", "STAGE"),
        ([_last_days(row).get(column) or "" for column in columns] for row in found),
    )
    note(f"As of {_said(head)}")


@licence.command()
@click.argument("digest")
@serving
def show(outside: Surroundings, digest: str, **given: Any) -> None:
    """Show what the service knows of the licence DIGEST."""
    with opened(outside, given) as service:
        answer = service.get(f"/v1/licences/{quote(digest)}")
    if given["as_json"]:
        print_json(answer)
        return
    for name, value in _last_days(answer).items():
        if name != "document" and value is not None:
            say(f"{name:<18} {_said(value) if name == 'head' else value}")


@licence.command()
@click.argument("digest")
@click.option("--out", type=FOLDER, default=".", help="Folder to write to.")
@serving
def fetch(outside: Surroundings, digest: str, out: Path, **given: Any) -> None:
    """Fetch the licence DIGEST and its proof as two files, which `suizheng verify` reads."""
    with opened(outside, given) as service:
        document = service.fetch(f"/v1/licences/{quote(digest)}/document")
        proof = proof_of(service, digest)
    name = digest.lower().removeprefix("0x")
    paths = {"document": str(out / f"{name}{DOCUMENT}")}
    write_file(out / f"{name}{DOCUMENT}", document)
    if proof is not None:
        write_file(out / f"{name}{PROOF}", proof.to_json())
        paths["proof"] = str(out / f"{name}{PROOF}")
    if given["as_json"]:
        print_json(paths)
        return
    for path in paths.values():
        say(path)
    if proof is None:
        note("There is no proof yet: the licence is not anchored. Fetch again in a moment.")


@licence.command()
@click.argument("digest")
@click.argument("claims", nargs=-1)
@click.option("--qr", type=FILE, help="SVG file to write the QR code to.")
@click.option("--days", type=click.IntRange(1), help="How long it works; else 30 days.")
@serving
def link(  # one parameter an option
    outside: Surroundings,
    digest: str,
    claims: tuple[str, ...],
    qr: Path | None,
    days: int | None,
    **given: Any,
) -> None:
    """Make a link to a sealed copy of the licence DIGEST; its key is shown this once.

    It shows the named CLAIMS, or those that the type shows by default.
    """
    asked: dict[str, Any] = {"claims": list(claims)} if claims else {}
    if days is not None:
        asked["lifetimeSeconds"] = days * 86_400
    with opened(outside, given) as service:
        answer = service.post(f"/v1/licences/{quote(digest)}/links", asked)
    if qr is not None:
        write_file(qr, str(answer.get("qrSvg", "")).encode())
    if given["as_json"]:
        print_json(answer)
    else:
        say(str(answer.get("url")))
        note(f"It works until {answer.get('expiresAt')}.")


_COMMANDS: Final = (
    bulk,
    decision,
    *SUCCESSION_COMMANDS,
    *STATUS_COMMANDS,
    *SET_COMMANDS,
    *HISTORY_COMMANDS,
    *HOLDER_COMMANDS,
)
for _command in _COMMANDS:
    licence.add_command(_command)


def _standing(status: str | None, expiring: int | None, now: int) -> dict[str, str | None]:
    """Return the query for a status and an end; what runs out is in force unless said otherwise."""
    if expiring is None:
        return {"status": status}
    end = now + expiring * 86_400
    return {
        "status": status or "valid",
        "expiresAfter": rfc3339(now),
        "expiresBefore": rfc3339(end),
    }


def _pages(
    service: Service, asked: dict[str, Any], limit: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the licences found and the head of the page read last."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    page: dict[str, Any] = {}
    while len(found) < limit:
        page = service.get("/v1/licences", **asked, cursor=cursor, limit=min(limit, 100))
        found += page.get("licences", [])
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    return found[:limit], page.get("head", {})


def _said(head: dict[str, Any]) -> str:
    """Return the ledger's head as a person reads it."""
    seconds = int(head.get("ageSeconds", 0))
    return f"ledger block {head.get('block')} of {head.get('time')}, confirmed {age(seconds)} ago"


def _last_days(row: dict[str, Any]) -> dict[str, Any]:
    """Return a licence with its days as the document has them; the service names instants.

    Its `validUntil` is the first moment after the last day.
    """
    start, end = row.get("validFrom"), row.get("validUntil")
    days = {"validUntil": OPEN_ENDED if end is None else local_day(_unix(end) - 1)}
    return row | days | ({} if start is None else {"validFrom": local_day(_unix(start))})


def _unix(moment: object) -> int:
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except ValueError as exc:
        raise MomentMalformed(str(moment)) from exc
