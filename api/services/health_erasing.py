"""Erasing what retention ended of scan log and custody: day keys, rows, then the signed receipt.

Nothing waits for a signature: a receipt is written with the erasure, and signed when a key of the
agency is at hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from api.services.issuers import Issuers
from api.store.health_day_keys import DayKeyStore
from api.store.health_scans import ErasureRow, Receipts, ScanStore
from ledger.authority import Agency
from ledger.errors import LedgerError
from ledger.health import erasures
from ledger.health.erasures import Cause, Erasure
from ledger.values import AgencyId, Digest, KeyUsage

MOST_RECEIPTS: Final = 64
"""Receipts signed in one step."""


class Agencies(Protocol):
    """Whoever knows the agencies."""

    def agency(self, agency: AgencyId) -> Agency | None:
        """Return an agency; None when it was never admitted."""


class Custody(Protocol):
    """Whoever keeps trips."""

    def erase_due(self, now: int, most: int, receipts: Receipts) -> int:
        """Erase trips that are due, with receipts; return how many events went."""


class Exempted(Protocol):
    """Whoever keeps the exemption list."""

    def erase_due(self, now: int, most: int) -> int:
        """Delete exemptions that are due; return how many went."""


@dataclass(frozen=True, slots=True)
class Erasable:
    """Where that lies which is erased."""

    scans: ScanStore
    keys: DayKeyStore
    trips: Custody
    exemptions: Exempted


class Erasing:
    """Erases scans and trips that are due, a receipt for as many as one takes."""

    def __init__(
        self,
        stores: Erasable,
        agencies: Agencies,
        issuers: Issuers,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._stores = stores
        self._agencies = agencies
        self._issuers = issuers
        self._clock = clock
        self._randomness = randomness

    def step(self) -> int:
        """Destroy keys and erase rows that are due, sign receipts; return how many rows went."""
        it, now = self._stores, self._clock()
        it.keys.destroy_due(now)
        erased = it.scans.erase_due(now, erasures.MAX_ROWS, self._receipt)
        erased += it.trips.erase_due(now, erasures.MAX_ROWS, self._receipt)
        erased += it.exemptions.erase_due(now, erasures.MAX_ROWS)
        for row in it.scans.unsigned(MOST_RECEIPTS):
            self._sign(row)
        return erased

    def _receipt(self, agency: AgencyId, rows: Sequence[Digest]) -> ErasureRow:
        id_ = self._randomness(erasures.ID_BYTES)
        found = self._agencies.agency(agency)
        name = f"{found.jurisdiction}/{found.code}" if found else f"0x{agency.hex()}"
        erasure = Erasure(id_, name, Cause.RETENTION, self._clock(), tuple(rows))
        return ErasureRow(id_, agency, erasures.write_receipt(erasure))

    def _sign(self, row: ErasureRow) -> None:
        try:
            signer = self._issuers.signer(row.agency, KeyUsage.DOCUMENTS)
            signature = signer.sign(row.receipt)
        except LedgerError:
            return  # the next step asks again
        self._stores.scans.sign(row.id, signature, signer.public_key.key_id)
