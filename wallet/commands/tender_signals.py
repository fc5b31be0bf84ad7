"""`suizheng tender signals`: what opened bids have in common, for committee and supervisor."""

from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, Final

import click

from ledger.tenders import documents, forms, manifest
from ledger.tenders.collusion.flags import Code, Flag, Unlooked
from ledger.tenders.collusion.manifests import material_of
from ledger.tenders.collusion.material import BidMaterial, FileContent
from ledger.tenders.collusion.procedures import (
    OF_AWARD,
    OF_BIDS,
    OF_HISTORY,
    indicators,
    procedure_id,
)
from ledger.tenders.collusion.signals import Unreadable, signals
from ledger.tenders.forms import Form
from wallet.commands.options import FOLDER, json_option, ledger_options
from wallet.commands.tender_officers import ledger_client
from wallet.commands.tender_opening import RECORD
from wallet.console import print_json, print_table, say, waiting
from wallet.home import read_file
from wallet.service import Service
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import DOCUMENTS
from wallet.tenders.holdings import Holdings
from wallet.tenders.past import lots_of_buyer, papers_from

_OURS: Final = frozenset(
    {manifest.MANIFEST, manifest.SIGNATURE, manifest.OPENING, manifest.CONFIDENTIAL}
)
"""What every bid has; the last is sealed."""
_MOST_BYTES: Final = 2**26
"""Longer files are not looked into (proposed); their digests stand in the manifests."""
_BY_CHAIN: Final = tuple(sorted({*OF_BIDS, *OF_AWARD, *OF_HISTORY, Code.R003}))


@click.command(name="signals", cls=TenderCommand)
@click.argument("opened", type=FOLDER)
@click.option("--documents", type=FOLDER, required=True, help="The tender's documents.")
@click.option("--confidential", type=FOLDER, help="What evaluators opened, a folder for each key.")
@click.option(
    "--archive",
    "archives",
    type=FOLDER,
    multiple=True,
    help="Folder with papers of the buyer's tenders; repeat it for several.",
)
@click.option("--service", "service_url", metavar="URL", help="Where papers come from besides.")
@click.option("--offline", is_flag=True, help="Ask nobody: bids alone, not how they were awarded.")
@ledger_options
@json_option
@click.pass_obj
def show_signals(
    outside: Surroundings, /, opened: Path, confidential: Path | None, **given: Any
) -> None:
    """Look for signals of collusion in the bids OPENED by tender open, a folder for each key.

    Equal files, pictures and authors, near copies of texts, prices in patterns (a bid's bill.csv of
    position,unitPrice too), one person in charge; what the tender's own documents gave out counts
    for none. The chain tells how the lot and the buyer's other tenders went: periods, rejections
    and prices that lie outside what is usual there, from opening records and reports in --archive
    or at --service. A signal is something to look at, never a rejection, and that there is none
    proves nothing: what nobody looked for is named.
    """
    ours = tuple(_files(given["documents"], frozenset({DOCUMENTS})))
    bids = [_material(folder, confidential) for folder in _folders(opened)]
    found = signals(bids, ours)
    flags, gaps = _indicators(outside, opened, given)
    flags, gaps = (*found.flags, *flags), (*found.unlooked, *gaps)
    _show(bids, flags, gaps, found.unreadable, as_json=given["as_json"])


def _indicators(
    outside: Surroundings, opened: Path, given: dict[str, Any]
) -> tuple[tuple[Flag, ...], tuple[Unlooked, ...]]:
    """Return what the chain and papers tell of the lot and of the buyer's other ones."""
    if given["offline"]:
        return (), (Unlooked(_BY_CHAIN, "no node was asked"),)
    tender = documents.read(read_file(given["documents"] / DOCUMENTS)).tender
    lots = {_manifest(folder)["lot"] for folder in _folders(opened)}
    url = given["service_url"]
    with (
        ledger_client(outside, given) as client,
        nullcontext() if url is None else closing(Service(url)) as service,
        waiting("Reading the buyer's tenders"),
    ):
        every = lots_of_buyer(client, tender, papers_from(_held(opened, given).papers, service))
    wanted = {procedure_id(tender, lot) for lot in lots}
    own = [each for each in every if each.procedure.id in wanted]
    if not own:
        return (), (Unlooked(_BY_CHAIN, "the lot's opening is not recorded"),)
    others = [each for each in every if each.procedure.id not in wanted]
    return indicators(own[0], others)


def _held(opened: Path, given: dict[str, Any]) -> Holdings:
    """Return the papers at hand: those of the archives, the documents, the opening record."""
    holdings = Holdings()
    for folder in (*given["archives"], given["documents"]):
        holdings.take(folder)
    holdings.take_paper(opened / RECORD)
    return holdings


def _show(
    bids: list[BidMaterial],
    flags: tuple[Flag, ...],
    unlooked: tuple[Unlooked, ...],
    unreadable: tuple[Unreadable, ...],
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(_told(flags, unlooked, unreadable))
        return
    print_table(
        ("SIGNAL", "STRENGTH", "BIDS", "LAW"),
        (
            (each.code, each.strength, ", ".join(bid[:10] for bid in each.bids), each.law)
            for each in flags
        ),
    )
    for unread in unreadable:
        say(f"{unread.bid[:10]} {unread.path} was not looked into: {unread.reason}")
    for gap in unlooked:
        about = f" ({gap.about})" if gap.about else ""
        say(f"Not looked at: {', '.join(gap.codes)}: {gap.reason}{about}")
    say(f"{len(bids)} bids, {len(flags)} signals. Whoever rejects a bid is the committee.")


def _folders(opened: Path) -> list[Path]:
    return [path for path in sorted(opened.iterdir()) if (path / manifest.MANIFEST).exists()]


def _manifest(folder: Path) -> dict[str, Any]:
    return forms.read(Form.MANIFEST, read_file(folder / manifest.MANIFEST))


def _material(folder: Path, confidential: Path | None) -> BidMaterial:
    files = [*_files(folder, _OURS)]
    if confidential is not None and (confidential / folder.name).is_dir():
        files += _files(confidential / folder.name, frozenset({manifest.MANIFEST}))
    return material_of(folder.name, [_manifest(folder)], tuple(files))


def _files(folder: Path, without: frozenset[str]) -> Iterator[FileContent]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_ours = name in without or path.is_symlink() or not path.is_file()
        if not is_ours and path.stat().st_size <= _MOST_BYTES:
            yield FileContent(name, read_file(path))


def _told(
    flags: tuple[Flag, ...], unlooked: tuple[Unlooked, ...], unreadable: tuple[Unreadable, ...]
) -> dict[str, Any]:
    return {
        "signals": [_flag(each) for each in flags],
        "notLookedAt": [
            {"codes": [code.value for code in each.codes], "reason": each.reason}
            | ({"about": each.about} if each.about else {})
            for each in unlooked
        ],
        "unreadable": [
            {"bid": each.bid, "path": each.path, "reason": each.reason} for each in unreadable
        ],
    }


def _flag(told: Flag) -> dict[str, Any]:
    return {
        "code": told.code.value,
        "bids": list(told.bids),
        "evidence": [dict(each) for each in told.evidence],
        "method": told.method,
        "threshold": told.threshold,
        "law": told.law,
        "strength": told.strength.value,
    }
