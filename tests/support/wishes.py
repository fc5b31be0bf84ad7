"""What an office is asked for, so that every kind of the worker's steps has something to do."""

from dataclasses import dataclass

from api.services.status import StatusRequest
from ledger.chain.accounts import Account
from ledger.licences.issuance import Predecessor
from ledger.values import Digest, Status
from tests.support.checks import check_anchored_once, check_changed
from tests.support.office import Office
from tests.support.sets import approve, propose


@dataclass(frozen=True)
class Wish:
    """The records that were ordered, and the status that each is to have in the end."""

    statuses: dict[Digest, Status]

    def check(self, place: Office) -> None:
        """Raise unless it came true: each record anchored once, each status on chain."""
        check_anchored_once(place, self.statuses)
        check_changed(place, self.statuses)


def wish(place: Office, approver: Account) -> Wish:
    """Order what passes every kind of step.

    Records; a change of status alone; many in one call; a set that a second person signed; a
    successor.
    """
    alone, former, *packed, first, second = place.issue(6)
    place.change(alone, Status.SUSPENDED, 101, until=place.parts.clock() + 86_400)
    moment = place.parts.clock()
    for row in packed:
        place.change(row, Status.SUSPENDED, 101, effective_at=moment)
    request = StatusRequest(Status.REVOKED, 331)
    approve(place, propose(place, [first, second], request), approver)
    (successor,) = place.issue(predecessor=Predecessor(former.digest, 401))
    return Wish(
        {
            alone.digest: Status.SUSPENDED,
            former.digest: Status.SUPERSEDED,
            **{row.digest: Status.SUSPENDED for row in packed},
            first.digest: Status.REVOKED,
            second.digest: Status.REVOKED,
            successor.digest: Status.VALID,
        }
    )
