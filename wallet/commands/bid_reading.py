"""`suizheng bid status`, `secrets`: what is kept here, what the chain holds, what was published."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import orjson

from ledger.chain.tender_reading import BidAsStored, TenderReader
from ledger.tenders.errors import NotDisclosed
from ledger.tenders.policy.calendars import calendar_under
from ledger.tenders.signed_bids import SignedBid
from wallet.commands.bid_sealing import bidder_of, lot_option, shown
from wallet.commands.options import FILE, json_option, ledger_options
from wallet.console import print_json, print_table, say, when
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import tender_line
from wallet.tenders.moments import both, end_rows, told_duty
from wallet.tenders.reminders import next_duty, read_duties

_PARTS = (1, 2)


@click.command(cls=TenderCommand)
@click.argument("tender", required=False)
@lot_option
@ledger_options
@json_option
@click.pass_obj
def status(outside: Surroundings, /, tender: str | None, **given: Any) -> None:
    """List the bids that are kept here; with TENDER, tell how one stands on the chain.

    Needs no password, and no network for the list. TENDER is the beginning of its id.
    """
    if tender is None:
        _list(outside, as_json=given["as_json"])
        return
    kept = BidStore(outside.home).find(tender, given["lot"])
    with tender_line(outside, given, kept.newest().ledger) as line:
        found = _on_chain(line.reader, kept, outside)
        due = next_duty(read_duties(line.reader, kept, found["bidder"]), found["at"])
        calendar = calendar_under(line.reader.tender(kept.tender).policy)
    if given["as_json"]:
        print_json(found | {"next": None if due is None else due.to_json()})
        return
    now = " = ".join(each for each in both(calendar, found["at"]) if each)
    say(f"{found['phase']} of part {found['part']}; the chain's clock shows {now}")
    print_table(("END", "LOCAL", "UTC"), end_rows(calendar, found["ends"].items()))
    say(f"Your bid: {found['bid']['state']}, version {found['bid']['version']}")
    say("Next: nothing for now." if due is None else f"Next: {told_duty(due, calendar)}")


@click.command(name="secrets", cls=TenderCommand)
@click.argument("bid", type=FILE)
@click.option("--out", type=FILE, required=True, help="File to write, for suizheng bid open.")
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@ledger_options
@json_option
@click.pass_obj
def read_secrets(outside: Surroundings, /, bid: Path, out: Path, **given: Any) -> None:
    """Read from the chain what was published about the signed BID: s_b, the trustees', s_c."""
    signed = SignedBid.read(read_file(bid))
    message, part = signed.message, given["part"]
    place = (message.tender, message.lot, message.bidder, part)
    with tender_line(outside, given, signed.ledger) as line:
        line.reader.tender(message.tender)
        s_b = line.reader.disclosed(*place)
        if s_b is None:
            raise NotDisclosed(message.bidder)
        s_c = line.reader.recovered(*place)
        released = line.reader.released(message.tender, part)
    found: dict[str, Any] = {
        "s_b": "0x" + s_b.hex(),
        "released": {str(index): "0x" + each.hex() for index, each in sorted(released.items())},
    }
    if s_c is not None:
        found["s_c"] = "0x" + s_c.hex()
    write_file(out, orjson.dumps(found))
    if given["as_json"]:
        print_json(found)
        return
    say(f"{len(released)} trustees have spoken. Now: suizheng bid open --secrets {out}")


def _list(outside: Surroundings, *, as_json: bool) -> None:
    found = [_kept(place) for place in BidStore(outside.home).places()]
    if as_json:
        print_json(found)
    elif found:
        print_table(
            ("TENDER", "LOT", "VERSION", "BIDDER", "GOOD UNTIL"),
            (
                (
                    each["tender"],
                    each["lot"],
                    each["version"] or "never finished",
                    each.get("bidder", ""),
                    when(each.get("validUntil")),
                )
                for each in found
            ),
        )
    else:
        say("No bids yet. Seal one: suizheng bid seal")


def _kept(place: BidPlace) -> dict[str, Any]:
    signed = [bid for version in place.versions() if (bid := place.signed(version)) is not None]
    if not signed:
        return {"tender": "0x" + place.tender.hex(), "lot": place.lot, "version": None}
    return shown(place, signed[-1])


def _on_chain(reader: TenderReader, kept: BidPlace, outside: Surroundings) -> dict[str, Any]:
    tender, bidder = kept.tender, bidder_of(outside, kept)
    stored, part = reader.tender(tender), reader.current_part(tender)
    ends = asdict(reader.ends(tender, part))
    return {
        "tender": "0x" + tender.hex(),
        "lot": kept.lot,
        "bidder": bidder,
        "part": part,
        "phase": reader.phase(tender, kept.lot, part, stored.at).name,
        "at": stored.at,
        "suspendedSince": stored.suspended_at or None,
        "docs": "0x" + stored.docs.hex(),
        "ends": {_camel(name): end for name, end in ends.items()},
        "bid": _stored(reader.bid(tender, kept.lot, bidder)),
    }


def _stored(bid: BidAsStored) -> dict[str, Any]:
    return {
        "state": bid.state.name,
        "version": bid.version,
        "digest": "0x" + bid.digest.hex(),
        "submittedAt": bid.submitted_at or None,
        "disclosed": [part for part in _PARTS if bid.disclosed & part],
        "recovered": [part for part in _PARTS if bid.recovered & part],
        "isRejected": bid.is_rejected,
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
