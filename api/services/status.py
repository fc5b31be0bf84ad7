"""Changing a licence's status: refused here by the contract's own names, else stored and sent.

A decision for a future day waits here and is sent on that day, so that the bits never run ahead.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from api.services.decisions import Decisions
from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.packing import UNCOSIGNED_LIMIT
from api.services.renewal import Entries, own_events
from api.services.second_person import SecondPerson
from api.services.sign_ins import Roles
from api.services.transitions import check_licence_transition, check_restored
from api.store.changes import ChangeRow, ChangeStore
from api.store.licences import LicenceRow, LicenceStore
from ledger.errors import (
    CoSignatureRequired,
)
from ledger.licences.catalogue import Catalogue
from ledger.licences.decisions import Wording, check_wording
from ledger.licences.lifecycle import (
    check_reason,
    check_times,
    needs_cosignature,
    reason_of,
)
from ledger.licences.reasons import RESTORED
from ledger.outbox import IntentState
from ledger.status_list import word_changes
from ledger.typed_data import (
    CoSignature,
    StatusOrder,
    co_signature_typed_data,
)
from ledger.values import Address, AgencyId, Digest, LedgerRef, Role, Stage, Status

ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """A change wanted; Unix seconds, `effective_at` None for now, or for ever where it annuls."""

    status: Status
    reason: int
    effective_at: int | None = None
    until: int = 0
    co_signature: CoSignature | None = None
    wording: Wording | None = None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change and how far it is on its way; a failed one carries the error's name.

    What failed for a cause that may pass (`ChangeRow.is_tried_again`) is sent again by itself.
    """

    row: ChangeRow

    @property
    def stage(self) -> Stage:
        """The stage that a caller sees."""
        return stage_of(self.row.state)


def stage_of(state: IntentState | None) -> Stage:
    """Return the stage of a change by the state of its intent, None before it has one."""
    match state:
        case IntentState.SENT:
            return Stage.SUBMITTED
        case IntentState.MINED:
            return Stage.ANCHORED
        case IntentState.FINAL:
            return Stage.FINAL
        case _:
            return Stage.ISSUED


def times_of(request: StatusRequest, now: int) -> tuple[int, int]:
    """Return `effective_at` and `until` of an order given at `now`.

    Raises:
        The errors of `ledger.licences.lifecycle`: for a reason or times that are unlawful.
    """
    check_reason(request.status, request.reason)
    effective_at = request.effective_at
    if effective_at is None:
        effective_at = 0 if reason_of(request.reason).annuls else now
    check_times(
        request.status,
        request.reason,
        effective_at=effective_at,
        until=request.until,
        now=max(now, effective_at),
    )
    return effective_at, request.until


class Statuses:
    """Changes statuses for accounts that are REGISTRAR of the licence's agency."""

    def __init__(  # noqa: PLR0913  # ports, each named
        self,
        *,
        licences: LicenceStore,
        changes: ChangeStore,
        entries: Entries,
        issuers: Issuers,
        roles: Roles,
        decisions: Decisions,
        catalogue: Catalogue,
        second_person: SecondPerson,
        ledger: LedgerRef,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._licences = licences
        self._changes = changes
        self._entries = entries
        self._issuers = issuers
        self._roles = roles
        self._decisions = decisions
        self._catalogue = catalogue
        self._second_person = second_person
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness

    def change(
        self,
        digest: Digest,
        request: StatusRequest,
        by: Address,
        keep: Keep[ChangeView] | None = None,
    ) -> ChangeView:
        """Store a change to be sent, with its decision and `keep`, in one transaction.

        Raises:
            RecordUnknown, RoleMissing: as `Licences.get`, the role being REGISTRAR.
            AgencyNotActive, ReasonNotForType, ChangePending: as things stand.
            The errors of `ledger.licences.lifecycle`: for an unlawful change.
            CoSignatureRequired and its kin: for a second person's signature, or its want.
            DecisionIncomplete: where the law asks for a written decision.
            SigningKeyMissing: when a decision is worded and nobody can sign it.
        """
        row = self._permitted(digest, by)
        now = self._clock()
        order = self._order(row, request, now)
        not_before = max(now, order.effective_at)
        self._check_second_person(order, request.co_signature, by, not_before)
        check_wording(order.reason, request.wording)
        change = ChangeRow(
            id=self._randomness(ID_BYTES),
            digest=digest,
            agency=row.agency,
            list=row.list,
            index=row.index,
            status=order.status,
            reason=order.reason,
            effective_at=order.effective_at,
            until=order.until,
            requested_by=by,
            requested_at=now,
            not_before=not_before,
            co_signature=request.co_signature,
        )
        decision = self._decisions.write(change, request.wording)
        view = ChangeView(replace(change, decision=decision.digest) if decision else change)
        settlement = None if keep is None else keep(view)
        self._changes.add_alone(view.row, settlement, decision)
        return view

    def typed_data(
        self, digest: Digest, request: StatusRequest, terms: tuple[int, int], by: Address
    ) -> dict[str, Any]:
        """Return what an APPROVER signs; `terms` are nonce and deadline.

        The `effectiveAt` in it must come back with the change. Raises as `change`, for the
        signature apart.
        """
        row = self._permitted(digest, by)
        order = self._order(row, request, self._clock())
        return co_signature_typed_data(self._ledger, order, *terms)

    def get(self, change: bytes, by: Address) -> ChangeView:
        """Return a change; raise `ChangeUnknown`, or `RoleMissing` for a foreign agency's."""
        found = self._changes.get(change)
        self._roles.require_any(by, found.agency)
        return ChangeView(found)

    def _permitted(self, digest: Digest, by: Address) -> LicenceRow:
        row = self._licences.get(digest)
        self._roles.require(by, row.agency, Role.REGISTRAR)
        self._issuers.active(row.agency)
        return row

    def _order(self, row: LicenceRow, request: StatusRequest, now: int) -> StatusOrder:
        effective_at, until = times_of(request, now)
        self._catalogue.get(row.type_id).check_reason(request.reason)
        present = self._entries.status(row.agency, row.list, row.index)
        check_licence_transition(row, present, request.status, request.reason)
        if request.reason == RESTORED:
            self._check_restored(row)
        return StatusOrder(
            agency=AgencyId(row.agency),
            list=row.list,
            changes=word_changes([row.index]),
            status=request.status,
            reason=request.reason,
            effective_at=effective_at,
            until=until,
        )

    def _check_restored(self, row: LicenceRow) -> None:
        digest = self._licences.successor_of(row.digest)
        new = None if digest is None else self._licences.get(digest)
        check_restored(row, digest, () if new is None else own_events(self._entries, new))

    def _check_second_person(
        self, order: StatusOrder, co_signature: CoSignature | None, by: Address, sent_at: int
    ) -> None:
        """Raise unless the second person's signature is there where it must be, and good."""
        if co_signature is None:
            if needs_cosignature(order.reason):
                raise CoSignatureRequired(order.reason, 0, UNCOSIGNED_LIMIT)
            return
        self._second_person.check(order, co_signature, by, sent_at)
