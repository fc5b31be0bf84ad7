"""Which sealed files everybody may have: those whose keys are public, and no others.

Once a lot is opened, whoever has the chain can derive the keys of its disclosed bids; bids that
were withdrawn, replaced, rejected before their price or never disclosed stay shut for ever.
"""

from dataclasses import dataclass

from ledger.tenders.events import Phase
from ledger.tenders.opening_record import cause_of
from ledger.tenders.phases import phase_at
from ledger.tenders.state import TenderState
from ledger.values import Address, Digest


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The age file of one part of an opened bid."""

    lot: int
    part: int
    bidder: Address
    sha256: Digest
    size: int


def opened_files(state: TenderState, at: int) -> tuple[OpenedFile, ...]:
    """Return the files of opened bids at a time not before the last event, lot by lot."""
    return tuple(
        OpenedFile(number, part, bid.bidder, Digest(committed.file), committed.size)
        for number, lot in enumerate(state.lots)
        for part in state.ends
        if part in lot.openings or phase_at(state, number, part, at) is Phase.OPENED
        for bid in lot.bids.values()
        if bid.told is not None and cause_of(state, number, part, bid) is None
        for committed in [bid.told.bid.parts[part - 1]]
    )
