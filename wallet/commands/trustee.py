"""`suizheng trustee`: from the key to the statement that goes into the tender documents."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.secp256k1 import private_key
from ledger.tenders.ids import ref_of, tender_id
from ledger.tenders.sealing import draw_key
from ledger.tenders.shares import MAX_TRUSTEES, SECRET_BYTES
from ledger.tenders.trustees import Request, Seat, Statement, octets, state
from ledger.values import Address, LedgerRef
from wallet.commands.options import (
    ADDRESS,
    AGENCY,
    FILE,
    AgencyName,
    json_option,
    password_option,
)
from wallet.commands.trustee_cosign import cosign
from wallet.commands.trustee_release import release
from wallet.commands.trustee_status import status
from wallet.console import print_json, say
from wallet.home import read_file, write_file
from wallet.keyring import Purpose
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommands
from wallet.tenders.seats import SeatStore

_REHEARSALS: Final = "rehearsals"


@dataclass(eq=False)
class RehearsalUnknown(Refused):
    """This wallet tried no key for that place. Begin with suizheng trustee challenge."""

    part: int
    index: int


@click.group(cls=TenderCommands)
def trustee() -> None:
    """Trustees: make a key for one tender, prove it, have it proven, and release it in time.

    A trustee registers; the buyer challenges; the trustee rehearses; the buyer checks; once bids
    are disclosed the trustee releases. Exit codes: 0 done, 1 refused for good, 2 nobody could say,
    3 not now, 4 bad input, 64 wrong use.
    """


@trustee.command()
@click.argument("agency", type=AGENCY)
@click.argument("number")
@click.option("--ledger", type=ADDRESS, required=True, help="The TenderLedger's address.")
@click.option("--chain-id", type=click.IntRange(1), required=True)
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option("--index", type=click.IntRange(1, MAX_TRUSTEES), required=True)
@click.option("--group", type=AGENCY, required=True, help="Whose trustee you are.")
@click.option("--out", type=FILE, required=True, help="Request to hand to the buyer.")
@password_option
@json_option
@click.pass_obj
def register(outside: Surroundings, /, agency: AgencyName, number: str, **given: Any) -> None:
    """Make the key of trustee INDEX for the tender that AGENCY numbers NUMBER.

    A key is for one tender and one part: the secret that opens the technical part must not open
    prices. It stays locked in this wallet until it is released.
    """
    seat = Seat(
        ledger=LedgerRef(given["chain_id"], Address(given["ledger"])),
        tender=tender_id(agency.id, ref_of(number)),
        part=given["part"],
        index=given["index"],
        group=given["group"].id,
    )
    store = SeatStore(outside.home)
    password = given["passwords"].new(store.key_name(seat))
    made = outside.keyring.new(store.key_name(seat), Purpose.ACCOUNT, password, outside.randomness)
    account = outside.keyring.account(made.name, password)
    request = Request(seat, private_key(account.private_key).public_key.format())
    store.keep(request)
    write_file(given["out"], request.to_bytes())
    if given["as_json"]:
        print_json({**seat.to_json(), "key": account.address, "name": made.name})
        return
    say(f"Key {account.address} is made. The buyer needs {given['out']}.")


@trustee.command()
@click.argument("request", type=FILE)
@click.option("--out", type=FILE, required=True, help="Rehearsal to hand to the trustee.")
@click.pass_obj
def challenge(outside: Surroundings, request: Path, out: Path) -> None:
    """For the buyer: seal 32 random bytes to a trustee's key, as bids will be sealed to it."""
    asked = Request.read(read_file(request))
    drawn = outside.randomness(SECRET_BYTES)
    sealed = asked.rehearsal(drawn, draw_key(outside.randomness))
    write_file(_rehearsal(outside, asked.seat), orjson.dumps({"drawn": "0x" + drawn.hex()}))
    write_file(out, sealed)
    say(f"The trustee opens {out} with suizheng trustee rehearse.")


@trustee.command()
@click.argument("rehearsal", type=FILE)
@click.option("--out", type=FILE, required=True, help="Statement to hand to the buyer.")
@password_option
@json_option
@click.pass_obj
def rehearse(outside: Surroundings, /, rehearsal: Path, **given: Any) -> None:
    """Open the buyer's REHEARSAL with your key, and state under it that you could."""
    content = read_file(rehearsal)
    store = SeatStore(outside.home)
    request = store.of_rehearsal(content)
    name = store.key_name(request.seat)
    account = outside.keyring.account(name, given["passwords"].of(name))
    stated = state(request.seat, content, account.private_key)
    write_file(given["out"], stated.to_bytes())
    if given["as_json"]:
        print_json({"key": stated.key.key, "rehearsal": "0x" + stated.key.rehearsal.hex()})
        return
    say(f"{stated.key.key} opened it. The statement for the documents is {given['out']}.")


@trustee.command()
@click.argument("statement", type=FILE)
@json_option
@click.pass_obj
def check(outside: Surroundings, statement: Path, *, as_json: bool) -> None:
    """For the buyer: hold a STATEMENT against what this wallet sealed to the trustee."""
    stated = Statement.read(read_file(statement))
    key = stated.key
    seat = Seat(stated.ledger, key.tender, key.part, key.index, key.group)
    stated.require_rehearsed(_drawn(_rehearsal(outside, seat), seat))
    entry = {"part": key.part, "index": key.index, "key": key.key, "group": "0x" + key.group.hex()}
    if as_json:
        print_json(entry)
        return
    say(f"Trustee {key.index} of part {key.part} has the key of {key.key}.")


trustee.add_command(status)
trustee.add_command(release)
trustee.add_command(cosign)


def _rehearsal(outside: Surroundings, seat: Seat) -> Path:
    folder = outside.home / _REHEARSALS
    return folder / f"{SeatStore.key_name(seat)}.json"


def _drawn(path: Path, seat: Seat) -> bytes:
    if not path.exists():
        raise RehearsalUnknown(seat.part, seat.index)
    try:
        return octets(str(parse_object(read_file(path))["drawn"]))
    except (JsonMalformed, KeyError, ValueError) as exc:
        raise RehearsalUnknown(seat.part, seat.index) from exc
