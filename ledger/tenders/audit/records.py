"""Step 7: opening records, each made anew from chain, files and documents, and none left out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.tenders import opening_record
from ledger.tenders.audit.bundle import Place, RecordPaper, TenderBundle
from ledger.tenders.audit.cosigned import co_signing
from ledger.tenders.audit.pauses import paused
from ledger.tenders.audit.report import fault, judged, skipped
from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import OpeningRecorded, Phase
from ledger.tenders.opening_record import Cause, Findings, cause_of, silent_trustees
from ledger.tenders.phases import phase_at
from ledger.tenders.policy.ends import legal_end
from ledger.tenders.state import TenderState
from ledger.tenders.suspensions import clock
from ledger.values import Address
from ledger.verification.check import Check

_NO_PAPER: Final = RecordPaper()
_PERIOD: Final = "openingRecord"
_FILE_DECIDES: Final = (None, Cause.FILE_LOST, Cause.UNSEALED_INVALID)
"""How a record may tell of a bid whose file is not at hand, so that nobody can say; None opened."""

Facts = list[dict[str, Any]]


def check_opening(bundle: TenderBundle, state: TenderState, at: int) -> Check:
    """Recompute each opening record and compare it with the digest that the buyer anchored.

    A part that is OPENED without a record when the policy's period for it is over is a fault, and
    so is a record that names a cause where the file opens. What rests on a file that is not at
    hand, or on evidence of licences, stays open, and so does a record that is not due yet. Who
    signed for having such a file is named, and so are trustees who kept a part closed, who
    co-signed each record, and who did not: open for those whom the documents announce.
    """
    anchored = {
        (lot, part): told
        for lot, each in enumerate(state.lots)
        for part, told in each.openings.items()
    }
    faults, open_ = _unrecorded(bundle, state, at)
    if not anchored and not faults and not open_:
        return skipped("opening", "not-recorded", _kept_closed(state, at))
    confirmed = co_signing(bundle.ledger, bundle.tender, anchored, bundle.co_signing)
    faults += confirmed.faults
    if bundle.findings is None and not faults and not open_:
        return skipped("opening", "no-files", confirmed.told)
    open_ += confirmed.open_
    for place, told in anchored.items():
        findings = (bundle.findings or {}).get(place)
        if findings is None:
            open_.append(_at(place))
            continue
        wrong, unknown = _held(bundle, state, place, told, findings)
        faults += wrong
        open_ += unknown
    return judged("opening", faults, open_, confirmed.told)


def unread(
    bundle: TenderBundle, state: TenderState, place: Place, findings: Findings
) -> tuple[Address, ...]:
    """Return the bids that a record says were opened, and whose file is not at hand."""
    lost = _causes(bundle.records.get(place, _NO_PAPER).said)
    missing = _missing(state, place, findings)
    return tuple(each for each in missing if lost.get(each) != Cause.FILE_LOST)


def _unrecorded(bundle: TenderBundle, state: TenderState, at: int) -> tuple[Facts, Facts]:
    """Return the parts whose record is overdue, and those whose record may still come."""
    faults: Facts = []
    open_: Facts = []
    for lot, part in _waiting(state, at):
        over_at = state.ends[part].fallback_end
        due, waited = _due_at(bundle, over_at), paused(bundle.own, state, lot, (over_at, at))
        told = {**_at((lot, part)), "error": "OpeningNotRecorded"} | _spelt_due(due)
        (faults if due is not None and at - waited >= due else open_).append(told)
    return faults, open_


def _waiting(state: TenderState, at: int) -> list[Place]:
    """The parts that were opened, whose last window is over, and that nobody recorded."""
    return [
        (lot, part)
        for lot, each in enumerate(state.lots)
        for part, ends in state.ends.items()
        if part not in each.openings
        and clock(state.suspension, at) >= ends.fallback_end
        and phase_at(state, lot, part, at) is Phase.OPENED
    ]


def _due_at(bundle: TenderBundle, over_at: int) -> int | None:
    """When a record is due whose last window was over; None where nobody can say."""
    if bundle.policy is None or _PERIOD not in bundle.policy.periods:
        return None
    try:
        return legal_end(bundle.policy, _PERIOD, over_at).at
    except CalendarUnknown:
        return None


def _spelt_due(due: int | None) -> dict[str, Any]:
    return {} if due is None else {"dueAt": due}


def _kept_closed(state: TenderState, at: int) -> dict[str, Any]:
    """Name the trustees for whose silence a part was not opened, where there is such a part."""
    closed = [
        _at((lot, part)) | {"silentTrustees": list(silent_trustees(state, part))}
        for lot in range(len(state.lots))
        for part in state.ends
        if phase_at(state, lot, part, at) is Phase.NOT_OPENED
    ]
    return {"notOpened": closed} if closed else {}


def _receipted(
    bundle: TenderBundle, state: TenderState, place: Place, bidder: Address
) -> dict[str, Any]:
    """Name the services that signed for a bid's file: they had it whole, and are to bring it."""
    lot, part = place
    told = state.lot(lot).bids[bidder].told
    if told is None or part > len(told.bid.parts):
        return {}
    file = told.bid.parts[part - 1].file
    signed = {
        each.issuer
        for each in bundle.receipts or ()
        if any(stored.sha256 == file for stored in each.files)
    }
    return {"storedBy": sorted(signed)} if signed else {}


