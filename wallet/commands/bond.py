"""`suizheng bond`: a guarantor's word behind a bid, asked for, given, attached, accounted for."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import b64url_encode, canonical_json
from ledger.chain.tender_reading import TenderReader
from ledger.tenders import guarantees, messages
from ledger.tenders.errors import BondNotAttested, WindowNotOpen
from ledger.tenders.ids import TenderId
from ledger.tenders.state import BidState
from wallet.commands.bid_sealing import lot_option
from wallet.commands.options import (
    FILE,
    FOLDER,
    MOMENT,
    account_option,
    json_option,
    ledger_options,
    password_option,
)
from wallet.commands.tender_officers import ledger_client, tender_argument
from wallet.console import print_json, say
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidStore
from wallet.tenders.bonds import (
    Attestation,
    BondOfAnother,
    BondRegister,
    BondRequest,
    read_attestation,
    read_request,
)
from wallet.tenders.exits import TenderCommands
from wallet.tenders.folders import read_documents
from wallet.tenders.lines import tender_line

_ACCOUNT: Final = "guarantor"
_SALT_BYTES: Final = 16


@click.group(cls=TenderCommands)
def bond() -> None:
    """Bid bonds 保证金 of tenders that name a guarantor: its signature stands behind every bid.

    A bidder requests, the guarantor issues, the bidder attaches and submits. Exit codes as those of
    suizheng bid.
    """


@bond.command()
@click.argument("documents", type=FOLDER)
@lot_option
@click.option("--firm", required=True, help="JURISDICTION/CODE of the firm you guarantee for.")
@click.option("--until", type=MOMENT, required=True, help="How long it is good.")
@click.option("--amount", help="Decimal, two places; else what the DOCUMENTS ask for.")
@click.option("--out", type=FILE, required=True, help="Guarantee to hand to the firm.")
@account_option(_ACCOUNT)
@password_option
@click.pass_obj
def guarantee(outside: Surroundings, /, documents: Path, lot: int, **given: Any) -> None:
    """For the guarantor: write a guarantee for one firm's bid in the tender of DOCUMENTS, signed.

    The firm brings it as part-1/public/guarantee.json and names its SHA-256 as the bond's digest.
    By law it lasts as long as the bid does (招标投标法实施条例 art. 26).
    """
    known = read_documents(documents).documents
    known.require_lot(lot)
    jurisdiction, _, code = given["firm"].partition("/")
    account = outside.keyring.account(given["account"], given["passwords"].of(given["account"]))
    said = known.content
    asked = said.get("bond", {"amount": None, "currency": said["currency"]})
    told = guarantees.unsigned(
        {"tender": said["tender"], "lot": lot, "beneficiary": said["agency"]},
        {"jurisdiction": jurisdiction, "code": code},
        {"amount": given["amount"] or asked["amount"], "currency": asked["currency"]},
        given["until"],
        account.address,
        b64url_encode(outside.randomness(_SALT_BYTES)),
    )
    signed = guarantees.write(told, account.sign_message(guarantees.text_of(told)))
    write_file(given["out"], signed)
    say(f"The firm names 0x{sha256(signed).hexdigest()} as its bond's digest.")


@bond.command()
@click.argument("tender")
@click.argument("guarantee", type=FILE)
@lot_option
@click.option("--out", type=FILE, required=True, help="Request to hand to the guarantor.")
@click.pass_obj
def request(outside: Surroundings, /, tender: str, guarantee: Path, lot: int, out: Path) -> None:
    """For the bidder: ask for a signature behind the newest bid sealed for TENDER.

    GUARANTEE is the document whose digest the bid names as its bond. TENDER is the beginning of
    its id. What is asked for stays good for all versions of the bid with the same guarantee.
    """
    signed = BidStore(outside.home).find(tender, lot).newest()
    place = signed.message.place(signed.ledger)
    digest = sha256(read_file(guarantee)).digest()
    asked = BondRequest(place, digest, signed.message.bond)
    asked.require_committed()
    write_file(out, asked.to_bytes())
    say(f"The guarantor signs {out}: suizheng bond issue.")


@bond.command()
@click.argument("request", type=FILE)
@click.option("--firm", required=True, help="Organisation code of the firm you guarantee for.")
@click.option("--out", type=FILE, required=True, help="Signature to hand to the bidder.")
@account_option(_ACCOUNT)
@password_option
@json_option
@click.pass_obj
def issue(outside: Surroundings, /, request: Path, firm: str, out: Path, **given: Any) -> None:
    """For the guarantor: stand behind the bid of a REQUEST, once for each firm and lot.

    Whose key it is stays in this wallet until you name the firms of undisclosed bonds.
    """
    asked = read_request(request)
    asked.require_committed()
    account = outside.keyring.account(given["account"], given["passwords"].of(given["account"]))
    place = asked.place
    BondRegister(outside.home, place.tender, place.lot).note(firm, place.bidder)
    signature = messages.sign(place.ledger, asked.message, account.private_key)
    write_file(out, Attestation(place.ledger, asked.message, signature).to_bytes())
    if given["as_json"]:
        print_json({"guarantor": account.address, "bond": asked.bond, "firm": firm})
        return
    say(f"{account.address} stands behind {firm}; the bidder attaches {out}.")


@bond.command()
@click.argument("tender")
@click.argument("attestation", type=FILE)
@lot_option
@ledger_options
@json_option
@click.pass_obj
def attach(outside: Surroundings, /, tender: str, attestation: Path, **given: Any) -> None:
    """For the bidder: put the guarantor's signature to the newest bid sealed for TENDER.

    It is held against the guarantor that the chain names. Then: suizheng bid submit DOCUMENTS.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    signed, attested = kept.newest(), read_attestation(attestation)
    message = signed.message
    if (attested.message.tender, attested.message.lot) != (message.tender, message.lot):
        raise BondNotAttested
    if attested.message.bond != message.bond:
        raise BondOfAnother(message.bond, attested.message.bond)
    with tender_line(outside, given, signed.ledger) as line:
        attested.require_by(line.reader.tender(message.tender).bond_authority)
    kept.keep_signed(message.version, replace(signed, bond_signature=attested.signature))
    if given["as_json"]:
        print_json({"version": message.version, "bond": message.bond})
        return
    say(f"Version {message.version} carries the guarantor's signature.")


