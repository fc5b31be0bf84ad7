"""Admission: what a gate decided lets a driver in, and a sample that was taken."""

from dataclasses import dataclass
from typing import Final

from api.store.health_scans import ScanStore
from ledger.errors import Refused
from ledger.health.custody import Event
from ledger.health.gate.outcome import Outcome
from ledger.health.scans import MINUTE_SECONDS, ScanRow, read_row
from ledger.values import AgencyId

SCANNED_SECONDS: Final = 6 * 3_600
"""How long before the admission the gate may have decided (proposed)."""
SAMPLED_SECONDS: Final = 6 * 3_600
"""How long before the admission the sample may have been taken (proposed)."""


@dataclass(eq=False)
class AdmissionRefused(Refused):
    """The gate's decision, or the sample, admits nobody here: which part."""

    part: str


@dataclass(frozen=True, slots=True)
class Admission:
    """The number of the scan that let the driver pass, and when a sample was taken."""

    scan: str
    sampled_at: int


class Admissions:
    """Judges admissions by the scan log; which scan it was is not kept with the trip."""

    def __init__(self, scans: ScanStore) -> None:
        self._scans = scans

    def check(self, agency: AgencyId, event: Event, admission: Admission | None) -> tuple[str, int]:
        """Return the number of the scan that the admission spends, and when the sample was taken.

        The scan is one of the agency's gates whose checkpoint has the place's code.

        Raises:
            ScanUnknown, ScanErased: for the number; a gate off line sends its log later.
            AdmissionRefused: for a scan of another checkpoint or time, one that let nobody pass,
                and for a sample that was taken after the admission or long before.
        """
        if admission is None:
            raise AdmissionRefused("scan")
        entry = self._scans.get(admission.scan)
        scan = read_row(entry.row)
        if entry.agency != agency or scan.checkpoint != event.place:
            raise AdmissionRefused("scan")
        if not -MINUTE_SECONDS <= event.at - scan.minute <= SCANNED_SECONDS:
            raise AdmissionRefused("minute")
        if _outcome(scan) is not Outcome.ACCEPT:
            raise AdmissionRefused("outcome")
        if not 0 <= event.at - admission.sampled_at <= SAMPLED_SECONDS:
            raise AdmissionRefused("sampledAt")
        return admission.scan, admission.sampled_at


def _outcome(scan: ScanRow) -> Outcome:
    """What came of it: an officer who resolved it had the last word."""
    return scan.outcome if scan.override is None else scan.override.outcome
