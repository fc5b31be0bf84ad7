"""`suizheng health scans`: what an agency's gates logged about one's passes 数据可看."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import click

from ledger.canonical import b64url_encode
from ledger.health import scan_views
from ledger.health.scan_views import ScanView
from ledger.keys import PrivateKey
from ledger.verification.check import rfc3339
from wallet.commands.health_convert import named
from wallet.commands.health_pass import folder_of
from wallet.commands.options import (
    AGENCY,
    AgencyName,
    json_option,
    password_option,
    service_option,
)
from wallet.console import print_json, print_table, say
from wallet.health.one_time import one_time_key
from wallet.health.passes import HeldPass
from wallet.passwords import Passwords
from wallet.service import AnswerMalformed, Service, ServiceRefused
from wallet.surroundings import Surroundings

SCAN_VIEWS: Final = "/v1/health/scan-views"
MOST_PASSES: Final = 64
"""Passes asked about at once."""


@click.command()
@click.argument("agency", type=AGENCY)
@click.option("--key", help="Ask for the passes of this holder key alone.")
@service_option
@password_option
@json_option
@click.pass_obj
def scans(outside: Surroundings, /, agency: AgencyName, key: str | None, **given: Any) -> None:
    """Show what gates of AGENCY logged about the passes kept here, while their day keys live.

    Each pass's own key signs for it, so that nobody else can ask. Passes on paper have no key, and
    passes that another authority issued are passed over.
    """
    held = [
        each
        for each in folder_of(outside).all()
        if each.content.jurisdiction == agency.jurisdiction
        and each.key is not None
        and key in {None, each.key}
    ]
    signers = _signers(outside, held, given["passwords"])
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        found = [
            row
            for start in range(0, len(held), MOST_PASSES)
            for row in _seen(outside, service, agency, signers[start : start + MOST_PASSES])
        ]
    if given["as_json"]:
        print_json(found)
    elif found:
        columns = ("MINUTE", "CHECKPOINT", "LANE", "OUTCOME", "REASONS", "NUMBER")
        print_table(columns, _rows(found))
    else:
        say(f"The gates of {agency} have nothing that can be joined to your passes.")


def _signers(
    outside: Surroundings, held: Sequence[HeldPass], passwords: Passwords
) -> list[tuple[HeldPass, PrivateKey]]:
    """Each pass with its key; a holder key is unlocked once."""
    names = {str(each.key) for each in held}
    holders = {name: outside.keyring.signer(name, passwords.of(name)) for name in sorted(names)}
    return [
        (each, holder if each.salt is None else one_time_key(holder, each.salt))
        for each in held
        for holder in (holders[str(each.key)],)
    ]


def _seen(
    outside: Surroundings,
    service: Service,
    agency: AgencyName,
    signers: Sequence[tuple[HeldPass, PrivateKey]],
) -> list[dict[str, Any]]:
    """Ask; a pass that is not of this authority is left out, and the others are asked for again."""
    now = outside.now()
    views = [(ScanView(agency.id, now, held.encoded), key) for held, key in signers]
    requests = [b64url_encode(scan_views.sign(view, key)) for view, key in views]
    while requests:
        try:
            answer = service.ask(SCAN_VIEWS, {"agency": named(str(agency)), "requests": requests})
        except ServiceRefused as refused:
            if refused.name != "ScanViewRefused" or refused.facts.get("part") != "pass":
                raise
            del requests[int(refused.facts["index"])]
            continue
        try:
            return [dict(each) for each in answer["scans"]]
        except (KeyError, TypeError, ValueError) as exc:
            raise AnswerMalformed(service.base_url) from exc
    return []


def _rows(found: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for each in found:
        row = each["row"]
        reasons = ", ".join(row["reasons"]) or "none"
        place = (row["checkpoint"], row["lane"], row["outcome"])
        yield rfc3339(row["minute"]), *place, reasons, each["number"]
