"""`suizheng tender extend`: after an outage bidders get more time to disclose."""

from dataclasses import astuple
from pathlib import Path
from typing import Any

import click

from ledger.chain import award_calls
from ledger.chain.tender_reading import TenderReader
from ledger.tenders.contract_errors import TrusteeOfBuyer
from ledger.tenders.errors import EndNotLater
from ledger.tenders.extensions import Extension
from wallet.commands.options import FILE
from wallet.commands.tender_officers import SUPERVISOR, acts, ledger_client, sent, tell
from wallet.home import read_file
from wallet.surroundings import Surroundings
from wallet.tenders.deadlines import END_NAMES
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import OtherTenderLedger


@click.command(cls=TenderCommand)
@click.argument("cosignature", type=FILE)
@acts(SUPERVISOR)
def extend(outside: Surroundings, cosignature: Path, **given: Any) -> None:
    """Let disclosure end later after an outage, as a trustee COSIGNATURE says. Supervisor only.

    The trustee signs with suizheng trustee cosign; it must not be one of the buyer's. All windows
    that follow move as far. Nothing moves once disclosure is over or a trustee's secret is out.
    """
    extension = Extension.read(read_file(cosignature))
    seat = extension.seat
    with ledger_client(outside, given) as client:
        reader = TenderReader(client.node, client.deployment)
        if seat.ledger != reader.ledger:
            raise OtherTenderLedger(seat.ledger.address, reader.ledger.address)
        _require_sound(reader, extension)
        call = award_calls.extend_disclosure(client.deployment, extension)
        receipt = sent(outside, client, call, given)
        ends = dict(zip(END_NAMES, astuple(reader.ends(seat.tender, seat.part)), strict=True))
    facts = {"tender": "0x" + seat.tender.hex(), "part": seat.part, "ends": ends}
    tell("Disclosure ends later.", facts, receipt, given)


def _require_sound(reader: TenderReader, extension: Extension) -> None:
    """Raise what the contract would refuse the file itself with, whenever it were sent.

    Raises:
        TenderUnknown: where there is no such tender.
        TrusteeOfBuyer, CoSignatureInvalid: for who signed.
        EndNotLater: for an end that is not later than the present one.
    """
    seat = extension.seat
    reader.tender(seat.tender)
    trustee = reader.trustee(seat.tender, seat.part, seat.index)
    if trustee.is_buyers:
        raise TrusteeOfBuyer(seat.index)
    extension.require_by(trustee.key)
    present = reader.ends(seat.tender, seat.part).disclose_end
    if extension.disclose_end <= present:
        raise EndNotLater(present, extension.disclose_end)
