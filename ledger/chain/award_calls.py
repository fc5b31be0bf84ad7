"""What officers write to the tender ledgers from the opening on, encoded, and who may object.

Refusals are those of ITenderLedger.sol and IAwardLedger.sol.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.extensions import Extension
from ledger.tenders.ids import TenderId
from ledger.tenders.transitions import Step
from ledger.values import Address

_NOTHING: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Act:
    """IAwardLedger.Act: what a step brings; what it does not use stays 0."""

    digest: bytes
    reason: bytes = _NOTHING
    until: int = 0
    seat: int = 0
    bidders: Sequence[Address] = ()


def record_opening(
    at: Deployment, tender: TenderId, place: tuple[int, int], digest: bytes, opened: int
) -> Call:
    """Anchor the opening record of one part of a lot; `place` is (lot, part). TENDERER."""
    return _ledger(at, "recordOpening", tender, *place, digest, opened)


def schedule_part(at: Deployment, tender: TenderId, start: int) -> Call:
    """Set part 2's windows, its disclosure from `start` in Unix seconds. TENDERER."""
    return _ledger(at, "schedulePart", tender, start)


def extend_disclosure(at: Deployment, extension: Extension) -> Call:
    """Let disclosure end later after an outage, as a trustee signed. SUPERVISOR."""
    seat = extension.seat
    told = (seat.tender, seat.part, extension.disclose_end, seat.index, extension.signature)
    return _ledger(at, "extendDisclosure", *told)


def close_lot(at: Deployment, tender: TenderId, lot: int) -> Call:
    """Tell that a lot failed, which it does without being told. Anybody."""
    return _ledger(at, "closeLot", tender, lot)


def terminate(at: Deployment, tender: TenderId, digest: bytes) -> Call:
    """End the whole tender before a lot is awarded (招标投标法实施条例 art. 31). TENDERER."""
    return _ledger(at, "terminate", tender, digest)


def advance(at: Deployment, tender: TenderId, lot: int, step: Step, act: Act) -> Call:
    """Carry a lot one step on. TENDERER; VOID: SUPERVISOR."""
    told = (act.digest, act.reason, act.until, act.seat, list(act.bidders))
    return _awards(at, "advance", tender, lot, int(step), told)


def begin_draw(at: Deployment, tender: TenderId, lot: int, setting: bytes) -> Call:
    """Fix from whom a committee is drawn, by the digest of the setting. TENDERER."""
    return _awards(at, "beginDraw", tender, lot, setting)


def join_draw(at: Deployment, tender: TenderId, lot: int, keys: Sequence[Address]) -> Call:
    """Fix the drawers' secrets by their addresses. TENDERER."""
    return _awards(at, "joinDraw", tender, lot, list(keys))


def deal_draw(at: Deployment, tender: TenderId, lot: int, deals: bytes) -> Call:
    """Anchor that every share is acknowledged, by the digest of the deals. TENDERER."""
    return _awards(at, "dealDraw", tender, lot, deals)


def reveal_draw(at: Deployment, tender: TenderId, lot: int, key: Address, secret: bytes) -> Call:
    """Post a drawer's secret. Anybody."""
    return _awards(at, "revealDraw", tender, lot, key, secret)


def lodge_objection(
    at: Deployment,
    tender: TenderId,
    place: tuple[int, Stage],
    bidder: Address,
    digest: bytes,
    signature: bytes,
) -> Call:
    """Bring an objection that a live bid's key signed; `place` is (lot, stage). Anybody."""
    lot, stage = place
    told = (tender, lot, int(stage), bidder, digest)
    return _awards(at, "lodgeObjection", told, signature)


def admit_objection(
    at: Deployment, tender: TenderId, lot: int, stage: Stage, digest: bytes
) -> Call:
    """Admit an objection of somebody without a live key, with the same effect. TENDERER."""
    return _awards(at, "admitObjection", tender, lot, int(stage), digest)


def answer_objection(at: Deployment, id_: bytes, outcome: Outcome, digest: bytes) -> Call:
    """Answer an objection, which ends the standing still that it caused. TENDERER."""
    return _awards(at, "answerObjection", id_, int(outcome), digest)


def lift_objection(at: Deployment, id_: bytes) -> Call:
    """Let what stands still for an overdue objection go on; it stays open. SUPERVISOR.

    Anybody once the policy's longest suspension has passed besides.
    """
    return _awards(at, "liftObjection", id_)


def file_complaint(
    at: Deployment, tender: TenderId, place: tuple[int, Stage], objection: bytes, digest: bytes
) -> Call:
    """File a complaint as pending; `place` is (lot, stage). SUPERVISOR."""
    lot, stage = place
    return _awards(at, "fileComplaint", tender, lot, int(stage), objection, digest)


def move_complaint(at: Deployment, id_: bytes, state: ComplaintState, digest: bytes) -> Call:
    """Move a complaint on. SUPERVISOR."""
    return _awards(at, "moveComplaint", id_, int(state), digest)


def suspend_lot(at: Deployment, tender: TenderId, lot: int, digest: bytes) -> Call:
    """Order a lot to stand still after its last opening. SUPERVISOR."""
    return _awards(at, "suspendLot", tender, lot, digest)


def resume_lot(at: Deployment, tender: TenderId, lot: int) -> Call:
    """Lift that order. SUPERVISOR; anybody after the policy's longest suspension."""
    return _awards(at, "resumeLot", tender, lot)


def suspend(at: Deployment, tender: TenderId, digest: bytes) -> Call:
    """Order the tender to stand still before its last opening. SUPERVISOR."""
    return _ledger(at, "suspend", tender, digest)


def resume(at: Deployment, tender: TenderId) -> Call:
    """Lift that order. SUPERVISOR; anybody after the policy's longest suspension."""
    return _ledger(at, "resume", tender)


def _ledger(at: Deployment, function: str, *values: object) -> Call:
    return Call(at.tenders.ledger, load_abi("TenderLedger").functions[function].encode(*values))


def _awards(at: Deployment, function: str, *values: object) -> Call:
    return Call(at.tenders.awards, load_abi("AwardLedger").functions[function].encode(*values))
