"""What a ledger's events tell of a document, put together as the VerificationLens reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from ledger.authority import Agency, DocumentKey
from ledger.events import (
    AccreditationWithdrawn,
    Accredited,
    AgencyAdmitted,
    AgencyRenamed,
    AgencyStatusChanged,
    BatchAnchored,
    Event,
    JurisdictionAdmitted,
    StatusChanged,
)
from ledger.status_list import changed
from ledger.tenders.audit.key_stories import key_stories
from ledger.values import (
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    LedgerRef,
    RecordType,
    Window,
    agency_id,
    jurisdiction_id,
)
from ledger.verification.evidence import Batch, Query, Reading, Source


def codes_in(happened: Iterable[Event]) -> dict[JurisdictionId, str]:
    """Return the codes of jurisdictions by their ids, which are their hashes and so prove them."""
    return {
        each.jurisdiction: each.code
        for each in happened
        if isinstance(each, JurisdictionAdmitted)
        and jurisdiction_id(each.code) == each.jurisdiction
    }


def home_in(agency: AgencyId, happened: Iterable[Event]) -> str | None:
    """Return the code of an agency's jurisdiction, proven by the agency's id; else None."""
    told = tuple(happened)
    codes = codes_in(told)
    for each in told:
        if isinstance(each, AgencyAdmitted) and each.agency == agency:
            code = codes.get(each.jurisdiction, "")
            if agency_id(code, each.code) == agency:
                return code
    return None


def reading_of(
    query: Query,
    happened: Sequence[Event],
    codes: Mapping[JurisdictionId, str],
    ledger: LedgerRef,
    head: tuple[int, int],
) -> Reading:
    """Return what events in chain order, none missing, say about a document.

    `codes` are those of jurisdictions; `head` is number and time of the block up to which nothing
    is missing.
    """
    batch = _batch(query, happened)
    then = head[1] if batch is None else batch.anchored_at
    return Reading(
        source=Source.BUNDLE,
        ledger=ledger,
        block=head[0],
        block_time=head[1],
        read_at=head[1],
        batch=batch,
        agency=_agency(query.agency, happened, codes, head[1]),
        agency_status_then=_status_at(query.agency, happened, then),
        key=_key(query, happened),
        accredited_then=any(
            each.holds(then) for each in _windows(query.agency, query.record_type, happened)
        ),
        status_word=word_of(history_of(query, happened)),
    )


def history_of(query: Query, happened: Iterable[Event]) -> tuple[StatusChanged, ...]:
    """Return the status events of the word that a document's entry is in."""
    wanted = (query.agency, query.list, query.word)
    return tuple(
        each
        for each in happened
        if isinstance(each, StatusChanged) and (each.agency, each.list, each.word) == wanted
    )


def word_of(history: Iterable[StatusChanged]) -> int:
    """Return the bits of a word to which its events lead."""
    return reduce(lambda word, each: changed(word, each.mask, each.status), history, 0)


def _agency(
    agency: AgencyId, happened: Sequence[Event], codes: Mapping[JurisdictionId, str], at: int
) -> Agency | None:
    """An agency as it is at a time; None where no event admits it, or nobody knows its place."""
    found: Agency | None = None
    for each in happened:
        if isinstance(each, AgencyAdmitted) and each.agency == agency:
            if each.jurisdiction not in codes:
                return None
            status = _status_at(agency, happened, at)
            found = Agency(agency, codes[each.jurisdiction], each.code, each.name, status)
        elif isinstance(each, AgencyRenamed) and each.agency == agency and found is not None:
            found = replace(found, name=each.name)
    return found


def _batch(query: Query, happened: Iterable[Event]) -> Batch | None:
    for each in happened:
        if isinstance(each, BatchAnchored) and (each.agency, each.root) == (
            query.agency,
            query.root,
        ):
            return Batch(each.place.block_time, each.place.block, each.size, each.kind)
    return None


def _status_at(agency: AgencyId, happened: Iterable[Event], at: int) -> AgencyStatus:
    """The status by the last change up to a time; who is admitted is ACTIVE."""
    found = AgencyStatus.UNKNOWN
    for each in happened:
        if each.place.block_time > at:
            continue
        if isinstance(each, AgencyAdmitted) and each.agency == agency:
            found = AgencyStatus.ACTIVE
        elif isinstance(each, AgencyStatusChanged) and each.agency == agency:
            found = each.status
    return found


def _key(query: Query, happened: Iterable[Event]) -> DocumentKey | None:
    for each in key_stories(happened, {query.agency}).values():
        if each.key.public_key.key_id == query.key_id:
            return each.key
    return None


def _windows(agency: AgencyId, record_type: RecordType, happened: Iterable[Event]) -> list[Window]:
    """The windows of an accreditation; a withdrawal strikes those to come, and ends the present."""
    found: list[Window] = []
    for each in happened:
        if not isinstance(each, Accredited | AccreditationWithdrawn):
            continue
        if (each.agency, each.record_type) != (agency, record_type):
            continue
        if isinstance(each, Accredited):
            found.append(Window(each.start, each.end))
        else:
            begun = [window for window in found if window.start < each.end]
            found = [Window(window.start, min(window.end, each.end)) for window in begun]
    return found
