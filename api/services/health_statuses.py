"""Passes suspended, reinstated, revoked, one or all of a holder's; and consents taken back."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from api.services.health_holders import ConsentUnknown, Holders, HolderUnknown
from api.services.health_keys import HealthKeyMissing, HealthKeys
from api.services.idempotency import IdempotencyKeyMissing, Keep
from api.services.issuers import Issuers
from api.services.renewal import Entries
from api.services.sign_ins import Roles
from api.services.transitions import check_licence_transition
from api.store.changes import ChangeRow
from api.store.health_holders import Turn
from api.store.health_passes import ConsentRow, PassRow, PassStore, Taken
from api.store.health_transfers import TransferStore
from ledger.errors import ReasonOutsideClass, StatusFinal, StatusTransitionIllegal
from ledger.health import consents
from ledger.health.consents import digest_of
from ledger.keys import PublicKey
from ledger.licences.lifecycle import check_reason
from ledger.values import Address, AgencyId, Digest, Role, Status

ID_BYTES: Final = 16
HOLDER: Final = "holder"
"""Stands for the account that asked, where a holder did."""
WITHDRAWN: Final = 331
"""Cancelled on request: a consent was taken back."""
REASONS: Final = frozenset({102, 105, 201, 203, 331, 335, 350})
"""Why a pass's status may change by order (see `ledger.licences.reasons`): examined, cleared,
cancelled on request or otherwise, issued in error. Superseding is a regrading's own."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The changes ordered, each on its way by its id."""

    changes: Sequence[ChangeRow]


class PassStatuses:
    """Changes passes' statuses for accounts that are REGISTRAR of their agency, and for holders."""

    def __init__(  # noqa: PLR0913  # ports, each named
        self,
        *,
        store: PassStore,
        transfers: TransferStore,
        holders: Holders,
        keys: HealthKeys,
        entries: Entries,
        issuers: Issuers,
        roles: Roles,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._transfers = transfers
        self._holders = holders
        self._keys = keys
        self._entries = entries
        self._issuers = issuers
        self._roles = roles
        self._clock = clock
        self._randomness = randomness

    def change(
        self,
        digest: Digest,
        order: tuple[Status, int],
        by: Address,
        keep: Keep[Changed] | None = None,
    ) -> Changed:
        """Order a change of one pass; `order` is status and reason.

        Raises:
            RecordUnknown, RoleMissing, AgencyUnknown, AgencyNotActive: as things stand.
            ReasonOutsideClass, StatusFinal, StatusTransitionIllegal: for the change.
            HolderChanged: when another request about the holder came first, as `change_all`.
        """
        row = self._store.get(digest)
        self._permit(row.agency, by)
        return self._order([row], order, by, keep, self._turn_of(row.holder))

    def change_transfer(
        self,
        digest: Digest,
        order: tuple[Status, int],
        by: Address,
        keep: Keep[Changed] | None = None,
    ) -> Changed:
        """Order a change of a transfer, which no host converts from then on; raises as `change`."""
        row = self._transfers.get(digest)
        self._permit(row.agency, by)
        return self._order([row], order, by, keep)

    def change_all(
        self,
        holder: bytes,
        order: tuple[Status, int],
        by: Address,
        keep: Keep[Changed] | None = None,
    ) -> Changed:
        """Order the same change of all live passes of a holder from which it is lawful.

        Raises as `change`, `HolderUnknown`, and `HolderChanged` when another request about the
        holder came first: it may have given them passes that this order knows nothing of.
        """
        row, content = self._holders.get(holder)
        self._permit(row.agency, by)
        lawful = [each for each in self._live(holder) if self._is_lawful(each, order)]
        return self._order(lawful, order, by, keep, self._holders.turn(row, content))

    def withdraw(self, document: bytes, signature: bytes, keep: Keep[Changed] | None) -> Changed:
        """Take a consent back: the passes are revoked, and whom they are about is erased.

        Whoever stands for the holder now may, after a move the new device's key. The withdrawal's
        digest is anchored like the receipt's. Raises `ConsentUnknown`, `SignatureInvalid`,
        `ClaimsInvalid`, `HealthKeyMissing`, and `HolderChanged` as `change_all`.
        """
        if keep is None:
            raise IdempotencyKeyMissing
        id_, withdraws, _ = consents.read_withdrawal(document)
        row = self._store.consent(withdraws)
        if row is None:
            raise ConsentUnknown
        turn, key = self._turn_and_key(row)
        consents.check_withdrawal(document, signature, key)
        now, order = self._clock(), (Status.REVOKED, WITHDRAWN)
        lawful = [each for each in self._live(row.holder) if self._is_lawful(each, order)]
        changed = Changed([self._change(each, order, HOLDER, now) for each in lawful])
        taken = Taken(row, id_, digest_of(document), now)
        self._store.change(changed.changes, keep(changed), taken, turn)
        return changed

    def _turn_of(self, holder: bytes | None) -> Turn | None:
        """The holder's turn; none where nobody can ask for more passes, or their data are gone."""
        if holder is None:
            return None
        with suppress(HolderUnknown, HealthKeyMissing):
            return self._holders.turn(*self._holders.get(holder))
        return None

    def _turn_and_key(self, consent: ConsentRow) -> tuple[Turn | None, PublicKey]:
        """The holder's turn and key of today; once they are erased none, and the receipt's own."""
        turn = None
        with suppress(HolderUnknown):
            row, holder = self._holders.get(consent.holder)
            turn = self._holders.turn(row, holder)
            if holder.key is not None:
                return turn, holder.key
        kept = self._keys.open_row(consent.sealed, consent.id)
        return turn, PublicKey.from_jwk(kept["holder"])

    def _permit(self, agency: AgencyId, by: Address) -> None:
        self._roles.require(by, agency, Role.REGISTRAR)
        self._issuers.active(agency)

    def _live(self, holder: bytes) -> list[PassRow]:
        now = self._clock()
        return [row for row in self._store.of_holder(holder) if row.exp > now]

    def _is_lawful(self, row: PassRow, order: tuple[Status, int]) -> bool:
        try:
            self._check(row, order)
        except (StatusFinal, StatusTransitionIllegal):
            return False
        return True

    def _check(self, row: PassRow, order: tuple[Status, int]) -> None:
        present = self._entries.status(row.agency, row.list, row.index)
        check_licence_transition(row, present, *order)

    def _order(
        self,
        rows: Sequence[PassRow],
        order: tuple[Status, int],
        by: Address,
        keep: Keep[Changed] | None,
        turn: Turn | None = None,
    ) -> Changed:
        status, reason = order
        if reason not in REASONS:
            raise ReasonOutsideClass(reason, int(status))
        check_reason(status, reason)
        for row in rows:
            self._check(row, order)
        now = self._clock()
        changed = Changed([self._change(row, order, by, now) for row in rows])
        kept = None if keep is None else keep(changed)
        self._store.change(changed.changes, kept, turn=turn)
        return changed

    def _change(self, row: PassRow, order: tuple[Status, int], by: str, now: int) -> ChangeRow:
        status, reason = order
        return ChangeRow(
            id=self._randomness(ID_BYTES),
            digest=row.digest,
            agency=row.agency,
            list=row.list,
            index=row.index,
            status=status,
            reason=reason,
            effective_at=now,
            until=0,
            requested_by=by,
            requested_at=now,
        )
