"""`suizheng licence renew`, `change` and `replace`: a licence takes the place of another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from ledger.canonical import parse_object
from ledger.licences.catalogue import load_catalogue
from ledger.licences.rows import row_fields, template_header
from ledger.licences.sd_jwt import parse
from ledger.licences.succession import RENEWED
from wallet.commands.agency_keys import public_key_of
from wallet.commands.options import FILE
from wallet.commands.serving import opened, serving, wait_for_block, wait_option
from wallet.console import print_json, say
from wallet.home import read_file
from wallet.surroundings import Surroundings

_TERM: Final = ("valid_from", "valid_until")


def succeeding(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the licence and the fields of its successor."""
    for option in (
        click.option("--field", "single", multiple=True, metavar="NAME=VALUE", help="One of them."),
        click.option("--fields", type=FILE, help="JSON file of the fields that differ."),
        click.argument("digest"),
    ):
        command = option(command)
    return command


@click.command()
@click.option(
    "--reason", type=click.IntRange(401, 406), default=401, show_default=True, help="401 延续."
)
@wait_option
@serving
@succeeding
def renew(outside: Surroundings, digest: str, reason: int, **given: Any) -> None:
    """Prolong the licence DIGEST: its successor runs on from today, or as --field says.

    The old licence is replaced once the new one is anchored and has begun. Everything but the
    term, and the holder's key, stays.
    """
    _succeed(outside, digest, reason, given, keeps_term=reason != RENEWED)


@click.command()
@click.option(
    "--reason",
    type=click.Choice(["402", "404", "405"]),
    default="402",
    show_default=True,
    help="402 变更, 404 转入, 405 更正.",
)
@wait_option
@serving
@succeeding
def change(outside: Surroundings, digest: str, reason: str, **given: Any) -> None:
    """Change particulars of the licence DIGEST; its term and its holder stay."""
    _succeed(outside, digest, int(reason), given, keeps_term=True)


@click.command()
@click.option(
    "--reason",
    type=click.Choice(["403", "406"]),
    default="403",
    show_default=True,
    help="403 补发, 406 换发.",
)
@click.option("--holder-key", metavar="FILE|NAME", help="A new key of the holder's; else the old.")
@wait_option
@serving
@succeeding
def replace(
    outside: Surroundings, digest: str, reason: str, holder_key: str | None, **given: Any
) -> None:
    """Issue the licence DIGEST anew, for one that was lost or for another holder key."""
    key = None if holder_key is None else public_key_of(outside, holder_key).jwk()
    _succeed(outside, digest, int(reason), given, keeps_term=True, holder_key=key)


SUCCESSION_COMMANDS: Final = (renew, change, replace)


def _succeed(  # one way for three verbs
    outside: Surroundings,
    digest: str,
    reason: int,
    given: dict[str, Any],
    *,
    keeps_term: bool,
    holder_key: dict[str, str] | None = None,
) -> None:
    """Order the successor: fields that are not given stay as they are, and so does the key."""
    with opened(outside, given) as service:
        text = service.fetch(f"/v1/licences/{quote(digest)}/document").decode("ascii", "replace")
    old = parse(text.strip()).claims
    kind = load_catalogue().by_vct(str(old.get("vct")))
    kept = {name: old[name] for name in template_header(kind) if name in old}
    for dated in ("issue_date",) if keeps_term else ("issue_date", *_TERM):
        kept.pop(dated, None)
    order: dict[str, Any] = {
        "agency": {
            "jurisdiction": old.get("jurisdiction"),
            "code": old.get("issuing_authority_code"),
        },
        "type": kind.id,
        "fields": kept | given_fields(kind.id, given["fields"], given["single"]),
        "predecessor": {"digest": digest, "reason": reason},
    }
    if holder_key is not None or "cnf" in old:
        order["holderKey"] = holder_key or old["cnf"]["jwk"]
    send_order(outside, order, given)


def send_order(outside: Surroundings, order: dict[str, Any], given: dict[str, Any]) -> None:
    """Send an order to issue a licence, wait for its block if asked to, and tell what came."""
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


def given_fields(type_id: str, file: Path | None, single: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a JSON file, outranked by those given one by one as in a CSV cell."""
    found = {} if file is None else parse_object(read_file(file))
    cells: dict[str, str] = {}
    for text in single:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"{text!r} is not NAME=VALUE.")
        cells[name] = value
    return found | (row_fields(load_catalogue().get(type_id), cells) if cells else {})
