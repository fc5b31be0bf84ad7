"""Changing a licence's status: refused here by the contract's own names, else stored and sent.

A decision for a future day waits here and is sent on that day, so that the bits never run ahead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.renewal import Entries
from api.services.sign_ins import Roles
from api.services.transitions import check_licence_transition
from api.store.changes import ChangeRow, ChangeStore
from api.store.licences import LicenceRow, LicenceStore
from ledger.errors import (
    CoSignatureByActor,
    CoSignatureExpired,
    CoSignatureRequired,
)
from ledger.licences.catalogue import Catalogue
from ledger.licences.lifecycle import (
    check_reason,
    check_times,
    needs_cosignature,
    reason_of,
)
from ledger.outbox import Intent, IntentState
from ledger.status_list import word_changes
from ledger.typed_data import (
    CoSignature,
    StatusOrder,
    co_signature_typed_data,
    recover_approver,
)
from ledger.values import Address, AgencyId, Digest, LedgerRef, Role, Stage, Status

UNCOSIGNED_LIMIT: Final = 100
"""IRecordLedger.UNCOSIGNED_LIMIT, for the error that a reason alone calls for."""
ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """A change wanted; Unix seconds, `effective_at` None for now, or for ever where it annuls."""

    status: Status
    reason: int
    effective_at: int | None = None
    until: int = 0
    co_signature: CoSignature | None = None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change and how far it is on its way; a failed one carries the error's name."""

    row: ChangeRow

    @property
    def stage(self) -> Stage:
        """The stage that a caller sees."""
        match self.row.state:
            case IntentState.SENT:
                return Stage.SUBMITTED
            case IntentState.MINED:
                return Stage.ANCHORED
            case IntentState.FINAL:
                return Stage.FINAL
            case _:
                return Stage.ISSUED


class ChangeIntents(Protocol):
    """Whoever turns an order into what the sender sends."""

    @property
    def sender(self) -> Address:
        """The account that sends."""

    def intent(self, order: StatusOrder, co_signature: CoSignature | None) -> Intent:
        """Return the intent that carries out `order`."""


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
        catalogue: Catalogue,
        intents: ChangeIntents,
        ledger: LedgerRef,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._licences = licences
        self._changes = changes
        self._entries = entries
        self._issuers = issuers
        self._roles = roles
        self._catalogue = catalogue
        self._intents = intents
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
        """Store a change with what sends it and with `keep`, in one transaction.

        Raises:
            RecordUnknown, RoleMissing: as `Licences.get`, the role being REGISTRAR.
            AgencyNotActive, ReasonNotForType, ChangePending: as things stand.
            The errors of `ledger.licences.lifecycle`: for an unlawful change.
            CoSignatureRequired and its kin: for a second person's signature, or its want.
        """
        row = self._permitted(digest, by)
        now = self._clock()
        order = self._order(row, request, now)
        not_before = max(now, order.effective_at)
        self._check_second_person(order, request.co_signature, by, not_before)
        is_due = not_before == now
        intent = self._intents.intent(order, request.co_signature) if is_due else None
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
            intent=None if intent is None else intent.id,
        )
        view = ChangeView(change)
        settlement = None if keep is None else keep(view)
        self._changes.add_alone(change, [] if intent is None else [intent], settlement)
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
        check_reason(request.status, request.reason)
        self._catalogue.get(row.type_id).check_reason(request.reason)
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
        present = self._entries.status(row.agency, row.list, row.index)
        check_licence_transition(row, present, request.status, request.reason)
        return StatusOrder(
            agency=AgencyId(row.agency),
            list=row.list,
            changes=word_changes([row.index]),
            status=request.status,
            reason=request.reason,
            effective_at=effective_at,
            until=request.until,
        )

    def _check_second_person(
        self, order: StatusOrder, co_signature: CoSignature | None, by: Address, sent_at: int
    ) -> None:
        """Raise unless the second person's signature is there where it must be, and good."""
        if co_signature is None:
            if needs_cosignature(order.reason):
                raise CoSignatureRequired(order.reason, 0, UNCOSIGNED_LIMIT)
            return
        if co_signature.approver in {by, self._intents.sender}:
            raise CoSignatureByActor(co_signature.approver)
        if co_signature.deadline < sent_at:
            raise CoSignatureExpired(co_signature.deadline, sent_at)
        approver = recover_approver(self._ledger, order, co_signature)
        self._roles.require(approver, order.agency, Role.APPROVER)
