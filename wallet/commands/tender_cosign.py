"""`suizheng tender cosign`: supervisor and notary confirm an opening record that they made anew."""

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain.client import LedgerClient
from ledger.errors import Unavailable
from ledger.tenders.documents import Documents
from ledger.tenders.errors import OpeningDiffers
from ledger.tenders.events import OpeningRecorded
from ledger.tenders.opening import Found, LicencesUnconfirmed
from ledger.tenders.opening_cosignatures import (
    Capacity,
    CoSigned,
    CoSigners,
    CoSignerUnknown,
    OpeningCoSignature,
    co_sign,
)
from ledger.tenders.opening_record import Cause, record_digest
from ledger.values import Address, Role
from wallet.commands.options import ADDRESS, FOLDER
from wallet.commands.tender_officers import SUPERVISOR, acts, ledger_client, lot_option
from wallet.console import print_json, say, waiting
from wallet.home import write_file
from wallet.service import Service
from wallet.surroundings import Surroundings
from wallet.tenders.archive import by_digest
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import read_documents
from wallet.tenders.opening import OpeningRoom
from wallet.tenders.opening_desk import bring_co_signature, fetch_opened

PAPER: Final = "cosignature-{}.json"


@dataclass(eq=False)
class LossUnconfirmed(Unavailable):
    """Files that the record calls lost are not here. Look elsewhere, or name bids with --lost."""

    bidders: tuple[str, ...]


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("files", type=FOLDER)
@click.argument("out", type=FOLDER)
@lot_option
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option(
    "--as",
    "capacity",
    type=click.Choice([each.value for each in Capacity]),
    required=True,
    help="As what you sign.",
)
@click.option(
    "--service",
    "service_url",
    metavar="URL",
    help="Where files come from that FILES lacks, and where the signature goes.",
)
@click.option(
    "--lost",
    metavar="KEY",
    type=ADDRESS,
    multiple=True,
    help="A bid's key: you looked for its file, and sign that it is lost. Repeat it for others.",
)
@acts(SUPERVISOR)
def cosign(outside: Surroundings, documents: Path, files: Path, out: Path, **given: Any) -> None:
    """Make the opening record of a lot anew, and sign it if it is the one that was anchored.

    DOCUMENTS are those of the tender, FILES a folder with the sealed files under any names, as for
    suizheng tender open; OUT gets what they hold. A supervisor's account has its role on the chain;
    the notary's is the one that the documents name. Nothing is signed unless chain and files give
    the very record whose digest the buyer anchored, and before it is anchored it is too early.

    That a file is lost, its absence here does not tell: the operator's stores answer to the
    operator alone, and a bidder, an archive or another service may have a copy. So a record that
    says FILE_LOST of a bid is signed only for whoever names that bid with --lost.

    The signature is a paper of the tender: OUT/LOT-PART/cosignature-….json, for --service, for the
    archive, and for whoever audits it without either.
    """
    known = read_documents(documents)
    with ledger_client(outside, given) as client:
        place = (given["lot"], given["part"])
        room, recorded = OpeningRoom.of(client, known, documents, place, outside).as_recorded()
        _require_entitled(outside, client, known.documents, given)
        found = _opened(room, files, out, given)
    _require_same(room, found, recorded)
    _require_lost(found, given["lost"])
    made = _signed(outside, room, recorded, given)
    folder = out / f"{place[0]}-{place[1]}"
    paper = folder / PAPER.format(given["capacity"])
    write_file(paper, made.to_bytes())
    _tell(made, found, paper, _brought(made, given), given)


def _require_entitled(
    outside: Surroundings, client: LedgerClient, known: Documents, given: Mapping[str, Any]
) -> None:
    """Raise `CoSignerUnknown` for a key whose signature would count for nothing."""
    address = Address(outside.keyring.entry(given["account"]).shown)
    if given["capacity"] == Capacity.NOTARY:
        CoSigners.of(known.content).require_notary(address)
        return
    if Role.SUPERVISOR not in client.roles(known.agency, address):
        raise CoSignerUnknown(address, given["capacity"])


def _opened(
    room: OpeningRoom, files: Path, out: Path, given: Mapping[str, Any]
) -> dict[Address, Found]:
    known = by_digest(files)
    if given["service_url"] is not None:
        with closing(Service(given["service_url"])) as service, waiting("Fetching"):
            known |= fetch_opened(service, room.opening, known, files)
    with waiting("Opening"):
        return room.open_all(known, out / f"{room.opening.lot}-{room.opening.part}")


def _require_same(
    room: OpeningRoom, found: Mapping[Address, Found], recorded: OpeningRecorded
) -> None:
    """Raise `OpeningDiffers`, or `LicencesUnconfirmed` where nobody can say, but for the record."""
    digest = record_digest(room.opening.record(room.happened, found))
    if digest == recorded.digest:
        return
    open_ = [key for key, each in found.items() if not each.is_confirmed]
    if open_:
        raise LicencesUnconfirmed(len(open_))
    raise OpeningDiffers(recorded.digest, digest)


def _require_lost(found: Mapping[Address, Found], told: Collection[Address]) -> None:
    """Raise `LossUnconfirmed` for bids whose file is not here, and that nobody says is lost."""
    lost = {key for key, each in found.items() if each.cause is Cause.FILE_LOST}
    if unsaid := sorted(lost.difference(told)):
        raise LossUnconfirmed(tuple(unsaid))


def _signed(
    outside: Surroundings, room: OpeningRoom, recorded: OpeningRecorded, given: Mapping[str, Any]
) -> OpeningCoSignature:
    name, opening = given["account"], room.opening
    account = outside.keyring.account(name, given["passwords"].of(name))
    said = CoSigned(
        opening.ledger,
        opening.state.id,
        opening.lot,
        opening.part,
        recorded.digest,
        Capacity(given["capacity"]),
    )
    return co_sign(said, account.private_key)


def _brought(made: OpeningCoSignature, given: Mapping[str, Any]) -> str | None:
    if given["service_url"] is None:
        return None
    with closing(Service(given["service_url"])) as service:
        return bring_co_signature(service, made)


def _tell(
    made: OpeningCoSignature,
    found: Mapping[Address, Found],
    paper: Path,
    brought: str | None,
    given: Mapping[str, Any],
) -> None:
    closed = {key: str(each.cause) for key, each in found.items() if each.cause is not None}
    record = "0x" + made.said.record.hex()
    if given["as_json"]:
        facts = {"record": record, "capacity": made.said.capacity.value, "signer": made.signer}
        print_json(facts | {"closed": closed, "file": str(paper), "brought": brought})
        return
    for key, cause in closed.items():
        say(f"{key} stays closed: {cause}")
    say(f"Made anew and signed: {record}, as {made.said.capacity} ({made.signer}).")
    if brought is None:
        say(f"Give {paper} to the tender's service or archive (--service).")
