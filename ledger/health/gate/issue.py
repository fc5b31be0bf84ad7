"""Whether a pass was issued by whom it names: ANCHOR, KEY_USAGE, KEY_STATE.

A good signature is not enough, since keys are stolen. "Then" is when the pass was anchored; the
allow list tells it within a segment, and the thief of a key cannot choose it.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.health.gate.case import Case
from ledger.health.gate.evidence import IssuerKey
from ledger.health.gate.findings import GateFinding, denied, unknown
from ledger.health.gate.recognition import PASS
from ledger.health.passes import HealthPass
from ledger.health.reasons import Reason
from ledger.values import AgencyStatus, Digest, KeyState, KeyUsage

_DOCUMENTS: Final = int(KeyUsage.DOCUMENTS)
"""A number, since a flag's own operators take microseconds."""
_TOLD: Final = (KeyState.ACTIVE, KeyState.COMPROMISED)
"""States that are good, or judged as such elsewhere."""


class Standing(StrEnum):
    """What a list says about a pass."""

    LISTED = "listed"
    NOT_LISTED = "not-listed"
    NOT_COVERED = "not-covered"


class Anchored(NamedTuple):
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


def issue_findings(
    anchor: Anchored, content: HealthPass, key: IssuerKey, case: Case
) -> Iterator[GateFinding]:
    """Yield what speaks against the issue of a pass that `key` signed."""
    if anchor.standing is Standing.NOT_LISTED:
        yield denied(Reason.ANCHOR, "not in a list that covers it")
    elif anchor.standing is Standing.NOT_COVERED:
        yield unknown(Reason.ANCHOR, "newer than the list")
    is_told = _is_told(anchor, content, case)
    yield from _usage_findings(anchor, content, key, is_told=is_told)
    if key.key.frozen:
        yield unknown(Reason.KEY_STATE, "frozen")
    if key.key.distrust_from:
        yield from _distrust_findings(anchor, key.key.distrust_from)
    yield from _state_findings(anchor, content, key, is_told=is_told)


def _usage_findings(
    anchor: Anchored, content: HealthPass, key: IssuerKey, *, is_told: bool
) -> Iterator[GateFinding]:
    if not int(key.key.usage) & _DOCUMENTS:
        yield denied(Reason.KEY_USAGE, "not for documents")
    if key.agency.jurisdiction != content.jurisdiction:
        yield denied(Reason.KEY_USAGE, "of another jurisdiction")
    first = key.is_accredited_at(PASS, _first(anchor, content))
    last = key.is_accredited_at(PASS, anchor.last)
    if not (first or last or is_told):
        yield unknown(Reason.KEY_USAGE, "not accredited in a list that is older")
    elif not (first or last):
        yield denied(Reason.KEY_USAGE, "not accredited")
    elif not (first and last):
        yield unknown(Reason.KEY_USAGE, "accredited for part of the time")


def _distrust_findings(anchor: Anchored, distrust_from: int) -> Iterator[GateFinding]:
    """What was anchored before stays good, and nothing else does, whatever it says of itself."""
    if anchor.first >= distrust_from:
        yield denied(Reason.KEY_STATE, "distrusted", since=distrust_from)
    elif anchor.standing is not Standing.LISTED or anchor.last >= distrust_from:
        yield unknown(Reason.KEY_STATE, "perhaps distrusted", since=distrust_from)


def _state_findings(
    anchor: Anchored, content: HealthPass, key: IssuerKey, *, is_told: bool
) -> Iterator[GateFinding]:
    begin = _first(anchor, content)
    first, last = key.key.state_at(begin), key.key.state_at(anchor.last)
    bad = [state for state in (first, last) if state not in _TOLD]
    if bad and KeyState.ACTIVE in (first, last):
        yield unknown(Reason.KEY_STATE, "good for part of the time")
    elif bad:
        yield denied(Reason.KEY_STATE, bad[0].name.lower())
    if AgencyStatus.ACTIVE not in (key.agency_status_at(begin), key.agency_status_at(anchor.last)):
        # An inactive agency anchors nothing, so one that was active for a part was active then.
        detail = "agency inactive"
        if is_told:
            yield denied(Reason.KEY_STATE, detail)
        else:
            yield unknown(Reason.KEY_STATE, f"{detail} in a list that is older")


def _is_told(anchor: Anchored, content: HealthPass, case: Case) -> bool:
    """Whether the list of keys is new enough to tell of a pass's issue.

    It is when it covers the anchor. One that is not listed is judged by the first second at which
    it may have been anchored: whoever signed it had to be entitled then.
    """
    is_listed = anchor.standing is Standing.LISTED
    moment = anchor.last if is_listed else _first(anchor, content)
    return case.evidence.trust.as_of >= moment


def _first(anchor: Anchored, content: HealthPass) -> int:
    """The first second of the anchor: an honest one is not before the pass's issue."""
    return max(anchor.first, min(content.issued_at, anchor.last))