@bond.command()
@tender_argument
@lot_option
@click.option("--out", type=FILE, required=True, help="Signed statement to hand to the buyer.")
@account_option(_ACCOUNT)
@ledger_options
@password_option
@json_option
@click.pass_obj
def name(outside: Surroundings, /, tender: bytes, lot: int, out: Path, **given: Any) -> None:
    """For the guarantor: name the firms whose bids of TENDER were not disclosed in time.

    Nobody else can. The statement is RFC 8785 JSON with your signature (EIP-191) over its bytes
    without it.
    """
    id_ = TenderId(tender)
    with ledger_client(outside, given) as client:
        reader = TenderReader(client.node, client.deployment)
        at, end = reader.tender(id_).clock, reader.ends(id_, 1).disclose_end
        if at < end:
            raise WindowNotOpen(end, at)
        issued = BondRegister(outside.home, id_, lot).issued()
        bids = {firm: reader.bid(id_, lot, bidder) for firm, bidder in issued.items()}
    silent = [
        {"firm": firm, "bidder": issued[firm], "digest": "0x" + each.digest.hex()}
        for firm, each in sorted(bids.items())
        if each.state is BidState.LIVE and not each.disclosed
    ]
    account = outside.keyring.account(given["account"], given["passwords"].of(given["account"]))
    told = {"tender": "0x" + tender.hex(), "lot": lot, "undisclosed": silent}
    signature = account.sign_message(canonical_json(told).decode())
    write_file(out, canonical_json(told | {"signature": "0x" + signature.hex()}))
    if given["as_json"]:
        print_json(told)
        return
    say(f"{len(silent)} of {len(issued)} bonds stand behind undisclosed bids; see {out}.")
