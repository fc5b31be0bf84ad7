"""`suizheng trustee status`: where this wallet is a trustee and, asked of a node, when it acts."""

from collections.abc import Mapping
from typing import Any

import click

from ledger.tenders.calendar import Calendar
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.policy.calendars import calendar_under
from ledger.tenders.policy.ends import Ends
from ledger.tenders.trustees import Seat
from wallet.commands.options import json_option, ledger_options
from wallet.console import print_json, print_table, say
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import tender_line
from wallet.tenders.moments import told_moment
from wallet.tenders.seats import SeatStore

Window = tuple[Calendar | None, Ends]


@click.command(cls=TenderCommand)
@ledger_options
@json_option
@click.pass_obj
def status(outside: Surroundings, /, **given: Any) -> None:
    """List the tenders for which this wallet holds a trustee's key; needs no password.

    With --node it tells, too, from when to when each secret is to be released.
    """
    seats = [request.seat for request in SeatStore(outside.home).all()]
    if not seats:
        _say_none(as_json=given["as_json"])
        return
    windows = [_window(outside, seat, given) if given["nodes"] else None for seat in seats]
    found = list(zip(seats, windows, strict=True))
    if given["as_json"]:
        print_json([_shown(*each, is_asked=bool(given["nodes"])) for each in found])
        return
    rows = (
        (
            "0x" + seat.tender.hex(),
            seat.part,
            seat.index,
            SeatStore.key_name(seat),
            *_told(window),
        )
        for seat, window in found
    )
    print_table(("TENDER", "PART", "INDEX", "KEY", "RELEASE FROM", "RELEASE BEFORE"), rows)


def _say_none(*, as_json: bool) -> None:
    if as_json:
        print_json([])
        return
    say("No trustee's keys yet. Make one: suizheng trustee register")


def _window(outside: Surroundings, seat: Seat, given: Mapping[str, Any]) -> Window | None:
    """Return when a part is released; None before it is published or begun."""
    with tender_line(outside, given, seat.ledger) as line:
        try:
            policy = line.reader.tender(seat.tender).policy
        except TenderUnknown:
            return None
        ends = line.reader.ends(seat.tender, seat.part)
    return (calendar_under(policy), ends) if ends.list_end else None


def _shown(seat: Seat, window: Window | None, *, is_asked: bool) -> dict[str, Any]:
    found: dict[str, Any] = {**seat.to_json(), "name": SeatStore.key_name(seat)}
    if is_asked:
        ends = None if window is None else window[1]
        found["release"] = ends and {
            "opensAt": ends.disclose_end,
            "dueAt": ends.release_end,
            "closesAt": ends.fallback_end,
        }
    return found


def _told(window: Window | None) -> tuple[str, str]:
    if window is None:
        return "", ""
    calendar, ends = window
    return told_moment(calendar, ends.disclose_end), told_moment(calendar, ends.release_end)
