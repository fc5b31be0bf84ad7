"""What all tenders ask of people: of their officers by name, of whoever watches by number.

A tender's duties change with its events, its filings and its papers alone, so they are counted once
for each state of those and kept.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.services.at_head import AtHead
from api.services.sign_ins import Roles
from api.store.tender_duties import DutyStore, Mark
from api.store.tender_filings import FilingStore
from api.store.tenders import TenderStore
from ledger.errors import RoleMissing
from ledger.tenders.dues import policy_of
from ledger.tenders.duties import Due, Duty, duties_of
from ledger.tenders.endings import sealed_until
from ledger.tenders.ids import TenderId
from ledger.values import Address, AgencyId

MOST_SHOWN: Final = 500
"""Overdue duties in one answer, those first that are overdue longest (proposed)."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A duty of a tender whose time is over."""

    tender: TenderId
    due: Due


@dataclass(frozen=True, slots=True)
class OverdueView:
    """What is overdue for an officer as of a time, in Unix seconds; `count` of all there is."""

    shown: tuple[Overdue, ...]
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: Mark
    agency: AgencyId
    duties: tuple[Due, ...]
    replicas: int
    sealed_until: int | None

    def is_sealed(self, at: int) -> bool:
        """Whether files of it wait to be opened."""
        return self.sealed_until is None or at < self.sealed_until


class TenderDuties:
    """Counts duties as of the projection's head."""

    def __init__(
        self,
        store: DutyStore,
        tenders: TenderStore,
        filings: FilingStore,
        at_head: AtHead,
        roles: Roles,
    ) -> None:
        self._store = store
        self._tenders = tenders
        self._filings = filings
        self._at_head = at_head
        self._roles = roles
        self._kept: dict[TenderId, _Kept] = {}

    def overdue(self, by: Address) -> OverdueView:
        """Return what is overdue in the tenders for which `by` buys, or which it supervises.

        Empty for an account that is no officer of any. Raises `Unavailable` before a head is known.
        """
        at, every = self._at_head.head().block_time, self._all()
        own = {
            agency for agency in {each.agency for each in every.values()} if self._is(by, agency)
        }
        found = [
            Overdue(tender, due)
            for tender, kept in every.items()
            if kept.agency in own
            for due in kept.duties
            if due.is_overdue(at)
        ]
        found.sort(key=lambda each: (each.due.due_at, each.tender))
        return OverdueView(tuple(found[:MOST_SHOWN]), len(found), at)

    def counts(self) -> Mapping[Duty, int]:
        """Return how many duties are overdue, of every kind; raise as `overdue`."""
        at = self._at_head.head().block_time
        late = Counter(
            due.duty for kept in self._all().values() for due in kept.duties if due.is_overdue(at)
        )
        return {duty: late[duty] for duty in Duty}

    def replicas_wanted(self) -> int:
        """Return on how many stores each sealed file has to lie; raise as `overdue`.

        The most that a policy of a tender asks whose files wait to be opened, 0 without such a
        tender. A policy that does not come with the ledger asks for one: its buyer alone has it.
        """
        at = self._at_head.head().block_time
        open_ = (kept.replicas for kept in self._all().values() if kept.is_sealed(at))
        return max(open_, default=0)

    def _all(self) -> dict[TenderId, _Kept]:
        known, found = self._kept, {}
        for tender, mark in self._store.marks().items():
            kept = known.get(tender)
            fresh = kept if kept is not None and kept.mark == mark else self._counted(tender, mark)
            if fresh is not None:
                found[tender] = fresh
        self._kept = found
        return found

    def _counted(self, tender: TenderId, mark: Mark) -> _Kept | None:
        state = self._tenders.tender(tender)
        if state is None:
            return None
        brought = self._store.brought(tender)
        policy = policy_of(state.terms)
        return _Kept(
            mark,
            state.announcement.agency,
            duties_of(state, self._filings.owed(tender), brought),
            1 if policy is None else policy.replicas,
            sealed_until(state),
        )

    def _is(self, by: Address, agency: AgencyId) -> bool:
        found = self._at_head.agency(agency)
        if found is None:
            return False
        try:
            self._roles.require_officer(by, found)
        except RoleMissing:
            return False
        return True
