"""What holders see of the scan log, as JSON, and the day keys that it is found by."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from api.http.forms import Answer, Form, Moment
from api.http.schemas.health_codes import Octets
from api.http.schemas.health_scans import ScanAnswer
from api.http.schemas.shared import AgencyName
from api.services.health_scan_views import MOST_PASSES
from api.services.health_scans import Scan


class DayKeyForm(Form):
    """A day key of one of an agency's gates, sealed to the agency's age recipient."""

    agency: AgencyName
    sealed: Octets


class DayKeyAnswer(Answer):
    """Until when the key is kept: then its scans cannot be joined any more."""

    destroy_at: Moment


class ScanViewForm(Form):
    """Requests for what an agency's gates logged, one a pass, each signed by the pass's key."""

    agency: AgencyName
    requests: Annotated[list[Octets], Field(min_length=1, max_length=MOST_PASSES)]


class ScanViewAnswer(Answer):
    """The scans in the order they came; each one's proof is at `/v1/proofs/{digest}`."""

    scans: list[ScanAnswer]

    @classmethod
    def of(cls, scans: Sequence[Scan]) -> Self:
        """Return the scans as JSON."""
        return cls(scans=[ScanAnswer.of(scan) for scan in scans])
