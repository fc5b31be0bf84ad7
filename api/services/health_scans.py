"""The scan log of gates: kept as they wrote it, anchored, and erased when its retention ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.policies import CitedPolicies
from api.services.progress import stage_of
from api.services.sign_ins import Roles
from api.store.batches import BatchStore
from api.store.health_scans import ErasureRow, ScanEntry, ScanStore
from ledger.errors import Refused
from ledger.health import scans
from ledger.health.scans import ScanMalformed, ScanRow
from ledger.values import Address, AgencyId, Digest, Role, Stage

MOST_ROWS: Final = 1_000
AHEAD_SECONDS: Final = 300
"""How far a gate's clock may be ahead of this one.

Fixed: clocks that follow a network differ by seconds, and what is refused for it is not lost, since
a gate keeps its rows and sends them again.
"""


@dataclass(eq=False)
class ScanInvalid(Refused):
    """One of the rows is no scan row, or one of another time: which row, counted from 0."""

    index: int
    member: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan in the log, and how far it is on its way.

    `late_seconds` from its minute to the block that has its root; None before that, and less than
    nothing where the gate's clock was ahead.
    """

    digest: Digest
    number: str
    row: ScanRow
    encoded: bytes
    stage: Stage
    anchored_at: int | None
    late_seconds: int | None


class Scans:
    """Keeps the scan logs of gates for accounts that are GATE of their agency."""

    def __init__(
        self,
        *,
        store: ScanStore,
        batches: BatchStore,
        issuers: Issuers,
        roles: Roles,
        policies: CitedPolicies,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._batches = batches
        self._issuers = issuers
        self._roles = roles
        self._policies = policies
        self._clock = clock

    def log(
        self,
        agency: AgencyId,
        rows: Sequence[bytes],
        by: Address,
        keep: Keep[Sequence[ScanEntry]] | None,
    ) -> Sequence[ScanEntry]:
        """Keep rows of an agency's gates, in the order sent; those that are here already stay.

        Each is kept for as long as the policy says that its verdict cites.

        Raises:
            RoleMissing: unless `by` is GATE of the agency.
            AgencyUnknown, AgencyNotActive: as the ledger has it.
            ScanInvalid: for the first row that is none, or is of the future; nothing is kept then.
            ScanTaken: for a row that another agency logged.
        """
        self._roles.require(by, agency, Role.GATE)
        self._issuers.active(agency)
        entries = [self._entry(agency, index, row) for index, row in enumerate(rows)]
        now = self._clock()
        self._store.add(entries, now, None if keep is None else keep(entries))
        return entries

    def scan(self, number: str, by: Address) -> Scan:
        """Return a scan by its number, for accounts of its agency.

        Raises `ScanUnknown`, `ScanErased`, and `RoleMissing`.
        """
        entry = self._store.get(number)
        self._roles.require_any(by, entry.agency)
        return self.shown(entry)

    def shown(self, entry: ScanEntry) -> Scan:
        """Return a scan with its way to finality."""
        place = self._batches.place_of(entry.digest)
        row = scans.read_row(entry.row)
        at = None if place.anchored is None else place.anchored.block_time
        late = None if at is None else scans.lateness(row, at)
        return Scan(entry.digest, entry.number, row, entry.row, stage_of(place), at, late)

    def _entry(self, agency: AgencyId, index: int, encoded: bytes) -> ScanEntry:
        try:
            row = scans.read_row(encoded)
        except ScanMalformed as exc:
            raise ScanInvalid(index, exc.member) from exc
        if row.minute > self._clock() + AHEAD_SECONDS:
            raise ScanInvalid(index, "minute")
        digest = scans.digest_of(encoded)
        number = scans.scan_number(digest)
        erase_at = row.minute + self._policies.retention(row.citations, agency)
        return ScanEntry(digest, agency, number, row.checkpoint, row.key, encoded, erase_at)

    def erasure(self, erasure: bytes) -> ErasureRow:
        """Return the receipt of an erasure, for anybody who has its id; raise `ErasureUnknown`."""
        return self._store.erasure(erasure)