def _held(
    bundle: TenderBundle,
    state: TenderState,
    place: Place,
    told: OpeningRecorded,
    findings: Findings,
) -> tuple[Facts, Facts]:
    """Return what differs between a record and the files, and what nobody can say."""
    paper, missing = bundle.records.get(place, _NO_PAPER), _missing(state, place, findings)
    open_ = [
        _at(place) | {"bidder": each, "why": "no-file"} | _receipted(bundle, state, place, each)
        for each in missing
    ]
    open_ += [_at(place) | {"why": "as-recorded", "member": each} for each in paper.stated]
    open_ += [{**_at(place), **each} for each in paper.doubts]
    lost = dict.fromkeys(missing, Cause.FILE_LOST)
    filled = replace(findings, causes={**findings.causes, **lost})
    try:
        made = opening_record.record(bundle.events, bundle.tender, place, filled)
    except (Refused, JsonMalformed) as refused:
        return [fault(told.place, refused)], open_
    blamed = _wrongly_blamed(paper.said, parse_object(made), missing)
    if missing or (paper.stated and not paper.said):
        is_alike = not paper.said or _without(paper.said, missing) == _without(
            parse_object(made), missing
        )
    else:
        is_same = opening_record.record_digest(made) == told.digest
        is_alike = is_same and len(findings.opened) == told.opened
    if is_alike and not blamed:
        return [], open_
    wrong = _at(place) | {"expected": "0x" + told.digest.hex()}
    wrong |= {"licences": [dict(each) for each in paper.differing]} if paper.differing else {}
    return [wrong | ({"bidders": blamed} if blamed else {})], open_


def _missing(state: TenderState, place: Place, findings: Findings) -> tuple[Address, ...]:
    """The bids that are for their files to decide, and whose file nobody had."""
    lot, part = place
    return tuple(
        bidder
        for bidder, bid in state.lot(lot).bids.items()
        if cause_of(state, lot, part, bid) is None
        and bidder not in findings.opened
        and findings.causes.get(bidder) in (None, Cause.FILE_LOST)
    )


def _wrongly_blamed(
    said: Mapping[str, Any], made: Mapping[str, Any], missing: tuple[Address, ...]
) -> list[str]:
    """The bidders whom a record gives another cause than the files and the chain do."""
    if not said:
        return []
    recorded, found = _causes(said), _causes(made)
    return [
        key
        for key in sorted(recorded.keys() | found.keys())
        if (
            recorded.get(key) not in _FILE_DECIDES
            if key in missing
            else recorded.get(key) != found.get(key)
        )
    ]


def _without(told: Mapping[str, Any], missing: tuple[Address, ...]) -> dict[str, Any]:
    """A record but for bids whose files are not at hand, and for flags, which they may share."""
    bids = [
        {name: value for name, value in each.items() if name != "flags"}
        for each in _rows(told, "bids")
        if each.get("bidder") not in missing
    ]
    closed = [each for each in _rows(told, "notOpened") if each.get("key") not in missing]
    return {**told, "bids": bids, "notOpened": closed}


def _causes(told: Mapping[str, Any]) -> dict[str, Any]:
    return {str(each.get("key")): each.get("cause") for each in _rows(told, "notOpened")}


def _rows(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = told.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _at(place: Place) -> dict[str, Any]:
    return {"lot": place[0], "part": place[1]}
