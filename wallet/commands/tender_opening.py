"""`suizheng tender open`: the bids of a lot out of their files, and the record of it on chain."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import parse_object
from ledger.chain import award_calls
from ledger.chain.client import LedgerClient
from ledger.tenders.bid_flags import LAW
from ledger.tenders.errors import AlreadyDone, OpeningDiffers, TenderNotOpen, WindowNotOpen
from ledger.tenders.events import Phase
from ledger.tenders.opening import Found, Opening
from ledger.tenders.opening_record import record_digest
from ledger.tenders.papers import PaperRole
from ledger.tenders.phases import phase_at
from ledger.values import Address
from wallet.commands.options import FOLDER
from wallet.commands.serving import opened
from wallet.commands.tender_bringing import Paper, bring_first, send_with, tell_next
from wallet.commands.tender_officers import TENDERER, acts, ledger_client, lot_option
from wallet.console import print_json, print_table, say, waiting
from wallet.home import write_file
from wallet.surroundings import Surroundings
from wallet.tenders.archive import by_digest
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import read_documents
from wallet.tenders.opening import OpeningRoom
from wallet.tenders.opening_desk import fetch_missing, require_same_record

RECORD: Final = "opening-record.json"
_AHEAD: Final = frozenset(
    (Phase.RECEIVING, Phase.LISTING, Phase.DISCLOSURE, Phase.RELEASE, Phase.FALLBACK)
)


@click.command(name="open", cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("files", type=FOLDER)
@click.argument("out", type=FOLDER)
@lot_option
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option(
    "--service",
    "service_url",
    metavar="URL",
    help="Where files come from that FILES lacks, and whose record must be the same as yours; "
    "where --record brings the record.",
)
@click.option("--record", "is_recorded", is_flag=True, help="Anchor the record. TENDERER.")
@acts(TENDERER)
def open_tender(
    outside: Surroundings, documents: Path, files: Path, out: Path, **given: Any
) -> None:
    """Open the bids of a lot from the sealed FILES into OUT, and make the opening record.

    DOCUMENTS are those of the tender, FILES a folder with the sealed files under any names. Keys
    come from the chain; licences are verified as of the deadline. OUT gets a folder LOT-PART with
    one for each opened bid, named by its key, and opening-record.json. Repeat it as often as you
    like: what is missing or could not be confirmed is tried again. With --record the digest of your
    own record is anchored, and of no other; with --service it is refused where theirs differs.
    """
    place = (given["lot"], given["part"])
    folder = out / f"{place[0]}-{place[1]}"
    known = read_documents(documents)
    with ledger_client(outside, given) as client:
        room = OpeningRoom.of(client, known, documents, place, outside)
        _require_begun(room.opening)
        known_files = by_digest(files)
        if given["service_url"] is not None:
            known_files |= _fetched(outside, room, known_files, files, given)
        with waiting("Opening"):
            found = room.open_all(known_files, folder)
        told = _told(room, found, folder)
        if given["service_url"] is not None and told["isWhole"]:
            with opened(outside, dict(given)) as service:
                require_same_record(service, room.opening, told["record"])
        if given["is_recorded"]:
            told |= _anchored(outside, client, room, found, (folder / RECORD, given))
    if given["as_json"]:
        print_json(told)
        return
    _print(told)
    if given["is_recorded"]:
        tell_next(known.documents.tender, _papers(folder / RECORD), given)


def _fetched(
    outside: Surroundings,
    room: OpeningRoom,
    known: Mapping[bytes, Path],
    files: Path,
    given: Mapping[str, Any],
) -> dict[bytes, Path]:
    with opened(outside, dict(given)) as service, waiting("Fetching"):
        return fetch_missing(service, room.opening, known, files)


def _require_begun(opening: Opening) -> None:
    """Raise unless the files may be opened: what lies ahead says from when."""
    phase = phase_at(opening.state, opening.lot, opening.part, opening.at)
    ends = opening.state.ends.get(opening.part)
    if phase is Phase.OPENED:
        return
    if ends is None or phase not in _AHEAD:
        raise TenderNotOpen(phase)
    start = ends.fallback_end if phase is Phase.FALLBACK else ends.disclose_end
    raise WindowNotOpen(start, opening.at)


def _told(room: OpeningRoom, found: Mapping[Address, Found], out: Path) -> dict[str, Any]:
    opening = room.opening
    told: dict[str, Any] = {
        "lot": opening.lot,
        "part": opening.part,
        "isWhole": opening.is_recordable(found),
        "unconfirmed": sorted(key for key, each in found.items() if not each.is_confirmed),
        "closed": {
            key: {"cause": str(each.cause), **each.evidence}
            for key, each in found.items()
            if each.cause is not None
        },
        "bids": [],
    }
    if told["isWhole"]:
        encoded = opening.record(room.happened, found)
        write_file(out / RECORD, encoded)
        told["record"] = "0x" + record_digest(encoded).hex()
        told["bids"] = parse_object(encoded)["bids"]
    return told


def _anchored(
    outside: Surroundings,
    client: LedgerClient,
    room: OpeningRoom,
    found: Mapping[Address, Found],
    order: tuple[Path, Mapping[str, Any]],
) -> dict[str, Any]:
    """Bring the record at a path and anchor it.

    Raises as `Opening.require_recordable`, `OpeningDiffers`, and `AlreadyDone` for one that was
    anchored earlier, once it is brought.
    """
    record, given = order
    about = (room.opening.state.id, _papers(record))
    opening, place = room.opening, (room.opening.lot, room.opening.part)
    recorded = opening.state.lot(opening.lot).openings.get(opening.part)
    if recorded is None:
        opening.require_recordable(found)
    digest = record_digest(opening.record(room.happened, found))
    if recorded is not None:
        if recorded.digest != digest:
            raise OpeningDiffers(recorded.digest, digest)
        if given["service_url"] is not None:
            bring_first(outside, *about, given)
        raise AlreadyDone
    opened = len(opening.findings(found).opened)
    call = award_calls.record_opening(client.deployment, opening.state.id, place, digest, opened)
    brought, receipt = send_with(outside, client, call, about, given)
    return brought | {
        "opened": opened,
        "transaction": "0x" + receipt.transaction.hex(),
        "block": receipt.block,
    }


def _papers(record: Path) -> tuple[Paper, ...]:
    return ((PaperRole.OPENING_RECORD, record),)


def _print(told: Mapping[str, Any]) -> None:
    rows = (
        (
            each["name"],
            f"{each['price']['amount']} {each['price']['currency']}" if each["price"] else "",
            ", ".join(f"{flag} ({LAW[flag]})" for flag in each["flags"]),
        )
        for each in told["bids"]
    )
    print_table(("BIDDER", "PRICE", "TO LOOK AT"), rows)
    for key, each in told["closed"].items():
        say(f"{key} stays closed: {each['cause']}")
    if told["unconfirmed"]:
        say(f"Licences of {len(told['unconfirmed'])} bids could not be confirmed: ask again.")
    if not told["isWhole"]:
        say("Not all bids are open yet; repeat this when the missing ones came.")
    elif "transaction" in told:
        say(f"Recorded in block {told['block']}: {told['record']}")
    else:
        say(f"The record's digest is {told['record']}. To anchor it: --record")
