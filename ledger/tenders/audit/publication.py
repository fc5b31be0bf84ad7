"""Step 11: the OCDS record held against everything that came before, release by release."""

from collections.abc import Mapping
from typing import Any

from ledger.errors import Refused
from ledger.tenders import events
from ledger.tenders.audit.bundle import Publication, TenderBundle
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.ocds.checks import check_release
from ledger.tenders.ocds.checks.finding import Finding, Known, objects, seconds
from ledger.tenders.ocds.lots import lot_facts, submission_end
from ledger.tenders.ocds.packages import place_of, record, record_digest
from ledger.tenders.state import TenderState
from ledger.verification.check import Check

Faults = list[dict[str, Any]]


def check_publication(bundle: TenderBundle, state: TenderState, at: int) -> Check:
    """Demand that releases say what the chain says, and show nobody too early.

    Each release of a record is held against the tender as it was then, and what was released before
    a contract against the digest that was anchored with it.
    """
    publication = bundle.publication
    if publication is None:
        return skipped("publication", "not-given")
    if bundle.policy is None:
        return skipped("publication", "no-policy")
    released = seconds(publication.release.get("date"))
    at = at if released is None else int(released)  # what time alone changed has no release
    known = Known(
        lots=lot_facts(state, at),
        submission_end=submission_end(state, at),
        currency=bundle.policy.currency,
        contents=publication.contents,
        anchored_at=publication.anchored_at,
        dropped_awards=publication.dropped_awards,
    )
    faults = [_spelt(each, "") for each in check_release(publication.release, known)]
    if publication.record is not None:
        faults += _of_releases(publication, publication.record)
        faults += _of_contracts(bundle, publication.record)
    return judged("publication", faults)


def _of_releases(publication: Publication, told: Mapping[str, Any]) -> Faults:
    """One release for each change, and each as the tender was after it."""
    faults: Faults = []
    found: set[tuple[int, int]] = set()
    for place, release in objects(told, "releases"):
        where = place_of(release)
        if where is None or where not in publication.known:
            faults.append({"fault": "ocds.release-foreign", "place": place})
            continue
        found.add(where)
        known = publication.known[where]
        faults += [_spelt(each, place) for each in check_release(release, known)]
    return faults + [
        {"fault": "ocds.release-missing", "block": block, "logIndex": log_index}
        for block, log_index in publication.known
        if (block, log_index) not in found
    ]


def _of_contracts(bundle: TenderBundle, told: Mapping[str, Any]) -> Faults:
    return [
        {"fault": "ocds.record-differs", "block": event.place.block, "lot": event.lot}
        for event in bundle.own
        if isinstance(event, events.Contracted)
        and any(event.record)
        and event.record != _digest_before(told, event)
    ]


def _digest_before(told: Mapping[str, Any], event: events.Contracted) -> bytes:
    """The digest of the record as it was before an event; empty where there was none."""
    at = (event.place.block, event.place.log_index)
    releases = [each for _, each in objects(told, "releases") if (place_of(each) or at) < at]
    try:
        return record_digest(record(releases))
    except (Refused, KeyError, TypeError):  # a stranger's releases
        return b""


def _spelt(found: Finding, place: str) -> dict[str, Any]:
    told = {"fault": found.code.value, "place": place + found.place, "given": found.given}
    return told | ({"expected": found.expected} if found.expected else {})
