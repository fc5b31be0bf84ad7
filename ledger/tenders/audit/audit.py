"""From a bundle to a report: every step from publication to award, taken again by an outsider."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ledger.errors import Refused
from ledger.tenders.audit.arrivals import check_messages
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History, check_clocks
from ledger.tenders.audit.decisions import check_scores
from ledger.tenders.audit.disputes import check_objections
from ledger.tenders.audit.drawing import check_draw
from ledger.tenders.audit.files import check_files
from ledger.tenders.audit.lists import check_lists
from ledger.tenders.audit.publication import check_publication
from ledger.tenders.audit.records import check_opening
from ledger.tenders.audit.report import AuditReport, fault, judged, report_of
from ledger.tenders.audit.secrets import check_secrets
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import PolicyRegistered, TenderEvent, TenderPublished
from ledger.tenders.history import HistoryBroken, after, published
from ledger.tenders.ids import tender_id
from ledger.tenders.state import TenderState
from ledger.verification.check import Check

_PARTS: Final = (1, 2)


def audit(bundle: TenderBundle, at: int) -> AuditReport:
    """Return the report about a tender at `at`, in Unix seconds; never raise for its content.

    Whether the events are the chain's was found where they were read, by a node or by receipts and
    headers (`bundle.Provenance`); the first step tells of it.
    """
    return report_of(bundle.tender, at, _checks(bundle, at))


def _checks(bundle: TenderBundle, at: int) -> Iterator[Check]:
    # 1. Events: in chain order, none missing between them, about the tender that is asked about.
    proven = bundle.provenance
    faults, open_ = [*map(dict, proven.faults)], [*map(dict, (*proven.open_, *proven.gaps))]
    try:
        first, history, state = _read(bundle)
    except Refused as refused:
        own = bundle.own
        told = fault(own[-1].place, refused) if own else {"error": type(refused).__name__}
        # A gap may hold what would make a history of them.
        (open_ if proven.gaps else faults).append(told)
        yield judged("events", faults, open_)
        return
    yield judged("events", faults, open_)
    # 2. Clocks: against the policy and the calendar, in days.
    yield check_clocks(bundle, first, history, state, at)
    # 3. Messages: each signed, whole and in time.
    yield check_messages(bundle, history)
    # 4. Lists: complete against the receipts that somebody holds.
    yield check_lists(bundle, history, state)
    # 5. Secrets: each in its window and against its commitment.
    yield check_secrets(bundle, history)
    # 6. Files: shares joined, contents against commitments.
    yield check_files(bundle, state)
    # 7. Opening records, recomputed.
    yield check_opening(bundle, state, at)
    # 8. The experts' draw, recomputed in its order.
    yield check_draw(bundle)
    # 9. Scores, totals, ranks and report, recomputed.
    yield check_scores(bundle, history, state)
    # 10. Objections and complaints against the states that they block.
    yield check_objections(bundle, state, history, at)
    # 11. The OCDS release against all of it.
    yield check_publication(bundle, state, at)


def _read(bundle: TenderBundle) -> tuple[TenderPublished, History, TenderState]:
    """Return the publication, what followed with the state before each, and the last state.

    Raises `TenderUnknown`, `TenderPolicyUnknown`, or `HistoryBroken` for events out of order.
    """
    own = bundle.own
    if not own or not isinstance(own[0], TenderPublished):
        raise TenderUnknown(bundle.tender)
    first = own[0]
    announced = first.announcement
    if tender_id(first.agency, announced.ref) != bundle.tender:
        raise TenderUnknown(bundle.tender)
    if announced.parts not in _PARTS or len(announced.trustees) % announced.parts:
        raise HistoryBroken(first.place.block, first.place.log_index)
    _require_order(own)
    registered = [each for each in bundle.events if isinstance(each, PolicyRegistered)]
    state = published(first, {each.policy: each.terms for each in registered if _names(each)})
    history: History = []
    for event in own[1:]:
        history.append((event, state))
        state = after(state, event)
    return first, history, state


def _names(registered: PolicyRegistered) -> bool:
    """Whether the policy's name is the hash of its terms."""
    return registered.terms.id == registered.policy


def _require_order(own: tuple[TenderEvent, ...]) -> None:
    for earlier, later in pairwise(own):
        place, next_ = earlier.place, later.place
        is_later = (next_.block, next_.log_index) > (place.block, place.log_index)
        if not is_later or next_.block_time < place.block_time:
            raise HistoryBroken(next_.block, next_.log_index)
