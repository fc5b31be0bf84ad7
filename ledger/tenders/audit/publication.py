"""Step 11: an OCDS release held against everything that came before."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.events import Phase
from ledger.tenders.ocds.checks import check_release
from ledger.tenders.ocds.checks.finding import Known
from ledger.tenders.ocds.facts import LotFacts, LotState
from ledger.tenders.phases import lot_phase_at
from ledger.tenders.state import TenderState
from ledger.verification.check import Check

STATES: Final[Mapping[Phase, LotState]] = MappingProxyType(
    {
        Phase.UNKNOWN: LotState.DRAFT,
        Phase.RECEIVING: LotState.RECEIVING,
        Phase.LISTING: LotState.LISTING,
        Phase.WAITING: LotState.OPENED,  # part 1 is open, part 2 not yet due
        Phase.DISCLOSURE: LotState.DISCLOSURE,
        Phase.RELEASE: LotState.RELEASE,
        Phase.FALLBACK: LotState.FALLBACK,
        Phase.OPENED: LotState.OPENED,
        Phase.FAILED_FEW: LotState.FAILED_FEW,
        Phase.NOT_OPENED: LotState.NOT_OPENED,
        Phase.COMMITTED: LotState.OPENED,
        Phase.EVALUATED: LotState.EVALUATED,
        Phase.ALL_REJECTED: LotState.ALL_REJECTED,
        Phase.NOTICE: LotState.NOTICE,
        Phase.AWARDED: LotState.AWARDED,
        Phase.CONTRACTED: LotState.CONTRACTED,
        Phase.TERMINATED: LotState.TERMINATED,
        Phase.VOIDED: LotState.VOIDED,
    }
)
"""What a publication calls a phase."""


def check_publication(bundle: TenderBundle, state: TenderState, at: int) -> Check:
    """Demand that a release says what the chain says, and shows nobody too early."""
    if bundle.publication is None:
        return skipped("publication", "not-given")
    if bundle.policy is None:
        return skipped("publication", "no-policy")
    known = Known(
        lots=lot_facts(state, at),
        submission_end=state.ends[1].submit_end,
        currency=bundle.policy.currency,
        contents=bundle.publication.contents,
        anchored_at=bundle.publication.anchored_at,
    )
    found = check_release(bundle.publication.release, known)
    return judged(
        "publication",
        [
            {"fault": each.code.value, "place": each.place, "given": each.given}
            | ({"expected": each.expected} if each.expected else {})
            for each in found
        ],
    )


def lot_facts(state: TenderState, at: int) -> tuple[LotFacts, ...]:
    """Return the lots as publications tell of them at a time; their titles stand elsewhere."""
    return tuple(
        LotFacts(
            number=number,
            title="",
            state=STATES[lot_phase_at(state, number, at)],
            was_opened=bool(lot.openings),
        )
        for number, lot in enumerate(state.lots)
    )
