"""The opening record 开标记录: what was read aloud, as anybody recomputes it.

RFC 8785 JSON from the chain's events, the opened files and the policy; its SHA-256 is what the
buyer anchors. A bid whose file is not at hand is not blamed in it: any copy with the committed
digest counts, whoever brings it, until the last window is over.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.canonical import canonical_json, parse_object
from ledger.errors import Refused
from ledger.tenders import events, joint
from ledger.tenders.events import Outcome, PolicyRegistered, Stage, TenderEvent
from ledger.tenders.history import tenders_of
from ledger.tenders.ids import TenderId
from ledger.tenders.state import Bid, BidState, TenderState
from ledger.values import Address
from ledger.verification.check import rfc3339

EARLIER_DOCUMENTS: Final = "EARLIER_DOCUMENTS"
"""The flag of a bid that names documents before the last ones; it stands (招标投标法 art. 23)."""


class Cause(StrEnum):
    """Why a bid was not opened, and whose fault that is in law."""

    WITHDRAWN = "WITHDRAWN"  # 撤回: bond back in 5 days (R35)
    OUTDATED = "OUTDATED"  # names documents that were amended, under a policy that drops such bids
    UNDISCLOSED = "UNDISCLOSED"  # deemed 撤销, bond may be kept (R35, E31)
    REJECTED = "REJECTED"  # by the technical report: its price stays sealed
    LOT_FAILED = "LOT_FAILED"  # too few: nothing opens
    SHARES_BAD = "SHARES_BAD"  # its shares do not join: deemed 撤销, his fault
    FILE_LOST = "FILE_LOST"  # by the platform: deemed 撤回, damages (E31)
    NOT_RELEASED = "NOT_RELEASED"  # trustees failed: deemed 撤回, not his fault
    UNSEALED_INVALID = "UNSEALED_INVALID"  # opens, and is not what was committed (R51)


@dataclass(eq=False)
class OpeningUnaccounted(Refused):
    """The bid was disclosed, and is neither opened nor is a cause named; or the other way round."""

    bidder: str


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """A bid that opened: its manifest's bytes, flags, and licences as (requirement, verdict)."""

    manifest: bytes
    flags: tuple[str, ...] = ()
    licences: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What opening the files of one part of a lot found, and what is told besides (R50).

    `ceiling` is the highest price as {amount, currency}; None where there is none. A secret 标底 is
    not supported.
    """

    opened: Mapping[Address, OpenedBid]
    causes: Mapping[Address, Cause]
    ceiling: Mapping[str, str] | None = None


def record(
    happened: Iterable[TenderEvent | PolicyRegistered],
    tender: TenderId,
    place: tuple[int, int],
    findings: Findings,
) -> bytes:
    """Return the record of one part of a lot; `place` is (lot, part).

    Of the tender's events those before the record's own anchor count, so it is the same whenever
    it is made.

    Raises:
        TenderUnknown, LotUnknown: for what the events do not tell of.
        OpeningUnaccounted: unless each disclosed bid is either opened or has a cause, and no other.
    """
    lot, part = place
    earlier = before(happened, tender, lot, part)
    state = tenders_of(earlier)[tender]
    opened, closed = _sorted(state, lot, part, findings)
    told: dict[str, Any] = {
        "type": "opening-record",
        "version": 1,
        "tender": "0x" + tender.hex(),
        "lot": lot,
        "part": part,
        "submitEnd": rfc3339(state.ends[1].submit_end),
        "blocks": _blocks(earlier, lot, part),
        "trustees": [
            {"index": index, "key": each.key, "released": index in state.released.get(part, {})}
            for index, each in enumerate(state.announcement.trustees_of(part), 1)
        ],
        "ceiling": None if findings.ceiling is None else dict(findings.ceiling),
        "bids": opened,
        "notOpened": closed,
        "objections": _objections(state, lot),
    }
    return canonical_json(told)


def record_digest(encoded: bytes) -> bytes:
    """Return what the ledger keeps of a record: its SHA-256."""
    return hashlib.sha256(encoded).digest()


def silent_trustees(state: TenderState, part: int) -> tuple[int, ...]:
    """Return the trustees of a part, by their numbers, whose secrets are not on the chain."""
    released, trustees = state.released.get(part, {}), state.announcement.trustees_of(part)
    return tuple(n for n in range(1, len(trustees) + 1) if n not in released)


def cause_of(state: TenderState, lot: int, part: int, bid: Bid) -> Cause | None:
    """Return why a bid stays closed, as far as the chain alone tells; None for one that may open.

    A bid that disclosed and may open by the trustees' secrets, or by its own, is for the files to
    decide.
    """
    if bid.state is BidState.WITHDRAWN:
        return Cause.WITHDRAWN
    if not state.counts(bid):
        return Cause.OUTDATED
    if bid.is_rejected and part > 1:
        return Cause.REJECTED
    if len(state.live(lot)) < state.terms.min_bids:
        return Cause.LOT_FAILED
    return _after_disclosure(state, lot, part, bid)


def _after_disclosure(state: TenderState, lot: int, part: int, bid: Bid) -> Cause | None:
    if part not in bid.disclosed:
        return Cause.UNDISCLOSED
    if len(state.disclosed(lot, part)) < state.terms.min_disclosed:
        return Cause.LOT_FAILED
    is_readable = state.is_opened(part) or part in bid.recovered
    return None if is_readable else Cause.NOT_RELEASED


def _sorted(
    state: TenderState, lot: int, part: int, findings: Findings
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    opened, closed = [], []
    known = state.lot(lot).bids
    for bidder in findings.opened.keys() | findings.causes.keys():
        if bidder not in known:
            raise OpeningUnaccounted(bidder)
    for bidder, bid in sorted(known.items(), key=lambda each: each[0].lower()):
        cause = cause_of(state, lot, part, bid)
        found, said = findings.opened.get(bidder), findings.causes.get(bidder)
        if cause is not None:
            if found is not None or said not in (None, cause):
                raise OpeningUnaccounted(bidder)
            closed.append({"key": bidder, "cause": cause.value})
        elif found is not None and said is None:
            opened.append(_row(bid, part, found, is_earlier=bid.docs_version < len(state.docs)))
        elif said is not None and found is None:
            closed.append({"key": bidder, "cause": said.value})
        else:
            raise OpeningUnaccounted(bidder)
    return opened, closed


def _row(bid: Bid, part: int, found: OpenedBid, *, is_earlier: bool) -> dict[str, Any]:
    manifest, sent = parse_object(found.manifest), bid.told
    identity = manifest.get("identity")
    if sent is None or not isinstance(identity, dict):
        raise OpeningUnaccounted(bid.bidder)
    return {
        "bidder": bid.bidder,
        "version": bid.version,
        "name": identity.get("name"),
        "code": identity.get("code"),
        "price": manifest.get("price"),
        "durationDays": manifest.get("durationDays"),
        "quality": manifest.get("quality"),
        "bond": manifest.get("bond"),
        "file": "0x" + sent.bid.parts[part - 1].file.hex(),
        "sealed": "OPENED",
        "flags": sorted({*found.flags, *([EARLIER_DOCUMENTS] if is_earlier else [])}),
        "licences": [
            {"requirement": requirement, "verdict": verdict}
            for requirement, verdict in sorted(found.licences)
        ],
        **({"grades": joint.grades_in(manifest)} if "members" in manifest else {}),
    }


def _objections(state: TenderState, lot: int) -> list[dict[str, Any]]:
    """Objections raised on the spot, with their answers (R44)."""
    return [
        {
            "id": "0x" + id_.hex(),
            "digest": "0x" + each.digest.hex(),
            "outcome": each.outcome.name,
            "answeredAt": rfc3339(each.answered_at) if each.outcome is not Outcome.OPEN else None,
        }
        for id_, each in state.objections.items()
        if each.lot == lot and each.stage is Stage.OPENING
    ]


def before(
    happened: Iterable[TenderEvent | PolicyRegistered], tender: TenderId, lot: int, part: int
) -> list[TenderEvent | PolicyRegistered]:
    """Return policies, and a tender's events before the record of a part, if there is one."""
    found: list[TenderEvent | PolicyRegistered] = []
    for event in happened:
        if isinstance(event, PolicyRegistered):
            found.append(event)
            continue
        if event.tender_id != tender:
            continue
        if isinstance(event, events.OpeningRecorded) and (event.lot, event.part) == (lot, part):
            break
        found.append(event)
    return found


def _blocks(
    happened: Sequence[TenderEvent | PolicyRegistered], lot: int, part: int
) -> dict[str, Any]:
    """The blocks that the opening took: first and last of each kind of secret."""
    told: dict[str, list[int]] = {"disclosed": [], "released": [], "recovered": []}
    for event in happened:
        if isinstance(event, events.TrusteeReleased) and event.part == part:
            told["released"].append(event.place.block)
        elif isinstance(event, events.SecretDisclosed | events.SecretRecovered):
            is_here = (event.lot, event.part) == (lot, part)
            kind = "disclosed" if isinstance(event, events.SecretDisclosed) else "recovered"
            told[kind] += [event.place.block] if is_here else []
    return {name: [min(each), max(each)] if each else None for name, each in told.items()}
