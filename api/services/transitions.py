"""Whether one licence's status may change, refused in terms of the licence.

The ledger's errors name words and bits of a list; whoever asked about one licence knows neither.
"""

from api.store.licences import LicenceRow
from ledger.errors import StatusFinal, StatusTransitionIllegal
from ledger.licences.lifecycle import check_transition
from ledger.values import Status


def check_licence_transition(row: LicenceRow, present: Status, status: Status, reason: int) -> None:
    """Raise as `check_transition`, the licence's digest and the statuses' names as values."""
    try:
        check_transition(row.index, present, status, reason)
    except StatusFinal as refused:
        raise refused.retell(digest=row.digest) from None
    except StatusTransitionIllegal as refused:
        ways = {"from_": present.name.lower(), "to": status.name.lower()}
        raise refused.retell(digest=row.digest, **ways) from None
