"""`suizheng tender ocds`: the publication of a tender, made anew from the chain and its papers."""

from typing import Any

import click

from ledger.authority import Agency
from ledger.canonical import canonical_json
from ledger.chain.client import LedgerClient
from ledger.chain.tender_archive import gather, read
from ledger.errors import AgencyUnknown
from ledger.tenders.events import TenderPublished
from ledger.tenders.ids import TenderId
from ledger.tenders.ocds.extension import url_of
from ledger.tenders.ocds.packages import record_digest
from ledger.tenders.ocds.publishing import UNREGISTERED, buyer_of, record_of
from ledger.tenders.ocds.releases import Publication
from ledger.tenders.ocds.story import Sources, told
from wallet.commands.options import DEFAULT_SERVICE, FILE, FOLDER, HASH, json_option, ledger_options
from wallet.console import print_json, say
from wallet.home import write_file
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.holdings import Holdings


@click.command(cls=TenderCommand)
@click.argument("tender", type=HASH)
@click.option(
    "--archive",
    "archives",
    type=FOLDER,
    multiple=True,
    required=True,
    help="Folder with the tender's papers; repeat it for several.",
)
@click.option("--prefix", default=UNREGISTERED, show_default=True, help="As OCP registered it.")
@click.option("--site", default=DEFAULT_SERVICE, show_default=True, help="Where it is published.")
@click.option("--out", type=FILE, help="File to write the record to, as a contract anchors it.")
@ledger_options
@json_option
@click.pass_obj
def ocds(outside: Surroundings, /, tender: bytes, **given: Any) -> None:
    """Make the OCDS record of TENDER from the chain and its papers; needs no service.

    Nothing is shown that says otherwise than the chain, or more than is public. A contract's event
    keeps the SHA-256 of the record before it, in its one spelling (RFC 8785): suizheng tender
    contract --ocds takes the file that --out wrote.
    """
    holdings = Holdings()
    for folder in given["archives"]:
        holdings.take(folder)
    package = _made(outside, TenderId(tender), holdings, given)
    digest = "0x" + record_digest(package["records"][0]).hex()
    if given["out"] is not None:
        write_file(given["out"], canonical_json(package["records"][0]))
    if given["as_json"]:
        print_json({"digest": digest, "package": package})
        return
    (record,) = package["records"]
    for release in record["releases"]:
        say(f"{release['date']}  {release['tag'][0]:<18} {release['tender']['status']}")
    say(f"The record's digest is {digest}.")


def _made(
    outside: Surroundings, tender: TenderId, holdings: Holdings, given: dict[str, Any]
) -> dict[str, Any]:
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    with open_ledger(ledger) as client:
        archive = gather(client.node, client.deployment, tender)
        events = read(archive, client.deployment).events
        published = next(each for each in events if isinstance(each, TenderPublished))
        agency, names = _agency(client, published), client.agency_names(published.agency)
    site = given["site"].rstrip("/")
    papers = f"{site}/v1/tenders/0x{tender.hex()}/papers"
    sources = Sources(
        archive.ledger,
        ledger.deployment.tenders.awards,
        buyer_of(agency),
        holdings.papers,
        papers,
        names=names,
    )
    publication = Publication(given["prefix"], agency.name, site, (url_of(site),))
    uri = f"{site}/v1/tenders/0x{tender.hex()}/ocds/record"
    return record_of(told(events, tender, sources), publication, uri)


def _agency(client: LedgerClient, published: TenderPublished) -> Agency:
    found = client.agency(published.agency)
    if found is None:
        raise AgencyUnknown(published.agency)
    return found
