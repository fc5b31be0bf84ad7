"""Step 5: every secret in its window and against what was committed before the deadline."""

from typing import Any

from ledger.errors import Refused
from ledger.tenders.admission import require_disclosure, require_recovery, require_release
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.audit.report import fault, judged
from ledger.tenders.commitments import Tag, require
from ledger.tenders.errors import PartUnknown, TrusteeKeyInvalid
from ledger.tenders.events import SecretDisclosed, SecretRecovered, TenderEvent, TrusteeReleased
from ledger.tenders.releases import require_released
from ledger.tenders.state import Bid, TenderState
from ledger.values import LedgerRef
from ledger.verification.check import Check


def check_secrets(bundle: TenderBundle, history: History) -> Check:
    """Judge each secret again, as the contract had to when it was posted."""
    faults: list[dict[str, Any]] = []
    for event, before in history:
        try:
            _require(bundle.ledger, event, before)
        except Refused as refused:
            faults.append(fault(event.place, refused))
    return judged("secrets", faults)


def _require(ledger: LedgerRef, event: TenderEvent, before: TenderState) -> None:
    at = event.place.block_time
    match event:
        case SecretDisclosed(lot=lot, bidder=bidder, part=part, secret=secret):
            bid = require_disclosure(before, lot, part, bidder, at)
            _require_committed(ledger, bid, part, Tag.BIDDER, secret)
        case SecretRecovered(lot=lot, bidder=bidder, part=part, secret=secret):
            bid = require_recovery(before, lot, part, bidder, at)
            _require_committed(ledger, bid, part, Tag.TRUSTEES, secret)
        case TrusteeReleased(part=part, index=index, secret=secret):
            require_release(before, part, index, at)
            trustees = before.announcement.trustees_of(part)
            if not 1 <= index <= len(trustees):
                raise TrusteeKeyInvalid(part, index)
            require_released(secret, trustees[index - 1].key, part, index)


def _require_committed(ledger: LedgerRef, bid: Bid, part: int, tag: Tag, secret: bytes) -> None:
    if bid.told is None or part > len(bid.told.bid.parts):
        raise PartUnknown(part)
    message = bid.told.bid
    committed = message.parts[part - 1]
    context = message.place(ledger).context(part, message.version)
    require(tag, context, secret, committed.c_b if tag is Tag.BIDDER else committed.c_c)
