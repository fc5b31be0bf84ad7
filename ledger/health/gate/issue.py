"""Whether a pass was issued by whom it names: ANCHOR, KEY_USAGE, KEY_STATE.

A good signature is not enough, since keys are stolen. "Then" is when the pass was anchored; the
allow list tells it within a segment, and the thief of a key cannot choose it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.health.allow_list import Standing
from ledger.health.gate.case import Case
from ledger.health.gate.evidence import IssuerKey
from ledger.health.gate.findings import GateFinding, denied, unknown
from ledger.health.gate.recognition import PASS
from ledger.health.passes import HealthPass
from ledger.health.reasons import Reason
from ledger.values import AgencyStatus, Digest, KeyState, KeyUsage


@dataclass(frozen=True, slots=True)
class Anchored:
    """What is known of a pass's anchor: listed or not, and the block times it may lie between.

    `first` is the earliest second, `last` the latest; of a pass that is not listed, those at which
    it may have been anchored unseen.
    """

    standing: Standing
    first: int
    last: int


def anchored(digest: Digest, content: HealthPass, key: IssuerKey, case: Case) -> Anchored:
    """Return what the gate knows of a pass's anchor."""
    exact = case.evidence.anchors.get(digest)
    if exact is not None:
        return Anchored(Standing.LISTED, exact, exact)
    held = case.evidence.allow.get(key.agency.id)
    if held is None:
        return Anchored(Standing.NOT_COVERED, 0, case.at)
    segment = held.passes.find(digest)
    if segment is not None:
        return Anchored(Standing.LISTED, segment.start, segment.end - 1)
    is_covered = held.passes.covers(content.issued_at)
    standing = Standing.NOT_LISTED if is_covered else Standing.NOT_COVERED
    return Anchored(standing, held.passes.end, max(case.at, held.passes.end))


def issue_findings(anchor: Anchored, content: HealthPass, key: IssuerKey) -> Iterator[GateFinding]:
    """Yield what speaks against the issue of a pass that `key` signed."""
    if anchor.standing is Standing.NOT_LISTED:
        yield denied(Reason.ANCHOR, "not in a list that covers it")
    elif anchor.standing is Standing.NOT_COVERED:
        yield unknown(Reason.ANCHOR, "newer than the list")
    yield from _usage_findings(anchor, content, key)
    if key.key.frozen:
        yield unknown(Reason.KEY_STATE, "frozen")
    if key.key.distrust_from:
        yield from _distrust_findings(anchor, key.key.distrust_from)
    yield from _state_findings(anchor, content, key)


def _usage_findings(anchor: Anchored, content: HealthPass, key: IssuerKey) -> Iterator[GateFinding]:
    if KeyUsage.DOCUMENTS not in key.key.usage:
        yield denied(Reason.KEY_USAGE, "not for documents")
    if key.agency.jurisdiction != content.jurisdiction:
        yield denied(Reason.KEY_USAGE, "of another jurisdiction")
    then = {key.is_accredited_at(PASS, at) for at in _bounds(anchor, content)}
    if then == {False}:
        yield denied(Reason.KEY_USAGE, "not accredited")
    elif False in then:
        yield unknown(Reason.KEY_USAGE, "accredited for part of the time")


def _distrust_findings(anchor: Anchored, distrust_from: int) -> Iterator[GateFinding]:
    """What was anchored before stays good, and nothing else does, whatever it says of itself."""
    if anchor.first >= distrust_from:
        yield denied(Reason.KEY_STATE, "distrusted", since=distrust_from)
    elif anchor.standing is not Standing.LISTED or anchor.last >= distrust_from:
        yield unknown(Reason.KEY_STATE, "perhaps distrusted", since=distrust_from)


def _state_findings(anchor: Anchored, content: HealthPass, key: IssuerKey) -> Iterator[GateFinding]:
    bounds = _bounds(anchor, content)
    states = {key.key.state_at(at) for at in bounds} - {KeyState.COMPROMISED}
    if states and KeyState.ACTIVE not in states:
        yield denied(Reason.KEY_STATE, max(states).name.lower())
    elif states - {KeyState.ACTIVE}:
        yield unknown(Reason.KEY_STATE, "good for part of the time")
    statuses = {key.agency_status_at(at) for at in bounds}
    if AgencyStatus.ACTIVE not in statuses:  # an inactive agency anchors nothing
        yield denied(Reason.KEY_STATE, f"agency {max(statuses).name.lower()}")


def _bounds(anchor: Anchored, content: HealthPass) -> tuple[int, int]:
    """The first and last second of the anchor: an honest one is not before the pass's issue."""
    return max(anchor.first, min(content.issued_at, anchor.last)), anchor.last
