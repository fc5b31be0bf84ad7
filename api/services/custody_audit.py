"""Trips as the audit sees them: documents that their digests name, each after the one before."""

from collections.abc import Iterable

from api.store.audit import AuditedTrip
from ledger.errors import Refused
from ledger.health import custody, custody_events


def broken(trips: Iterable[AuditedTrip]) -> tuple[int, list[str]]:
    """Return how many events were looked at, and the ids of the trips whose chain is broken."""
    events = 0
    wrong: list[str] = []
    for trip in trips:
        events += len(trip.events)
        if not _is_whole(trip):
            wrong.append("0x" + trip.id.hex())
    return events, wrong


def _is_whole(trip: AuditedTrip) -> bool:
    """Whether events of this trip lead from its beginning to its state, with nothing between."""
    found: custody.Trip | None = None
    try:
        for digest, document in trip.events:
            read = custody_events.read(document)
            if read.digest != digest or read.event.trip != trip.id:
                return False
            signers = {each.party for each in read.signatures}
            if found is None:
                found = custody.begin(read.event, digest, signers)
            else:
                found = custody.follow(found, read.event, digest, signers)
    except Refused:
        return False
    return found is not None and found.state == trip.state
