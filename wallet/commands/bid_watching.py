"""`suizheng bid watch`: the disclosure of a bid, made in time though nobody is at the terminal."""

from typing import Any

import click
import orjson

from ledger.chain.accounts import Account
from ledger.errors import LedgerError
from ledger.tenders.errors import AlreadyDone, TenderNotOpen, WindowNotOpen
from ledger.tenders.policy.calendars import calendar_under
from wallet.commands.bid_delivery import courier_of, final_block, forget_replaced, unlocked
from wallet.commands.bid_posting import attend
from wallet.commands.bid_sending import DISCLOSURE, of_tender, part_option
from wallet.console import note, print_json, say, waiting
from wallet.exits import EXIT_UNCONFIRMED
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore
from wallet.tenders.delivery import Courier
from wallet.tenders.exits import EXIT_NOT_NOW, TenderCommand, code_of
from wallet.tenders.lines import Line, tender_line
from wallet.tenders.moments import told_duty
from wallet.tenders.preflight import require_awaited
from wallet.tenders.reminders import Duty, Reminder, Step, next_duty, read_duties, reminder_due

_LONGEST = 3_600


@click.command(cls=TenderCommand)
@of_tender
@part_option
@click.option(
    "--every",
    type=click.IntRange(1, _LONGEST),
    default=15,
    show_default=True,
    help="Seconds between two looks at the chain, at most.",
)
@click.pass_obj
def watch(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Wait for listEnd, disclose your bid for TENDER, and repeat until that is final.

    In a tender of two envelopes it stays for the price: part 2 begins when the buyer says. With
    --part it ends after that part.

    What is due is told a day and an hour before and at the start, once each by the chain's time, on
    standard error (with --json a line of JSON): to send what is only sealed, to list, to disclose.

    What lies in the tender's mailbox is listed at submitEnd first; what got no root goes direct ten
    minutes before. A withdrawal that is listed ends it.

    Silent nodes and services, suspensions and transactions that get lost are waited out; it ends
    once the secret of the last part stands in a final block, or can never get there. Name several
    nodes (--node) to be safe. Keys are unlocked at the start. Secrets of versions that a final one
    replaced are destroyed meanwhile.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    key = unlocked(outside, kept.key_name, given)
    if given["account"] is not None:
        unlocked(outside, given["account"], given)
    with waiting("Watching the chain"):
        last = len(kept.newest().message.parts)
        parts = range(1, last + 1) if given["part"] is None else (given["part"],)
        told: set[Reminder] = set()
        for part in parts:
            found = _watch_part(outside, kept, key, part, given | {"told": told})
            if found is None:
                _tell_withdrawn(given)
                return
            if part == parts[-1]:
                _tell_secret(part, found, given)
            else:
                note(f"The secret of part {part} is on the chain. Part {part + 1} is waited for.")


def _watch_part(  # whose bid, with which key, and which part of it
    outside: Surroundings, kept: BidPlace, key: Account, part: int, given: dict[str, Any]
) -> bytes | None:
    """Return the secret of a part once it is final; None for a bid that was taken back."""
    while True:
        pause = given["every"]
        try:
            with tender_line(outside, given, kept.newest().ledger) as line:
                due = _remind(line, kept, key, given["told"], as_json=given["as_json"])
                if attend(outside, line, kept, given):
                    return None
                _require_sent(line, kept, due)
                forget_replaced(line, kept, key.address)
                courier = courier_of(outside, line, kept.tender, given)
                found = _turn(line, courier, kept, key, part)
            if found is not None:
                return found
        except LedgerError as exc:
            if code_of(exc) not in (EXIT_NOT_NOW, EXIT_UNCONFIRMED):
                raise
            pause = _pause(exc, pause)
        outside.clocks.pause(pause)


def _remind(
    line: Line, kept: BidPlace, key: Account, told: set[Reminder], *, as_json: bool
) -> tuple[Duty, ...]:
    """Tell what is due, once each; return what is still to be done.

    While the tender stands still nothing is told: its ends move on.
    """
    due = read_duties(line.reader, kept, key.address)
    stored = line.reader.tender(kept.tender)
    found = None if stored.suspended_at else reminder_due(due, stored.at)
    if found is not None and found not in told:
        told.add(found)
        calendar = calendar_under(stored.policy)
        said = orjson.dumps({"reminder": found.to_json()}).decode()
        note(said if as_json else f"Reminder: {told_duty(found.duty, calendar)}")
    return due


def _require_sent(line: Line, kept: BidPlace, due: tuple[Duty, ...]) -> None:
    """Raise `WindowNotOpen` while a bid that is only sealed may still be sent."""
    clock = line.reader.tender(kept.tender).clock
    duty = next_duty(due, clock)
    if duty is not None and duty.step is Step.SUBMIT:
        raise WindowNotOpen(duty.closes_at, clock)


def _tell_secret(part: int, found: bytes, given: dict[str, Any]) -> None:
    if given["as_json"]:
        print_json({"part": part, "secret": "0x" + found.hex()})
        return
    say(f"The secret of part {part} is on the chain.")


def _tell_withdrawn(given: dict[str, Any]) -> None:
    if given["as_json"]:
        print_json({"isWithdrawn": True})
        return
    say("The bid is taken back; there is nothing to disclose.")


def _turn(line: Line, courier: Courier, kept: BidPlace, key: Account, part: int) -> bytes | None:
    """Send the secret unless it is out; return it once a final block shows it."""
    try:
        _, parcel = DISCLOSURE.of(line, kept, key, part)
    except AlreadyDone:
        pass
    except TenderNotOpen:  # not begun, perhaps never to be
        require_awaited(line.reader, kept, key.address, part)
        raise
    else:
        courier.deliver(parcel)
    place = (kept.tender, kept.lot, key.address, part)
    return line.reader.disclosed(*place, until=final_block(line))


def _pause(why: LedgerError, longest: int) -> int:
    """Return for how many seconds to wait: no longer than to the window, as far as that is told."""
    if isinstance(why, WindowNotOpen):
        return min(longest, max(1, why.opens_at - why.block_time))
    return longest
