"""The exemption list: drivers apply, registrars list, suspend, reinstate, remove and end them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from api.services.custody_people import CustodyPeople
from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.policies import CitedPolicies
from api.services.sign_ins import Roles
from api.store.custody_exemptions import (
    ExemptionAction,
    ExemptionPage,
    ExemptionRow,
    ExemptionStore,
)
from ledger.errors import Refused
from ledger.health import exemptions
from ledger.health.custody_steps import Kind
from ledger.health.exemptions import Exemption, ExemptionAct, ExemptionState
from ledger.health.transfers import Person
from ledger.values import Address, AgencyId, Role

REMOVED_SECONDS: Final = 366 * 86_400
"""How long a removal is remembered, so that who was removed is known again (proposed)."""
_HELD: Final = frozenset({ExemptionState.LISTED, ExemptionState.SUSPENDED})


@dataclass(eq=False)
class ExemptionHeld(Refused):
    """The person has another exemption that stands: which."""

    exemption: bytes


@dataclass(frozen=True, slots=True)
class ExemptionView:
    """An exemption and its state now."""

    row: ExemptionRow
    state: ExemptionState
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ExemptionFile:
    """All that is known of one: who it is, what was done, and what else they applied for."""

    view: ExemptionView
    person: Person = field(repr=False)
    acts: Sequence[ExemptionAction]
    others: Sequence[ExemptionView]


@dataclass(frozen=True, slots=True)
class ExemptionOrder:
    """What to do with an exemption: `until` in Unix seconds and `cause` where the act has them."""

    act: ExemptionAct
    until: int = 0
    cause: str = ""


class Exemptions:
    """Takes applications from drivers; what becomes of them is for registrars of the agency."""

    def __init__(  # ports, each named
        self,
        *,
        store: ExemptionStore,
        people: CustodyPeople,
        policies: CitedPolicies,
        issuers: Issuers,
        roles: Roles,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._people = people
        self._policies = policies
        self._issuers = issuers
        self._roles = roles
        self._clock = clock

    def apply(self, agency: AgencyId, sealed: bytes) -> ExemptionView:
        """Take an application; one that is there already stays as it is.

        Raises as `CustodyPeople.told`, and `AgencyUnknown`, `AgencyNotActive`, `ExemptionTaken`.
        """
        self._issuers.active(agency)
        told, now = self._people.told(agency, sealed, Kind.DRIVER), self._clock()
        row = ExemptionRow(
            id=told.subject,
            agency=agency,
            person=told.person,
            key=told.key,
            sealed=told.sealed,
            exemption=exemptions.apply(now),
            erase_at=now + self._policies.custody_retention(agency, now),
        )
        is_new = self._store.add(row)
        return replace(self._view(row if is_new else self._store.get(row.id)), is_new=is_new)

    def get(self, exemption: bytes) -> ExemptionRow:
        """Return an exemption as it is kept; raise `ExemptionUnknown`."""
        return self._store.get(exemption)

    def view(self, row: ExemptionRow) -> ExemptionView:
        """Return an exemption with its state now."""
        return self._view(row)

    def acts(self, exemption: bytes) -> Sequence[ExemptionAction]:
        """Return what was done with an exemption."""
        return self._store.acts(exemption)

    def others(self, row: ExemptionRow) -> Sequence[ExemptionRow]:
        """Return what else the same person ever asked the same agency for, oldest first."""
        theirs = self._store.of_person(row.agency, row.person)
        return [each for each in theirs if each.id != row.id]

    def page(
        self, agency: AgencyId, by: Address, cursor: str | None, limit: int
    ) -> tuple[Sequence[ExemptionView], str | None]:
        """Return an agency's exemptions, newest first, and the next cursor.

        Raises `RoleMissing` unless `by` acts for the agency, and `CursorMalformed`.
        """
        self._roles.require_any(by, agency)
        page: ExemptionPage = self._store.page(agency, cursor, limit)
        return [self._view(row) for row in page.rows], page.next_cursor

    def file(self, exemption: bytes, by: Address) -> ExemptionFile:
        """Return an exemption and whom it is about, for REGISTRARs of its agency.

        Raises `ExemptionUnknown`, `RoleMissing`, `HealthKeyMissing`.
        """
        row = self._store.get(exemption)
        self._roles.require(by, row.agency, Role.REGISTRAR)
        return ExemptionFile(
            self._view(row),
            self._people.person(row.sealed, row.id),
            self._store.acts(row.id),
            [self._view(each) for each in self.others(row)],
        )

    def act(
        self,
        exemption: bytes,
        order: ExemptionOrder,
        by: Address,
        keep: Keep[ExemptionView] | None,
    ) -> ExemptionView:
        """Do something with an exemption.

        Raises:
            ExemptionUnknown, RoleMissing: as `file`.
            ExemptionRefused, ExemptionTermInvalid: as its state and the order are.
            ExemptionHeld: to list somebody who has another exemption that stands.
            ExemptionMoved: when somebody else acted meanwhile.
        """
        row, now = self._store.get(exemption), self._clock()
        self._roles.require(by, row.agency, Role.REGISTRAR)
        after = replace(row, exemption=_done(row.exemption, order, now))
        after = replace(after, erase_at=self._erase_at(after))
        view = self._view(after)
        action = ExemptionAction(str(order.act), now, by, order.until, order.cause)
        kept = None if keep is None else keep(view)
        check = partial(_require_no_other, row.id, now) if order.act is ExemptionAct.LIST else None
        self._store.act(row, after, action, kept, check)
        return view

    def _erase_at(self, row: ExemptionRow) -> int:
        it = row.exemption
        if it.removed_at:
            return it.removed_at + REMOVED_SECONDS
        return it.listed_until + self._policies.custody_retention(row.agency, it.acted_at)

    def _view(self, row: ExemptionRow) -> ExemptionView:
        return ExemptionView(row, row.exemption.state_at(self._clock()))


def _require_no_other(exemption: bytes, at: int, theirs: Sequence[ExemptionRow]) -> None:
    for each in theirs:
        if each.id != exemption and each.exemption.state_at(at) in _HELD:
            raise ExemptionHeld(each.id)


def _done(exemption: Exemption, order: ExemptionOrder, at: int) -> Exemption:
    match order.act:
        case ExemptionAct.LIST:
            return exemptions.enlist(exemption, at, order.until)
        case ExemptionAct.SUSPEND:
            return exemptions.suspend(exemption, at, order.until, order.cause)
        case ExemptionAct.REINSTATE:
            return exemptions.reinstate(exemption, at)
        case ExemptionAct.REMOVE:
            return exemptions.remove(exemption, at, order.cause)
        case ExemptionAct.LAPSE:
            return exemptions.lapse(exemption, at, order.cause)
