"""`suizheng tender signals`: what opened bids have in common, for committee and supervisor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import parse_object
from ledger.tenders import manifest
from ledger.tenders.collusion.flags import Flag
from ledger.tenders.collusion.material import BidMaterial, FileContent
from ledger.tenders.collusion.signals import Signals, signals
from wallet.commands.options import FOLDER, json_option
from wallet.console import print_json, print_table, say
from wallet.home import read_file
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import DOCUMENTS

_OURS: Final = frozenset(
    {manifest.MANIFEST, manifest.SIGNATURE, manifest.OPENING, manifest.CONFIDENTIAL}
)
"""What every bid has; the last is sealed."""
_MOST_BYTES: Final = 2**26
"""Longer files are not looked into (proposed); their digests stand in the manifests."""


@click.command(name="signals", cls=TenderCommand)
@click.argument("opened", type=FOLDER)
@click.option("--documents", type=FOLDER, required=True, help="The tender's documents.")
@click.option("--confidential", type=FOLDER, help="What evaluators opened, a folder for each key.")
@json_option
def show_signals(
    opened: Path, documents: Path, confidential: Path | None, *, as_json: bool
) -> None:
    """Look for signals of collusion in the bids OPENED by tender open, a folder for each key.

    Equal files, pictures and authors, near copies of texts, prices in patterns; what the tender's
    own documents gave out counts for none. A signal is something to look at, never a rejection, and
    that there is none proves nothing. Nothing leaves this machine.
    """
    bids = [_material(folder, confidential) for folder in _folders(opened)]
    found = signals(bids, tuple(_files(documents, frozenset({DOCUMENTS}))))
    if as_json:
        print_json(_told(found))
        return
    print_table(
        ("SIGNAL", "STRENGTH", "BIDS", "LAW"),
        (
            (each.code, each.strength, ", ".join(bid[:10] for bid in each.bids), each.law)
            for each in found.flags
        ),
    )
    for unread in found.unreadable:
        say(f"{unread.bid[:10]} {unread.path} was not looked into: {unread.reason}")
    say(f"{len(bids)} bids, {len(found.flags)} signals. Whoever rejects a bid is the committee.")


def _folders(opened: Path) -> list[Path]:
    return [path for path in sorted(opened.iterdir()) if (path / manifest.MANIFEST).exists()]


def _material(folder: Path, confidential: Path | None) -> BidMaterial:
    said = parse_object(read_file(folder / manifest.MANIFEST))
    price = said.get("price")
    files = [*_files(folder, _OURS)]
    if confidential is not None and (confidential / folder.name).is_dir():
        files += _files(confidential / folder.name, frozenset({manifest.MANIFEST}))
    amount = str(price["amount"]) if isinstance(price, dict) and "amount" in price else None
    return BidMaterial(folder.name, price=amount, files=tuple(files))


def _files(folder: Path, without: frozenset[str]) -> Iterator[FileContent]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_ours = name in without or path.is_symlink() or not path.is_file()
        if not is_ours and path.stat().st_size <= _MOST_BYTES:
            yield FileContent(name, read_file(path))


def _told(found: Signals) -> dict[str, Any]:
    return {
        "signals": [_flag(each) for each in found.flags],
        "unreadable": [
            {"bid": each.bid, "path": each.path, "reason": each.reason} for each in found.unreadable
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
