"""Told tenders at their opening, and an outsider who opens the files again."""

import io
from collections.abc import Mapping
from typing import Any, TypeVar

from ledger.tenders.audit.assembly import Shelf, assembled
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import Provenance
from ledger.tenders.audit.openings import Unseal
from ledger.tenders.audit.report import AuditReport
from ledger.tenders.messages import SubmitBid
from ledger.tenders.receipts import Receipt
from ledger.tenders.shown_licences import Bench
from ledger.tenders.unsealing import Opened, open_part
from ledger.verification.check import Check
from tests.support.papered_story import AWARDS, NAMES
from tests.support.sealed_tender import SealedTender

Told = TypeVar("Told", bound=SealedTender)


class _Nowhere:
    def write(self, _octets: bytes, /) -> None: ...


def played(told: Told) -> Told:
    """A tender whose trustees have spoken, at its fallbackEnd; nothing is recorded."""
    told.play()
    for name in NAMES:
        told.do(told.submit, name)
    told.at(max(told.now, told.ends.list_end))
    for name in NAMES:
        told.do(told.disclose, name)
    told.at(told.ends.disclose_end)
    for index in (1, 3, 5):
        told.do(told.release, index)
    told.at(told.ends.fallback_end)
    return told


def unsealing(told: SealedTender, files: Mapping[bytes, bytes]) -> Unseal:
    """What opens these files."""

    def unseal(bid: SubmitBid, part: int, key: bytes) -> Opened | None:
        content = files.get(bid.parts[part - 1].file)
        if content is None:
            return None
        source = io.BytesIO(content)
        return open_part(source, key, told.ledger, bid, part, lambda *_: _Nowhere())

    return unseal


def judged(
    told: SealedTender,
    files: Mapping[bytes, bytes] | None = None,
    at: int | None = None,
    bench: Bench | None = None,
    receipts: tuple[Receipt, ...] | None = None,
) -> Check:
    """What the audit says of the opening, with these files instead of all."""
    return audited(told, files, at, bench, receipts).check("opening")


def audited(
    told: SealedTender,
    files: Mapping[bytes, bytes] | None = None,
    at: int | None = None,
    bench: Bench | None = None,
    receipts: tuple[Receipt, ...] | None = None,
    **shelved: Any,
) -> AuditReport:
    """What the audit says of a tender, with these files instead of all.

    `shelved` stands on the shelf besides; nothing opens files where `unseal` is None.
    """
    shelved.setdefault("unseal", unsealing(told, told.files if files is None else files))
    shelf = Shelf(told.papers, receipts=receipts, bench=bench, **shelved)
    made = assembled(told.ledger, AWARDS, told.id, told.events, shelf, {}, Provenance())
    return audit(made, told.now if at is None else at)
