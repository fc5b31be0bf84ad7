"""`suizheng licence`: issue, find and renew licences through the service."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from ledger.canonical import parse_object
from ledger.errors import Unavailable
from ledger.licences.catalogue import load_catalogue
from ledger.licences.dates import OPEN_ENDED, local_day
from ledger.licences.rows import row_fields, template_header
from ledger.licences.sd_jwt import parse
from ledger.verification.proof_file import ProofFile
from wallet.commands.agency_keys import public_key_of
from wallet.commands.licence_holder import HOLDER_COMMANDS
from wallet.commands.licence_status import STATUS_COMMANDS
from wallet.commands.options import AGENCY, FILE, FOLDER, AgencyName
from wallet.commands.serving import opened, serving, wait_for_block, wait_option
from wallet.console import age, note, print_json, print_table, say, waiting
from wallet.documents import DOCUMENT, PROOF
from wallet.home import read_file, write_file
from wallet.service import Service, ServiceRefused
from wallet.surroundings import Surroundings

_NOT_FOUND: Final = 404
_MEDIA_TYPES: Final = {".csv": "text/csv", ".ndjson": "application/x-ndjson"}


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
        "fields": _fields(type_id, fields, single),
    }
    if holder_key is not None:
        order["holderKey"] = public_key_of(outside, holder_key).jwk()
    if external_id is not None:
        order["externalId"] = external_id
    _issue(outside, order, given)


@licence.command()
@click.argument("digest")
@click.option("--reason", type=int, default=401, show_default=True, help="401 延续, 402 变更, …")
@click.option("--fields", type=FILE, help="JSON file of the fields that change.")
@click.option("--field", "single", multiple=True, metavar="NAME=VALUE", help="One that changes.")
@wait_option
@serving
def renew(  # one parameter an option
    outside: Surroundings,
    digest: str,
    reason: int,
    fields: Path | None,
    single: tuple[str, ...],
    **given: Any,
) -> None:
    """Issue the successor of the licence DIGEST; the old one is replaced once it is anchored.

    Fields that are not given stay as they are; so does the holder's key.
    """
    with opened(outside, given) as service:
        text = service.fetch(f"/v1/licences/{quote(digest)}/document").decode("ascii", "replace")
    old = parse(text.strip()).claims
    kind = load_catalogue().by_vct(str(old.get("vct")))
    kept = {name: old[name] for name in template_header(kind) if name in old}
    for dated in ("issue_date", "valid_from", "valid_until"):
        kept.pop(dated, None)
    agency = {"jurisdiction": old.get("jurisdiction"), "code": old.get("issuing_authority_code")}
    order: dict[str, Any] = {
        "agency": agency,
        "type": kind.id,
        "fields": kept | _fields(kind.id, fields, single),
        "predecessor": {"digest": digest, "reason": reason},
    }
    if "cnf" in old:
        order["holderKey"] = old["cnf"]["jwk"]
    _issue(outside, order, given)


@licence.command()
@click.argument("agency", type=AGENCY)
@click.argument("type_id")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Check every row and issue nothing.")
@serving
def bulk(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    type_id: str,
    file: Path,
    *,
    dry_run: bool,
    **given: Any,
) -> None:
    """Issue all rows of FILE (.csv or .ndjson), or none when one of them is wrong."""
    media_type = _MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        raise click.UsageError(f"{file} is neither .csv nor .ndjson.")
    path = f"/v1/agencies/{quote(agency.jurisdiction)}/{quote(agency.code)}/licences/bulk"
    path += f"?type={quote(type_id)}" + ("&dryRun=true" if dry_run else "")
    content = read_file(file)
    with opened(outside, given) as service, waiting(f"Issuing the rows of {file.name}"):
        answer = service.upload(path, content, media_type)
    if given["as_json"]:
        print_json(answer)
        return
    rows, repeated = int(answer.get("rows", 0)), int(answer.get("repeated", 0))
    done = "can be issued" if dry_run else "issued"
    say(f"{rows - repeated} {done}; {repeated} had been issued before.")


@licence.command(name="list")
@click.option("--agency", type=AGENCY, required=True, help="JURISDICTION/CODE.")
@click.option("--type", "type_id", help="Licence type.")
@click.option("--search", help="Part of a number, name or identifier.")
@click.option("--external-id", help="Your own id.")
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
        proof = _proof(service, digest)
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


for _command in (*STATUS_COMMANDS, *HOLDER_COMMANDS):
    licence.add_command(_command)


def _issue(outside: Surroundings, order: dict[str, Any], given: dict[str, Any]) -> None:
    with opened(outside, given) as service:
        answer = service.post("/v1/licences", order)
        if given["wait"]:
            path = f"/v1/licences/{quote(str(answer.get('digest')))}"
            answer["stage"] = wait_for_block(outside, service, path)["stage"]
    if given["as_json"]:
        print_json(answer)
        return
    say(f"{answer.get('licenceId')}", style="bold")
    say(f"{answer.get('digest')}  {answer.get('stage')}")
    say(f"Fetch it: suizheng licence fetch {answer.get('digest')}")


def _fields(type_id: str, file: Path | None, single: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a JSON file, outranked by those given one by one as in a CSV cell."""
    found = {} if file is None else parse_object(read_file(file))
    cells: dict[str, str] = {}
    for text in single:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"{text!r} is not NAME=VALUE.")
        cells[name] = value
    return found | (row_fields(load_catalogue().get(type_id), cells) if cells else {})


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


def _proof(service: Service, digest: str) -> ProofFile | None:
    try:
        return ProofFile.from_json(service.fetch(f"/v1/proofs/{quote(digest)}"))
    except ServiceRefused as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise
