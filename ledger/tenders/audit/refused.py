"""Signed refusals: whether who was turned away as late was late, by the tender's clock (§2, 拒收).

A refusal names a message by its digest alone. It accuses where the ledger, or a receipt, tells that
the message is one of this tender.
"""

from collections.abc import Collection
from typing import Any, Final

from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.errors import BidLate
from ledger.tenders.refusals import Refusal
from ledger.tenders.state import TenderState

_LATE: Final = BidLate.__name__
_BY_ONE_CLOCK: Final = "LateByOneClock"
"""The ledger's clock and the service's are seconds apart: nobody is to blame for that."""
Facts = list[dict[str, Any]]


def refused(
    bundle: TenderBundle, state: TenderState, arrived: Collection[bytes | None]
) -> tuple[Facts, Facts, list[str]]:
    """Return refusals that are wrong, those that nobody can judge, and the others' names.

    `arrived` are the digests of messages that the ledger has. What a message was refused for
    besides being late shows in no token: those are named, and not judged.
    """
    faults: Facts = []
    open_: Facts = []
    for each in bundle.refusals:
        if each.error != _LATE:
            continue
        why = _wrong(bundle, state, each)
        if why:
            is_proven = why != _BY_ONE_CLOCK and _is_of(bundle, each, arrived)
            (faults if is_proven else open_).append(_told(each) | {"error": why})
    left = {f"refusal {each.error}" for each in bundle.refusals if each.error != _LATE}
    return faults, open_, sorted(left)


def _wrong(bundle: TenderBundle, state: TenderState, refusal: Refusal) -> str:
    """Why a refusal is not right; empty where the ledger's clock and the service's bear it out."""
    if bundle.block_times.get(refusal.block, refusal.block_time) != refusal.block_time:
        return "BlockTimeDiffers"
    end = state.ends[1].submit_end
    early = [each for each in (refusal.block_time, refusal.arrived_at) if each < end]
    return ("", _BY_ONE_CLOCK, "RefusedInTime")[len(early)]


def _is_of(bundle: TenderBundle, refusal: Refusal, arrived: Collection[bytes | None]) -> bool:
    return refusal.digest in arrived or any(
        each.digest == refusal.digest
        and each.named is not None
        and each.named.tender == bundle.tender
        for each in bundle.receipts or ()
    )


def _told(refusal: Refusal) -> dict[str, Any]:
    return {
        "refusal": "0x" + refusal.digest.hex(),
        "signedBy": refusal.issuer,
        "arrivedAt": refusal.arrived_at,
        "block": refusal.block,
    }
