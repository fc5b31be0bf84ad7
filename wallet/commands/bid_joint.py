"""`suizheng bid asks`, `consent`: what licences are presented for, and who bids together."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from ledger.licences.catalogue import TypeUnknown, load_catalogue
from ledger.tenders.bid_flags import Terms
from ledger.tenders.ids import Place
from ledger.tenders.requests import nonce_of
from ledger.tenders.shown_licences import organisation_of
from ledger.tenders.signatures import Consent
from ledger.tenders.standing import ClaimForeign, require_claims
from ledger.values import Address
from wallet.commands.bid_sealing import bidder_of, lot_option, one_time_password, place_of
from wallet.commands.options import ADDRESS, FILE, FOLDER, json_option, password_option
from wallet.console import note, print_json, say
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import read_documents, standing_requests
from wallet.tenders.standing_request import misfit


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@lot_option
@password_option
@json_option
@click.pass_obj
def asks(outside: Surroundings, /, documents: Path, lot: int, **given: Any) -> None:
    """Tell for whom and for which nonce licences are presented with your bid; off line.

    It makes the bid's one-time key if there is none. Present each licence with suizheng licence
    present --audience --nonce; it serves every version of this bid and no other.
    """
    known = read_documents(documents).documents
    kept = place_of(outside, known, lot)
    files = standing_requests(known, documents)
    terms, wrong = Terms.of(known, files), misfit(known, files)
    if wrong is not None:
        note(f"The standing request is not what the documents ask ({wrong}); question the buyer.")
    try:
        require_claims(terms.wanted, load_catalogue())
    except ClaimForeign as exc:
        note(f"No licence for {exc.requirement} can show {exc.claim}; question the buyer.")
    except TypeUnknown:
        pass  # of another place, perhaps: its issuer knows what it shows
    one_time_password(outside, kept, given["passwords"])
    bidder = bidder_of(outside, kept)
    nonce = nonce_of(Place(known.ledger, known.tender, lot, bidder))
    if given["as_json"]:
        print_json({"bidder": bidder, "audience": terms.audience, "nonce": nonce})
        return
    say(f"The bid's key is {bidder}.")
    say(f"Licences are presented with --audience {terms.audience} --nonce {nonce}")


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("agreement", type=FILE)
@lot_option
@click.option("--bidder", type=ADDRESS, required=True, help="Key of the joint bid.")
@click.option("--lead", required=True, help="JURISDICTION/CODE of the firm that bids.")
@click.option("--member", required=True, help="JURISDICTION/CODE of your own firm.")
@click.option(
    "--sign-with", metavar="KEY", required=True, help="Holder key of a licence that names you."
)
@click.option("--out", type=FILE, required=True, help="Consent to hand to the firm that bids.")
@password_option
@click.pass_obj
def consent(  # one parameter an option
    outside: Surroundings,
    /,
    documents: Path,
    agreement: Path,
    lot: int,
    bidder: Address,
    **given: Any,
) -> None:
    """For a member of a joint bid: agree to it by AGREEMENT, the file that goes into the bid.

    The consent is for one bid, all its versions, and one agreement. Its text is the member's
    `consent` in bid.json; the licence must be one of those that the tender asks for.
    """
    known = read_documents(documents).documents
    known.require_lot(lot)
    agreed = Consent(
        Place(known.ledger, known.tender, lot, bidder).constant,
        sha256(read_file(agreement)).digest(),
        _organisation(given["lead"]),
        _organisation(given["member"]),
    )
    name = given["sign_with"]
    signer = outside.keyring.signer(name, given["passwords"].of(name))
    write_file(given["out"], agreed.sign(signer).encode("ascii"))
    say(f"{given['out']} is what {given['lead']} puts into bid.json.")


def _organisation(text: str) -> str:
    jurisdiction, slash, code = text.partition("/")
    if not jurisdiction or not slash or not code:
        raise click.BadParameter("write JURISDICTION/CODE")
    return organisation_of({"jurisdiction": jurisdiction, "code": code})
