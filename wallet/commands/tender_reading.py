"""`suizheng tender show`, `fetch`: how a tender stands, and its documents proven by the chain."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain.tender_reading import TenderReader
from ledger.tenders import documents
from ledger.tenders.documents import DocumentsInvalid
from ledger.tenders.ids import TenderId
from ledger.tenders.policy.calendars import calendar_under
from ledger.tenders.trustees import octets
from wallet.commands.options import FOLDER, json_option, ledger_options, service_option
from wallet.commands.tender_officers import ledger_client, tender_argument
from wallet.console import print_json, print_table, say, waiting
from wallet.home import write_file
from wallet.service import Service
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import DOCUMENTS, read_documents
from wallet.tenders.moments import end_rows
from wallet.tenders.opening_desk import co_signers
from wallet.tenders.paper_desk import fetch as fetch_paper
from wallet.tenders.paper_desk import read
from wallet.tenders.published import require_published

_ENDS: Final = ("submitEnd", "listEnd", "discloseEnd", "releaseEnd", "fallbackEnd")


@click.command(cls=TenderCommand)
@tender_argument
@click.argument("folder", type=FOLDER)
@service_option
@ledger_options
@json_option
@click.pass_obj
def fetch(outside: Surroundings, /, tender: bytes, folder: Path, **given: Any) -> None:
    """Download the present documents of TENDER into FOLDER; nothing is believed unproven.

    The chain says which manifest is in force; each file must have the digest that the manifest
    names, and trustees, threshold, lots and policy must be those of the chain. FOLDER then serves
    suizheng bid seal. Files that are there already with the right digest are not fetched again.
    """
    id_ = TenderId(tender)
    service = Service(given["service_url"])
    try:
        with ledger_client(outside, given) as client, waiting("Fetching the documents"):
            reader = TenderReader(client.node, client.deployment)
            docs = reader.tender(id_).docs
            encoded = read(service, id_, docs)
            found = documents.read(encoded)
            if found.tender != id_:
                raise DocumentsInvalid("tender")
            for each in found.content["files"]:
                fetch_paper(service, id_, octets(each["sha256"]), folder / each["path"])
            write_file(folder / DOCUMENTS, encoded)
            stored = require_published(read_documents(folder).documents, reader)
    finally:
        service.close()
    if given["as_json"]:
        count = len(found.content["files"])
        print_json({"docs": docs, "version": stored.version, "files": count})
        return
    say(f"Version {stored.version} of the documents is in {folder}; all of it is as published.")


@click.command(cls=TenderCommand)
@tender_argument
@service_option
@json_option
@click.pass_obj
def show(outside: Surroundings, /, tender: bytes, service_url: str, *, as_json: bool) -> None:
    """Show how TENDER stands, as the service says: phases, ends, disputes, and what may go wrong.

    Who co-signed an opening record is told with whether the signature is that key's over the
    record; that the key is a supervisor's or the notary's, the service says (suizheng tender audit
    asks the chain). What sealing cannot rule out is told in your language.
    """
    service = Service(service_url)
    try:
        told = service.get(f"/v1/tenders/0x{tender.hex()}")
        co_signed = co_signers(service, TenderId(tender), told)
    finally:
        service.close()
    if as_json:
        print_json(told | {"coSigners": co_signed})
        return
    say(f"{told['agency']['name']}: version {len(told['docs'])} of the documents")
    print_table(("LOT", "PHASE"), ((each["lot"], each["phase"]) for each in told["lots"]))
    for part in told["parts"]:
        if part["ends"] is not None:
            _print_ends(told, part)
    if told["suspension"]:
        say(f"It stands still since {told['suspension']['since']}.")
    if co_signed:
        head = ("RECORD", "CO-SIGNED AS", "NAME", "KEY", "TAKEN IN", "SIGNATURE")
        print_table(head, (tuple(each.values()) for each in co_signed))
    _print_disputes(told)
    for risk in told["risks"]:
        say(f"- {risk['text'].get(outside.language, risk['text']['en'])} ({risk['code']})")


def _print_ends(told: dict[str, Any], part: dict[str, Any]) -> None:
    """Print a part's ends in local time and in UTC; no row for one after the year 9999."""
    moments = ((name, part["ends"][name]) for name in _ENDS)
    ends = [(name, int(datetime.fromisoformat(at).timestamp())) for name, at in moments if at]
    rows = end_rows(calendar_under(octets(told["policy"])), ends)
    print_table((f"PART {part['part']}", "LOCAL", "UTC"), rows)


def _print_disputes(told: dict[str, Any]) -> None:
    disputes = [("objection", each, each["outcome"]) for each in told["objections"]]
    disputes += [("complaint", each, each["state"]) for each in told["complaints"]]
    if disputes:
        rows = (
            (kind, each["id"], each["lot"], each["stage"], state + _overdue(each))
            for kind, each, state in disputes
        )
        print_table(("DISPUTE", "ID", "LOT", "STAGE", "STATE"), rows)
    for filing in told["filings"]:
        if filing["state"] == "overdue":
            what = f"{filing['kind']} filed at {filing['filedAt']}"
            say(f"OVERDUE since {filing['dueAt']}: {what}.")


def _overdue(dispute: dict[str, Any]) -> str:
    if not dispute.get("isOverdue"):
        return ""
    return ", OVERDUE" if dispute.get("outcome", "OPEN") == "OPEN" else ", answered too late"
