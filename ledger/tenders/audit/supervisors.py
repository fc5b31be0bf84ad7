"""Who supervised a tender, as the ledger's events tell of it: accounts, and for which spells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ledger.events import AgencyAdmitted, Event, Place, RoleGranted, RoleRevoked
from ledger.values import Address, Role, role_id


@dataclass(frozen=True, slots=True)
class RoleStory:
    """The spells for which an account held a role, and where that was told.

    A spell ends where the role was taken away, None while it lasts; times in Unix seconds.
    `is_told` where nothing else can have been told of it.
    """

    spells: tuple[tuple[int, int | None], ...]
    places: tuple[Place, ...]
    is_told: bool = True

    def holds_from(self, at: int) -> bool:
        """Whether the account held the role at a time, or later."""
        return any(until is None or at < until for _, until in self.spells)


def supervision(happened: Iterable[Event], agency: bytes) -> bytes | None:
    """Return the id of the role that supervises an agency; None where nothing tells of it."""
    for event in happened:
        if isinstance(event, AgencyAdmitted) and event.agency == agency:
            return role_id(event.jurisdiction, Role.SUPERVISOR)
    return None


def role_stories(happened: Iterable[Event], role: bytes) -> Mapping[Address, RoleStory]:
    """Return who held a role, from events in chain order."""
    found: dict[Address, RoleStory] = {}
    for event in happened:
        if isinstance(event, RoleGranted | RoleRevoked) and event.role == role:
            known = found.get(event.account, RoleStory((), ()))
            found[event.account] = replace(
                _changed(known, event), places=(*known.places, event.place)
            )
    return found


def _changed(known: RoleStory, event: RoleGranted | RoleRevoked) -> RoleStory:
    at = event.place.block_time
    if isinstance(event, RoleGranted):
        return replace(known, spells=(*known.spells, (at, None)))
    return replace(known, spells=tuple((since, until or at) for since, until in known.spells))
